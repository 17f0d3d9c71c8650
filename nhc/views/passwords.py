"""Forgotten passwords, by e-mail, and new ones."""

from typing import cast

from django.contrib import messages
from django.contrib.auth import authenticate
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.tokens import default_token_generator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.utils.http import urlsafe_base64_decode
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_safe

from nhc import authentication, clock, password_reset
from nhc.account_forms import ChangePasswordForm, ForgottenPasswordForm, NewPasswordForm
from nhc.gates import before_second_factor
from nhc.models import User

_KEPT = "password_reset"
_IN_SESSION = "set"


@method_decorator([login_not_required, never_cache], name="dispatch")
class ForgottenPassword(View):
    """Ask for a link by e-mail. The answer is the same whoever's address it is, or nobody's."""

    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the form."""
        return render(request, "nhc/password-forgotten.jinja", {"form": ForgottenPasswordForm()})

    def post(self, request: HttpRequest) -> HttpResponse:
        """Send the link, if the address is anyone's, from a background job: how long the answer takes tells nothing."""
        form = ForgottenPasswordForm(request.POST)
        if not form.is_valid():
            return render(request, "nhc/password-forgotten.jinja", {"form": form}, status=422)
        password_reset.ask(email=form.cleaned_data["email"], at=clock.now())
        return redirect("password-sent")


@login_not_required
@never_cache
@require_safe
def password_sent(request: HttpRequest) -> HttpResponse:
    """Say what happens next, without saying whether the address is known."""
    return render(request, "nhc/password-sent.jinja")


@method_decorator([login_not_required, never_cache, sensitive_post_parameters()], name="dispatch")
class ResetPassword(View):
    """Choose a new password by the link of an e-mail.

    The token goes from the address into the session at once, so that it stands in no history and no referrer. A new
    password signs nobody in: whoever has a second factor still needs it.
    """

    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest, reference: str, token: str) -> HttpResponse:
        """Show the form, or say that the link is used up."""
        if token != _IN_SESSION:
            request.session[_KEPT] = token
            return redirect("password-reset", reference, _IN_SESSION)
        user = self.person(request, reference)
        if user is None:
            return render(request, "nhc/password-link-over.jinja", status=410)
        return render(request, "nhc/password-new.jinja", {"form": NewPasswordForm(user=user)})

    def post(self, request: HttpRequest, reference: str, token: str) -> HttpResponse:
        """Set the password and lead to signing in with it."""
        user = self.person(request, reference) if token == _IN_SESSION else None
        if user is None:
            return render(request, "nhc/password-link-over.jinja", status=410)
        form = NewPasswordForm(request.POST, user=user)
        if not form.is_valid():
            return render(request, "nhc/password-new.jinja", {"form": form}, status=422)
        del request.session[_KEPT]
        authentication.change_password(request=None, user=user, password=form.cleaned_data["password"], at=clock.now())
        messages.success(request, "Your password is changed. Sign in with it")
        return redirect("sign-in")

    def person(self, request: HttpRequest, reference: str) -> User | None:
        """Return whose link it is while it is good."""
        try:
            number = int(urlsafe_base64_decode(reference))
        except (ValueError, OverflowError):
            return None
        user = User.objects.filter(pk=number, is_active=True).first() if 0 < number < 2**63 else None
        good = user is not None and default_token_generator.check_token(user, str(request.session.get(_KEPT, "")))
        return user if good else None


@method_decorator([before_second_factor, never_cache, sensitive_post_parameters()], name="dispatch")
class ChangePassword(View):
    """Choose a new password, by the one of now. A wrong one counts towards the lock-out."""

    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the form."""
        user = cast("User", request.user)
        if not user.has_usable_password():
            return redirect("password-forgotten")
        return render(request, "nhc/password-change.jinja", {"form": ChangePasswordForm(user=user)})

    def post(self, request: HttpRequest) -> HttpResponse:
        """Change it; every other session of the person ends."""
        user = cast("User", request.user)
        form = ChangePasswordForm(request.POST, user=user)
        if form.is_valid():
            if authenticate(request, username=user.email, password=form.cleaned_data["current"]) is not None:
                authentication.change_password(
                    request=request, user=user, password=form.cleaned_data["password"], at=clock.now()
                )
                messages.success(request, "Your password is changed. You are signed out everywhere else")
                return redirect("account")
            form.add_error("current", "The current password is not right")
        return render(request, "nhc/password-change.jinja", {"form": form}, status=422)
