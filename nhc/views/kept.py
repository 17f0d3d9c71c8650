"""What was typed when a session ended, offered to the same person again."""

from typing import cast
from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from nhc import clock, kept_forms, sessions
from nhc.models import KeptForm, User


def way_back(noted: kept_forms.Noted, wanted: str) -> str:
    """Return where to go: the page itself, or, where its form was sent too late, the page that offers it again."""
    identity, submitted = noted.get(wanted, ("", False))
    return reverse("kept-form", args=[identity]) if submitted else wanted


@method_decorator([never_cache], name="dispatch")
class KeptFormPage(View):
    """A form that was sent when its session had ended: shown to its person, to be sent again or thrown away."""

    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest, form_id: UUID) -> HttpResponse:
        """Show what was typed, with everything that sending it again takes."""
        typed = kept_forms.opened(_kept(request, form_id))
        return render(request, "nhc/kept-form.jinja", {"typed": typed})

    def post(self, request: HttpRequest, form_id: UUID) -> HttpResponse:
        """Throw it away."""
        kept = _kept(request, form_id)
        kept_forms.discard(user=cast("User", request.user), form_id=kept.pk)
        kept_forms.forget_note(request, kept.path)
        return HttpResponseRedirect("/")


@never_cache
@require_safe
def kept_text(request: HttpRequest, form_id: UUID) -> JsonResponse:
    """Return a kept form's names and values, for the script that puts them back into the page's fields."""
    return JsonResponse({"fields": kept_forms.opened(_kept(request, form_id)).fields})


@login_not_required
@never_cache
@require_POST
def keep_text(request: HttpRequest) -> JsonResponse:
    """Keep what stands in a page's form as its session runs out; also a little later, for the tabs that slept.

    Answers 204 whether or not there was anything to keep.
    """
    user_id = request.user.pk if request.user.is_authenticated else sessions.store_of(request).ended_user_id
    if user_id is not None:
        kept_forms.keep(
            user_id=user_id,
            path=request.POST.get("nhc-page", ""),
            fields=[field for field in kept_forms.fields_of(request.POST) if field[0] != "nhc-page"],
            submitted=False,
            at=clock.now(),
        )
    return JsonResponse({}, status=204)


def _kept(request: HttpRequest, form_id: UUID) -> KeptForm:
    kept = kept_forms.get(user=cast("User", request.user), form_id=form_id, at=clock.now())
    if kept is None:
        raise Http404
    return kept
