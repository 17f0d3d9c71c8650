"""How the dashboard's endpoints describe themselves to the OpenAPI document."""

from dashboard.spc import ASSURANCES, POINT_TYPES, SPECIAL_CAUSE_TYPES
from partners.api.documentation import PERIOD_NAME, query
from partners.api.schemas import DAY, FLAG, IDENTIFIER, INSTANT, SLUG, TEXT, WHOLE, Schema, list_of, members, one_of
from partners.api.schemas import or_null as maybe
from partners.dimensions import DIMENSIONS

PICTURE = "Shared picture"
_NUMBER: Schema = {"type": "number"}
_PERIOD: dict[str, Schema] = {"period": TEXT, "start": DAY, "end": DAY}
_PLACE: dict[str, Schema] = {"dimension": maybe(one_of(*DIMENSIONS)), "category": maybe(TEXT)}
_FIGURES: dict[str, Schema] = {
    "numerator": maybe(_NUMBER),
    "denominator": maybe(_NUMBER),
}
_FLAG: Schema = maybe({"type": "string", "enum": ["c"], "description": "c: hidden by the small-number rule."})

CENTRE = query("centre", "Name of a centre in addresses.", SLUG, "riverside", required=True)
MEASURE = query(
    "measure", "Code of a measure that the centre collects.", SLUG, "crisis-contacts-seen-in-4h", required=True
)
FROM = query(
    "from",
    "First period, named as the measure counts. None is shown before the measure begins.",
    PERIOD_NAME,
    "2026-01",
)
TO = query(
    "to", "Last period, named as the measure counts. None is shown after the current one.", PERIOD_NAME, "2026-03"
)
DIMENSION = query("dimension", "Break the figures down; without it, the total.", one_of(*DIMENSIONS), "ethnic_group")
KNOWN_AT = query(
    "as_known_at",
    "The figures as they were known at this instant.",
    {"type": "string", "format": "date-time"},
    "2026-03-01T00:00:00+00:00",
)
PERIOD = query("period", "The period, named as the measure counts.", PERIOD_NAME, "2026-03", required=True)
CENTRE_AND_MEASURE = [CENTRE, MEASURE]


_NEXT: Schema = maybe({"type": "string", "format": "uri", "description": "The next page; null on the last."})


def _results(description: str, entry: Schema, **around: Schema) -> Schema:
    return members(description, centre=SLUG, measure=SLUG, **around, results=list_of(entry), next=_NEXT)


ROLLUPS = _results(
    "A rolled-up series for the caller's audience: one entry a period, gaps included.",
    members(
        "One period of one cell.",
        **_PERIOD,
        **_PLACE,
        **_FIGURES,
        value=maybe(_NUMBER),
        lower=maybe(_NUMBER),
        upper=maybe(_NUMBER),
        flag=_FLAG,
        organisations_expected=WHOLE,
        organisations_reported=WHOLE,
        complete=FLAG,
    ),
)
LINEAGE = _results(
    "What made a figure.",
    members(
        "One organisation's observation.",
        organisation=TEXT,
        submission=IDENTIFIER,
        received_at=INSTANT,
        **_PLACE,
        state=one_of("reported", "none_offered", "not_collected", "withheld"),
        **_FIGURES,
        flag=_FLAG,
    ),
    **_PERIOD,
)
CHART = members(
    "An XmR chart, as Making Data Count draws it.",
    centre=SLUG,
    measure=SLUG,
    points=list_of(
        members(
            "One period.",
            **_PERIOD,
            value=maybe(_NUMBER),
            mean=maybe(_NUMBER),
            lower_limit=maybe(_NUMBER),
            upper_limit=maybe(_NUMBER),
            near_lower_limit=maybe(_NUMBER),
            near_upper_limit=maybe(_NUMBER),
            moving_range=maybe(_NUMBER),
            rebase_group=WHOLE,
            special_cause_type=one_of(*SPECIAL_CAUSE_TYPES),
            point_type=one_of(*POINT_TYPES),
            complete=FLAG,
        )
    ),
    variation=maybe(one_of(*POINT_TYPES)),
    assurance=maybe(one_of(*ASSURANCES)),
    icons_shown=FLAG,
    target=maybe(_NUMBER),
    rebases=list_of(members("A new step.", date=DAY, reason=TEXT, agreed_by=TEXT)),
)
