"""Acts that are done on the board: with scripts they answer in a line, without them as any page."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, JsonResponse

from huddles.views.acts import Act, Press

PART = "NHC-Part"
"""The header with which the board's script says that it stays where it is."""


def in_a_line(request: HttpRequest, answer: HttpResponseBase) -> HttpResponseBase:
    """Return what was done as JSON where the board's script asks; everything else as it is."""
    if PART not in request.headers or answer.status_code != 302:
        return answer
    # Reading them takes them from the page that would have shown them.
    done = " ".join(str(message) for message in messages.get_messages(request))
    return JsonResponse({"done": done})


class BoardAct[Form: forms.Form](Act[Form]):
    """A form of the board."""

    template = "huddles/board/act.jinja"

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        """Answer in a line where the board asks."""
        return in_a_line(request, super().dispatch(request, *args, **kwargs))


class BoardPress(Press):
    """A button on the board."""

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        """Answer in a line where the board asks."""
        return in_a_line(request, super().dispatch(request, *args, **kwargs))
