"""Tables of the huddles app, one module a noun."""

from huddles.models.episodes import CircleMember, Episode, Responsibility
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

__all__ = [
    "BreakGlass",
    "CircleMember",
    "Episode",
    "Person",
    "PersonDisposal",
    "PersonMerge",
    "PersonRevision",
    "RecordGrant",
    "Responsibility",
    "RetentionRule",
    "SharingPreference",
]
