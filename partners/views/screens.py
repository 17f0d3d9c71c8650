"""Wall screens: what a screen itself shows, and the pages of those who look after a centre's screens."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from nhc import attempts, clock
from nhc.actors import Actor
from partners.forms.screens import PairScreenForm, RenameScreenForm
from partners.permissions.screens import get_centre_with_screens, get_screen_for
from partners.queries import screens as queries
from partners.services import screens
from partners.services.screens import Asked, StaleError, TooManyError
from partners.views.access import visit

COOKIE = screens.COOKIE
_YEAR = 365 * 24 * 60 * 60


@method_decorator([login_not_required, never_cache], name="dispatch")
class Wall(View):
    """What a screen shows. It holds a cookie of its own that opens nothing else, and never asks anybody to sign in."""

    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the centre's wall, the code that the screen waits with, or how to begin."""
        at, asked = clock.now(), _held(request)
        screen = None if asked is None else screens.living_screen(token=asked.token)
        if screen is not None:
            # The board stands in an app above this one; the screen goes there, and comes back once it is revoked.
            return redirect("huddles:wall")
        waiting = asked is not None and screens.is_waiting(token=asked.token, at=at)
        return render(request, "partners/wall-pair.jinja", {"code": asked.code if asked and waiting else ""})

    def post(self, request: HttpRequest) -> HttpResponse:
        """Show a code for ten minutes."""
        asked = _held(request)
        if asked is not None and screens.living_screen(token=asked.token) is not None:
            return redirect("partners:wall")
        try:
            made = screens.ask_for_code(address=attempts.address_of(request), at=clock.now())
        except TooManyError:
            return render(request, "partners/wall-pair.jinja", {"code": "", "wait": True}, status=429)
        answer = redirect("partners:wall")
        answer.set_cookie(
            COOKIE,
            screens.signed(made),
            max_age=_YEAR,
            path=request.path,
            httponly=True,
            secure=request.is_secure(),
            samesite="Strict",
        )
        return answer


def _held(request: HttpRequest) -> Asked | None:
    return screens.held(request.COOKIES.get(COOKIE, ""))


@require_safe
def screen_list(request: HttpRequest, slug: str) -> HttpResponse:
    """List a centre's screens."""
    seen = visit(request)
    centre = get_centre_with_screens(seen.viewer, slug, seen.at)
    return render(request, "partners/screens.jinja", {"centre": centre, "screens": queries.of(centre)})


class PairScreen(View):
    """Pair a screen by the code that it shows."""

    http_method_names = ["get", "head", "post"]

    def setup(self, request: HttpRequest, *args: object, **kwargs: str) -> None:
        """Load the centre, for those who look after it."""
        super().setup(request, *args, **kwargs)
        self.seen = visit(request)
        self.centre = get_centre_with_screens(self.seen.viewer, kwargs["slug"], self.seen.at)

    def get(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Show the form."""
        return self.page(request, PairScreenForm())

    def post(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Pair the screen."""
        form = PairScreenForm(request.POST)
        if not form.is_valid():
            return self.page(request, form, status=422)
        code, name = form.cleaned_data["code"], form.cleaned_data["name"]
        by = Actor.user(self.seen.user)
        try:
            screens.pair(centre=self.centre, code=code, name=name, by=by, at=self.seen.at)
        except TooManyError:
            form.add_error("code", "You entered too many codes that no screen shows. Wait 10 minutes")
            return self.page(request, form, status=429)
        except ValidationError as error:
            _add(form, error)
            return self.page(request, form, status=422)
        messages.success(request, f"{name} is paired and shows {self.centre.name}")
        return redirect("partners:screens", self.centre.slug)

    def page(self, request: HttpRequest, form: PairScreenForm, *, status: int = 200) -> HttpResponse:
        """Render the form."""
        return render(request, "partners/screen-pair.jinja", {"form": form, "centre": self.centre}, status=status)


class _OneScreen(View):
    http_method_names = ["get", "head", "post"]

    def setup(self, request: HttpRequest, slug: str, screen_id: int) -> None:
        super().setup(request, slug=slug, screen_id=screen_id)
        self.seen = visit(request)
        self.screen = get_screen_for(self.seen.viewer, slug, screen_id, self.seen.at)


class RenameScreen(_OneScreen):
    """Call a screen something else."""

    def get(self, request: HttpRequest, **_: object) -> HttpResponse:
        """Show the form."""
        form = RenameScreenForm(initial={"name": self.screen.name, "version": self.screen.version})
        return self.page(request, form)

    def post(self, request: HttpRequest, **_: object) -> HttpResponse:
        """Rename it."""
        form = RenameScreenForm(request.POST)
        if not form.is_valid():
            return self.page(request, form, status=422)
        name, version = form.cleaned_data["name"], form.cleaned_data["version"]
        by = Actor.user(self.seen.user)
        try:
            screens.rename(screen=self.screen, name=name, version=version, by=by, at=self.seen.at)
        except StaleError:
            form.data = {"name": name, "version": self.screen.version}
            form.add_error("name", f"Somebody else called it {self.screen.name} meanwhile. Save again to change it")
            return self.page(request, form, status=409)
        except ValidationError as error:
            _add(form, error)
            return self.page(request, form, status=422)
        messages.success(request, "The screen is renamed")
        return redirect("partners:screens", self.screen.centre.slug)

    def page(self, request: HttpRequest, form: RenameScreenForm, *, status: int = 200) -> HttpResponse:
        """Render the form."""
        context = {"form": form, "centre": self.screen.centre, "screen": self.screen}
        return render(request, "partners/screen-rename.jinja", context, status=status)


class RevokeScreen(_OneScreen):
    """End a screen, after asking."""

    def get(self, request: HttpRequest, **_: object) -> HttpResponse:
        """Ask."""
        context = {"screen": self.screen, "centre": self.screen.centre}
        return render(request, "partners/screen-revoke.jinja", context)

    def post(self, request: HttpRequest, **_: object) -> HttpResponse:
        """Revoke it."""
        screens.revoke(screen=self.screen, by=Actor.user(self.seen.user), at=self.seen.at)
        messages.success(request, f"{self.screen.name} is revoked and shows nothing more")
        return redirect("partners:screens", self.screen.centre.slug)


def _add(form: PairScreenForm | RenameScreenForm, error: ValidationError) -> None:
    """Put a service's errors beside the field they are about, "name" where they name none."""
    told = error.message_dict if hasattr(error, "error_dict") else {"name": error.messages}
    for field, sentences in told.items():
        for sentence in sentences:
            form.add_error(field if field in form.fields else "name", sentence)
