"""The public page on which people and carers refer themselves: what to do in a crisis comes first.

What it answers is the same for everybody: it never says, by words or by a different page, that somebody is known.
"""

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_safe

from huddles.forms.referrals import SelfReferralForm
from huddles.models import Referral
from huddles.permissions.referrals import get_door_for_everybody
from huddles.services import referrals
from huddles.services.referrals import Referrer
from huddles.views.acts import refuse
from nhc import attempts, clock, identity
from nhc.actors import Actor
from nhc.clock import london_date

SENT = attempts.Limit("self-referral", 10, 3600)
"""Referrals from one network address in an hour: a hostel or a library is one address for many."""


@login_not_required
@require_safe
def advice(request: HttpRequest, slug: str) -> HttpResponse:
    """Say what to do in a crisis, and then how to refer oneself."""
    door = get_door_for_everybody(slug, clock.now())
    return render(request, "huddles/referrals/self-advice.jinja", {"centre": door.centre, "team": door.team})


@login_not_required
@require_safe
def sent(request: HttpRequest, slug: str) -> HttpResponse:
    """Say that it arrived and what happens now."""
    door = get_door_for_everybody(slug, clock.now())
    return render(request, "huddles/referrals/self-sent.jinja", {"centre": door.centre, "team": door.team})


@method_decorator([login_not_required, never_cache, sensitive_post_parameters()], name="dispatch")
class ReferOneself(View):
    """Refer oneself, or somebody one cares for."""

    http_method_names = ["get", "head", "post"]

    def setup(self, request: HttpRequest, slug: str) -> None:
        """Load the front door, where it is open to everybody."""
        super().setup(request, slug=slug)
        self.at = clock.now()
        self.door = get_door_for_everybody(slug, self.at)

    def form(self, data: object = None) -> SelfReferralForm:
        """Return the form with a key of its own."""
        return SelfReferralForm(data, today=london_date(self.at), form_key=identity.uuid7())  # type: ignore[arg-type]  # a QueryDict

    def get(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Show the form."""
        return self.page(self.form())

    def post(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Receive it, unless too many came from the same network address."""
        form = self.form(request.POST)
        if not form.is_valid():
            return self.page(form, status=422)
        if not attempts.take(SENT, attempts.address_of(request)):
            return self.page(form, status=429, wait=True)
        try:
            self.receive(form)
        except ValidationError as error:
            refuse(form, error)
            return self.page(form, status=422)
        return redirect("huddles:self-referral-sent", self.door.centre.slug)

    def receive(self, form: SelfReferralForm) -> None:
        """Store it. Raises ValidationError."""
        typed = form.cleaned_data
        source = Referral.Source.CARER if form.by_carer else Referral.Source.SELF
        referrals.receive_referral(
            centre=self.door.centre,
            details=form.details(),
            words=typed["words"],
            referrer=Referrer(source=source, name=typed["carer_name"], contact=typed["contact"]),
            form_key=form.key(),
            by=Actor.system("self-referral page"),
            at=self.at,
        )

    def page(self, form: SelfReferralForm, *, status: int = 200, wait: bool = False) -> HttpResponse:
        """Render the form."""
        context = {"centre": self.door.centre, "team": self.door.team, "form": form, "wait": wait}
        return render(self.request, "huddles/referrals/self-form.jinja", context, status=status)
