"""API keys of an organisation, for those who manage them."""

import base64
import binascii
from datetime import datetime, time

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from nhc import encryption
from nhc.access import Permission
from nhc.clock import LONDON
from nhc.gates import proof_required
from partners import permissions
from partners.forms import KeyForm
from partners.permissions import NotVisible
from partners.queries import keys as queries
from partners.services import keys
from partners.views.access import choose, visit

_KEPT = "made_key"
_PURPOSE = "made key"


@require_safe
def key_list(request: HttpRequest) -> HttpResponse:
    """List the organisation's keys, newest first."""
    seen = visit(request)
    choice = choose(request, seen, permission=Permission.MANAGE_KEYS)
    if choice.chosen is None:
        return render(request, "partners/keys-none.jinja")
    found = [(key, _state(key.revoked_at, key.expires_at, seen.at)) for key in queries.of(choice.chosen)]
    return render(request, "partners/keys.jinja", {"choice": choice, "keys": found})


def _state(revoked_at: datetime | None, expires_at: datetime | None, at: datetime) -> str:
    if revoked_at is not None:
        return "Revoked"
    return "Expired" if expires_at is not None and expires_at <= at else "In use"


@method_decorator(proof_required, name="dispatch")
class MakeKey(View):
    """Make a key. Its text is sealed in the session until the next page has shown it, once."""

    http_method_names = ["get", "head", "post"]

    def setup(self, request: HttpRequest, *args: object, **kwargs: str) -> None:
        """Load the organisation, for those who manage its keys."""
        super().setup(request, *args, **kwargs)
        self.seen = visit(request)
        self.organisation = permissions.get_organisation_for(
            self.seen.viewer, kwargs["code"], self.seen.at, permission=Permission.MANAGE_KEYS
        )

    def get(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Show the form."""
        return self.page(request, KeyForm(today=self.seen.today))

    def post(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Make the key and lead to the page that shows it."""
        form = KeyForm(request.POST, today=self.seen.today)
        if not form.is_valid():
            return self.page(request, form, status=422)
        last_day = form.cleaned_data["expires"]
        made = keys.create_key(
            organisation=self.organisation,
            scopes=form.cleaned_data["scopes"],
            label=form.cleaned_data["label"],
            expires_at=None if last_day is None else datetime.combine(last_day, time(), LONDON),
            by=self.seen.by(self.organisation),
            at=self.seen.at,
        )
        sealed = encryption.seal(made.text.encode(), purpose=_PURPOSE)
        request.session[_KEPT] = base64.b64encode(sealed).decode()
        return redirect("partners:key-made", self.organisation.code)

    def page(self, request: HttpRequest, form: KeyForm, *, status: int = 200) -> HttpResponse:
        """Render the form."""
        return render(
            request, "partners/key-make.jinja", {"form": form, "organisation": self.organisation}, status=status
        )


@never_cache
@require_safe
def key_made(request: HttpRequest, code: str) -> HttpResponse:
    """Show the key that was just made, this once; afterwards lead to the list."""
    seen = visit(request)
    organisation = permissions.get_organisation_for(seen.viewer, code, seen.at, permission=Permission.MANAGE_KEYS)
    kept = request.session.pop(_KEPT, None)
    try:
        text = None if kept is None else encryption.open_sealed(base64.b64decode(kept), purpose=_PURPOSE).decode()
    except (encryption.UnreadableError, binascii.Error):
        text = None
    if text is None:
        return redirect(f"{reverse('partners:keys')}?organisation={organisation.code}")
    return render(request, "partners/key-made.jinja", {"organisation": organisation, "text": text})


class RevokeKey(View):
    """End a key, after asking."""

    http_method_names = ["get", "head", "post"]

    def setup(self, request: HttpRequest, *args: object, **kwargs: str) -> None:
        """Load the key, for those who manage its organisation's keys."""
        super().setup(request, *args, **kwargs)
        self.seen = visit(request)
        self.key = permissions.get_key_for(self.seen.viewer, kwargs["prefix"], self.seen.at)
        if self.key.revoked_at is not None:
            raise NotVisible

    def get(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Ask."""
        return render(request, "partners/key-revoke.jinja", {"key": self.key, "organisation": self.key.organisation})

    def post(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Revoke it."""
        keys.revoke_key(key=self.key, by=self.seen.by(self.key.organisation), at=self.seen.at)
        messages.success(request, f"The key nhc_{self.key.prefix} is revoked and works no more")
        return redirect(f"{reverse('partners:keys')}?organisation={self.key.organisation.code}")
