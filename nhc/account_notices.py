"""E-mails to a person whose way of signing in was changed, so that they learn of it where it was not them."""

from typing import Literal

from django.conf import settings
from django.core.mail import send_mail
from django.template import engines
from django.urls import reverse

from nhc import jobs
from nhc.models import User

type Change = Literal[
    "password-changed",
    "passkey-added",
    "passkey-removed",
    "app-added",
    "app-removed",
    "codes-renewed",
    "factors-removed",
]

_SENTENCES: dict[str, str] = {
    "password-changed": "Your password was changed.",
    "passkey-added": "A passkey was added to your account.",
    "passkey-removed": "A passkey was removed from your account.",
    "app-added": "An authenticator app was added to your account.",
    "app-removed": "The authenticator app was removed from your account.",
    "codes-renewed": "New recovery codes were made for your account. The old ones work no more.",
    "factors-removed": "All passkeys, the authenticator app and the recovery codes were removed from your account.",
}


def announce(*, user: User, change: Change) -> None:
    """Let the person be told by e-mail, once the transaction of the change has ended."""
    jobs.enqueue("nhc.tasks.send_account_notice", user_id=user.pk, change=change)


def send(*, user_id: int, change: str) -> None:
    """Send the e-mail to the account's own address: what was changed, and what to do if it was not them."""
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None:
        return
    context = {
        "sentence": _SENTENCES[change],
        "forgotten": settings.PUBLIC_URL + reverse("password-forgotten"),
        "account": settings.PUBLIC_URL + reverse("account"),
    }
    body = engines["jinja2"].get_template("nhc/_account-mail.jinja").render(context)
    send_mail("The way you sign in was changed", body, None, [user.email])
