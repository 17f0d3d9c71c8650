"""JSON Schemas of everything that the REST API takes and answers, by name, for the OpenAPI document."""

from partners.dimensions import DIMENSIONS
from partners.models import MeasureVersion, Submission
from partners.models.contract import PeriodType
from partners.queries import returns
from partners.validation import LARGEST, REASON_LENGTH, STATES

type Schema = dict[str, object]

TEXT: Schema = {"type": "string"}
WHOLE: Schema = {"type": "integer", "minimum": 0}
FLAG: Schema = {"type": "boolean"}
DAY: Schema = {"type": "string", "format": "date"}
INSTANT: Schema = {"type": "string", "format": "date-time"}
IDENTIFIER: Schema = {"type": "string", "format": "uuid"}
SLUG: Schema = {"type": "string", "maxLength": 64, "pattern": "^[a-z0-9][a-z0-9-]*$"}
FIGURE: Schema = {"type": "number", "minimum": 0, "maximum": LARGEST}


def ref(name: str) -> Schema:
    """Return a reference to a schema of this module."""
    return {"$ref": f"#/components/schemas/{name}"}


def one_of(*words: str) -> Schema:
    """Return the schema of one of a few words."""
    return {"type": "string", "enum": list(words)}


def or_null(schema: Schema) -> Schema:
    """Return the schema of something that may be null."""
    return {"anyOf": [schema, {"type": "null"}]}


def list_of(schema: Schema) -> Schema:
    """Return the schema of an array."""
    return {"type": "array", "items": schema}


def members(description: str, /, **properties: Schema) -> Schema:
    """Return the schema of an object whose members are all there."""
    return {"type": "object", "description": description, "properties": properties, "required": list(properties)}


def without(names: str, schema: Schema) -> Schema:
    """Return the schema of an object that may lack some members."""
    required = schema["required"]
    assert isinstance(required, list)  # noqa: S101  (made by `members`)
    return schema | {"required": [name for name in required if name not in names.split()]}


def page_of(name: str) -> Schema:
    """Return the schema of one page of a list."""
    return members(
        "One page of a list.",
        results=list_of(ref(name)),
        next=or_null({"type": "string", "format": "uri", "description": "The next page; null on the last."}),
    )


_PERIOD: dict[str, Schema] = {
    "period": {"type": "string", "examples": ["2026-03", "2026-W10", "2025-26-Q4"]},
    "start": DAY,
    "end": DAY,
}
_BREAKDOWN: Schema = {
    "type": "object",
    "description": "Exactly one dimension and its category. Without it the figure is the total.",
    "properties": {
        dimension.code: one_of(*(category.code for category in dimension.categories))
        for dimension in DIMENSIONS.values()
    },
    "additionalProperties": False,
    "minProperties": 1,
    "maxProperties": 1,
}
_SHOWN_STATES = ("reported", "none_offered", "not_collected", "withheld")
_VERSION: dict[str, Schema] = {
    "version": WHOLE,
    "starts": DAY,
    "ends": or_null(DAY),
    "title": TEXT,
    "definition": TEXT,
    "numerator": {"type": "string", "description": "What the numerator counts."},
    "denominator": or_null({"type": "string", "description": "What the denominator counts; null where there is none."}),
    "unit": one_of(*MeasureVersion.Unit.values),
    "unit_label": {"type": "string", "description": "What a value is called, such as days or visits; may be empty."},
    "multiplier": {"type": "integer", "description": "Pages show a value times this: 100 for per cent."},
    "whole_numbers": FLAG,
    "aggregation": one_of(*MeasureVersion.Aggregation.values),
    "period_type": one_of(*PeriodType.values),
    "breakdowns": list_of(one_of(*DIMENSIONS)),
    "direction": one_of(*MeasureVersion.Improvement.values),
    "target": or_null({"type": "number", "description": "In the unit of values: 0.95 for 95 per cent."}),
    "disclosure": one_of(*MeasureVersion.Disclosure.values),
    "imd_version": or_null(TEXT),
    "source": or_null(TEXT),
}
_GROUP: dict[str, Schema] = {
    "code": TEXT,
    "detail": TEXT,
    "occurrences": WHOLE,
    "indexes": list_of(WHOLE),
    "pointers": list_of(TEXT),
    "rows": list_of(WHOLE),
    "cells": list_of(TEXT),
}
_PROBLEM: dict[str, Schema] = {
    "type": {"type": "string", "format": "uri-reference"},
    "title": TEXT,
    "status": {"type": "integer"},
    "detail": {"type": "string", "description": "A sentence that says what to do."},
    "instance": TEXT,
    "request_id": TEXT,
}

COMPONENTS: dict[str, Schema] = {
    "Observation": without(
        "breakdown numerator denominator state reason",
        members(
            "One figure. Numbers have up to 6 decimals; a measure without a denominator takes the numerator alone; a "
            "state other than reported takes no figures.",
            measure=SLUG,
            period=_PERIOD["period"],
            breakdown=or_null(_BREAKDOWN),
            numerator=or_null(FIGURE),
            denominator=or_null(FIGURE),
            state=or_null(one_of(*sorted(STATES))),
            reason=or_null({"type": "string", "maxLength": REASON_LENGTH}),
        ),
    )
    | {"additionalProperties": False},
    "SubmissionRequest": without(
        "mode reason",
        members(
            "Figures of one organisation for one centre.",
            centre=SLUG,
            mode=or_null(one_of(*Submission.Mode.values)),
            reason=or_null({"type": "string", "maxLength": 500}),
            observations=list_of(ref("Observation")) | {"minItems": 1, "maxItems": 200_000},
        ),
    )
    | {"additionalProperties": False},
    "Counts": members(
        "What became of the observations.",
        **dict.fromkeys(("received", "created", "changed", "unchanged", "removed", "rejected"), WHOLE),
    ),
    "Period": members("A period with its first and last day.", **_PERIOD),
    "FaultGroup": without(
        "indexes pointers rows cells",
        members(
            "Everything with one code: how often, and the first 1,000 places. Line formats add rows (the header is "
            "row 1), CSV and spreadsheets also cells.",
            **_GROUP,
        ),
    ),
    "Change": members(
        "What one observation would change. The index is null for what a replacement would remove.",
        index=or_null(WHOLE),
        kind=one_of("created", "changed", "unchanged", "removed"),
        before=or_null({"type": "object"}),
        after=or_null({"type": "object"}),
    ),
    "Submission": without(
        "changes",
        members(
            "A submission. A dry run has no identifier, is stored nowhere and adds changes.",
            id=or_null(IDENTIFIER),
            state=one_of(*Submission.State.values),
            dry_run=FLAG,
            organisation=TEXT,
            centre=or_null(SLUG),
            mode=one_of(*Submission.Mode.values),
            received_at=INSTANT,
            processed_at=or_null(INSTANT),
            counts=ref("Counts"),
            periods=list_of(ref("Period")),
            warnings=list_of(ref("FaultGroup")),
            errors=list_of(ref("FaultGroup")),
            changes=list_of(ref("Change")),
        ),
    ),
    "SubmissionPage": page_of("Submission"),
    "StoredObservation": members(
        "A row of the history. It is current until a later submission changes or removes it.",
        measure=SLUG,
        version=WHOLE,
        **_PERIOD,
        breakdown=or_null({"type": "object", "additionalProperties": TEXT}),
        state=one_of(*_SHOWN_STATES),
        numerator=or_null(FIGURE),
        denominator=or_null(FIGURE),
        reason=TEXT,
        current=FLAG,
    ),
    "StoredObservationPage": page_of("StoredObservation"),
    "MeasureVersion": members("What a measure means for periods that start from starts until ends.", **_VERSION),
    "Measure": members(
        "A measure as it is defined today, and every version of it.",
        code=SLUG,
        **_VERSION,
        versions=list_of(ref("MeasureVersion")),
    ),
    "MeasurePage": page_of("Measure"),
    "Category": members("One value of a dimension.", code=TEXT, label=TEXT, order=WHOLE),
    "Dimension": members(
        "A way to break figures down.", code=TEXT, label=TEXT, order=WHOLE, categories=list_of(ref("Category"))
    ),
    "DimensionPage": page_of("Dimension"),
    "Owed": members(
        "What an organisation owes for one measure of one period. Due and closes are the last days.",
        centre=SLUG,
        measure=SLUG,
        title=TEXT,
        **_PERIOD,
        period_type=one_of(*PeriodType.values),
        due=DAY,
        closes=or_null(DAY),
        state=one_of(*returns.STATES),
    ),
    "OwedPage": page_of("Owed"),
    "Problem": without(
        "errors submission parameter",
        members(
            "What went wrong (RFC 9457).",
            **_PROBLEM,
            errors=list_of(ref("FaultGroup")),
            submission=IDENTIFIER,
            parameter=TEXT,
        ),
    ),
}
