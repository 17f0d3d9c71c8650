"""Looks at the board: one event when somebody on duty opens it, however often the page refreshes itself."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from nhc import audit
from nhc.actors import Actor

if TYPE_CHECKING:
    from partners.models import Centre


@transaction.atomic(savepoint=False)
def opened(*, centre: "Centre", by: Actor, at: datetime) -> None:
    """Record that somebody opened the board with the rows of all open episodes."""
    audit.record(by=by, at=at, verb="board.opened", subject="board", subject_id=centre.pk, centre=centre.slug)
