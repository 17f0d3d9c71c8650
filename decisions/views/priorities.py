"""What the partners want for people here, from the board's outcomes down to each measure."""

from collections.abc import Mapping

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from decisions.forms.priorities import OutcomeForm, PriorityForm
from decisions.models import Forum
from decisions.permissions import forums as permissions
from decisions.queries import forums as forum_queries
from decisions.queries import priorities as queries
from decisions.services import priorities
from decisions.views.access import visit
from decisions.views.acts import Act, Press, Theirs, Way
from decisions.views.measures import measure_choices
from partners.permissions import NotVisible


@require_safe
def priority_list(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the agreed outcomes, the priorities under each and the measures that show them."""
    seen = visit(request)
    access = permissions.get_forums_for(seen.viewer, slug, seen.at)
    centre = access.centre.centre
    board = next((each for each in forum_queries.forums_of(centre) if each.kind == Forum.Kind.BOARD), None)
    context = {
        "centre": centre,
        "board": board,
        "outcomes": queries.outcomes_of(centre),
        "titles": dict(measure_choices(centre, seen.today)),
        "may_govern": Forum.Kind.BOARD in access.governs,
    }
    return render(request, "decisions/priorities/list.jinja", context)


class _OfCentre[Form: forms.Form](Act[Form]):
    """An act on outcomes and priorities, by those who look after the centre's board."""

    def load(self, named: Mapping[str, str]) -> None:
        """Load the centre."""
        access = permissions.get_forums_to_govern(self.seen.viewer, named["slug"], self.seen.at, Forum.Kind.BOARD)
        self.centre = access.centre.centre
        self.leads_back()

    def leads_back(self) -> None:
        """Lead back to the priorities of the centre."""
        self.back = Way(reverse("decisions:priorities", args=[self.centre.slug]), "Priorities")

    def theirs(self, error: ValidationError) -> Theirs | None:
        """Show how it reads now."""
        if not isinstance(error, priorities.Clash):
            return None
        now = error.now
        return Theirs("version", now.version, [("In a few words", now.title), ("What it means", now.words)])


class AgreeOutcome(_OfCentre[OutcomeForm]):
    """Write down an outcome that the board agreed on."""

    title = "Add an outcome"
    button = "Add it"

    def load(self, named: Mapping[str, str]) -> None:
        """Load the centre's board."""
        super().load(named)
        board = next((each for each in forum_queries.forums_of(self.centre) if each.kind == Forum.Kind.BOARD), None)
        if board is None:
            raise NotVisible
        self.board = board

    def form(self, data: Mapping[str, object] | None = None) -> OutcomeForm:
        """Return the form."""
        return OutcomeForm(data)

    def act(self, form: OutcomeForm) -> str:
        """Add it."""
        typed = form.cleaned_data
        priorities.agree_outcome(
            forum=self.board, title=typed["title"], words=typed["words"], by=self.seen.by, at=self.seen.at
        )
        return "The outcome is on the list"


class _OfOutcome[Form: forms.Form](_OfCentre[Form]):
    """An act on an outcome."""

    def load(self, named: Mapping[str, str]) -> None:
        """Load the outcome."""
        access, self.outcome = permissions.get_outcome_for(
            self.seen.viewer, named["slug"], int(named["outcome_id"]), self.seen.at
        )
        self.centre = access.centre.centre
        self.leads_back()


class ChangeOutcome(_OfOutcome[OutcomeForm]):
    """Say an outcome in other words."""

    title = "Change the outcome"

    def form(self, data: Mapping[str, object] | None = None) -> OutcomeForm:
        """Return the form, as the outcome reads."""
        return OutcomeForm(data, outcome=self.outcome)

    def act(self, form: OutcomeForm) -> str:
        """Change it."""
        typed = form.cleaned_data
        priorities.change_outcome(
            outcome=self.outcome,
            title=typed["title"],
            words=typed["words"],
            version=typed["version"],
            by=self.seen.by,
            at=self.seen.at,
        )
        return "The outcome is changed"


class RetireOutcome(_OfOutcome[forms.Form], Press):
    """Take an outcome off the list."""

    http_method_names = ["post"]

    def press(self) -> str:
        """Take it off."""
        priorities.retire_outcome(outcome=self.outcome, by=self.seen.by, at=self.seen.at)
        return "The outcome is off the list. It stays on record"


class SetPriority(_OfOutcome[PriorityForm]):
    """Set a priority under an outcome."""

    button = "Add it"

    def load(self, named: Mapping[str, str]) -> None:
        """Load the outcome."""
        super().load(named)
        self.title = f"Add a priority to: {self.outcome.title}"

    def form(self, data: Mapping[str, object] | None = None) -> PriorityForm:
        """Return the form with the measures that the centre collects."""
        return PriorityForm(data, measures=measure_choices(self.centre, self.seen.today))

    def act(self, form: PriorityForm) -> str:
        """Set it."""
        typed = form.cleaned_data
        priorities.set_priority(
            outcome=self.outcome,
            title=typed["title"],
            words=typed["words"],
            measures=typed.get("measures") or (),
            by=self.seen.by,
            at=self.seen.at,
        )
        return "The priority is on the list"


class _OfPriority[Form: forms.Form](_OfCentre[Form]):
    """An act on a priority."""

    def load(self, named: Mapping[str, str]) -> None:
        """Load the priority."""
        access, self.priority = permissions.get_priority_for(
            self.seen.viewer, named["slug"], int(named["priority_id"]), self.seen.at
        )
        self.centre = access.centre.centre
        self.leads_back()


class ChangePriority(_OfPriority[PriorityForm]):
    """Change a priority and the measures that show it."""

    title = "Change the priority"

    def form(self, data: Mapping[str, object] | None = None) -> PriorityForm:
        """Return the form, as the priority reads."""
        return PriorityForm(
            data,
            measures=measure_choices(self.centre, self.seen.today),
            priority=self.priority,
            shown_by=[measure.code for measure in queries.measures_of(self.priority)],
        )

    def act(self, form: PriorityForm) -> str:
        """Change it."""
        typed = form.cleaned_data
        priorities.change_priority(
            priority=self.priority,
            title=typed["title"],
            words=typed["words"],
            measures=typed.get("measures") or (),
            version=typed["version"],
            by=self.seen.by,
            at=self.seen.at,
        )
        return "The priority is changed"


class RetirePriority(_OfPriority[forms.Form], Press):
    """Take a priority off the list."""

    http_method_names = ["post"]

    def press(self) -> str:
        """Take it off."""
        priorities.retire_priority(priority=self.priority, by=self.seen.by, at=self.seen.at)
        return "The priority is off the list. It stays on record"
