"""Links for forgotten passwords: good once, for an hour, sent by a background job."""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import send_mail
from django.db import transaction
from django.template import engines
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from nhc import audit, jobs
from nhc.actors import Actor
from nhc.models import AuditEvent, User

VERB = "user.password-asked"
MOST_IN_AN_HOUR = 3
"""Links that one person is sent within an hour: nobody's mailbox can be filled from here."""


@transaction.atomic
def ask(*, email: str, at: datetime) -> None:
    """Let the link be sent if the address is anyone's. Nothing tells the caller whether it is."""
    user = User.objects.filter(email=email.strip().lower(), is_active=True).first()
    if user is None:
        return
    asked = AuditEvent.objects.filter(subject="user", subject_id=user.pk, verb=VERB, at__gt=at - timedelta(hours=1))
    if asked.count() >= MOST_IN_AN_HOUR:
        return
    by = Actor.system("password reset")
    audit.record(by=by, at=at, verb=VERB, subject="user", subject_id=user.pk)
    jobs.enqueue("nhc.tasks.send_password_link", user_id=user.pk)


def send_link(*, user_id: int) -> None:
    """Send the link to its person. Without a name: an e-mail travels in the open."""
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None:
        return
    body = engines["jinja2"].get_template("nhc/_password-mail.jinja").render({"link": link_for(user)})
    send_mail("Your new password", body, None, [user.email])


def link_for(user: User) -> str:
    """Return the link with which a person chooses a new password: whoever opens it is taken to be them."""
    reference = urlsafe_base64_encode(force_bytes(user.pk))
    path = reverse("password-reset", args=[reference, default_token_generator.make_token(user)])
    return f"{settings.PUBLIC_URL}{path}"
