"""How the REST API of referrals describes itself to the OpenAPI document."""

from drf_spectacular.utils import OpenApiExample, OpenApiRequest, OpenApiResponse, extend_schema

from huddles.lifecycle import ReferralState
from partners.api import documentation
from partners.api.documentation import IDEMPOTENCY_KEY, JSON, PROBLEM, in_path
from partners.api.schemas import DAY, FLAG, INSTANT, SLUG, Schema, list_of, members, one_of, ref
from partners.api.schemas import or_null as maybe

REFERRALS = "Referrals"
_BY_KEY: list[dict[str, list[str]]] = [{"key": []}]


def text(longest: int, description: str = "", *, least: int = 0) -> Schema:
    """Return the schema of a text of at most so many characters."""
    found: Schema = {"type": "string", "maxLength": longest}
    return found | ({"minLength": least} if least else {}) | ({"description": description} if description else {})


REFERRAL = members(
    "A referral as its sender sees it. Nothing in it says who the person is.",
    reference=text(10, "Ours: quote it on the telephone."),
    centre=SLUG,
    external_id=text(64, "The sender's own."),
    state=one_of(*ReferralState),
    received_at=INSTANT,
    triage_due_at=INSTANT,
    stream=maybe({"type": "string", "description": "Where triage sent it, in words."}),
    answered_at=maybe(INSTANT),
)
ANSWERED = members(
    "A referral with its answer.",
    **REFERRAL["properties"],  # type: ignore[arg-type]  # made by `members`
    answer=maybe({"type": "string", "description": "What the centre says."}),
    answer_withheld={
        **FLAG,
        "description": "There is an answer, and the person does not share their record with the organisation.",
    },
)
PAGE = members("One page of a list.", results=list_of(REFERRAL), next=maybe({"type": "string", "format": "uri"}))

_PERSON: Schema = {
    "type": "object",
    "description": "Who is referred: a name, or an alias where it is not known.",
    "additionalProperties": False,
    "properties": {
        "given_name": text(100),
        "family_name": text(100),
        "alias": text(100, "What the person is called where no name is known."),
        "preferred_name": text(100),
        "nhs_number": text(20, "10 digits, spaced or not."),
        "born_on": DAY,
        "telephone": text(40),
        "address": text(500),
        "access_needs": text(2000),
    },
}
_REQUEST: Schema = {
    "type": "object",
    "description": "A referral. Members that are null count as absent.",
    "additionalProperties": False,
    "required": ["centre", "person", "words"],
    "properties": {
        "centre": SLUG,
        "external_id": text(64, "Your own number for it: the same message again gives the same referral."),
        "person": _PERSON,
        "words": text(10_000, "What is happening, what would help, what was tried.", least=1),
        "referrer": {
            "type": "object",
            "additionalProperties": False,
            "properties": {"name": text(120), "contact": text(120)},
        },
    },
}
_SENT: dict[str, object] = {
    "centre": "riverside",
    "external_id": "R-2026-0417",
    "person": {
        "given_name": "Testina",
        "family_name": "Exampleton",
        "nhs_number": "999 000 0018",
        "born_on": "1984-05-06",
        "telephone": "01632 960 123",
        "access_needs": "A quiet room",
    },
    "words": "Has not slept for four nights since losing her flat. Would like to talk with somebody before Monday.",
    "referrer": {"name": "Night desk", "contact": "01632 960 456"},
}
RECEIVED: dict[str, object] = {
    "reference": "RK7T2QM",
    "centre": "riverside",
    "external_id": "R-2026-0417",
    "state": "received",
    "received_at": "2026-04-02T09:30:00+00:00",
    "triage_due_at": "2026-04-03T09:30:00+00:00",
    "stream": None,
    "answered_at": None,
}
_ANSWERED = RECEIVED | {
    "state": "answered",
    "stream": "Outreach",
    "answered_at": "2026-04-02T11:05:00+00:00",
    "answer": "Somebody of the outreach team visits her today, before 18:00.",
    "answer_withheld": False,
}
_REJECTED: dict[str, object] = {
    "type": "/problems/referral-rejected",
    "title": "The referral was rejected",
    "status": 422,
    "detail": "1 thing is wrong; nothing was stored.",
    "instance": "/api/v1/referrals/",
    "request_id": "0198c1d2-6f7a-7cc1-9f54-2f6f3f0f7a12",
    "errors": [{"code": "missing-field", "detail": "Send words.", "occurrences": 1, "pointers": ["/words"]}],
}

CENTRE = documentation.CENTRE
REFERENCE = in_path("reference", "Our reference.", {"type": "string", "maxLength": 10})


def _problem(description: str, name: str = "", value: object = None) -> OpenApiResponse:
    examples = [] if value is None else [OpenApiExample(name, value=value, media_type=PROBLEM)]
    return OpenApiResponse(ref("Problem"), description=description, examples=examples)


def _answer(schema: Schema, value: object, description: str = "The answer.") -> OpenApiResponse:
    return OpenApiResponse(
        schema, description=description, examples=[OpenApiExample("answer", value=value, media_type=JSON)]
    )


refer = extend_schema(
    operation_id="refer",
    tags=[REFERRALS],
    parameters=[IDEMPOTENCY_KEY],
    request={
        JSON: OpenApiRequest(
            _REQUEST, examples=[OpenApiExample("a referral", value=_SENT, media_type=JSON, request_only=True)]
        )
    },
    responses={
        (200, JSON): OpenApiResponse(REFERRAL, description="It was here already, under the same external_id."),
        (201, JSON): _answer(REFERRAL, RECEIVED, "Received: an episode is open and the front-door team responsible."),
        (409, PROBLEM): _problem(
            "No team receives referrals at the centre; or something else was sent with this external_id; or the "
            "first request with this Idempotency-Key has not finished."
        ),
        (413, PROBLEM): _problem("Over 64 KB."),
        (415, PROBLEM): _problem("Another media type or coding."),
        (422, PROBLEM): _problem("Rejected: nothing was stored.", "rejected", _REJECTED),
    },
    auth=_BY_KEY,  # type: ignore[arg-type]  # the library takes requirements as they are written
)
list_referrals = extend_schema(
    operation_id="list_referrals",
    tags=[REFERRALS],
    parameters=[CENTRE, documentation.LIMIT, documentation.CURSOR],
    responses={(200, JSON): _answer(PAGE, {"results": [RECEIVED], "next": None})},
    auth=_BY_KEY,  # type: ignore[arg-type]  # likewise
)
read_referral = extend_schema(
    operation_id="read_referral",
    tags=[REFERRALS],
    parameters=[REFERENCE],
    responses={(200, JSON): _answer(ANSWERED, _ANSWERED)},
    auth=_BY_KEY,  # type: ignore[arg-type]  # likewise
)
