"""Issues of a centre: raised to a forum, answered back, closed by whoever raised them."""

from collections.abc import Mapping

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from decisions.forms.issues import AgainForm, AnswerForm, PassOnForm, RaiseForm
from decisions.permissions import forums as permissions
from decisions.queries import forums as forum_queries
from decisions.queries import issues as queries
from decisions.services import issues
from decisions.views.access import visit
from decisions.views.acts import Act, Press, Theirs, Way, paged, ways
from partners.permissions import NotVisible
from partners.queries import agreements as agreement_queries

STATES: Mapping[str, tuple[str, ...]] = {
    "": (),
    "waiting": ("raised", "taken"),
    "answered": ("answered",),
    "closed": ("closed",),
}


@require_safe
def issue_list(request: HttpRequest, slug: str) -> HttpResponse:
    """List the centre's issues: by forum, by state, or those that the person raised."""
    seen = visit(request)
    access = permissions.get_forums_for(seen.viewer, slug, seen.at)
    centre = access.centre.centre
    forums = forum_queries.forums_of(centre)
    asked = {name: request.GET.get(name, "") for name in ("state", "forum", "mine")}
    forum = next((each for each in forums if each.code == asked["forum"]), None)
    kept = {
        "state": asked["state"] if asked["state"] in STATES else "",
        "forum": "" if forum is None else forum.code,
        "mine": "yes" if asked["mine"] == "yes" else "",
    }
    found = queries.issues_of(
        centre, forum=forum, states=STATES[kept["state"]], raised_by=seen.user.pk if kept["mine"] else None
    )
    path = reverse("decisions:issues", args=[centre.slug])
    states = [("", "All"), ("waiting", "Waiting for an answer"), ("answered", "Answered"), ("closed", "Closed")]
    context = {
        "centre": centre,
        "page": paged(request, found),
        "kept": kept,
        "may_raise": access.may_raise and bool(forums),
        "filters": [
            ("State", ways(path, kept, "state", states)),
            ("Forum", ways(path, kept, "forum", [("", "All"), *((each.code, each.name) for each in forums)])),
            ("Raised by", ways(path, kept, "mine", [("", "Anyone"), ("yes", "Me")])),
        ],
    }
    return render(request, "decisions/forums/issues.jinja", context)


@require_safe
def issue(request: HttpRequest, slug: str, issue_id: int) -> HttpResponse:
    """Show one issue: its words, its way, its answer, and what the person may do with it."""
    seen = visit(request)
    found, shown = permissions.get_issue_for(seen.viewer, slug, issue_id, seen.at)
    context = {
        "centre": found.centre.centre,
        "issue": shown,
        "moves": queries.moves_of(shown),
        "own": shown.raised_by_id == seen.user.pk,
        "may_answer": found.may_propose,
        "waits": shown.state in STATES["waiting"],
        "beyond": queries.forums_beyond(shown),
    }
    return render(request, "decisions/forums/issue.jinja", context)


class RaiseIssue(Act[RaiseForm]):
    """Raise an issue to a forum."""

    title = "Raise an issue"
    introduction = "Those who sit in the forum are told. You are told when they take it up, pass it on or answer it."
    button = "Raise it"

    def load(self, named: Mapping[str, str]) -> None:
        """Load the centre, for those who work there."""
        access = permissions.get_centre_to_raise(self.seen.viewer, named["slug"], self.seen.at)
        self.centre = access.centre.centre
        self.back = Way(reverse("decisions:issues", args=[self.centre.slug]), "Issues")

    def form(self, data: Mapping[str, object] | None = None) -> RaiseForm:
        """Return the form, the forum that the address names chosen."""
        forums = forum_queries.forums_of(self.centre)
        return RaiseForm(data, forums=forums, chosen=self.request.GET.get("forum", ""))

    def act(self, form: RaiseForm) -> str:
        """Raise it."""
        organisation = agreement_queries.organisation_at(self.seen.user.pk, self.centre, self.seen.at)
        if organisation is None:
            raise NotVisible
        forum = form.forum()
        self.made = issues.raise_issue(
            forum=forum,
            title=form.cleaned_data["title"],
            words=form.cleaned_data["words"],
            organisation=organisation,
            by=self.seen.by,
            at=self.seen.at,
        )
        return f"Your issue lies with the {forum.name}"

    def done(self) -> str:
        """Go to the issue."""
        return reverse("decisions:issue", args=[self.centre.slug, self.made.pk])


class _OfIssue[Form: forms.Form](Act[Form]):
    """An act on an issue, by those with whom it lies."""

    own = False

    def load(self, named: Mapping[str, str]) -> None:
        """Load the issue."""
        get = permissions.get_own_issue if self.own else permissions.get_issue_to_answer
        found, self.issue = get(self.seen.viewer, named["slug"], int(named["issue_id"]), self.seen.at)
        self.centre = found.centre.centre
        self.back = Way(reverse("decisions:issue", args=[self.centre.slug, self.issue.pk]), "Issue")

    def theirs(self, error: ValidationError) -> Theirs | None:
        """Show where the issue lies now."""
        if not isinstance(error, issues.Clash):
            return None
        now = error.issue
        return Theirs("version", now.version, [("State", now.state.capitalize()), ("Forum", now.forum.name)])


class AnswerIssue(_OfIssue[AnswerForm]):
    """Answer an issue, back to whoever raised it."""

    title = "Answer the issue"
    button = "Send the answer"

    def form(self, data: Mapping[str, object] | None = None) -> AnswerForm:
        """Return the form."""
        return AnswerForm(data, initial={"version": self.issue.version})

    def act(self, form: AnswerForm) -> str:
        """Answer it."""
        typed = form.cleaned_data
        issues.answer_issue(
            issue=self.issue, answer=typed["answer"], version=typed["version"], by=self.seen.by, at=self.seen.at
        )
        return f"{self.issue.raised_by.name} is told of your answer"

    def more(self) -> dict[str, object]:
        """Show what was raised above the form."""
        return {"quoted": (self.issue.title, self.issue.words)}


class PassOnIssue(_OfIssue[PassOnForm]):
    """Pass an issue on to another forum."""

    title = "Pass the issue on"
    button = "Pass it on"

    def load(self, named: Mapping[str, str]) -> None:
        """Load the issue; nowhere to be passed on is no page."""
        super().load(named)
        self.beyond = queries.forums_beyond(self.issue)
        if not self.beyond:
            raise NotVisible

    def form(self, data: Mapping[str, object] | None = None) -> PassOnForm:
        """Return the form with the forums above it, and those where it lay."""
        return PassOnForm(data, forums=self.beyond, version=self.issue.version)

    def act(self, form: PassOnForm) -> str:
        """Pass it on."""
        forum = form.forum()
        issues.pass_on_issue(
            issue=self.issue,
            forum=forum,
            reason=form.cleaned_data["reason"],
            version=form.cleaned_data["version"],
            by=self.seen.by,
            at=self.seen.at,
        )
        return f"It lies with the {forum.name} now"

    def more(self) -> dict[str, object]:
        """Show what was raised above the form."""
        return {"quoted": (self.issue.title, self.issue.words)}


class RaiseAgain(_OfIssue[AgainForm]):
    """Say that the answer settles nothing."""

    own = True
    title = "What does the answer leave open?"
    button = "Raise it again"

    def form(self, data: Mapping[str, object] | None = None) -> AgainForm:
        """Return the form."""
        return AgainForm(data)

    def act(self, form: AgainForm) -> str:
        """Raise it again."""
        issues.raise_again(issue=self.issue, reason=form.cleaned_data["reason"], by=self.seen.by, at=self.seen.at)
        return f"It lies with the {self.issue.forum.name} again"


class TakeIssue(_OfIssue[forms.Form], Press):
    """Say that the forum looks at it."""

    http_method_names = ["post"]

    def press(self) -> str:
        """Take it up."""
        issues.take_issue(issue=self.issue, by=self.seen.by, at=self.seen.at)
        return f"{self.issue.raised_by.name} is told that you look at it"


class CloseIssue(_OfIssue[forms.Form], Press):
    """Say that the answer settles it."""

    http_method_names = ["post"]
    own = True

    def press(self) -> str:
        """Close it."""
        issues.close_issue(issue=self.issue, by=self.seen.by, at=self.seen.at)
        return "Thank you. The issue is closed"
