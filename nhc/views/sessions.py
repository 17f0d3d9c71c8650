"""Where a person is signed in, and how long the session still lasts."""

from typing import cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from nhc import clock, kept_forms, sessions
from nhc.actors import Actor
from nhc.gates import before_second_factor
from nhc.models import User


@require_POST
@before_second_factor
def end_sessions(request: HttpRequest) -> HttpResponse:
    """End one other session, or all of them."""
    user = cast("User", request.user)
    ended = sessions.end(
        user=user,
        reference=request.POST.get("place") or None,
        current_key=request.session.session_key,
        by=Actor.user(user),
        at=clock.now(),
    )
    if ended:
        messages.success(request, "You are signed out there" if ended == 1 else f"You are signed out in {ended} places")
    return redirect("account")


@login_not_required
@never_cache
@require_safe
def time_left(request: HttpRequest) -> JsonResponse:
    """Return the seconds that the session lasts without activity. Asking is none."""
    return JsonResponse({"seconds": sessions.seconds_left(request, clock.now())})


@never_cache
@require_POST
@before_second_factor
def extend(request: HttpRequest) -> JsonResponse:
    """Go on with the session: the request itself is the activity."""
    return JsonResponse({"seconds": sessions.seconds_left(request, clock.now())})


def context(request: HttpRequest) -> dict[str, object]:
    """Template context processor: what a page's script needs to warn of the session's end, and what was kept here."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    kept, _ = kept_forms.noted(request).get(request.get_full_path(), ("", False))
    return {
        "time_out": {
            "seconds": sessions.seconds_left(request, clock.now()),
            "warning": settings.SESSION_WARNING_SECONDS,
            "kept": kept,
        }
    }
