"""Episodes of support, which team is responsible for one at every instant, and who else is around the person."""

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q

from huddles.lifecycle import EpisodeOutcome
from huddles.models.constraints import ends_later, once_at_a_time
from huddles.models.people import Person


class Episode(models.Model):
    """A time in which a centre supports somebody, from the referral on. One open per person and centre.

    `responsible_team` is the team of the last row of `responsibilities`; triggers hold them together. `reference` is
    short, unique at the centre, and says nothing about the person. `stream` is where triage sent it. `waiting_since`
    is set while the person waits. What moves here is co-ordination: statutory roles are shown elsewhere, never moved.
    """

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="episodes")
    centre = models.ForeignKey("partners.Centre", on_delete=models.PROTECT, related_name="episodes")
    reference = models.CharField(max_length=5)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=12, blank=True, choices=[(each.value, each.value) for each in EpisodeOutcome])
    responsible_team = models.ForeignKey("partners.Team", on_delete=models.PROTECT, related_name="responsible_for")
    stream = models.ForeignKey(
        "huddles.Stream", null=True, blank=True, on_delete=models.PROTECT, related_name="episodes"
    )
    waiting_since = models.DateTimeField(null=True, blank=True)
    key_worker = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="key_worker_of"
    )
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "centre"],
                condition=Q(closed_at__isnull=True),
                name="episode_one_open_a_person",
                violation_error_message="The centre supports this person already.",
            ),
            models.UniqueConstraint(fields=["centre", "reference"], name="episode_reference_once_at_a_centre"),
            models.CheckConstraint(condition=Q(reference__regex=r"^[B-Z][B-Z2-9]{4}$"), name="episode_reference_shape"),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True) | Q(closed_at__gt=F("opened_at")),
                name="episode_closes_after_it_opens",
                violation_error_message="An episode must close after it opens.",
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, outcome="") | Q(closed_at__isnull=False) & ~Q(outcome=""),
                name="episode_closed_says_how",
            ),
            models.CheckConstraint(
                condition=Q(waiting_since__isnull=True) | Q(waiting_since__gte=F("opened_at")),
                name="episode_waits_after_it_opens",
            ),
            models.CheckConstraint(
                condition=Q(waiting_since__isnull=True) | Q(closed_at__isnull=True), name="episode_closed_waits_no_more"
            ),
            models.CheckConstraint(condition=Q(version__gte=1), name="episode_version_counts_from_one"),
        ]
        indexes = [
            models.Index(fields=["centre", "opened_at"], condition=Q(closed_at__isnull=True), name="episode_open"),
            models.Index(
                fields=["responsible_team", "opened_at"],
                condition=Q(closed_at__isnull=True),
                name="episode_open_by_team",
            ),
            models.Index(
                fields=["key_worker"],
                condition=Q(closed_at__isnull=True, key_worker__isnull=False),
                name="episode_by_key_worker",
            ),
        ]

    def __str__(self) -> str:
        return f"episode {self.reference}"


class Responsibility(models.Model):
    """A team is responsible for an episode in `held`, `[from, until)`; `employer` holds the duty through it.

    PostgreSQL alone refuses two at an instant (exclusion) and none at an instant (a deferred trigger), from the opening
    to the closing of the episode. A row ends once and is otherwise kept.
    """

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="responsibilities")
    team = models.ForeignKey("partners.Team", on_delete=models.PROTECT, related_name="+")
    employer = models.ForeignKey("partners.Organisation", on_delete=models.PROTECT, related_name="+")
    held = DateTimeRangeField()
    reason = models.CharField(max_length=300)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    by_name = models.CharField(max_length=60, blank=True, help_text="What acted where no person did.")

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="one_responsible_team_at_a_time",
                expressions=[("episode", RangeOperators.EQUAL), ("held", RangeOperators.OVERLAPS)],
                violation_error_message="Another team is responsible at that time.",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="responsibility_has_a_reason"),
            models.CheckConstraint(
                condition=Q(held__isempty=False, held__lower_inf=False, held__lower_inc=True, held__upper_inc=False),
                name="responsibility_from_until",
            ),
            models.CheckConstraint(condition=Q(user__isnull=False) | ~Q(by_name=""), name="responsibility_by_somebody"),
        ]
        indexes = [models.Index(fields=["episode", "id"], name="responsibility_by_episode")]

    def __str__(self) -> str:
        return f"responsibility {self.pk}"


class CircleMember(models.Model):
    """A team, or a person on the staff, that is around somebody beside the responsible team: why, and until when.

    `role` is words, like "housing support".
    """

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="circle")
    team = models.ForeignKey("partners.Team", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    role = models.CharField(max_length=120)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(team__isnull=True, user__isnull=False) | Q(team__isnull=False, user__isnull=True),
                name="circle_member_is_a_team_or_a_person",
                violation_error_message="Choose a team or a person.",
            ),
            models.CheckConstraint(condition=~Q(role=""), name="circle_member_has_a_role"),
            once_at_a_time(
                "circle_team_once_at_a_time",
                "episode",
                "team",
                message="The team is around this person already.",
                condition=Q(team__isnull=False),
            ),
            once_at_a_time(
                "circle_user_once_at_a_time",
                "episode",
                "user",
                message="They are around this person already.",
                condition=Q(user__isnull=False),
            ),
            ends_later("circle_member_ends_later"),
        ]
        indexes = [
            models.Index(fields=["team", "episode"], condition=Q(team__isnull=False), name="circle_by_team"),
            models.Index(fields=["user", "episode"], condition=Q(user__isnull=False), name="circle_by_user"),
        ]

    def __str__(self) -> str:
        return f"circle member {self.pk}"
