"""Signing an agreement for an organisation, and who may."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views import View
from django.views.decorators.http import require_safe

from nhc.markdown import to_html
from nhc.models import User
from partners.forms.agreements import SignatoryForm, SignForm
from partners.forms.people import refuse
from partners.permissions import agreements as permissions
from partners.permissions import get_administered_organisation
from partners.queries import agreements as queries
from partners.services import signatures
from partners.views.access import visit


class SignAgreement(View):
    """Sign what is in force for an organisation that appointed one for it."""

    http_method_names = ["get", "head", "post"]

    def setup(self, request: HttpRequest, *args: object, **kwargs: str) -> None:
        """Load what is in force, for those who sign for a partner that has not signed it."""
        super().setup(request, *args, **kwargs)
        self.seen = visit(request)
        self.found, self.version, self.powers = permissions.get_version_to_sign(
            self.seen.viewer, kwargs["slug"], kwargs["kind"], self.seen.at
        )

    def get(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Show the text and the form."""
        return self.page(SignForm(version=self.version.pk, powers=self.powers))

    def post(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Sign. Where a newer version came into force meanwhile, that one is shown to be read."""
        form = SignForm(request.POST, version=self.version.pk, powers=self.powers)
        if not form.is_valid():
            return self.page(form, status=422)
        if form.cleaned_data["version"] != self.version.pk:
            fresh = SignForm(version=self.version.pk, powers=self.powers)
            return self.page(fresh, replaced=True, status=409)
        chosen = next(each for each in self.powers if each.organisation.code == form.cleaned_data["organisation"])
        try:
            signatures.sign(
                version=self.version,
                organisation=chosen.organisation,
                by=self.seen.by(chosen.organisation),
                at=self.seen.at,
            )
        except ValidationError as error:
            refuse(form, error)
            return self.page(form, status=422)
        messages.success(request, f"You have signed version {self.version.number} for {chosen.organisation.name}")
        return redirect("partners:agreement", self.found.centre.centre.slug, self.found.agreement.kind)

    def page(self, form: SignForm, *, status: int = 200, **more: object) -> HttpResponse:
        """Render the text with the form."""
        context = {
            "centre": self.found.centre.centre,
            "agreement": self.found.agreement,
            "version": self.version,
            "text": to_html(self.version.text),
            "form": form,
        }
        return render(self.request, "partners/agreements/sign.jinja", context | more, status=status)


@require_safe
def signatory_list(request: HttpRequest, code: str) -> HttpResponse:
    """List who signs for an organisation."""
    seen = visit(request)
    organisation = get_administered_organisation(seen.viewer, code, seen.at)
    context = {"organisation": organisation, "signatories": queries.signatories_of(organisation, seen.at)}
    return render(request, "partners/agreements/signatories.jinja", context)


class AppointSignatory(View):
    """Let one of the organisation's people sign for it."""

    http_method_names = ["get", "head", "post"]

    def setup(self, request: HttpRequest, *args: object, **kwargs: str) -> None:
        """Load the organisation, for its administrators."""
        super().setup(request, *args, **kwargs)
        self.seen = visit(request)
        self.organisation = get_administered_organisation(self.seen.viewer, kwargs["code"], self.seen.at)

    def get(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Show the form."""
        return self.page(SignatoryForm())

    def post(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Appoint them."""
        form = SignatoryForm(request.POST)
        if form.is_valid():
            try:
                self.appoint(form)
            except ValidationError as error:
                refuse(form, error)
            else:
                messages.success(request, "They can sign for the organisation now")
                return redirect("partners:signatories", self.organisation.code)
        return self.page(form, status=422)

    def appoint(self, form: SignatoryForm) -> None:
        """Raises ValidationError where it is refused, in the same words whoever else has that address."""
        user = User.objects.filter(email=form.cleaned_data["email"].lower()).first()
        if user is None:
            raise ValidationError({"email": f"Choose somebody who works for {self.organisation.name}."})
        signatures.appoint_signatory(
            organisation=self.organisation,
            user=user,
            capacity=form.cleaned_data["capacity"],
            by=self.seen.by(self.organisation),
            at=self.seen.at,
        )

    def page(self, form: SignatoryForm, *, status: int = 200) -> HttpResponse:
        """Render the form."""
        context = {"organisation": self.organisation, "form": form}
        return render(self.request, "partners/agreements/signatory-appoint.jinja", context, status=status)


class EndSignatory(View):
    """Take the power to sign back, after asking."""

    http_method_names = ["get", "head", "post"]

    def setup(self, request: HttpRequest, *args: object, **kwargs: str) -> None:
        """Load the appointment, for administrators of its organisation."""
        super().setup(request, *args, **kwargs)
        self.seen = visit(request)
        self.signatory = permissions.get_signatory_for(
            self.seen.viewer, kwargs["code"], int(kwargs["signatory_id"]), self.seen.at
        )

    def get(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Ask."""
        return render(request, "partners/agreements/signatory-end.jinja", {"signatory": self.signatory})

    def post(self, request: HttpRequest, **_: str) -> HttpResponse:
        """End it."""
        signatures.end_signatory(
            signatory=self.signatory, by=self.seen.by(self.signatory.organisation), at=self.seen.at
        )
        messages.success(request, "They do not sign for the organisation any more")
        return redirect("partners:signatories", self.signatory.organisation.code)
