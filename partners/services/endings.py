"""How what somebody holds from one instant until another comes to its end."""

from datetime import datetime

from django.core.exceptions import ValidationError

from partners.models import AreaAppointment, Employment, Membership

OVER = "This has ended already. Go back to the person's page to see what is left."


def refuse_past(ended_at: datetime | None, ends_at: datetime, at: datetime) -> None:
    """Raise ValidationError for what is over, and for an end that has passed."""
    if ended_at is not None and ended_at <= at:
        raise ValidationError(OVER)
    if ends_at < at:
        raise ValidationError("The end has passed already. Use today or a later day.")


def end_or_withdraw(held: AreaAppointment | Employment | Membership, *, ends_at: datetime) -> None:
    """Store the end of a locked row; one that would not have begun by then is removed, as if it had never been."""
    held.ends_at = ends_at
    if ends_at <= held.starts_at:
        held.delete()
    else:
        held.full_clean()
        held.save(update_fields=["ends_at"])
