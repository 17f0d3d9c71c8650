"""What every act of a forum leaves in the trail, and what texts and measures are taken in as."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError

from decisions.models import Forum, Proposal
from nhc import audit
from nhc.actors import Actor
from nhc.audit import Detail
from nhc.clock import london_date
from partners.queries import contract

if TYPE_CHECKING:
    from partners.models import Centre, Measure


def record_event(
    verb: str,
    subject: object,
    forum: Forum,
    *,
    by: Actor,
    at: datetime,
    organisation: str = "",
    **details: Detail,
) -> None:
    """Record an act of a forum's work: `details` are codes and numbers, never what people wrote."""
    audit.record(
        by=by,
        at=at,
        verb=verb,
        subject="forum-proposal" if isinstance(subject, Proposal) else type(subject).__name__.lower(),
        subject_id=getattr(subject, "pk", ""),
        details={"forum": forum.code, **details},
        centre=forum.centre.slug,
        organisation=organisation,
    )


def measures_by_code(centre: "Centre", codes: Iterable[str], at: datetime) -> "list[Measure]":
    """Return measures that a centre collects today, by their codes. ValidationError for a code of any other."""
    collected = {
        version.measure.code: version.measure
        for version in contract.collected_versions(centre, london_date(at)).values()
    }
    wanted = sorted(set(codes))
    if not set(wanted) <= set(collected):
        raise ValidationError({"measures": f"Choose measures that {centre.name} collects."})
    return [collected[code] for code in wanted]


def plain(text: str) -> str:
    """Return what was typed; browsers send line ends as two characters, the text keeps one."""
    return text.replace("\r\n", "\n").strip()
