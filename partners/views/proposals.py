"""Changes of an agreement that people propose: made, commented on, brought up to date, and answered."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views import View
from django.views.decorators.http import require_safe

from nhc import comparison
from nhc.access import Permission
from nhc.actors import Actor
from partners.forms.agreements import AnswerForm, CommentForm, ProposalForm, RevisionForm
from partners.forms.people import refuse
from partners.lifecycle import IllegalMoveError
from partners.models import AgreementProposal, Organisation
from partners.permissions import NotVisible
from partners.permissions import agreements as permissions
from partners.permissions.agreements import AgreementAccess
from partners.queries import agreements as queries
from partners.services import agreements
from partners.views.access import Visit, visit


@require_safe
def proposal(request: HttpRequest, slug: str, proposal_id: int) -> HttpResponse:
    """Show what a proposal changes, why, and what others say."""
    seen = visit(request)
    return _page(request, seen, *permissions.get_proposal_for(seen.viewer, slug, proposal_id, seen.at))


def _page(
    request: HttpRequest,
    seen: Visit,
    found: AgreementAccess,
    shown: AgreementProposal,
    *,
    status: int = 200,
    comment: Form | None = None,
    answer: Form | None = None,
    problem: str = "",
) -> HttpResponse:
    newest = queries.newest(shown.agreement)
    is_open = shown.state == "open"
    stale = is_open and newest.text != shown.base_text
    context = {
        "centre": found.centre.centre,
        "agreement": found.agreement,
        "proposal": shown,
        "changes": comparison.compare(shown.base_text, shown.text),
        "stale": stale,
        "since": comparison.compare(shown.base_text, newest.text) if stale else None,
        "comments": queries.comments_of(shown),
        "own": shown.user_id == seen.user.pk,
        "may_comment": is_open and found.may_draft,
        "may_decide": is_open and found.may_open,
        "comment_form": comment or CommentForm(),
        "answer_form": answer or AnswerForm(initial={"version": shown.version}),
        "problem": problem,
        "form": comment or answer,
    }
    return render(request, "partners/agreements/proposal.jinja", context, status=status)


class _OnProposal(View):
    """An act on a proposal. What is refused shows the proposal again, as it stands, with the sentence that says why."""

    http_method_names = ["post"]
    permission = Permission.DRAFT_AGREEMENTS
    own = False

    def setup(self, request: HttpRequest, *args: object, **kwargs: str) -> None:
        """Load the proposal, for those who may act on it."""
        super().setup(request, *args, **kwargs)
        self.seen = visit(request)
        where = (self.seen.viewer, kwargs["slug"], int(kwargs["proposal_id"]), self.seen.at)
        if self.own:
            self.found, self.proposal = permissions.get_own_proposal(*where)
        else:
            self.found, self.proposal = permissions.get_proposal_for(*where, permission=self.permission)

    @property
    def by(self) -> Actor:
        """Return who acts."""
        return Actor.user(self.seen.user)

    def refused(self, error: Exception) -> HttpResponse:
        """Show the proposal as it stands now."""
        sentence = " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
        now = queries.proposal_by_id(self.proposal.pk)
        return _page(self.request, self.seen, self.found, now or self.proposal, problem=sentence, status=409)

    def done(self, sentence: str) -> HttpResponse:
        """Say what was done, on the proposal's page."""
        messages.success(self.request, sentence)
        return redirect("partners:proposal", self.found.centre.centre.slug, self.proposal.pk)


class CommentOnProposal(_OnProposal):
    """Comment on an open proposal."""

    def post(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Store the comment."""
        form = CommentForm(request.POST)
        if not form.is_valid():
            return _page(request, self.seen, self.found, self.proposal, comment=form, status=422)
        try:
            agreements.comment(
                proposal=self.proposal,
                text=form.cleaned_data["text"],
                organisation=_organisation(self.seen, self.found),
                by=self.by,
                at=self.seen.at,
            )
        except (IllegalMoveError, ValidationError) as error:
            return self.refused(error)
        return self.done("Your comment is stored")


class AnswerProposal(_OnProposal):
    """Adopt or decline a proposal, as the button says."""

    permission = Permission.OPEN_AGREEMENTS

    def post(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Move the proposal."""
        form = AnswerForm(request.POST)
        if not form.is_valid():
            return _page(request, self.seen, self.found, self.proposal, answer=form, status=422)
        version, answer = form.cleaned_data["version"], form.cleaned_data["answer"]
        try:
            if request.POST.get("act") == "adopt":
                agreements.adopt_proposal(
                    proposal=self.proposal, version=version, answer=answer, by=self.by, at=self.seen.at
                )
                return self.done("The draft now reads as proposed")
            agreements.decline_proposal(
                proposal=self.proposal, version=version, answer=answer, by=self.by, at=self.seen.at
            )
        except (agreements.Clash, agreements.ProposalClash, IllegalMoveError) as error:
            return self.refused(error)
        except ValidationError as error:
            refuse(form, error)
            return _page(request, self.seen, self.found, self.proposal, answer=form, status=422)
        return self.done("The proposal is declined")


class WithdrawProposal(_OnProposal):
    """Take back one's own proposal."""

    own = True

    def post(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Move the proposal."""
        try:
            agreements.withdraw_proposal(proposal=self.proposal, by=self.by, at=self.seen.at)
        except (IllegalMoveError, ValidationError) as error:
            return self.refused(error)
        return self.done("Your proposal is withdrawn")


class ProposeChange(View):
    """Propose a change of the current text."""

    http_method_names = ["get", "head", "post"]

    def setup(self, request: HttpRequest, *args: object, **kwargs: str) -> None:
        """Load the agreement and the text that would be changed, for those who draft."""
        super().setup(request, *args, **kwargs)
        self.seen = visit(request)
        self.found = permissions.get_agreement_for(
            self.seen.viewer, kwargs["slug"], kwargs["kind"], self.seen.at, permission=Permission.DRAFT_AGREEMENTS
        )

    def get(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Show the form with the current text in it."""
        text = queries.newest(self.found.agreement).text
        return self.page(ProposalForm(initial={"base": text, "text": text}))

    def post(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Store the proposal, or show what changed meanwhile beside what was typed."""
        form = ProposalForm(request.POST)
        if not form.is_valid():
            return self.page(form, status=422)
        typed = form.cleaned_data
        try:
            made = agreements.propose_change(
                agreement=self.found.agreement,
                base_text=typed["base"],
                text=typed["text"],
                reason=typed["reason"],
                organisation=_organisation(self.seen, self.found),
                by=Actor.user(self.seen.user),
                at=self.seen.at,
            )
        except agreements.Clash as clash:
            again = ProposalForm({**request.POST.dict(), "base": clash.version.text})
            return self.page(again, status=409, since=comparison.compare(typed["base"], clash.version.text))
        except ValidationError as error:
            refuse(form, error)
            return self.page(form, status=422)
        messages.success(request, "Your proposal is open for comments")
        return redirect("partners:proposal", self.found.centre.centre.slug, made.pk)

    def page(self, form: ProposalForm, *, status: int = 200, **more: object) -> HttpResponse:
        """Render the form."""
        context = {"centre": self.found.centre.centre, "agreement": self.found.agreement, "form": form}
        return render(self.request, "partners/agreements/propose.jinja", context | more, status=status)


class ReviseProposal(View):
    """Change one's own open proposal, or bring it up to date with the text as it is now."""

    http_method_names = ["get", "head", "post"]

    def setup(self, request: HttpRequest, *args: object, **kwargs: str) -> None:
        """Load the proposal, for whoever made it."""
        super().setup(request, *args, **kwargs)
        self.seen = visit(request)
        self.found, self.proposal = permissions.get_own_proposal(
            self.seen.viewer, kwargs["slug"], int(kwargs["proposal_id"]), self.seen.at
        )

    def get(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Show the proposed text to be changed, beside what happened to the text that it was made from."""
        newest = queries.newest(self.proposal.agreement).text
        start = {"base": newest, "version": self.proposal.version, "text": self.proposal.text}
        stale = newest != self.proposal.base_text
        since = comparison.compare(self.proposal.base_text, newest) if stale else None
        return self.page(RevisionForm(initial=start), since=since)

    def post(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Store the proposal anew."""
        form = RevisionForm(request.POST)
        if not form.is_valid():
            return self.page(form, status=422)
        typed = form.cleaned_data
        try:
            agreements.revise_proposal(
                proposal=self.proposal,
                base_text=typed["base"],
                text=typed["text"],
                version=typed["version"],
                by=Actor.user(self.seen.user),
                at=self.seen.at,
            )
        except agreements.Clash as clash:
            again = RevisionForm({**request.POST.dict(), "base": clash.version.text})
            return self.page(again, status=409, since=comparison.compare(typed["base"], clash.version.text))
        except agreements.ProposalClash as clash:
            again = RevisionForm({**request.POST.dict(), "version": clash.proposal.version})
            theirs = comparison.compare(clash.proposal.text, typed["text"])
            return self.page(again, status=409, theirs=theirs)
        except (IllegalMoveError, ValidationError) as error:
            refuse(form, error if isinstance(error, ValidationError) else ValidationError(str(error)))
            return self.page(form, status=422)
        messages.success(request, "Your proposal is up to date")
        return redirect("partners:proposal", self.found.centre.centre.slug, self.proposal.pk)

    def page(self, form: RevisionForm, *, status: int = 200, **more: object) -> HttpResponse:
        """Render the form."""
        context = {
            "centre": self.found.centre.centre,
            "agreement": self.found.agreement,
            "proposal": self.proposal,
            "form": form,
        }
        return render(self.request, "partners/agreements/revise.jinja", context | more, status=status)


def _organisation(seen: Visit, found: AgreementAccess) -> Organisation:
    """Return for whom the person speaks here."""
    organisation = queries.organisation_at(seen.user.pk, found.centre.centre, seen.at)
    if organisation is None:
        raise NotVisible
    return organisation
