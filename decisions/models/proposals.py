"""What a forum is asked to decide, what its people answer, and what was decided and whether it worked."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from decisions.counting import Answer, Template
from decisions.lifecycle import ForumProposalState
from decisions.models.forums import Forum
from decisions.models.issues import Issue
from decisions.models.rounds import ConsentRound


class Proposal(models.Model):
    """Something put to a forum. What it says never changes; it is decided or withdrawn once.

    `template` is how answers are counted (`decisions.counting`). People answer until it is decided, and are asked to do
    so by `deadline`. `about_round` is the round of consent about a grid whose objections the partnership group is asked
    to decide about; such a proposal may come of the clock, and then nobody has made it.
    """

    forum = models.ForeignKey(Forum, on_delete=models.PROTECT, related_name="proposals")
    issue = models.ForeignKey(Issue, null=True, blank=True, on_delete=models.PROTECT, related_name="proposals")
    about_round = models.ForeignKey(
        ConsentRound, null=True, blank=True, on_delete=models.PROTECT, related_name="proposals"
    )
    title = models.CharField(max_length=120)
    words = models.TextField(max_length=20_000)
    template = models.CharField(max_length=10, choices=[(each.value, each.value) for each in Template])
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="forum_proposals"
    )
    organisation = models.ForeignKey(
        "partners.Organisation", null=True, blank=True, on_delete=models.PROTECT, related_name="forum_proposals"
    )
    made_at = models.DateTimeField()
    deadline = models.DateTimeField()
    state = models.CharField(
        max_length=10,
        choices=[(each.value, each.value) for each in ForumProposalState],
        default=ForumProposalState.OPEN,
    )
    moved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(title="") & ~Q(words=""), name="forum_proposal_says_something"),
            models.CheckConstraint(condition=Q(deadline__gt=F("made_at")), name="forum_proposal_leaves_time"),
            models.CheckConstraint(condition=Q(template__in=list(Template)), name="forum_proposal_template_known"),
            models.CheckConstraint(
                condition=Q(state="open", moved_at__isnull=True)
                | Q(state__in=["decided", "withdrawn"], moved_at__isnull=False),
                name="forum_proposal_moved_with_a_time",
            ),
            models.CheckConstraint(
                condition=Q(about_round__isnull=True, made_by__isnull=False)
                | Q(about_round__isnull=False, template="consent"),
                name="forum_proposal_by_somebody_or_of_a_round",
            ),
            models.UniqueConstraint(
                fields=["about_round"],
                condition=Q(state="open"),
                name="forum_proposal_one_open_of_a_round",
                violation_error_message="The partnership group is asked about this round already.",
            ),
        ]
        indexes = [
            models.Index(fields=["forum", "-made_at"], name="forum_proposal_by_forum"),
            models.Index(fields=["deadline"], condition=Q(state="open"), name="forum_proposal_due"),
        ]

    def __str__(self) -> str:
        return f"forum proposal {self.pk}"


class ProposalAnswer(models.Model):
    """What one person who sits in the forum answers. Their newest counts. Never changed, never removed.

    `no_answer` is written for whoever had said nothing when the proposal was decided.
    """

    proposal = models.ForeignKey(Proposal, on_delete=models.PROTECT, related_name="answers")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    organisation = models.ForeignKey(
        "partners.Organisation", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    answer = models.CharField(max_length=20, choices=[(each.value, each.value) for each in Answer])
    reason = models.CharField(max_length=2000, blank=True)
    answered_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(answer__in=["object", "disagree", "against"]) | ~Q(reason=""),
                name="answer_against_has_a_reason",
                violation_error_message="Say why, so that the proposal can be changed to meet it.",
            ),
        ]
        indexes = [models.Index(fields=["proposal", "user", "-answered_at"], name="answer_by_proposal")]

    def __str__(self) -> str:
        return f"answer {self.pk}"


class Decision(models.Model):
    """What a forum decided, as an outcome statement. Never changed, never removed: its reviews say what came of it.

    `review_on` is the day of the first review, which whatever is adopted has. `cites` names what it rests on, in words.
    """

    forum = models.ForeignKey(Forum, on_delete=models.PROTECT, related_name="decisions")
    proposal = models.OneToOneField(Proposal, null=True, blank=True, on_delete=models.PROTECT, related_name="decision")
    title = models.CharField(max_length=120)
    outcome = models.TextField(max_length=5000)
    adopted = models.BooleanField()
    cites = models.CharField(max_length=300, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField()
    decided_on = models.DateField(help_text="The day in Europe/London.")
    review_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(title="") & ~Q(outcome=""), name="decision_says_something"),
            models.CheckConstraint(
                condition=Q(adopted=False) | Q(review_on__gt=F("decided_on")),
                name="decision_adopted_is_reviewed",
                violation_error_message="The review comes after the decision.",
            ),
        ]
        indexes = [models.Index(fields=["forum", "-decided_at"], name="decision_by_forum")]

    def __str__(self) -> str:
        return f"decision {self.pk}"


class DecisionMeasure(models.Model):
    """A measure that a decision should move: the decision is marked on its chart. Never changed, never removed."""

    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="measures")
    measure = models.ForeignKey("partners.Measure", on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["decision", "measure"], name="decision_measure_once")]

    def __str__(self) -> str:
        return f"measure of decision {self.decision_id}"


class DecisionReview(models.Model):
    """Whether a decision did what it was for, and when it is looked at again; never again where `next_on` is empty."""

    class Verdict(models.TextChoices):
        WORKED = "worked", "It did what it was for"
        PARTLY = "partly", "It did some of it"
        NOT = "not", "It did not"
        EARLY = "early", "Too early to say"

    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="reviews")
    verdict = models.CharField(max_length=10, choices=Verdict)
    words = models.TextField(max_length=5000)
    next_on = models.DateField(null=True, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reviewed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(words=""), name="decision_review_says_something"),
            models.CheckConstraint(
                condition=~Q(verdict="early") | Q(next_on__isnull=False), name="decision_review_too_early_comes_back"
            ),
        ]
        indexes = [models.Index(fields=["decision", "-reviewed_at"], name="decision_review_by_decision")]

    def __str__(self) -> str:
        return f"decision review {self.pk}"
