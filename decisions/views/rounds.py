"""A round of consent about the grid: opened, answered by each partner, closed; then published, and later reviewed."""

from collections.abc import Mapping

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from decisions.forms.grids import ReviewForm
from decisions.forms.rounds import SAID, ConsentForm, OpenRoundForm, PublishForm, TakeBackForm
from decisions.models import ConsentRound, Decision
from decisions.permissions import grids as permissions
from decisions.queries import cover
from decisions.queries import decisions as decision_queries
from decisions.queries import forums as forum_queries
from decisions.queries import grids as queries
from decisions.queries import proposals as proposal_queries
from decisions.queries import rounds as round_queries
from decisions.services import grids, publication, rounds
from decisions.views.access import visit
from decisions.views.acts import Act, Press, Way
from decisions.views.grid_wording import WORDS
from nhc.access import Permission
from nhc.formats import full_date
from partners.permissions import NotVisible


@require_safe
def consent(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the newest round about the version in work: each partner's answer, and what comes next."""
    seen = visit(request)
    found = permissions.get_grid_for(seen.viewer, slug, seen.at)
    version = queries.version_in_work(found.centre)
    last = None if version is None else round_queries.last_round(version)
    stands = [] if last is None else round_queries.stands(last, seen.at)
    open_now = last is not None and last.closed_at is None
    objected = [each for each in stands if each.answer is not None and each.answer.answer == "object"]
    context = WORDS | {
        "centre": found.centre,
        "access": found,
        "version": version,
        "round": last,
        "open": open_now and last is not None and seen.at < last.deadline,
        "stands": stands,
        "objected": objected,
        "lifts": [each.organisation for each in objected if each.organisation in found.speaks_for],
        "last_day": None if last is None else round_queries.last_day(last),
        "answers": SAID,
        "unheard": [] if last is None else round_queries.unheard(last, stands, seen.at),
        "uncovered": [] if version is None else cover.not_covered(version, seen.at),
        "moves": [] if version is None else queries.moves_of(version),
        "everybody": all(stand.answer is not None for stand in stands),
        "at": seen.at,
        **_with_the_group(last if objected and not open_now else None),
    }
    return render(request, "decisions/consent/consent.jinja", context)


def _with_the_group(consent: ConsentRound | None) -> dict[str, object]:
    """Return how objections stand with the partnership group: what it is asked, what it adopted, and the group."""
    if consent is None:
        return {"group": None, "asked": None, "adopted": None}
    return {
        "group": forum_queries.group_of(consent.version.grid.centre),
        "asked": proposal_queries.open_about(consent),
        "adopted": decision_queries.citable(consent).select_related("forum").first(),
    }


class _OnVersion[Form: forms.Form](Act[Form]):
    """An act on the version in work, for those who change the grid."""

    def load(self, named: Mapping[str, str]) -> None:
        """Load the version."""
        self.found, self.version = permissions.get_draft_for(
            self.seen.viewer, named["slug"], self.seen.at, permission=Permission.EDIT_GRID
        )
        self.centre = self.found.centre
        self.back = Way(reverse("decisions:consent", args=[self.centre.slug]), "Consent")


class OpenRound(_OnVersion[OpenRoundForm]):
    """Put the draft to the partners."""

    title = "Ask the partners"
    introduction = "From now on the draft stays as it is, until it is published or you take it back."
    button = "Ask the partners"

    def form(self, data: Mapping[str, object] | None = None) -> OpenRoundForm:
        """Return the form."""
        return OpenRoundForm(data, edition=self.version.version, today=self.seen.today)

    def act(self, form: OpenRoundForm) -> str:
        """Open the round."""
        rounds.open_round(
            version=self.version,
            edition=form.cleaned_data["edition"],
            summary=form.cleaned_data["summary"],
            deadline=form.deadline(),
            by=self.seen.by,
            at=self.seen.at,
        )
        return f"Every partner can answer until the end of {full_date(form.cleaned_data['last_day'])}"


class AnswerRound(Act[ConsentForm]):
    """Say what an organisation thinks of the version."""

    title = "Answer for your organisation"
    introduction = "You can change the answer until the round closes; the newest one counts."
    button = "Answer"

    def load(self, named: Mapping[str, str]) -> None:
        """Load the round, for those who speak for a partner."""
        self.found, self.consent = permissions.get_round_to_answer(self.seen.viewer, named["slug"], self.seen.at)
        self.organisations = self.found.speaks_for
        over = self.consent.closed_at is not None or self.seen.at >= self.consent.deadline
        objecting = {each.organisation_id for each in round_queries.objections_of(self.consent)}
        lifts = tuple(each for each in self.organisations if over and each.pk in objecting)
        self.lifting = bool(lifts)
        if lifts:
            self.organisations = lifts
            self.title = "Lift your organisation's objection"
            self.introduction = "The round has closed, so an objection can be lifted and nothing else be said."
        self.centre = self.found.centre
        self.back = Way(reverse("decisions:consent", args=[self.centre.slug]), "Consent")

    def form(self, data: Mapping[str, object] | None = None) -> ConsentForm:
        """Return the form."""
        return ConsentForm(data, organisations=self.organisations, lifting=self.lifting)

    def act(self, form: ConsentForm) -> str:
        """Store the answer."""
        code = form.cleaned_data["organisation"]
        organisation = next(each for each in self.organisations if each.code == code)
        rounds.answer(
            consent=self.consent,
            organisation=organisation,
            answer=form.cleaned_data["answer"],
            reason=form.cleaned_data["reason"],
            by=self.seen.by,
            at=self.seen.at,
        )
        return f"The answer of {organisation.name} is stored"


class CloseRound(Press):
    """End a round in which everybody has answered, or whose deadline has come."""

    def load(self, named: Mapping[str, str]) -> None:
        """Load the round, for those who change the grid."""
        found, self.consent = permissions.get_round_for(self.seen.viewer, named["slug"], self.seen.at)
        permissions.get_grid_for(self.seen.viewer, named["slug"], self.seen.at, permission=Permission.EDIT_GRID)
        self.centre = found.centre
        self.back = Way(reverse("decisions:consent", args=[self.centre.slug]), "Consent")

    def press(self) -> str:
        """Close it."""
        rounds.close_round(consent=self.consent, by=self.seen.by, at=self.seen.at)
        return "The round is closed. Whoever was silent is recorded as no answer"


class AskGroup(Press):
    """Put the objections of a closed round to the partnership group."""

    def load(self, named: Mapping[str, str]) -> None:
        """Load the round, for those who change the grid."""
        found, self.consent = permissions.get_round_for(self.seen.viewer, named["slug"], self.seen.at)
        permissions.get_grid_for(self.seen.viewer, named["slug"], self.seen.at, permission=Permission.EDIT_GRID)
        self.centre = found.centre
        self.back = Way(reverse("decisions:consent", args=[self.centre.slug]), "Consent")

    def press(self) -> str:
        """Ask it."""
        asked = rounds.ask_group(consent=self.consent, by=self.seen.by, at=self.seen.at)
        return f"The {asked.forum.name} is asked about the objections"


class TakeBack(_OnVersion[TakeBackForm]):
    """Make the version a draft again."""

    title = "Take the grid back to change it"
    introduction = "Answers stay in the record. Partners are asked anew about what you change."
    button = "Take it back"

    def form(self, data: Mapping[str, object] | None = None) -> TakeBackForm:
        """Return the form."""
        return TakeBackForm(data)

    def act(self, form: TakeBackForm) -> str:
        """Take it back."""
        rounds.take_back(version=self.version, reason=form.cleaned_data["reason"], by=self.seen.by, at=self.seen.at)
        return "The grid is a draft again"


class Publish(_OnVersion[PublishForm]):
    """Put the version in force."""

    title = "Publish the grid"
    introduction = "It is in force at once, and from then on nothing of it changes. The first review is in a month."
    button = "Publish"

    def load(self, named: Mapping[str, str]) -> None:
        """Load the version, its objections and what the group adopted about them."""
        super().load(named)
        last = round_queries.last_round(self.version)
        self.objected = last is not None and bool(round_queries.objections_of(last))
        self.decisions: list[Decision] = []
        if self.objected and last is not None:
            self.decisions = list(decision_queries.citable(last))

    def form(self, data: Mapping[str, object] | None = None) -> PublishForm:
        """Return the form."""
        return PublishForm(data, decisions=self.decisions, objected=self.objected)

    def act(self, form: PublishForm) -> str:
        """Publish it."""
        named = form.cleaned_data.get("decision", "")
        decision = next((each for each in self.decisions if str(each.pk) == named), None)
        published = publication.publish(version=self.version, decision=decision, by=self.seen.by, at=self.seen.at)
        return f"Version {published.number} is in force"

    def done(self) -> str:
        """Return where the grid is."""
        return reverse("decisions:grid", args=[self.centre.slug])


class ReviewGrid(Act[ReviewForm]):
    """Write down what was learnt from going by the grid in force."""

    title = "Review the grid"
    introduction = "One month after the first version, then every quarter. What you learn leads to the next draft."
    button = "Store the review"

    def load(self, named: Mapping[str, str]) -> None:
        """Load the grid in force, for those who change the grid."""
        found = permissions.get_grid_for(self.seen.viewer, named["slug"], self.seen.at, permission=Permission.EDIT_GRID)
        version = queries.version_in_force(found.centre, self.seen.at)
        if version is None:
            raise NotVisible
        self.centre, self.version = found.centre, version
        self.back = Way(reverse("decisions:grid", args=[self.centre.slug]), "Who may decide what")

    def form(self, data: Mapping[str, object] | None = None) -> ReviewForm:
        """Return the form."""
        return ReviewForm(data)

    def act(self, form: ReviewForm) -> str:
        """Store the review."""
        review = grids.review_grid(
            version=self.version, learnt=form.cleaned_data["learnt"], by=self.seen.by, at=self.seen.at
        )
        return f"The review is stored. The next one is on {full_date(review.next_review_on)}"

    def done(self) -> str:
        """Return where the review is read."""
        return reverse("decisions:grid-version", args=[self.centre.slug, self.version.number])
