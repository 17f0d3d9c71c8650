"""What people had typed when their session ended: kept for a day, encrypted, for them alone."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from django.db import transaction
from django.http import HttpRequest, QueryDict
from django.urls import reverse

from nhc import audit, encryption
from nhc.actors import Actor
from nhc.models import KeptForm, User

LIFETIME = timedelta(hours=24)
LARGEST = 200_000
"""Bytes of text that are kept from one form; more is not, and the page says so before it is sent."""
MOST = 20
"""Forms that are kept for one person; older ones go first."""
FORM_TYPES = {"application/x-www-form-urlencoded", "multipart/form-data"}


_NOTE = "kept_forms"

type Noted = dict[str, tuple[str, bool]]
"""The session's own note of kept forms, so that pages need not ask the database: path, then id and whether sent."""


@dataclass(frozen=True, slots=True)
class Typed:
    """A kept form, opened: names and values in the order of the form."""

    id: UUID
    path: str
    submitted: bool
    kept_at: datetime
    fields: tuple[tuple[str, str], ...]


def fields_of(data: QueryDict) -> list[tuple[str, str]]:
    """Return what may be kept of a form: no files, which are not in it, no tokens and no passwords."""
    return [
        (name, value)
        for name, values in data.lists()
        for value in values
        if name != "csrfmiddlewaretoken" and "password" not in name.lower()
    ]


def keep_request(*, request: HttpRequest, user_id: int, at: datetime) -> bool:
    """Keep the form that a request sent; return whether there was one and it was not too large."""
    if request.content_type not in FORM_TYPES:
        return False
    return keep(user_id=user_id, path=request.get_full_path(), fields=fields_of(request.POST), submitted=True, at=at)


@transaction.atomic
def keep(*, user_id: int, path: str, fields: Iterable[tuple[str, str]], submitted: bool, at: datetime) -> bool:
    """Keep a form's text in place of what was kept from the same page.

    Return False where there is too much or none, and for pages about how a person signs in: what is typed there is
    secret, by whatever name.
    """
    listed = [(name, value.replace("\0", "")) for name, value in fields]
    content = msgspec.json.encode(listed)
    if not any(value.strip() for _, value in listed) or len(content) > LARGEST or not is_own_path(path):
        return False
    if path.startswith(reverse("account")):
        return False
    KeptForm.objects.update_or_create(
        user_id=user_id,
        path=path,
        defaults={
            "content": encryption.seal(content, purpose=_purpose(user_id)),
            "submitted": submitted,
            "kept_at": at,
            "expires_at": at + LIFETIME,
        },
    )
    newest = KeptForm.objects.filter(user_id=user_id).order_by("-kept_at", "-pk").values_list("pk", flat=True)
    KeptForm.objects.filter(user_id=user_id).exclude(pk__in=list(newest[:MOST])).delete()
    audit.record(by=Actor.system("kept forms"), at=at, verb="form.kept", subject="user", subject_id=user_id)
    return True


def note(*, request: HttpRequest, user: User, at: datetime) -> Noted:
    """Note in the session what is kept for the person who has just proved who they are, and return it."""
    rows = KeptForm.objects.filter(user=user, expires_at__gt=at).values_list("path", "pk", "submitted")
    found = {path: (str(pk), submitted) for path, pk, submitted in rows}
    if found:
        request.session[_NOTE] = found
    return found


def noted(request: HttpRequest) -> Noted:
    """Return what the session knows to be kept."""
    found: Noted = request.session.get(_NOTE, {})
    return found


def forget_note(request: HttpRequest, path: str) -> None:
    """Take one kept form out of the session's note."""
    request.session[_NOTE] = {kept: entry for kept, entry in noted(request).items() if kept != path}


def get(*, user: User, form_id: UUID, at: datetime) -> KeptForm | None:
    """Return a kept form if it is this person's."""
    return KeptForm.objects.filter(user=user, pk=form_id, expires_at__gt=at).first()


def opened(kept: KeptForm) -> Typed:
    """Return what was typed; nothing where the key has changed since."""
    try:
        content = encryption.open_sealed(bytes(kept.content), purpose=_purpose(kept.user_id))
        fields = msgspec.json.decode(content, type=tuple[tuple[str, str], ...])
    except encryption.UnreadableError:
        fields = ()
    return Typed(kept.pk, kept.path, kept.submitted, kept.kept_at, fields)


@transaction.atomic
def discard(*, user: User, form_id: UUID) -> None:
    """Remove a kept form: it was taken up again, or its person does not want it."""
    KeptForm.objects.filter(user=user, pk=form_id).delete()


def forget(*, at: datetime) -> int:
    """Remove what is older than a day; return how many."""
    return KeptForm.objects.filter(expires_at__lte=at).delete()[0]


def is_own_path(path: str) -> bool:
    """Whether this is a path of ours and not another site's address."""
    return len(path) <= 500 and path.startswith("/") and not path.startswith(("//", "/\\")) and "\0" not in path


def _purpose(user_id: int) -> str:
    return f"kept form of {user_id}"
