"""Acts outside a guardrail: said by whoever acted, read at the weekly review, and made a proposal in one click."""

from collections.abc import Mapping
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from decisions.forms.may_i import ActedForm, Answered, OverrideForm
from decisions.forms.overrides import ReviewOverrideForm
from decisions.permissions import grids as permissions
from decisions.queries import overrides as queries
from decisions.queries import scenarios as scenario_queries
from decisions.services import overrides
from decisions.views.access import visit
from decisions.views.acts import Act, Press, Way, paged
from decisions.views.grid_wording import WORDS
from decisions.views.verdict_wording import listed
from nhc.access import Permission

RECENT = timedelta(days=7)


@require_safe
def override_list(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what waits for the weekly review, and what was reviewed before."""
    seen = visit(request)
    found = permissions.get_grid_for(seen.viewer, slug, seen.at, permission=Permission.REVIEW_OVERRIDES)
    context = WORDS | {
        "centre": found.centre,
        "access": found,
        "waiting": queries.to_review(found.centre),
        "page": paged(request, queries.reviewed(found.centre)),
        "overdue": seen.at - RECENT,
        "user": seen.user,
    }
    return render(request, "decisions/overrides/list.jinja", context)


class RecordOverride(Act[OverrideForm]):
    """Say why one acted outside a guardrail."""

    title = "Say why you acted outside the guardrail"
    introduction = "It is read at the weekly review, to learn and not to blame."
    button = "Store it"

    def load(self, named: Mapping[str, str]) -> None:
        """Load the scenario of the grid in force or one before, and for which teams the person may have acted."""
        found, self.scenario, self.teams = permissions.get_acts_to_record(
            self.seen.viewer, named["slug"], named["code"], self.seen.at
        )
        self.centre = found.centre
        self.back = Way(reverse("decisions:may-i", args=[self.centre.slug]), "May I?")

    def form(self, data: Mapping[str, object] | None = None) -> OverrideForm:
        """Return the form."""
        unit = self.scenario.limit_unit
        return OverrideForm(data, unit=unit, teams=self.teams, at=self.seen.at)

    def act(self, form: OverrideForm) -> str:
        """Store it."""
        typed = form.cleaned_data
        then = scenario_queries.scenario_in_force(self.centre, self.scenario.code, typed["acted_at"])
        if typed.get("amount") is not None and then is not None and then.limit_unit != self.scenario.limit_unit:
            raise ValidationError({"amount": "The guardrail counted something else then. Say how much in the reason."})
        overrides.record_override(
            centre=self.centre,
            scenario_code=self.scenario.code,
            team=next(team for team in self.teams if str(team.pk) == typed["team"]),
            acted_at=typed["acted_at"],
            reason=typed["reason"],
            amount=typed.get("amount"),
            by=self.seen.by,
            at=self.seen.at,
        )
        return "It is stored for the weekly review"

    def done(self) -> str:
        """Return to where people ask."""
        return reverse("decisions:may-i", args=[self.centre.slug])


class TellOfAct(Press):
    """Record that one has acted first, as the answer said, and tell those who are to be told."""

    def load(self, named: Mapping[str, str]) -> None:
        """Load the scenario of the grid in force or one before, for those who may ask there."""
        found, scenario, _ = permissions.get_acts_to_record(
            self.seen.viewer, named["slug"], named["code"], self.seen.at
        )
        self.centre, self.code = found.centre, scenario.code
        self.back = Way(reverse("decisions:may-i-answer", args=[self.centre.slug, self.code]), "Ask again")

    def press(self) -> str:
        """Store it and tell them."""
        form = ActedForm(self.request.POST)
        given: Answered | None = form.cleaned_data["answer"] if form.is_valid() else None
        mine = (self.seen.user.pk, self.centre.slug, self.code)
        if given is None or (given.user_id, given.centre, given.scenario) != mine:
            raise ValidationError("The page did not say which answer you acted on. Ask again.")
        told = overrides.tell_of_act(
            centre=self.centre,
            scenario_code=self.code,
            acted_at=given.at,
            amount=given.amount,
            by=self.seen.by,
            at=self.seen.at,
        )
        if not told:
            return "It is stored that you acted. Nobody is on the rota to be told: call the next number on the ladder."
        names = listed([each.name for each in told])
        return f"It is stored that you acted, and {names} {'has' if len(told) == 1 else 'have'} a notice of it."

    def done(self) -> str:
        """Return to where people ask."""
        return reverse("decisions:may-i", args=[self.centre.slug])


class ReviewOverride(Act[ReviewOverrideForm]):
    """Say what the weekly review made of an act."""

    title = "Review an act outside the guardrail"
    button = "Store the review"

    def load(self, named: Mapping[str, str]) -> None:
        """Load the act, for those who review."""
        found, self.override = permissions.get_override_to_review(
            self.seen.viewer, named["slug"], int(named["override_id"]), self.seen.at
        )
        self.centre = found.centre
        self.introduction = f"{self.override.scenario.title}: {self.override.reason}"
        self.back = Way(reverse("decisions:overrides", args=[self.centre.slug]), "Overrides")

    def form(self, data: Mapping[str, object] | None = None) -> ReviewOverrideForm:
        """Return the form."""
        return ReviewOverrideForm(data)

    def act(self, form: ReviewOverrideForm) -> str:
        """Store the review."""
        overrides.review_override(
            override=self.override, words=form.cleaned_data["words"], by=self.seen.by, at=self.seen.at
        )
        return "The review is stored"


class ProposeFromOverride(Press):
    """Mark the scenario in the draft of the grid, with the reason as a comment."""

    def load(self, named: Mapping[str, str]) -> None:
        """Load the act, for those who review and change the grid."""
        found, self.override = permissions.get_override_to_review(
            self.seen.viewer, named["slug"], int(named["override_id"]), self.seen.at
        )
        permissions.get_grid_for(self.seen.viewer, named["slug"], self.seen.at, permission=Permission.EDIT_GRID)
        self.organisation = permissions.organisation_of(found, self.seen.viewer, self.seen.at)
        self.centre = found.centre
        self.back = Way(reverse("decisions:overrides", args=[self.centre.slug]), "Overrides")

    def press(self) -> str:
        """Propose it."""
        overrides.propose_from_override(
            override=self.override, organisation=self.organisation, by=self.seen.by, at=self.seen.at
        )
        return "The draft of the grid has the scenario marked, with the reason as a comment"

    def done(self) -> str:
        """Return where the scenario is changed."""
        return reverse("decisions:scenario", args=[self.centre.slug, self.override.scenario.code])
