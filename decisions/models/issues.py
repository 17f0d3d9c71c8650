"""Issues: what somebody who works at a centre asks a forum to look at, until they have an answer."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from decisions.lifecycle import IssueState
from decisions.models.forums import Forum


class Issue(models.Model):
    """Something raised to a forum. `forum` is where it lies now; its way there is in its moves.

    `answer` and `answered_at` are of the last answer, and stand while the issue is answered or closed.
    """

    forum = models.ForeignKey(Forum, on_delete=models.PROTECT, related_name="issues")
    title = models.CharField(max_length=120)
    words = models.TextField(max_length=5000)
    raised_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="issues_raised")
    organisation = models.ForeignKey("partners.Organisation", on_delete=models.PROTECT, related_name="issues_raised")
    raised_at = models.DateTimeField()
    state = models.CharField(
        max_length=10, choices=[(each.value, each.value) for each in IssueState], default=IssueState.RAISED
    )
    answer = models.TextField(max_length=5000, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(title="") & ~Q(words=""), name="issue_says_something"),
            models.CheckConstraint(condition=Q(version__gte=1), name="issue_version_counts_from_one"),
            models.CheckConstraint(
                condition=Q(state__in=["raised", "taken"], answered_at__isnull=True, answer="")
                | Q(state__in=["answered", "closed"], answered_at__isnull=False) & ~Q(answer=""),
                name="issue_answered_with_an_answer",
            ),
        ]
        indexes = [
            models.Index(fields=["forum", "-raised_at"], name="issue_by_forum"),
            models.Index(fields=["raised_by", "-raised_at"], name="issue_by_raiser"),
        ]

    def __str__(self) -> str:
        return f"issue {self.pk}"


class IssueMove(models.Model):
    """An issue came into a state, or to another forum, with what was said. Never changed, never removed."""

    issue = models.ForeignKey(Issue, on_delete=models.PROTECT, related_name="moves")
    state = models.CharField(max_length=10)
    forum = models.ForeignKey(Forum, on_delete=models.PROTECT, related_name="+")
    words = models.TextField(max_length=5000, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    moved_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["issue", "moved_at"], name="issue_move_by_issue")]

    def __str__(self) -> str:
        return f"issue move {self.pk}"
