"""A person's own sign-in: their passkeys, authenticator app, recovery codes, and proof that it is still them."""

import base64
from io import BytesIO
from typing import cast

import qrcode
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe
from qrcode.image.svg import SvgPathImage

from nhc import authentication, clock, factors, kept_forms, sessions
from nhc.account_forms import AppCodeForm, CodeForm, CredentialForm, PasskeyNameForm, PasswordProofForm
from nhc.actors import Actor
from nhc.authentication import Method
from nhc.gates import before_second_factor, proof_required
from nhc.models import User
from nhc.views.kept import way_back
from nhc.views.sign_in import by_code, by_passkey, local_address

_NOT_FOUND = "That passkey is not yours or is gone."


@never_cache
@require_safe
@before_second_factor
def account(request: HttpRequest) -> HttpResponse:
    """Show how a person signs in and where they are signed in."""
    user, at = _user(request), clock.now()
    found = factors.of(user)
    context = {
        "passkeys": [
            {"id": factor.pk, "name": factors.name_of(factor), "added": factor.created_at, "used": factor.last_used_at}
            for factor in found
            if factor.type == Authenticator.Type.WEBAUTHN
        ],
        "app": next((factor for factor in found if factor.type == Authenticator.Type.TOTP), None),
        "codes_left": len(factors.recovery_codes_left(user)) if found else 0,
        "places": sessions.places(user=user, current_key=request.session.session_key, at=at),
        "missing": not found and settings.SECOND_FACTOR_REQUIRED and factors.is_required(user, at),
    }
    return render(request, "nhc/account.jinja", context)


@never_cache
@require_safe
@before_second_factor
def second_factor(request: HttpRequest) -> HttpResponse:
    """Say that a second factor is needed, and offer the ways to set one up; whoever has one goes home."""
    if factors.of(_user(request)):
        return redirect("account")
    return render(request, "nhc/second-factor.jinja")


@method_decorator([before_second_factor, never_cache, proof_required], name="dispatch")
class AddPasskey(View):
    """Make a passkey."""

    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the form."""
        return render(request, "nhc/passkey-add.jinja", {"form": PasskeyNameForm()})

    def post(self, request: HttpRequest) -> HttpResponse:
        """Keep the passkey that the browser made."""
        form, answer = PasskeyNameForm(request.POST), CredentialForm(request.POST)
        if form.is_valid():
            try:
                if not answer.is_valid():
                    raise ValidationError("The browser did not make a passkey. Try again")
                first = authentication.add_passkey(
                    request=request,
                    user=_user(request),
                    name=form.cleaned_data["name"],
                    credential=answer.cleaned_data["credential"],
                    at=clock.now(),
                )
            except ValidationError as error:
                form.add_error("name", error)
            else:
                messages.success(request, "The passkey is added")
                return redirect("recovery-codes" if first else "account")
        return render(request, "nhc/passkey-add.jinja", {"form": form}, status=422)


@never_cache
@require_POST
@before_second_factor
@proof_required
def passkey_creation_options(request: HttpRequest) -> JsonResponse:
    """Begin to make a passkey."""
    return JsonResponse(factors.creation_options(_user(request)))


@method_decorator([before_second_factor, never_cache, proof_required], name="dispatch")
class RenamePasskey(View):
    """Call a passkey something else."""

    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest, factor_id: int) -> HttpResponse:
        """Show the form."""
        form = PasskeyNameForm(initial={"name": factors.name_of(_passkey(request, factor_id))})
        return render(request, "nhc/passkey-rename.jinja", {"form": form})

    def post(self, request: HttpRequest, factor_id: int) -> HttpResponse:
        """Rename it."""
        found, form = _passkey(request, factor_id), PasskeyNameForm(request.POST)
        if not form.is_valid():
            return render(request, "nhc/passkey-rename.jinja", {"form": form}, status=422)
        authentication.rename_passkey(
            passkey=found, name=form.cleaned_data["name"], by=Actor.user(_user(request)), at=clock.now()
        )
        messages.success(request, "The passkey is renamed")
        return redirect("account")


@method_decorator([before_second_factor, never_cache, proof_required], name="dispatch")
class RemoveFactor(View):
    """Take a passkey or the authenticator app away, after asking."""

    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest, factor_id: int) -> HttpResponse:
        """Ask."""
        return self.page(request, _factor(request, factor_id))

    def post(self, request: HttpRequest, factor_id: int) -> HttpResponse:
        """Take it away, unless the person's work needs it."""
        found = _factor(request, factor_id)
        name = factors.name_of(found)
        try:
            authentication.remove_factor(request=request, factor=found, user=_user(request), at=clock.now())
        except ValidationError as error:
            return self.page(request, found, problem=error.messages[0])
        messages.success(request, f"{name} is removed")
        return redirect("account")

    def page(self, request: HttpRequest, found: Authenticator, *, problem: str = "") -> HttpResponse:
        """Render the question."""
        context = {"name": factors.name_of(found), "problem": problem}
        return render(request, "nhc/factor-remove.jinja", context, status=422 if problem else 200)


@method_decorator(
    [before_second_factor, never_cache, sensitive_post_parameters("code"), proof_required], name="dispatch"
)
class AddApp(View):
    """Set up an authenticator app."""

    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the picture to scan and the same as text."""
        return self.page(request, AppCodeForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Keep the app if it shows the right code."""
        form = AppCodeForm(request.POST)
        if not form.is_valid():
            return self.page(request, form, status=422)
        try:
            first = authentication.add_one_time_codes(
                request=request, user=_user(request), code=form.cleaned_data["code"], at=clock.now()
            )
        except ValidationError as error:
            form.add_error("code", error)
            return self.page(request, form, status=422)
        messages.success(request, "The authenticator app is added")
        return redirect("recovery-codes" if first else "account")

    def page(self, request: HttpRequest, form: AppCodeForm, *, status: int = 200) -> HttpResponse:
        """Render the form. The secret stays in the session until a code proves that the app has it."""
        secret = authentication.waiting_secret(request=request)
        picture = BytesIO()
        qrcode.make(factors.app_address(_user(request), secret), image_factory=SvgPathImage).save(picture)
        context = {
            "form": form,
            "picture": f"data:image/svg+xml;base64,{base64.b64encode(picture.getvalue()).decode()}",
            "secret": " ".join(secret[start : start + 4] for start in range(0, len(secret), 4)),
        }
        return render(request, "nhc/one-time-codes.jinja", context, status=status)


@method_decorator([before_second_factor, never_cache, proof_required], name="dispatch")
class RecoveryCodes(View):
    """The codes for the day when phone or key are lost."""

    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show those that are left."""
        user = _user(request)
        if not factors.of(user):
            return redirect("second-factor")
        return render(request, "nhc/recovery-codes.jinja", {"codes": factors.recovery_codes_left(user)})

    def post(self, request: HttpRequest) -> HttpResponse:
        """Make new ones."""
        user = _user(request)
        if factors.of(user):
            authentication.renew_recovery_codes(user=user, at=clock.now())
            messages.success(request, "These are your new recovery codes. The old ones work no more")
        return redirect("recovery-codes")


@method_decorator(
    [before_second_factor, never_cache, sensitive_post_parameters("password", "code", "credential")], name="dispatch"
)
class Confirm(View):
    """Prove who you are before something sensitive: by password, code or passkey. Failures count to the lock-out."""

    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest) -> HttpResponse:
        """Ask."""
        return self.page(request, PasswordProofForm(), CodeForm(prefix="factor"))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Go on if it is right."""
        user = _user(request)
        password, code = PasswordProofForm(), CodeForm(prefix="factor")
        method: Method | None
        if "credential" in request.POST:
            method, problem = by_passkey(request, user), "The passkey was not accepted. Try again."
        elif "factor-code" in request.POST:
            code, problem = CodeForm(request.POST, prefix="factor"), ""
            method = by_code(request, user, code)
        else:
            password, problem = PasswordProofForm(request.POST), ""
            method = _by_password(request, user, password)
        if method is None:
            return self.page(request, password, code, problem=problem)
        at = clock.now()
        authentication.prove(request=request, user=user, method=method, at=at)
        wanted = local_address(request, request.GET.get("next", "")) or reverse("account")
        return HttpResponseRedirect(way_back(kept_forms.note(request=request, user=user, at=at), wanted))

    def page(
        self, request: HttpRequest, password: PasswordProofForm, code: CodeForm, *, problem: str = ""
    ) -> HttpResponse:
        """Render the ways that this person has."""
        user = _user(request)
        kinds = factors.kinds_of(user)
        context = {
            "password": password if user.has_usable_password() else None,
            "code": code if kinds & {"totp", "recovery_codes"} else None,
            "passkey": "webauthn" in kinds,
            "problem": problem,
            "form": code if code.is_bound else password,
        }
        return render(request, "nhc/confirm.jinja", context, status=422 if request.method == "POST" else 200)


def _by_password(request: HttpRequest, user: User, form: PasswordProofForm) -> Method | None:
    if not form.is_valid():
        return None
    if authenticate(request, username=user.email, password=form.cleaned_data["password"]) is None:
        form.add_error("password", "The password is not right")
        return None
    return "password"


def _factor(request: HttpRequest, factor_id: int) -> Authenticator:
    for factor in factors.of(_user(request)):
        if factor.pk == factor_id:
            return factor
    raise Http404(_NOT_FOUND)


def _passkey(request: HttpRequest, factor_id: int) -> Authenticator:
    found = _factor(request, factor_id)
    if found.type != Authenticator.Type.WEBAUTHN:
        raise Http404(_NOT_FOUND)
    return found


def _user(request: HttpRequest) -> User:
    return cast("User", request.user)
