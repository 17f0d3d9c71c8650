"""Proposals put to a forum: made, answered, withdrawn, decided."""

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from decisions.counting import ASKING, WORDS, Answer, Template
from decisions.forms.forums import end_of
from decisions.forms.proposals import AnswerForm, ProposeForm, StatementForm
from decisions.permissions import forums as permissions
from decisions.queries import issues as issue_queries
from decisions.queries import proposals as queries
from decisions.queries import rounds as round_queries
from decisions.services import decisions, proposals
from decisions.services.forums import speaks_for
from decisions.views.access import visit
from decisions.views.acts import Act, Press, Way, paged, ways
from decisions.views.measures import measure_choices
from nhc import formats
from nhc.markdown import to_html

STATES: Mapping[str, tuple[str, ...]] = {
    "": (),
    "open": ("open",),
    "decided": ("decided",),
    "withdrawn": ("withdrawn",),
}


@require_safe
def proposal_list(request: HttpRequest, slug: str, forum: str) -> HttpResponse:
    """List what was put to a forum, the open proposals first."""
    seen = visit(request)
    found = permissions.get_forum_for(seen.viewer, slug, forum, seen.at)
    state = request.GET.get("state", "")
    kept = {"state": state if state in STATES else ""}
    path = reverse("decisions:forum-proposals", args=[slug, found.forum.code])
    states = [("", "All"), *((each, each.capitalize()) for each in STATES if each)]
    context = {
        "centre": found.centre.centre,
        "forum": found.forum,
        "may_propose": found.may_propose,
        "asking": ASKING,
        "page": paged(request, queries.proposals_of(found.forum, states=STATES[kept["state"]])),
        "kept": kept,
        "filters": [("State", ways(path, kept, "state", states))],
    }
    return render(request, "decisions/forums/proposals.jinja", context)


@require_safe
def proposal(request: HttpRequest, slug: str, forum: str, forum_proposal_id: int) -> HttpResponse:
    """Show one proposal: what everybody says, who has said nothing, and whether it can be decided."""
    seen = visit(request)
    found, shown = permissions.get_proposal_for(seen.viewer, slug, forum, forum_proposal_id, seen.at)
    is_open = shown.state == "open"
    heard = queries.heard(shown, seen.at)
    context = {
        "centre": found.centre.centre,
        "forum": found.forum,
        "proposal": shown,
        "objections": [] if shown.about_round is None else round_queries.objections_of(shown.about_round),
        "text": to_html(shown.words),
        "asking": ASKING[Template(shown.template)],
        "words": {str(answer): words for answer, words in WORDS.items()},
        "heard": heard,
        "history": list(queries.history_of(shown)),
        "decision": getattr(shown, "decision", None),
        "own": shown.made_by_id == seen.user.pk,
        "is_open": is_open,
        "over": seen.at >= shown.deadline,
        "may_answer": is_open and found.sits,
        "answered": any(voice.answer and voice.seat.user_id == seen.user.pk for voice in heard.voices),
        "may_decide": is_open and permissions.may_decide(found, shown, seen.viewer),
        "silent": Answer.NO_ANSWER.value,
    }
    return render(request, "decisions/forums/proposal.jinja", context)


class MakeProposal(Act[ProposeForm]):
    """Put something to a forum."""

    title = "Propose something"
    introduction = "What you propose stays as you write it. Where it has to change, withdraw it and propose it anew."
    button = "Propose it"

    def load(self, named: Mapping[str, str]) -> None:
        """Load the forum, for those who sit there or look after it."""
        found = permissions.get_forum_to_propose(self.seen.viewer, named["slug"], named["forum"], self.seen.at)
        self.forum, self.centre = found.forum, found.centre.centre
        self.back = Way(reverse("decisions:forum", args=[self.centre.slug, self.forum.code]), self.forum.name)

    def form(self, data: Mapping[str, object] | None = None) -> ProposeForm:
        """Return the form with the issues that lie with the forum."""
        lying = issue_queries.issues_of(self.centre, forum=self.forum, states=("raised", "taken", "answered"))
        chosen = self.request.GET.get("issue", "")
        return ProposeForm(data, issues=list(lying[:200]), chosen=chosen, today=self.seen.today)

    def act(self, form: ProposeForm) -> str:
        """Make it."""
        typed = form.cleaned_data
        self.made = proposals.make_proposal(
            forum=self.forum,
            title=typed["title"],
            words=typed["words"],
            template=typed["template"],
            deadline=end_of(typed["deadline"]),
            organisation=speaks_for(self.seen.user.pk, self.forum, self.seen.at),
            issue=form.issue(),
            by=self.seen.by,
            at=self.seen.at,
        )
        return f"Those who sit here are asked to answer by the end of {formats.full_date(typed['deadline'])}"

    def done(self) -> str:
        """Go to the proposal."""
        return reverse("decisions:forum-proposal", args=[self.centre.slug, self.forum.code, self.made.pk])


class AnswerProposal(Act[AnswerForm]):
    """Answer a proposal for oneself."""

    button = "Answer"

    def load(self, named: Mapping[str, str]) -> None:
        """Load the proposal, for those who sit in the forum."""
        found, self.proposal = permissions.get_proposal_to_answer(
            self.seen.viewer, named["slug"], named["forum"], int(named["forum_proposal_id"]), self.seen.at
        )
        self.centre = found.centre.centre
        self.title = f"Answer: {self.proposal.title}"
        self.introduction = ASKING[Template(self.proposal.template)].means
        address = reverse("decisions:forum-proposal", args=[self.centre.slug, found.forum.code, self.proposal.pk])
        self.back = Way(address, "Proposal")

    def form(self, data: Mapping[str, object] | None = None) -> AnswerForm:
        """Return the form with the answers that the template offers."""
        return AnswerForm(data, template=Template(self.proposal.template))

    def act(self, form: AnswerForm) -> str:
        """Answer it."""
        proposals.answer_proposal(
            proposal=self.proposal,
            answer=form.cleaned_data["answer"],
            reason=form.cleaned_data["reason"],
            by=self.seen.by,
            at=self.seen.at,
        )
        return "Your answer counts. You may change it until this is decided"

    def more(self) -> dict[str, object]:
        """Show what is proposed above the form."""
        return {"quoted_text": to_html(self.proposal.words)}


class WithdrawProposal(Press):
    """Take back one's own proposal."""

    def load(self, named: Mapping[str, str]) -> None:
        """Load the proposal, for whoever made it."""
        found, self.proposal = permissions.get_own_proposal(
            self.seen.viewer, named["slug"], named["forum"], int(named["forum_proposal_id"]), self.seen.at
        )
        self.centre = found.centre.centre
        address = reverse("decisions:forum-proposal", args=[self.centre.slug, found.forum.code, self.proposal.pk])
        self.back = Way(address, "Proposal")

    def press(self) -> str:
        """Take it back."""
        proposals.withdraw_proposal(proposal=self.proposal, by=self.seen.by, at=self.seen.at)
        return "Your proposal is withdrawn"


class DecideProposal(Act[StatementForm]):
    """Say what was decided."""

    button = "Record the decision"

    def load(self, named: Mapping[str, str]) -> None:
        """Load the proposal, for those who may decide it."""
        found, self.proposal = permissions.get_proposal_to_decide(
            self.seen.viewer, named["slug"], named["forum"], int(named["forum_proposal_id"]), self.seen.at
        )
        self.forum, self.centre = found.forum, found.centre.centre
        self.title = f"Decide: {self.proposal.title}"
        self.introduction = queries.heard(self.proposal, self.seen.at).standing.why
        address = reverse("decisions:forum-proposal", args=[self.centre.slug, self.forum.code, self.proposal.pk])
        self.back = Way(address, "Proposal")

    def form(self, data: Mapping[str, object] | None = None) -> StatementForm:
        """Return the form with the measures that the centre collects."""
        return StatementForm(data, measures=measure_choices(self.centre, self.seen.today), today=self.seen.today)

    def act(self, form: StatementForm) -> str:
        """Decide it."""
        self.made = decisions.decide_proposal(
            proposal=self.proposal, statement=form.statement(), by=self.seen.by, at=self.seen.at
        )
        return "The decision is recorded"

    def done(self) -> str:
        """Go to the decision."""
        return reverse("decisions:decision", args=[self.centre.slug, self.forum.code, self.made.pk])
