"""Tables of the huddles app, one module a noun."""

from huddles.models.board import (
    Action,
    ActionEdit,
    BoardVersion,
    Card,
    CardEdit,
    Harm,
    LaneNote,
    PinnedSignal,
)
from huddles.models.episodes import CircleMember, Episode, Responsibility
from huddles.models.huddles import Attendance, Huddle, HuddleMove, HuddleRecord, HuddleSchedule, LaneVisit
from huddles.models.people import (
    BreakGlass,
    Person,
    PersonDisposal,
    PersonMerge,
    PersonRevision,
    RecordGrant,
    RetentionRule,
    SharingPreference,
)
from huddles.models.pressure import PressureLevel, PressureThresholds
from huddles.models.referrals import Referral, ReferralMove
from huddles.models.spaces import Space, SpaceBooking
from huddles.models.streams import FrontDoor, Stream

__all__ = [
    "Action",
    "ActionEdit",
    "Attendance",
    "BoardVersion",
    "BreakGlass",
    "Card",
    "CardEdit",
    "CircleMember",
    "Episode",
    "FrontDoor",
    "Harm",
    "Huddle",
    "HuddleMove",
    "HuddleRecord",
    "HuddleSchedule",
    "LaneNote",
    "LaneVisit",
    "Person",
    "PersonDisposal",
    "PersonMerge",
    "PersonRevision",
    "PinnedSignal",
    "PressureLevel",
    "PressureThresholds",
    "RecordGrant",
    "Referral",
    "ReferralMove",
    "Responsibility",
    "RetentionRule",
    "SharingPreference",
    "Space",
    "SpaceBooking",
    "Stream",
]
