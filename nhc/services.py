"""What is done with the platform itself: its parts show that they live, old sessions and kept forms go."""

from datetime import datetime
from importlib import import_module
from typing import Literal

from django.conf import settings
from django.db import transaction

from nhc import audit, kept_forms
from nhc.actors import Actor
from nhc.models import Heartbeat


@transaction.atomic
def forget_sessions(*, at: datetime, by: Actor | None = None) -> int:
    """Remove sessions and kept forms that are over, and record how many they were. Nobody is signed out by it."""
    forms = kept_forms.forget(at=at)
    sessions = import_module(settings.SESSION_ENGINE).SessionStore.get_model_class()
    ended: int = sessions.objects.filter(expire_date__lte=at).delete()[0]
    if ended or forms:
        audit.record(
            by=by or Actor.system("retention"),
            at=at,
            verb="retention.applied",
            subject="retention",
            subject_id=at.date(),
            details={"sessions": ended, "kept_forms": forms},
        )
    return ended


def record_sign_of_life(*, part: Literal["beat", "worker", "downtime_sheets"], at: datetime) -> None:
    """Note when a background part was last seen alive, or did the whole of what it does.

    Not an act of anyone's, so the trail does not hold it.
    """
    Heartbeat.objects.update_or_create(part=part, defaults={"seen_at": at})
