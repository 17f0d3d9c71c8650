"""The wall: what a paired screen shows. Nobody's name, no card's words, nothing to touch, and never a sign-in form."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from huddles.permissions.huddles import BoardAudience
from huddles.services import board
from huddles.views import rendering
from nhc import clock, live
from nhc.live import Topic
from partners.services import screens


@login_not_required
@never_cache
@require_safe
def wall(request: HttpRequest) -> HttpResponse:
    """Show the centre's wall to a screen that is paired; any other is shown how to pair it."""
    screen = screens.screen_of(request.COOKIES.get(screens.COOKIE, ""))
    if screen is None:
        return redirect("partners:wall")
    at = clock.now()
    screens.note_seen(screen=screen, at=at)
    shown = rendering.rendered(screen.centre, BoardAudience.WALL, at)
    context = {"centre": screen.centre, "screen": screen, "shown": shown, "board": shown.board, "at": at}
    return render(request, "huddles/wall/wall.jinja", context)


@login_not_required
@require_safe
def wall_part(request: HttpRequest) -> HttpResponse:
    """Return the wall's board, or 304 where the screen has it already. 404 for a screen that is paired no longer."""
    screen = screens.screen_of(request.COOKIES.get(screens.COOKIE, ""))
    if screen is None:
        return HttpResponse(status=404)
    at = clock.now()
    screens.note_seen(screen=screen, at=at)
    return rendering.answer(request, rendering.rendered(screen.centre, BoardAudience.WALL, at))


@login_not_required
@require_safe
def wall_stream(request: HttpRequest) -> HttpResponseBase:
    """Say that the wall's board is at a version, for as long as the screen is paired."""
    held = request.COOKIES.get(screens.COOKIE, "")
    screen = screens.screen_of(held)
    if screen is None:
        return HttpResponse(status=404)
    if request.method == "HEAD":
        return HttpResponse(content_type="text/event-stream; charset=utf-8")
    return live.response(Topic(board.KIND, screen.centre_id), lambda: screens.screen_of(held) is not None)
