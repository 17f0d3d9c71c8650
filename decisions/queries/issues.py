"""Issues: where each lies, how it got there, and what was answered."""

from typing import TYPE_CHECKING

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When

from decisions.lifecycle import may_pass_on
from decisions.models import Forum, Issue, IssueMove
from decisions.queries.forums import forums_of

if TYPE_CHECKING:
    from partners.models import Centre


def issues_of(
    centre: "Centre", *, forum: Forum | None = None, states: tuple[str, ...] = (), raised_by: int | None = None
) -> QuerySet[Issue]:
    """Return a centre's issues, those that wait for an answer first, oldest first; then the others, newest first."""
    waits = Case(When(state__in=["raised", "taken"], then=Value(0)), default=Value(1), output_field=IntegerField())
    chosen = Q(forum__centre=centre)
    if forum is not None:
        chosen &= Q(forum=forum)
    if states:
        chosen &= Q(state__in=states)
    if raised_by is not None:
        chosen &= Q(raised_by=raised_by)
    found = Issue.objects.filter(chosen).select_related("forum", "raised_by", "organisation").annotate(waits=waits)
    return found.order_by("waits", Case(When(waits=0, then="raised_at")), "-raised_at", "-pk")


def issue_by_id(issue_id: int) -> Issue | None:
    """Return one issue with its forum, its centre and who raised it."""
    return Issue.objects.select_related("forum__centre", "raised_by", "organisation").filter(pk=issue_id).first()


def forums_beyond(issue: Issue) -> list[Forum]:
    """Return the forums to which an issue may be passed on, the highest first. Two queries."""
    before = set(issue.moves.values_list("forum", flat=True))
    return [
        forum
        for forum in forums_of(issue.forum.centre)
        if forum.pk != issue.forum_id and may_pass_on(issue.forum.kind, forum.kind, was_there=forum.pk in before)
    ]


def moves_of(issue: Issue) -> QuerySet[IssueMove]:
    """Return everything that happened to an issue, oldest first."""
    return issue.moves.select_related("forum", "user").order_by("moved_at", "pk")
