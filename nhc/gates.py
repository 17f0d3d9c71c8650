"""What a request passes before it reaches its page: sessions that end, second factors, proof of identity."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import cast
from uuid import UUID

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode

from nhc import authentication, clock, factors, kept_forms, problems, sessions
from nhc.models import User
from nhc.problems import Problem
from nhc.requests import Answer

type View = Callable[..., HttpResponseBase]


def _is_for_people(request: HttpRequest, view: View) -> bool:
    """Whether a signed-in person asks for what only they may have. Views of the REST API answer for themselves."""
    needed = getattr(view, "login_required", True) or request.path.startswith("/api/")
    return needed and settings.SESSION_COOKIE_NAME in request.COOKIES


class SessionLimits:
    """Counts what people do as activity, and keeps what they send when their session has ended."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Let go of a kept form once its page has taken it."""
        response = self.get_response(request)
        if (
            request.method != "POST"
            or response.status_code >= 500
            or settings.SESSION_COOKIE_NAME not in request.COOKIES
        ):
            return response
        path, user = request.get_full_path(), request.user
        if user.is_authenticated and path in (noted := kept_forms.noted(request)):
            kept_forms.discard(user=user, form_id=UUID(noted[path][0]))
            kept_forms.forget_note(request, path)
        return response

    def process_view(
        self, request: HttpRequest, view: View, args: tuple[object, ...], kwargs: dict[str, object]
    ) -> HttpResponseBase | None:
        """Runs after the check against forged requests, so that nobody else's page can leave text here."""
        if not _is_for_people(request, view):
            return None
        at = clock.now()
        store = sessions.store_of(request)
        if request.user.is_authenticated:
            if not sessions.is_background(request):
                store.touch(at)
            return None
        if store.ended_user_id is None or request.path.startswith("/api/"):
            return None
        if request.method == "POST":
            kept_forms.keep_request(request=request, user_id=store.ended_user_id, at=at)
        return redirect_to_login(request.get_full_path(), f"{reverse('sign-in')}?ended=1")


class SecondFactorRequired:
    """Whoever may see people's records has a second factor behind their session, or is sent to set one up."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: View, args: tuple[object, ...], kwargs: dict[str, object]
    ) -> HttpResponseBase | None:
        if not _is_for_people(request, view):
            return None
        user, at = request.user, clock.now()
        if not user.is_authenticated or authentication.has_second_factor(request):
            return None
        if getattr(view, "before_second_factor", False):
            return _second_step(request, user, at) if factors.of(user) else None
        if not settings.SECOND_FACTOR_REQUIRED or not factors.is_required(user, at):
            return None
        if request.path.startswith("/api/"):
            sentence = "Your work needs a second factor. Sign in to the pages and set one up."
            return problems.response(Problem(403, "second-factor", "Second factor needed", sentence), request)
        return HttpResponseRedirect(reverse("second-factor"))


def _second_step(request: HttpRequest, user: User, at: datetime) -> HttpResponseBase:
    """Ask for the second step of somebody whose session has the first alone, and then lead to where they were going."""
    following = request.get_full_path() if request.method in {"GET", "HEAD"} else reverse("account")
    authentication.ask_second_step(request=request, user=user, method="password", following=following, at=at)
    return HttpResponseRedirect(reverse("second-step"))


def before_second_factor[V: View](view: V) -> V:
    """Open a view to people who must set up a second factor and have not yet; whoever has one must have used it."""
    view.before_second_factor = True  # type: ignore[attr-defined]  # read by the middleware above
    return view


def proof_required(view: View) -> View:
    """Let a view be used within minutes of a proof of identity; otherwise ask for one and come back.

    For API keys, factors and break-glass. A form that was sent without proof is kept and offered again after it.
    """

    @wraps(view)
    def proved(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        at = clock.now()
        if authentication.is_proved(request=request, at=at):
            return view(request, *args, **kwargs)
        if request.method == "POST":
            user = cast("User", request.user)
            kept_forms.forget_note(request, request.get_full_path())
            kept_forms.keep_request(request=request, user_id=user.pk, at=at)
        return HttpResponseRedirect(f"{reverse('confirm')}?{urlencode({'next': request.get_full_path()})}")

    return proved
