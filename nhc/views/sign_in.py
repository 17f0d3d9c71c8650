"""Sign in, in one step or two, and sign out."""

from typing import override
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, redirect_to_login
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from nhc import attempts, authentication, clock, factors, kept_forms, sessions
from nhc.account_forms import CodeForm, CredentialForm
from nhc.authentication import Method, Pending
from nhc.forms import SignInForm
from nhc.models import User
from nhc.views.kept import way_back

_METHODS: dict[str, Method] = {
    "nhc.factors.OneTimeCodeBackend": "one-time code",
    "nhc.factors.RecoveryCodeBackend": "recovery code",
}


_MOST = attempts.Limit("code", most=15, seconds=900)
"""Wrong codes for one account in a quarter of an hour, from whichever addresses: whoever guesses may have many."""


class SignIn(LoginView):
    """Sign in by e-mail address and password. Whoever is signed in already goes to their home page."""

    http_method_names = ["get", "head", "post"]
    template_name = "nhc/sign-in.jinja"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    @override
    def get_redirect_url(self, request: HttpRequest | None = None) -> str:
        """Return where the person was going; never back to this page, which would send them round for ever."""
        following = super().get_redirect_url(request)
        return "" if urlsplit(following).path == reverse("sign-in") else following

    @override
    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        """Add the other ways in, and whether a session has just ended."""
        more = {"providers": settings.IDENTITY_PROVIDERS, "ended": "ended" in self.request.GET}
        return super().get_context_data(**kwargs) | more

    @override
    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Begin the session and go on, or ask for the second step."""
        user = form.get_user()
        if not isinstance(user, User):
            raise PermissionDenied
        return first_step(self.request, user, "password", self.get_redirect_url())


def first_step(request: HttpRequest, user: User, method: Method, following: str) -> HttpResponse:
    """Take the first step and lead to the second, or to where the person was going."""
    at = clock.now()
    if not authentication.begin(request=request, user=user, method=method, following=following, at=at):
        return redirect("second-step")
    return arrived(request, user, following)


def arrived(request: HttpRequest, user: User, following: str) -> HttpResponse:
    """Lead someone who has just signed in to where they were going, or to what was kept of what they typed there."""
    wanted = following or reverse(settings.LOGIN_REDIRECT_URL)
    return HttpResponseRedirect(way_back(kept_forms.note(request=request, user=user, at=clock.now()), wanted))


def local_address(request: HttpRequest, following: str) -> str:
    """Return an address if it is one of ours, else nothing."""
    allowed = url_has_allowed_host_and_scheme(following, {request.get_host()}, require_https=request.is_secure())
    return following if allowed else ""


@method_decorator([login_not_required, never_cache, sensitive_post_parameters("code", "credential")], name="dispatch")
class SecondStep(View):
    """The second step: a code, or a passkey."""

    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest) -> HttpResponse:
        """Ask for it."""
        found = authentication.pending(request=request, at=clock.now())
        return redirect("sign-in") if found is None else _second_step(request, found, CodeForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Sign in if it is right.

        Wrong codes count towards the lock-out as wrong passwords do, and, from wherever they come, end the wait.
        """
        found = authentication.pending(request=request, at=clock.now())
        if found is None:
            return redirect("sign-in")
        if "credential" in request.POST:
            form, method = CodeForm(), by_passkey(request, found.user)
            if method is None:
                return _second_step(request, found, form, problem="The passkey was not accepted. Try again.")
        else:
            form = CodeForm(request.POST)
            method = by_code(request, found.user, form)
            if method is None:
                authentication.note_wrong_code(request=request)
                return _second_step(request, found, form)
        user, following = found.user, found.following
        authentication.sign_in(request=request, user=user, method=method, second_factor=True, at=clock.now())
        return arrived(request, user, following)


def by_code(request: HttpRequest, user: User, form: CodeForm) -> Method | None:
    """Return the method of a form's code if it is right; otherwise add what is wrong to the form."""
    if not form.is_valid():
        return None
    if attempts.too_many(_MOST, str(user.pk)):
        form.add_error("code", "There were too many wrong codes. Wait 15 minutes, then enter the newest code")
        return None
    proved = authenticate(request, username=user.email, code=form.cleaned_data["code"])
    if proved is None:
        attempts.note(_MOST, str(user.pk))
        form.add_error("code", "The code is not right, or was used before. Enter the newest code")
        return None
    return _METHODS[str(getattr(proved, "backend", ""))]


def by_passkey(request: HttpRequest, user: User) -> Method | None:
    """Return the method if a person's passkey answered the session's challenge."""
    form = CredentialForm(request.POST)
    if not form.is_valid():
        return None
    try:
        factors.verify(form.cleaned_data["credential"], user)
    except ValidationError:
        return None
    return "passkey"


def _second_step(request: HttpRequest, found: Pending, form: CodeForm, *, problem: str = "") -> HttpResponse:
    kinds = factors.kinds_of(found.user)
    context = {"form": form, "passkey": "webauthn" in kinds, "codes": kinds - {"webauthn"}, "problem": problem}
    return render(request, "nhc/second-step.jinja", context)


@login_not_required
@never_cache
@require_POST
def passkey_options(request: HttpRequest) -> JsonResponse:
    """Begin to use a passkey: a person's own where it is known who they are, else whichever their device offers."""
    user = request.user if isinstance(request.user, User) else None
    if user is None:
        found = authentication.pending(request=request, at=clock.now())
        user = None if found is None or "anyone" in request.POST else found.user
    return JsonResponse(factors.request_options(user))


@login_not_required
@never_cache
@require_POST
@sensitive_post_parameters("credential")
def sign_in_by_passkey(request: HttpRequest) -> HttpResponse:
    """Sign in by a passkey alone: the device has made sure that it is its owner, so there is no second step."""
    form = CredentialForm(request.POST)
    following = local_address(request, request.POST.get("next", ""))
    try:
        if not form.is_valid():
            raise ValidationError("There is no answer.")
        user = factors.verify(form.cleaned_data["credential"], None)
    except ValidationError:
        problem = "The passkey was not accepted. Sign in with your password, or try again."
        context = {"form": SignInForm(request), "next": following, "problem": problem}
        return render(request, "nhc/sign-in.jinja", context | {"providers": settings.IDENTITY_PROVIDERS}, status=422)
    authentication.sign_in(request=request, user=user, method="passkey", second_factor=True, at=clock.now())
    return arrived(request, user, following)


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session on POST. GET asks first, because a link may be followed by accident or by software."""
    if request.method == "POST":
        if request.user.is_authenticated:
            authentication.sign_out(request=request, user=request.user, at=clock.now())
        elif sessions.store_of(request).ended_user_id is not None:
            request.session.flush()
        return HttpResponseRedirect(reverse("sign-out"))
    if request.user.is_authenticated:
        return render(request, "nhc/sign-out.jinja")
    return render(request, "nhc/signed-out.jinja")


@login_not_required
@never_cache
@require_safe
def administrators(request: HttpRequest) -> HttpResponse:
    """Lead from the administration pages to the one place where people sign in: no way in is weaker than another."""
    if request.user.is_authenticated:
        raise PermissionDenied
    return redirect_to_login(local_address(request, request.GET.get("next", "")) or reverse("admin:index"))
