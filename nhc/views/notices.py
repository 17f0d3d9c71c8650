"""A person's own notices."""

from typing import cast

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from nhc import clock, notices
from nhc.actors import Actor
from nhc.models import User

PER_PAGE = 50


@require_safe
def notice_list(request: HttpRequest) -> HttpResponse:
    """List one's notices, newest first."""
    page = Paginator(notices.of(cast("User", request.user)), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "nhc/notices.jinja", {"page": page})


@require_POST
def mark_seen(request: HttpRequest) -> HttpResponse:
    """Mark all of them as seen."""
    user = cast("User", request.user)
    notices.see(user=user, by=Actor.user(user), at=clock.now())
    return redirect("notices")
