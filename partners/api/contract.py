"""/measures/, /dimensions/ and /returns/: the shared contract, and what an organisation owes."""

from django.http import HttpResponse
from rest_framework.request import Request

from nhc.clock import london_date
from nhc.problems import not_found
from partners import periods, permissions
from partners.api import conditional, pagination, parameters
from partners.api.authentication import caller_of
from partners.api.documentation import CENTRE, CONTRACT, CURSOR, LIMIT, MEASURE_CODE, PERIOD, read
from partners.api.documents import dimensions_document, measure_document, owed_document
from partners.api.endpoint import Endpoint
from partners.api.schemas import ref
from partners.queries import contract as queries
from partners.queries import returns

EVERYONE = "everyone"

_MEANING = {
    "version": 1,
    "starts": "2016-04-01",
    "ends": None,
    "title": "Crisis contacts seen in 4 hours",
    "definition": "Contacts in a crisis where someone was seen face to face within 4 hours.",
    "numerator": "Seen within 4 hours",
    "denominator": "Contacts in a crisis",
    "unit": "proportion",
    "unit_label": "",
    "multiplier": 100,
    "whole_numbers": True,
    "aggregation": "ratio_of_sums",
    "period_type": "month",
    "breakdowns": ["ethnic_group", "deprivation_quintile"],
    "direction": "increase",
    "target": 0.9,
    "disclosure": "hes",
    "imd_version": "2025",
    "source": None,
}
_MEASURE = {"code": "crisis-contacts-seen-in-4h", **_MEANING, "versions": [_MEANING]}
_OWED = {
    "centre": "riverside",
    "measure": "crisis-contacts-seen-in-4h",
    "title": "Crisis contacts seen in 4 hours",
    "period": "2026-03",
    "start": "2026-03-01",
    "end": "2026-03-31",
    "period_type": "month",
    "due": "2026-04-14",
    "closes": None,
    "state": "due",
}


class Measures(Endpoint):
    """The shared contract: every measure, whoever collects it."""

    http_method_names = ["get", "head"]

    @read(
        "list_measures",
        ref("MeasurePage"),
        tag=CONTRACT,
        parameters=[LIMIT, CURSOR],
        example={"results": [_MEASURE], "next": None},
    )
    def get(self, request: Request) -> HttpResponse:
        """List measures by code, as they are defined today, with every version."""
        today = london_date(caller_of(request).at)
        page = pagination.read(request, listing="measures", parts=1)
        rows = queries.measures(after=page.after[0] if page.after else "")[: page.fetch]
        document = pagination.document(
            request,
            page,
            list(rows),
            key=lambda measure: (measure.code,),
            show=lambda measure: measure_document(measure, today),
        )
        return conditional.answer(request, document, audience=EVERYONE)


class OneMeasure(Endpoint):
    """One measure of the shared contract."""

    http_method_names = ["get", "head"]

    @read("read_measure", ref("Measure"), tag=CONTRACT, parameters=[MEASURE_CODE], example=_MEASURE)
    def get(self, request: Request, code: str) -> HttpResponse:
        """Read one measure as it is defined today, with every version."""
        measure = queries.measure_by_code(code)
        if measure is None:
            raise not_found()
        document = measure_document(measure, london_date(caller_of(request).at))
        return conditional.answer(request, document, audience=EVERYONE)


class Dimensions(Endpoint):
    """The ways in which figures may be broken down."""

    http_method_names = ["get", "head"]

    @read("list_dimensions", ref("DimensionPage"), tag=CONTRACT)
    def get(self, request: Request) -> HttpResponse:
        """List the ways in which figures may be broken down, with their categories, in order."""
        return conditional.answer(request, dimensions_document(), audience=EVERYONE)


class Returns(Endpoint):
    """What the caller's organisation owes."""

    http_method_names = ["get", "head"]

    @read(
        "list_returns",
        ref("OwedPage"),
        tag=CONTRACT,
        parameters=[CENTRE, PERIOD, LIMIT, CURSOR],
        example={"results": [_OWED], "next": None},
    )
    def get(self, request: Request) -> HttpResponse:
        """List what the organisation owes, newest period first: one period, or all from the one under way back."""
        caller = caller_of(request)
        organisation = caller.organisation
        centre = parameters.text(request, "centre")
        if centre is not None:
            permissions.get_centre_for(caller.viewer, centre, caller.at)
        page = pagination.read(request, listing="returns", parts=3)
        try:
            rows = returns.owed(
                organisation,
                today=london_date(caller.at),
                centre=centre,
                period=parameters.text(request, "period"),
                after=page.after,
                limit=page.fetch,
            )
        except periods.InvalidPeriodError as error:
            raise parameters.invalid("period", str(error)) from error
        document = pagination.document(request, page, rows, key=lambda entry: entry.place, show=owed_document)
        return conditional.answer(request, document, audience=organisation.code)
