"""How endpoints describe themselves to the OpenAPI document: shared parameters, and one decorator for reads."""

from collections.abc import Callable, Sequence
from typing import Literal

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiRequest, OpenApiResponse, extend_schema

from partners.api import pagination
from partners.api.parameters import KEY_PATTERN, LONGEST_KEY
from partners.api.schemas import SLUG, Schema, one_of, ref
from partners.formats import MEDIA_TYPES
from partners.models import Submission
from partners.sheets import XLSX

JSON = "application/json"
NDJSON = "application/x-ndjson"
CSV = "text/csv"
type _Place = Literal["query", "path", "header"]

FIGURES, CONTRACT, DESCRIPTION = "Figures", "Shared contract", "This description"


def query(
    name: str, description: str, schema: Schema, example: object = None, *, required: bool = False
) -> OpenApiParameter:
    """Return a query parameter, with an example where one helps."""
    return _parameter(name, description, schema, "query", example, required=required)


def in_path(name: str, description: str, schema: Schema, example: object = None) -> OpenApiParameter:
    """Return a part of the address."""
    return _parameter(name, description, schema, "path", example, required=True)


def header(name: str, description: str, schema: Schema) -> OpenApiParameter:
    """Return a request header."""
    return _parameter(name, description, schema, "header", None)


def _parameter(
    name: str, description: str, schema: Schema, location: _Place, example: object, *, required: bool = False
) -> OpenApiParameter:
    examples = [] if example is None else [OpenApiExample(f"{name} {example}", value=example)]
    return OpenApiParameter(
        name, type=schema, location=location, description=description, examples=examples, required=required
    )


IDEMPOTENCY_KEY = header(
    "Idempotency-Key",
    "The same key and content again get the first answer again, for 30 days.",
    {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY, "pattern": KEY_PATTERN},
)
ORGANISATION = query(
    "organisation",
    "Code of the organisation to act for: needed by signed-in staff who act for several. A key acts for its own.",
    {"type": "string", "minLength": 1, "maxLength": 12},
)
CENTRE = query("centre", "Name of a centre in addresses.", SLUG, "riverside")
LIMIT = query("limit", "Entries on a page.", {"type": "integer", "minimum": 1, "maximum": pagination.MOST}, 50)
CURSOR = query("cursor", "Where the page begins. Follow `next` as it is.", {"type": "string", "minLength": 1})
STATE = query("state", "Only submissions in this state.", one_of(*Submission.State.values), "accepted")
SINCE = query(
    "since",
    "Only submissions received at this instant or later.",
    {"type": "string", "format": "date-time"},
    "2026-03-01T00:00:00+00:00",
)
PERIOD_NAME: Schema = {"type": "string", "minLength": 4, "maxLength": 20}
PERIOD = query("period", "Only this period, read by each return's own period type.", PERIOD_NAME, "2026-03")
SUBMISSION_ID = in_path("submission_id", "Identifier of the submission.", {"type": "string", "format": "uuid"})
MEASURE_CODE = in_path("code", "Code of the measure.", SLUG, "crisis-contacts-seen-in-4h")
CENTRE_IN_PATH = in_path("centre", "Name of the centre in addresses.", SLUG, "riverside")
PERIOD_IN_PATH = in_path("period", "Name of the period.", PERIOD_NAME, "2026-03")


def read[View: Callable[..., object]](
    operation: str,
    answer: Schema,
    *,
    tag: str,
    parameters: Sequence[OpenApiParameter] = (),
    media_type: str = JSON,
    example: object = None,
) -> Callable[[View], View]:
    """Describe a GET that answers one schema. Its words are the method's docstring."""
    examples = [] if example is None else [OpenApiExample("answer", value=example, media_type=media_type)]
    described: Callable[[View], View] = extend_schema(
        operation_id=operation,
        tags=[tag],
        parameters=[ORGANISATION, *parameters],
        responses={(200, media_type): OpenApiResponse(answer, description="The answer.", examples=examples)},
    )
    return described


_ONE = {"measure": "crisis-contacts-seen-in-4h", "period": "2026-03", "numerator": 41, "denominator": 52}
_BROKEN_DOWN = _ONE | {"breakdown": {"ethnic_group": "A"}, "numerator": 12, "denominator": 14}
_NOT_COLLECTED = {
    "measure": "felt-more-connected",
    "period": "2026-03",
    "state": "not_collected",
    "reason": "group paused",
}
SUBMISSION: dict[str, object] = {
    "id": "0198c1d2-6f7a-7cc1-9f54-2f6f3f0f7a11",
    "state": "accepted",
    "dry_run": False,
    "organisation": "ZZ001",
    "centre": "riverside",
    "mode": "merge",
    "received_at": "2026-11-22T02:11:09+00:00",
    "processed_at": "2026-11-22T02:11:09+00:00",
    "counts": {"received": 3, "created": 2, "changed": 0, "unchanged": 1, "removed": 0, "rejected": 0},
    "periods": [{"period": "2026-03", "start": "2026-03-01", "end": "2026-03-31"}],
    "warnings": [],
    "errors": [],
}
_REJECTION = {
    "type": "/problems/submission-rejected",
    "title": "The submission was rejected",
    "status": 422,
    "detail": "2 of 120 observations have errors; nothing was stored.",
    "instance": "/api/v1/submissions/",
    "request_id": "0198c1d2-6f7a-7cc1-9f54-2f6f3f0f7a12",
    "submission": "0198c1d2-6f7a-7cc1-9f54-2f6f3f0f7a11",
    "errors": [
        {
            "code": "numerator-above-denominator",
            "detail": "The numerator is larger than the denominator.",
            "occurrences": 2,
            "indexes": [4, 9],
            "pointers": ["/observations/4/numerator", "/observations/9/numerator"],
        }
    ],
}
_LINES = (
    '{"measure":"crisis-contacts-seen-in-4h","period":"2026-03","numerator":41,"denominator":52}\n'
    '{"measure":"felt-more-connected","period":"2026-03","state":"not_collected"}\n'
)
_TABLE = (
    "centre,measure,period,dimension,category,numerator,denominator,state,reason\n"
    "riverside,crisis-contacts-seen-in-4h,2026-03,,,41,52,,\n"
    "riverside,crisis-contacts-seen-in-4h,2026-03,ethnic_group,A,12,14,,\n"
    "riverside,felt-more-connected,2026-03,,,,,not_collected,group paused\n"
)


def _body(media_type: str) -> OpenApiRequest:
    schemas: dict[str, Schema] = {
        JSON: ref("SubmissionRequest"),
        NDJSON: {"type": "string", "description": "One observation a line."},
        CSV: {"type": "string", "description": "Columns as in the template, any order, header required, UTF-8."},
        XLSX: {"type": "string", "format": "binary", "description": "The template, filled in."},
    }
    message = {
        "centre": "riverside",
        "mode": "merge",
        "reason": "September refresh",
        "observations": [_ONE, _BROKEN_DOWN, _NOT_COLLECTED],
    }
    examples = {
        JSON: [
            OpenApiExample("figures", value=message, media_type=JSON, request_only=True),
            OpenApiExample(
                "a correction",
                value={"centre": "riverside", "observations": [_ONE | {"numerator": 43, "reason": "late entries"}]},
                media_type=JSON,
                request_only=True,
            ),
        ],
        NDJSON: [OpenApiExample("lines", value=_LINES, media_type=NDJSON, request_only=True)],
        CSV: [OpenApiExample("table", value=_TABLE, media_type=CSV, request_only=True)],
    }
    return OpenApiRequest(schemas[media_type], examples=examples.get(media_type, []))


def _problem(description: str, name: str = "", value: object = None) -> OpenApiResponse:
    examples = [] if value is None else [OpenApiExample(name, value=value, media_type="application/problem+json")]
    return OpenApiResponse(ref("Problem"), description=description, examples=examples)


PROBLEM = "application/problem+json"

send_figures = extend_schema(
    operation_id="send_figures",
    tags=[FIGURES],
    parameters=[
        ORGANISATION,
        query("dry_run", "Check and compare without storing anything.", {"type": "boolean"}),
        query("centre", "The centre, for every format but JSON, which names it in the body.", SLUG),
        query("mode", "merge or replace, for every format but JSON.", {"type": "string", "enum": ["merge", "replace"]}),
        query("reason", "Why, for every format but JSON.", {"type": "string", "maxLength": 500}),
        IDEMPOTENCY_KEY,
    ],
    request={media_type: _body(media_type) for media_type in MEDIA_TYPES},
    responses={
        (200, JSON): OpenApiResponse(ref("Submission"), description="A dry run: what would change, or the errors."),
        (201, JSON): OpenApiResponse(
            ref("Submission"),
            description="Up to 5,000 observations: stored.",
            examples=[OpenApiExample("stored", value=SUBMISSION, media_type=JSON, status_codes=["201"])],
        ),
        (202, JSON): OpenApiResponse(
            ref("Submission"), description="More than 5,000: a worker stores them. Ask at Location after Retry-After."
        ),
        (409, PROBLEM): _problem("The first request with this Idempotency-Key has not finished."),
        (413, PROBLEM): _problem("Over 20 MB, 64 MB unpacked, 200,000 observations, or 5,000 in a dry run."),
        (415, PROBLEM): _problem("Another media type or coding."),
        (422, PROBLEM): _problem(
            "Rejected: nothing was stored. Or the Idempotency-Key belongs to another request.", "rejected", _REJECTION
        ),
    },
)
