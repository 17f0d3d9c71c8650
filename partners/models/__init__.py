"""Tables of the partners app, one module a noun."""

from partners.models.contract import (
    Collection,
    ContractRevision,
    Measure,
    MeasureVersion,
    Return,
    ReturnMeasure,
)
from partners.models.drafts import SheetDraft
from partners.models.figures import (
    DirtySlot,
    IdempotencyRecord,
    Observation,
    Revision,
    Submission,
    SubmissionBody,
    SubmissionErrors,
)
from partners.models.keys import ApiKey
from partners.models.organisations import Centre, Organisation, Partnership, Team
from partners.models.people import Employment, Membership

__all__ = [
    "ApiKey",
    "Centre",
    "Collection",
    "ContractRevision",
    "DirtySlot",
    "Employment",
    "IdempotencyRecord",
    "Measure",
    "MeasureVersion",
    "Membership",
    "Observation",
    "Organisation",
    "Partnership",
    "Return",
    "ReturnMeasure",
    "Revision",
    "SheetDraft",
    "Submission",
    "SubmissionBody",
    "SubmissionErrors",
    "Team",
]
