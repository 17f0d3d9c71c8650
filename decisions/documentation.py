"""How the session API of decision rights describes itself to the OpenAPI document."""

from collections.abc import Callable, Sequence

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema

from decisions.verdict import RightKind, VerdictKind
from partners.api.documentation import JSON, query
from partners.api.schemas import FLAG, INSTANT, SLUG, TEXT, WHOLE, Schema, list_of, members, one_of
from partners.api.schemas import or_null as maybe

DECISIONS = "Decision rights"
_AMOUNT: Schema = {"type": "string", "pattern": r"^[0-9]{1,10}(\.[0-9]{1,2})?$"}

CENTRE = query("centre", "Name of a centre in addresses.", SLUG, "riverside", required=True)
SCENARIO = query("scenario", "Code of a scenario of the grid in force.", SLUG, "crisis-diversion", required=True)
AT = query(
    "at",
    "The instant asked about, within a year of now; now without it.",
    {"type": "string", "format": "date-time"},
)
AMOUNT = query("amount", "How much, in the unit of the scenario's limit.", _AMOUNT, "80.00")

SCENARIOS = members(
    "The scenarios of the grid in force, in its order.",
    centre=SLUG,
    results=list_of(members("One scenario.", code=SLUG, title=TEXT)),
    next=maybe({"type": "string", "description": "Always null: a grid is one page."}),
)
_CONTACT = members(
    "Somebody on duty now.",
    name=TEXT,
    right=one_of(*RightKind),
    duty={"type": "string", "description": "The duty role or team of the grid that they hold."},
    team=TEXT,
    telephone={"type": "string", "description": "Their team's; empty where it has none."},
    until=INSTANT,
    deputy={"type": "string", "description": "Who is on duty as their deputy; empty where nobody is."},
)
ANSWER = members(
    "The answer to: may I do this?",
    centre=SLUG,
    scenario=SLUG,
    at=INSTANT,
    verdict=one_of(*VerdictKind),
    who={**list_of(_CONTACT), "description": "Whom to ask, or whom to tell after acting."},
    besides={**list_of(_CONTACT), "description": "Who is to be consulted or told as well, and is on duty."},
    cites=members(
        "The row of the grid that the answer rests on.",
        version=WHOLE,
        row=WHOLE,
        code=SLUG,
        title=TEXT,
        guardrail=TEXT,
        limit=maybe(_AMOUNT),
        limit_unit=TEXT,
        minutes=WHOLE,
        act_first=FLAG,
    ),
    why={**list_of(TEXT), "description": "Sentences: what stood in the way of the answers before this one."},
)


def by_session[View: Callable[..., object]](
    operation: str, answer: Schema, *, parameters: Sequence[OpenApiParameter]
) -> Callable[[View], View]:
    """Describe a GET for signed-in people alone. Its words are the method's docstring."""
    described: Callable[[View], View] = extend_schema(
        operation_id=operation,
        tags=[DECISIONS],
        parameters=list(parameters),
        responses={(200, JSON): OpenApiResponse(answer, description="The answer.")},
        auth=[{"session": []}],  # type: ignore[list-item]  # the library takes requirements as they are written
    )
    return described
