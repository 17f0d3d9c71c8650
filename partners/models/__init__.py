"""Tables of the partners app, one module a noun."""

from partners.models.agreements import (
    Agreement,
    AgreementComment,
    AgreementProposal,
    AgreementVersion,
    Signatory,
    Signature,
)
from partners.models.areas import Area, AreaAppointment, AreaCentre
from partners.models.contract import (
    Collection,
    ContractRevision,
    Measure,
    MeasureVersion,
    Return,
    ReturnMeasure,
)
from partners.models.drafts import SheetDraft
from partners.models.exceptions import CentreException
from partners.models.figures import (
    DirtySlot,
    IdempotencyRecord,
    Observation,
    Revision,
    Submission,
    SubmissionBody,
    SubmissionErrors,
)
from partners.models.induction import (
    Induction,
    InductionPack,
    InductionPackVersion,
    InductionStep,
    InductionStepDone,
    NormsConfirmation,
)
from partners.models.invitations import Invitation
from partners.models.keys import ApiKey
from partners.models.organisations import Centre, Organisation, Partnership, Team
from partners.models.people import Employment, Membership
from partners.models.pulse import PulseParticipation, PulseRound, PulseTally
from partners.models.rota import CalendarFeed, Cover, DoubleBooking, DutyRole, Shift, Swap
from partners.models.screens import WallPairing, WallScreen

__all__ = [
    "Agreement",
    "AgreementComment",
    "AgreementProposal",
    "AgreementVersion",
    "ApiKey",
    "Area",
    "AreaAppointment",
    "AreaCentre",
    "CalendarFeed",
    "Centre",
    "CentreException",
    "Collection",
    "ContractRevision",
    "Cover",
    "DirtySlot",
    "DoubleBooking",
    "DutyRole",
    "Employment",
    "IdempotencyRecord",
    "Induction",
    "InductionPack",
    "InductionPackVersion",
    "InductionStep",
    "InductionStepDone",
    "Invitation",
    "Measure",
    "MeasureVersion",
    "Membership",
    "NormsConfirmation",
    "Observation",
    "Organisation",
    "Partnership",
    "PulseParticipation",
    "PulseRound",
    "PulseTally",
    "Return",
    "ReturnMeasure",
    "Revision",
    "SheetDraft",
    "Shift",
    "Signatory",
    "Signature",
    "Submission",
    "SubmissionBody",
    "SubmissionErrors",
    "Swap",
    "Team",
    "WallPairing",
    "WallScreen",
]
