"""The decision-rights grid: what may come up, who decides it, and who is called when nobody answers."""

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models import Deferrable, F, Q, Value
from django.db.models.functions import Concat, Lower

from decisions.lifecycle import VersionState
from decisions.models.forums import InstantRange


class Grid(models.Model):
    """A centre's grid. What it says is in its versions; a centre has one, whose code is `CODE`, until it needs more."""

    CODE = "centre"

    centre = models.ForeignKey("partners.Centre", on_delete=models.PROTECT, related_name="+")
    code = models.SlugField(max_length=40, default=CODE)
    title = models.CharField(max_length=200)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["centre", "code"],
                name="grid_code_once_at_a_centre",
                violation_error_message="The centre has this grid already.",
            ),
            models.CheckConstraint(condition=~Q(title=""), name="grid_has_a_title"),
        ]

    def __str__(self) -> str:
        return self.title


class GridVersion(models.Model):
    """What a grid says. It may be changed while it is a draft; once published nothing of it changes.

    In force from `published_at` until (not including) `superseded_at`. `version` rises with every change of a draft,
    whichever scenario it was of. `consult_until` is the deadline of the round that is open or was the last.
    `next_review_on` is a day in London; a review that was held moves it on (`GridReview.next_review_on`).
    """

    grid = models.ForeignKey(Grid, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    state = models.CharField(
        max_length=12, choices=[(each.value, each.value) for each in VersionState], default=VersionState.DRAFT
    )
    version = models.PositiveIntegerField(default=1)
    predecessor = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    summary = models.CharField(max_length=500, blank=True, help_text="What is new, in words.")
    created_at = models.DateTimeField()
    consult_until = models.DateTimeField(null=True, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    superseded_at = models.DateTimeField(null=True, blank=True)
    next_review_on = models.DateField(null=True, blank=True)
    cites_decision = models.ForeignKey(
        "decisions.Decision",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="cited_by",
        help_text="The partnership group's decision about an objection that stood.",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["grid", "number"], name="grid_version_number_once"),
            models.UniqueConstraint(
                fields=["grid"],
                condition=Q(state__in=["draft", "consulting"]),
                name="grid_one_version_in_work",
                violation_error_message="A draft of the grid is being worked on already.",
            ),
            models.UniqueConstraint(fields=["grid"], condition=Q(state="published"), name="grid_one_version_in_force"),
            ExclusionConstraint(
                name="grid_one_version_at_every_instant",
                expressions=[
                    ("grid", RangeOperators.EQUAL),
                    (InstantRange("published_at", "superseded_at"), RangeOperators.OVERLAPS),
                ],
                condition=Q(published_at__isnull=False),
                violation_error_message="Another version is in force in that time.",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "consulting"], published_at__isnull=True, superseded_at__isnull=True)
                | Q(state="published", published_at__isnull=False, superseded_at__isnull=True)
                | Q(state="superseded", published_at__isnull=False, superseded_at__gt=F("published_at")),
                name="grid_version_state_and_instants_agree",
            ),
            models.CheckConstraint(
                condition=Q(published_at__isnull=True) | Q(next_review_on__isnull=False),
                name="grid_version_published_is_reviewed",
            ),
            models.CheckConstraint(
                condition=~Q(state="consulting") | Q(consult_until__isnull=False),
                name="grid_version_consulting_until",
            ),
            models.CheckConstraint(condition=Q(version__gte=1), name="grid_version_counts_from_one"),
        ]

    def __str__(self) -> str:
        return f"grid version {self.pk}"


class GridMove(models.Model):
    """How a version came to its state. Never changed, never removed. `user` is empty where the clock did it."""

    version = models.ForeignKey(GridVersion, on_delete=models.PROTECT, related_name="moves")
    state = models.CharField(max_length=12, choices=[(each.value, each.value) for each in VersionState])
    at = models.DateTimeField()
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        indexes = [models.Index(fields=["version", "at"], name="grid_move_by_version")]

    def __str__(self) -> str:
        return f"grid move {self.pk}"


class GridReview(models.Model):
    """A review of a published version and what was learnt. Never changed, never removed."""

    version = models.ForeignKey(GridVersion, on_delete=models.PROTECT, related_name="reviews")
    reviewed_at = models.DateTimeField()
    learnt = models.TextField(max_length=4000)
    next_review_on = models.DateField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(learnt=""), name="grid_review_says_what_was_learnt")]
        indexes = [models.Index(fields=["version", "reviewed_at"], name="grid_review_by_version")]

    def __str__(self) -> str:
        return f"grid review {self.pk}"


class Scenario(models.Model):
    """What may come up, and how far people may go.

    `words` are other words that people use for it, for the search. `limit` in `limit_unit` is the part of the guardrail
    that can be measured, for every decider without a limit of their own (`Right.limit`). `minutes` is how long there is
    to get an answer. `act_first` allows whoever carries it out to act and tell afterwards. `version` rises with every
    change of the scenario, its rights and its ladder.
    """

    grid_version = models.ForeignKey(GridVersion, on_delete=models.PROTECT, related_name="scenarios")
    code = models.SlugField(max_length=60)
    title = models.CharField(max_length=160)
    words = models.CharField(max_length=500, blank=True)
    guardrail = models.TextField(max_length=1000, blank=True)
    limit = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    limit_unit = models.CharField(max_length=40, blank=True)
    minutes = models.PositiveIntegerField(default=60)
    act_first = models.BooleanField(default=False)
    position = models.PositiveIntegerField(default=0)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["grid_version", "code"],
                name="scenario_code_once_in_a_version",
                violation_error_message="The grid has a scenario with this code already.",
            ),
            models.CheckConstraint(condition=Q(code__regex=r"^[a-z0-9][a-z0-9-]*$"), name="scenario_code_shape"),
            models.CheckConstraint(condition=~Q(title=""), name="scenario_has_a_title"),
            models.CheckConstraint(
                condition=Q(limit__isnull=True) | Q(limit__gte=0) & ~Q(limit_unit=""),
                name="scenario_limit_has_a_unit",
                violation_error_message="Give a limit together with its unit, or neither.",
            ),
            models.CheckConstraint(
                condition=Q(minutes__gte=1, minutes__lte=40_320),
                name="scenario_minutes_to_four_weeks",
                violation_error_message="The time limit is between 1 minute and 4 weeks.",
            ),
            models.CheckConstraint(condition=Q(version__gte=1), name="scenario_version_counts_from_one"),
        ]
        indexes = [
            GinIndex(SearchVector("title", "words", config="english"), name="scenario_by_words"),
            GinIndex(
                OpClass(Lower(Concat("title", Value(" "), "words")), name="gin_trgm_ops"), name="scenario_by_letters"
            ),
        ]

    def __str__(self) -> str:
        return self.title


def _one_holder(name: str, *columns: str) -> models.CheckConstraint:
    """Allow exactly one of some columns to be set; `telephone` is set where it is not empty."""
    kept = Q()
    for chosen in columns:
        row = Q()
        for column in columns:
            empty = Q(telephone="") if column == "telephone" else Q(**{f"{column}__isnull": True})
            row &= ~empty if column == chosen else empty
        kept |= row
    return models.CheckConstraint(condition=kept, name=name)


class Right(models.Model):
    """What a duty role or a team has to do with a scenario: one word in one cell of the grid.

    `limit` is up to what this decider decides, in the scenario's `limit_unit`; empty where the scenario's limit holds.
    """

    class Kind(models.TextChoices):
        DECIDES = "decides", "Decides"
        MUST_AGREE = "must_agree", "Must agree"
        IS_CONSULTED = "is_consulted", "Is consulted"
        CARRIES_OUT = "carries_out", "Carries out"
        IS_TOLD = "is_told", "Is told"

    scenario = models.ForeignKey(Scenario, on_delete=models.CASCADE, related_name="rights")
    duty_role = models.ForeignKey(
        "partners.DutyRole", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    team = models.ForeignKey("partners.Team", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=14, choices=Kind)
    limit = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)

    class Meta:
        constraints = [
            _one_holder("right_of_a_duty_role_or_a_team", "duty_role", "team"),
            models.CheckConstraint(
                condition=Q(limit__isnull=True) | Q(kind="decides", limit__gte=0), name="right_limit_of_who_decides"
            ),
            models.UniqueConstraint(
                fields=["scenario", "duty_role", "team", "kind"], nulls_distinct=False, name="right_once_in_a_cell"
            ),
        ]

    def __str__(self) -> str:
        return f"right {self.pk}"


class Rung(models.Model):
    """A rung of a scenario's ladder: who is called, and how many minutes they have to acknowledge. The last repeats."""

    scenario = models.ForeignKey(Scenario, on_delete=models.CASCADE, related_name="rungs")
    position = models.PositiveSmallIntegerField()
    duty_role = models.ForeignKey(
        "partners.DutyRole", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    team = models.ForeignKey("partners.Team", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    telephone = models.CharField(max_length=40, blank=True)
    minutes = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["scenario", "position"], name="rung_position_once", deferrable=Deferrable.DEFERRED
            ),
            _one_holder("rung_calls_one", "duty_role", "team", "telephone"),
            models.CheckConstraint(
                condition=Q(minutes__gte=1, minutes__lte=1440),
                name="rung_minutes_to_a_day",
                violation_error_message="A rung has between 1 minute and 24 hours to acknowledge.",
            ),
        ]

    def __str__(self) -> str:
        return f"rung {self.pk}"


class GridName(models.Model):
    """What a duty role or a team that a version names was called when it was published. Never changed, never removed.

    It keeps the version saying what partners agreed to where somebody renames the duty role afterwards.
    """

    version = models.ForeignKey(GridVersion, on_delete=models.PROTECT, related_name="names")
    duty_role = models.ForeignKey(
        "partners.DutyRole", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    team = models.ForeignKey("partners.Team", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=200)

    class Meta:
        constraints = [
            _one_holder("grid_name_of_a_duty_role_or_a_team", "duty_role", "team"),
            models.UniqueConstraint(
                fields=["version", "duty_role", "team"], nulls_distinct=False, name="grid_name_once_in_a_version"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CellComment(models.Model):
    """What somebody says about a scenario or one of its cells, while a version is worked on.

    It names the scenario by its code, so that it stays where the scenario is taken out and put back. Without a duty
    role and a team it is about the whole scenario. It is resolved once, and otherwise never changed nor removed.
    """

    grid_version = models.ForeignKey(GridVersion, on_delete=models.PROTECT, related_name="comments")
    scenario_code = models.SlugField(max_length=60)
    duty_role = models.ForeignKey(
        "partners.DutyRole", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    team = models.ForeignKey("partners.Team", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    text = models.CharField(max_length=2000)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    organisation = models.ForeignKey("partners.Organisation", on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="cell_comment_says_something"),
            models.CheckConstraint(
                condition=Q(duty_role__isnull=True) | Q(team__isnull=True), name="cell_comment_on_one_cell"
            ),
            models.CheckConstraint(
                condition=Q(resolved_at__isnull=True, resolved_by__isnull=True)
                | Q(resolved_at__gte=F("made_at"), resolved_by__isnull=False),
                name="cell_comment_resolved_by_somebody",
            ),
        ]
        indexes = [models.Index(fields=["grid_version", "scenario_code"], name="cell_comment_by_scenario")]

    def __str__(self) -> str:
        return f"cell comment {self.pk}"
