"""Issues: raised to a forum, taken, passed on, answered back to whoever raised them, and closed by them."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse

from decisions.lifecycle import ISSUE_MOVES, IssueState
from decisions.models import Forum, Issue, IssueMove
from decisions.queries import forums as forum_queries
from decisions.queries import issues as queries
from decisions.services import following
from decisions.services.records import plain, record_event
from nhc import notices
from nhc.actors import Actor
from nhc.notices import Reminder
from partners.lifecycle import IllegalMoveError, check_move

if TYPE_CHECKING:
    from partners.models import Organisation


class Clash(ValidationError):
    """The issue has moved since: `issue` is how it stands now."""

    def __init__(self, issue: Issue) -> None:
        super().__init__("This issue has moved since you opened it. Read what happened, then answer.")
        self.issue = issue


@transaction.atomic
def raise_issue(
    *, forum: Forum, title: str, words: str, organisation: "Organisation", by: Actor, at: datetime
) -> Issue:
    """Raise something to a forum, and tell those who sit there. Raises ValidationError where nothing is said."""
    if by.user_id is None:
        raise ValidationError("A person raises an issue.")
    issue = Issue(
        forum=forum,
        title=title.strip(),
        words=plain(words),
        raised_by_id=by.user_id,
        organisation=organisation,
        raised_at=at,
    )
    issue.full_clean()
    issue.save(force_insert=True)
    move = _move(issue, IssueState.RAISED, "", by, at)
    _tell_forum(move, f"An issue was raised to the {forum.name}. Take it up, and answer.", at)
    return issue


@transaction.atomic
def take_issue(*, issue: Issue, by: Actor, at: datetime) -> Issue:
    """Say that the forum looks at it, and tell who raised it. Raises IllegalMoveError once it is answered."""
    locked = _locked(issue)
    move = _into(locked, IssueState.TAKEN, "", by, at)
    _tell_raiser(move, f"The {locked.forum.name} looks at the issue that you raised.", at)
    return locked


@transaction.atomic
def answer_issue(*, issue: Issue, answer: str, version: int, by: Actor, at: datetime) -> Issue:
    """Answer an issue, back to whoever raised it. `version` is of the issue that the person read.

    Raises Clash where it has moved since, IllegalMoveError where it was answered, ValidationError without an answer.
    """
    locked = _locked(issue, version)
    if not answer.strip():
        raise ValidationError({"answer": "Write the answer. Whoever raised this reads it."})
    locked.answer, locked.answered_at = plain(answer), at
    move = _into(locked, IssueState.ANSWERED, locked.answer, by, at)
    sentence = f"The {locked.forum.name} has answered the issue that you raised. Read it, and say if it helps."
    _tell_raiser(move, sentence, at)
    return locked


@transaction.atomic
def pass_on_issue(*, issue: Issue, forum: Forum, reason: str, version: int, by: Actor, at: datetime) -> Issue:
    """Pass an issue up to another forum, or back to one where it lay, with a reason.

    Whoever raised it is told, and so is the forum. Raises Clash where it has moved since, IllegalMoveError where it was
    answered, ValidationError without a reason and for a forum below in which it never lay.
    """
    locked = _locked(issue, version)
    if not reason.strip():
        raise ValidationError({"reason": "Say why, so that they and whoever raised it know."})
    if forum not in queries.forums_beyond(locked):
        sentence = "An issue goes up to a forum of this centre, or back to one where it lay. Choose one of those."
        raise ValidationError({"forum": sentence})
    locked.forum = forum
    move = _into(locked, IssueState.RAISED, plain(reason), by, at)
    _tell_forum(move, f"An issue was passed on to the {forum.name}. Take it up, and answer.", at)
    _tell_raiser(move, f"The issue that you raised was passed on to the {forum.name}. You read there why.", at)
    return locked


@transaction.atomic
def close_issue(*, issue: Issue, by: Actor, at: datetime) -> Issue:
    """Say that the answer is one: only whoever raised the issue does. Raises IllegalMoveError before it is answered."""
    locked = _locked(issue)
    _own(locked, by)
    _into(locked, IssueState.CLOSED, "", by, at)
    return locked


@transaction.atomic
def raise_again(*, issue: Issue, reason: str, by: Actor, at: datetime) -> Issue:
    """Say that the answer is none, and why: only whoever raised the issue does. The forum is told.

    Raises IllegalMoveError unless it is answered, ValidationError without a reason.
    """
    locked = _locked(issue)
    _own(locked, by)
    if locked.state in {IssueState.RAISED, IssueState.TAKEN}:
        raise IllegalMoveError("This was not answered yet, so there is nothing to raise again.")
    if not reason.strip():
        raise ValidationError({"reason": "Say what is missing, so that they can answer it."})
    locked.answer, locked.answered_at = "", None
    move = _into(locked, IssueState.RAISED, plain(reason), by, at)
    _tell_forum(move, f"An answer of the {locked.forum.name} did not settle an issue. Read why, and answer again.", at)
    return locked


def _state(issue: Issue) -> IssueState:
    return IssueState(issue.state)


def _locked(issue: Issue, version: int | None = None) -> Issue:
    locked = (
        Issue.objects.select_for_update(of=("self",))
        .select_related("forum__centre", "organisation", "raised_by")
        .get(pk=issue.pk)
    )
    if version is not None and locked.version != version and locked.state in {IssueState.RAISED, IssueState.TAKEN}:
        raise Clash(locked)
    return locked


def _own(issue: Issue, by: Actor) -> None:
    if issue.raised_by_id != by.user_id:
        raise ValidationError("Only the person who raised this can say whether the answer settles it.")


def _into(issue: Issue, state: IssueState, words: str, by: Actor, at: datetime) -> IssueMove:
    check_move(ISSUE_MOVES, _state(issue), state)
    issue.state = state
    issue.version += 1
    issue.full_clean()
    issue.save()
    move = _move(issue, state, words, by, at)
    following.moved(issue, at)
    return move


def _move(issue: Issue, state: IssueState, words: str, by: Actor, at: datetime) -> IssueMove:
    move = IssueMove.objects.create(
        issue=issue, state=state, forum=issue.forum, words=words, user_id=by.user_id, moved_at=at
    )
    record_event(
        f"issue.{state}",
        issue,
        issue.forum,
        by=by,
        at=at,
        organisation=issue.organisation.code,
        version=issue.version,
    )
    return move


def _tell_forum(move: IssueMove, sentence: str, at: datetime) -> None:
    seated = forum_queries.people_in([move.forum_id], at)[move.forum_id]
    _tell(move, [user for user in seated if user != move.user_id], sentence, at)


def _tell_raiser(move: IssueMove, sentence: str, at: datetime) -> None:
    if move.issue.raised_by_id != move.user_id:
        _tell(move, [move.issue.raised_by_id], sentence, at)


def _tell(move: IssueMove, users: Iterable[int], sentence: str, at: datetime) -> None:
    """Give a notice that belongs to this one move, so that the next is told as well."""
    path = reverse("decisions:issue", args=[move.forum.centre.slug, move.issue_id])
    about = f"issue:{move.issue_id}:{move.pk}"
    reminders = [Reminder(user, "issue", about, 0, sentence, path) for user in users]
    notices.give(reminders=reminders, at=at)
