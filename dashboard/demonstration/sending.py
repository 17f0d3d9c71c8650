"""Sending figures as a partner does: a JSON body through the service that receives every submission."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from nhc.actors import Actor
from partners.services import submissions
from partners.services.submissions import Upload

if TYPE_CHECKING:
    from partners.models import Centre, Organisation

AT_ONCE = 2_000
"""How many observations travel together: few enough to be finished at once, and several times in a transaction."""


class Sent(NamedTuple):
    """One observation as it is sent; without a dimension a total, without a state a reported figure."""

    measure: str
    period: str
    numerator: int | None = None
    denominator: int | None = None
    dimension: str = ""
    category: str = ""
    state: str = ""
    reason: str = ""

    def document(self) -> dict[str, object]:
        """Return the observation as the REST contract writes it."""
        fields: dict[str, object] = {"measure": self.measure, "period": self.period}
        if self.dimension:
            fields["breakdown"] = {self.dimension: self.category}
        optional = ("numerator", "denominator", "state", "reason")
        return fields | {name: value for name in optional if (value := getattr(self, name)) not in {None, ""}}


class NotAcceptedError(Exception):
    """The demonstration's own figures were refused; the message holds the first errors."""


def send(
    figures: Sequence[Sent], *, organisation: "Organisation", centre: "Centre", reason: str, by: Actor, at: datetime
) -> None:
    """Send figures, month after month, in submissions of whole months. Raises NotAcceptedError."""
    for some in _submissions(figures):
        body = {"centre": centre.slug, "reason": reason, "observations": [sent.document() for sent in some]}
        upload = Upload(organisation, "application/json", msgspec.json.encode(body))
        submission = submissions.receive(upload=upload, by=by, at=at).submission
        if submission.state != "accepted":
            raise NotAcceptedError(f"{organisation.code} at {centre.slug}: {submission.errors[:3]}")


def _submissions(figures: Sequence[Sent]) -> Iterator[list[Sent]]:
    """Divide figures so that each part is small enough, and no month is in two of them."""
    part: list[Sent] = []
    for _, month in groupby(figures, key=attrgetter("period")):
        following = list(month)
        if part and len(part) + len(following) > AT_ONCE:
            yield part
            part = []
        part += following
    if part:
        yield part
