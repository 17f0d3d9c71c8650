"""Records opened in an emergency and grants on records: what privacy officers review, make and end."""

from collections.abc import Mapping
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_safe

from huddles.forms.people import GrantForm, ReviewForm
from huddles.models import BreakGlass, RecordGrant
from huddles.permissions import people as permissions
from huddles.queries import break_glass as queries
from huddles.queries import people as people_queries
from huddles.services import break_glass, grants
from huddles.views.access import visit
from huddles.views.acts import Act, Press, Way, paged
from nhc.gates import proof_required
from partners.hours import midnight
from partners.queries import people as staff_queries


@require_safe
def queue(request: HttpRequest, slug: str) -> HttpResponse:
    """List every record that was opened in an emergency, those to review first. By reference: nobody is named."""
    seen = visit(request)
    centre = permissions.get_centre_to_review(seen.viewer, slug, seen.at)
    context = {
        "centre": centre,
        "page": paged(request, queries.of_centre(centre)),
        "waiting": queries.to_review(centre),
        "me": seen.user.pk,
    }
    return render(request, "huddles/people/opened.jinja", context)


@require_safe
def grant_list(request: HttpRequest, slug: str) -> HttpResponse:
    """List who reads a record by a grant, newest first. By reference: nobody is named."""
    seen = visit(request)
    centre = permissions.get_centre_to_review(seen.viewer, slug, seen.at)
    context = {"centre": centre, "page": paged(request, queries.grants_of(centre)), "at": seen.at}
    return render(request, "huddles/people/grants.jinja", context)


class Review(Act[ReviewForm]):
    """Say whether it was needed."""

    title = "Review"
    button = "Save the review"
    glass: BreakGlass

    def load(self, named: Mapping[str, str]) -> None:
        """Load what was opened, for privacy officers."""
        self.glass = permissions.get_break_to_review(
            self.seen.viewer, named["slug"], int(named["glass_id"]), self.seen.at
        )
        self.centre = self.glass.person.centre
        self.back = Way(reverse("huddles:glass-queue", args=[self.centre.slug]), "Opened in an emergency")

    def form(self, data: Mapping[str, object] | None = None) -> ReviewForm:
        """Return the form."""
        return ReviewForm(data)

    def act(self, form: ReviewForm) -> str:
        """Review it."""
        break_glass.review_break(
            glass=self.glass,
            finding=BreakGlass.Finding(form.cleaned_data["finding"]),
            words=form.cleaned_data["words"],
            by=self.seen.by,
            at=self.seen.at,
        )
        return "The review is stored"

    def more(self) -> dict[str, object]:
        """Show who opened it and why."""
        return {"quoted": (f"{self.glass.user.name}, record {self.glass.person.reference}", self.glass.reason)}


@method_decorator(proof_required, name="dispatch")
class MakeGrant(Act[GrantForm]):
    """Let somebody read one record for a while, within minutes of a proof of identity."""

    title = "Let somebody read a record"
    button = "Let them read it"

    def load(self, named: Mapping[str, str]) -> None:
        """Load the centre, for its privacy officers."""
        self.centre = permissions.get_centre_to_review(self.seen.viewer, named["slug"], self.seen.at)
        self.back = Way(reverse("huddles:grants", args=[self.centre.slug]), "Grants on records")

    def form(self, data: Mapping[str, object] | None = None) -> GrantForm:
        """Return the form."""
        return GrantForm(data, today=self.seen.today)

    def act(self, form: GrantForm) -> str:
        """Make the grant."""
        typed = form.cleaned_data
        person = people_queries.of_reference(typed["reference"].strip().upper())
        if person is None or person.centre_id != self.centre.pk:
            raise ValidationError({"reference": "No record has this reference. Check it."})
        user = staff_queries.by_email(typed["email"])
        if user is None:
            raise ValidationError({"email": "Nobody signs in with this address. Check it."})
        grants.grant_record(
            person=people_queries.kept_of(person),
            user=user,
            reason=typed["reason"],
            # Ninety days with the night on which clocks go back are an hour longer than a grant may be.
            expires_at=min(midnight(typed["last_day"] + timedelta(days=1)), self.seen.at + grants.LONGEST),
            by=self.seen.by,
            at=self.seen.at,
        )
        return f"{user.name} may read the record"


class EndGrant(Press):
    """End a grant at once."""

    grant: RecordGrant

    def load(self, named: Mapping[str, str]) -> None:
        """Load the grant, for privacy officers."""
        self.grant = permissions.get_grant_to_end(self.seen.viewer, named["slug"], int(named["grant_id"]), self.seen.at)
        self.centre = self.grant.content_object.centre
        self.back = Way(reverse("huddles:grants", args=[self.centre.slug]), "Grants on records")

    def press(self) -> str:
        """End it."""
        grants.revoke_grant(grant=self.grant, by=self.seen.by, at=self.seen.at)
        return f"{self.grant.user.name} may not read the record any more"
