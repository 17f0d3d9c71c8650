"""What a forum decided: recorded, tied to measures, reviewed."""

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from decisions.forms.proposals import ReviewForm, StatementForm
from decisions.permissions import forums as permissions
from decisions.queries import decisions as queries
from decisions.services import decisions
from decisions.views.access import visit
from decisions.views.acts import Act, Way, paged, ways
from decisions.views.measures import measure_choices, shown
from nhc.markdown import to_html

ONLY = [("", "All"), ("adopted", "Adopted"), ("due", "Due for review")]


@require_safe
def decision_list(request: HttpRequest, slug: str, forum: str) -> HttpResponse:
    """List what a forum decided, newest first, or what is due for review."""
    seen = visit(request)
    found = permissions.get_forum_for(seen.viewer, slug, forum, seen.at)
    only = request.GET.get("only", "")
    kept = {"only": only if only in dict(ONLY) else ""}
    path = reverse("decisions:decisions", args=[slug, found.forum.code])
    context = {
        "centre": found.centre.centre,
        "forum": found.forum,
        "may_govern": found.may_govern,
        "today": seen.today,
        "page": paged(request, queries.decisions_of(found.forum, only=kept["only"], today=seen.today)),
        "kept": kept,
        "filters": [("Show", ways(path, kept, "only", ONLY))],
    }
    return render(request, "decisions/forums/decisions.jinja", context)


@require_safe
def decision(request: HttpRequest, slug: str, forum: str, decision_id: int) -> HttpResponse:
    """Show one decision: its outcome, the measures it should move, and what came of it."""
    seen = visit(request)
    found, decided = permissions.get_decision_for(seen.viewer, slug, forum, decision_id, seen.at)
    context = {
        "centre": found.centre.centre,
        "forum": found.forum,
        "decision": decided,
        "outcome": to_html(decided.outcome),
        "measures": shown(queries.measures_of(decided), found.centre.centre, seen.today),
        "reviews": list(queries.reviews_of(decided)),
        "may_govern": found.may_govern,
        "today": seen.today,
    }
    return render(request, "decisions/forums/decision.jinja", context)


class RecordDecision(Act[StatementForm]):
    """Record what was decided without a proposal, in a meeting perhaps."""

    title = "Record a decision"
    introduction = "What is recorded stays as it is. Reviews say what came of it."
    button = "Record it"

    def load(self, named: Mapping[str, str]) -> None:
        """Load the forum, for those who look after it."""
        found = permissions.get_forum_to_govern(self.seen.viewer, named["slug"], named["forum"], self.seen.at)
        self.forum, self.centre = found.forum, found.centre.centre
        self.back = Way(reverse("decisions:forum", args=[self.centre.slug, self.forum.code]), self.forum.name)

    def form(self, data: Mapping[str, object] | None = None) -> StatementForm:
        """Return the form with the measures that the centre collects."""
        measures = measure_choices(self.centre, self.seen.today)
        return StatementForm(data, measures=measures, today=self.seen.today, titled=True)

    def act(self, form: StatementForm) -> str:
        """Record it."""
        self.made = decisions.record_decision(
            forum=self.forum,
            title=form.cleaned_data["title"],
            statement=form.statement(),
            by=self.seen.by,
            at=self.seen.at,
        )
        return "The decision is recorded"

    def done(self) -> str:
        """Go to the decision."""
        return reverse("decisions:decision", args=[self.centre.slug, self.forum.code, self.made.pk])


class ReviewDecision(Act[ReviewForm]):
    """Say what came of a decision."""

    button = "Record the review"

    def load(self, named: Mapping[str, str]) -> None:
        """Load the decision, for those who look after the forum."""
        found, self.decision = permissions.get_decision_for(
            self.seen.viewer, named["slug"], named["forum"], int(named["decision_id"]), self.seen.at, govern=True
        )
        self.centre = found.centre.centre
        self.title = f"Review: {self.decision.title}"
        self.introduction = "Look at the charts of its measures first."
        self.back = Way(
            reverse("decisions:decision", args=[self.centre.slug, found.forum.code, self.decision.pk]), "Decision"
        )

    def form(self, data: Mapping[str, object] | None = None) -> ReviewForm:
        """Return the form."""
        return ReviewForm(data, today=self.seen.today)

    def act(self, form: ReviewForm) -> str:
        """Record the review."""
        typed = form.cleaned_data
        decisions.review_decision(
            decision=self.decision,
            verdict=typed["verdict"],
            words=typed["words"],
            next_on=typed["next_on"],
            by=self.seen.by,
            at=self.seen.at,
        )
        return "The review is recorded"
