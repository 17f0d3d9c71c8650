"""Whether this installation sends e-mail at all."""

from django.conf import settings

_NOWHERE = "django.core.mail.backends.dummy.EmailBackend"


def is_sent() -> bool:
    """Whether e-mail goes anywhere. Where it does, links that prove a mailbox are shown to nobody else."""
    return bool(settings.MAILERS["default"]["BACKEND"] != _NOWHERE)
