"""What stands on the board: cards, actions, harms, what teams wrote ahead, the pinned signal; and its version."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from huddles.agenda import CARD_LANES
from huddles.lifecycle import ActionState, CardState
from huddles.models.huddles import Huddle

OWNED_BY_ONE = "Choose who owns it: a person or a team."


class BoardVersion(models.Model):
    """How often a centre's board has changed. Raised as the last act of each transaction that changes the board."""

    centre = models.OneToOneField(
        "partners.Centre", primary_key=True, on_delete=models.PROTECT, related_name="board_version"
    )
    number = models.BigIntegerField(default=0)
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"board {self.centre_id} at version {self.number}"


class Card(models.Model):
    """Something the centre has to look at, in a lane. It stays from huddle to huddle until it is closed.

    Cards name no person who is supported: `episode` does where a card is about one. `opened_at` is when it came up and
    `recorded_at` when it was entered, later where the service was down. `raised_issue` is what a forum was asked.
    """

    centre = models.ForeignKey("partners.Centre", on_delete=models.PROTECT, related_name="cards")
    huddle = models.ForeignKey(Huddle, null=True, blank=True, on_delete=models.PROTECT, related_name="cards")
    lane = models.CharField(max_length=20)
    title = models.CharField(max_length=120)
    words = models.TextField(max_length=2000, blank=True)
    team = models.ForeignKey("partners.Team", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    episode = models.ForeignKey(
        "huddles.Episode", null=True, blank=True, on_delete=models.PROTECT, related_name="cards"
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="cards_owned"
    )
    state = models.CharField(
        max_length=8, choices=[(each.value, each.value) for each in CardState], default=CardState.OPEN
    )
    due_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    raised_issue = models.OneToOneField(
        "decisions.Issue", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    form_key = models.UUIDField(null=True, blank=True, unique=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(title=""), name="card_says_something"),
            models.CheckConstraint(
                condition=Q(owner__isnull=True) | Q(team__isnull=True),
                name="card_owned_by_one",
                violation_error_message=OWNED_BY_ONE,
            ),
            models.CheckConstraint(
                condition=Q(lane__in=list(CARD_LANES)),
                name="card_in_a_lane",
                violation_error_message="Choose a lane of the board.",
            ),
            models.CheckConstraint(
                condition=Q(state="open", closed_at__isnull=True) | Q(state="closed", closed_at__gte=F("opened_at")),
                name="card_closed_with_a_time",
                violation_error_message="A card must close after it came up.",
            ),
            models.CheckConstraint(condition=Q(version__gte=1), name="card_version_counts_from_one"),
        ]
        indexes = [
            models.Index(fields=["centre", "lane"], condition=Q(state="open"), name="card_open"),
            models.Index(fields=["centre", "-opened_at"], name="card_by_centre"),
            models.Index(fields=["episode"], condition=Q(episode__isnull=False), name="card_by_episode"),
        ]

    def __str__(self) -> str:
        return f"card {self.pk}"


class Action(models.Model):
    """Something that somebody will do by a time. `words` name no person who is supported.

    `team` owns it where no one person does. `done_at` is when it was done, which is what "in time" is counted from.
    """

    centre = models.ForeignKey("partners.Centre", on_delete=models.PROTECT, related_name="actions")
    huddle = models.ForeignKey(Huddle, null=True, blank=True, on_delete=models.PROTECT, related_name="actions")
    card = models.ForeignKey(Card, null=True, blank=True, on_delete=models.PROTECT, related_name="actions")
    episode = models.ForeignKey(
        "huddles.Episode", null=True, blank=True, on_delete=models.PROTECT, related_name="actions"
    )
    words = models.CharField(max_length=300)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="actions_owned"
    )
    team = models.ForeignKey("partners.Team", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(
        max_length=8, choices=[(each.value, each.value) for each in ActionState], default=ActionState.OPEN
    )
    due_at = models.DateTimeField()
    opened_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=300, blank=True)
    form_key = models.UUIDField(null=True, blank=True, unique=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(words=""), name="action_says_something"),
            models.CheckConstraint(
                condition=Q(owner__isnull=False, team__isnull=True) | Q(owner__isnull=True, team__isnull=False),
                name="action_has_one_owner",
                violation_error_message=OWNED_BY_ONE,
            ),
            models.CheckConstraint(
                condition=Q(state="done", done_at__gte=F("opened_at")) | ~Q(state="done") & Q(done_at__isnull=True),
                name="action_done_with_a_time",
                violation_error_message="An action must be done after it was agreed.",
            ),
            models.CheckConstraint(
                condition=~Q(state="dropped") | ~Q(outcome=""),
                name="action_dropped_for_a_reason",
                violation_error_message="Say why it is not needed any more.",
            ),
            models.CheckConstraint(condition=Q(version__gte=1), name="action_version_counts_from_one"),
        ]
        indexes = [
            models.Index(fields=["centre", "due_at"], name="action_by_due"),
            models.Index(fields=["owner", "due_at"], condition=Q(state="open"), name="action_open_by_owner"),
            models.Index(fields=["team", "due_at"], condition=Q(state="open"), name="action_open_by_team"),
            models.Index(fields=["episode"], condition=Q(episode__isnull=False), name="action_by_episode"),
        ]

    def __str__(self) -> str:
        return f"action {self.pk}"


class Edit(models.Model):
    """One field of a thing was changed, or was to be: `applied` is false for what met a clash, which is kept here too.

    `base` is the version that whoever typed had before them. Never changed, never removed.
    """

    field = models.CharField(max_length=20)
    before = models.TextField(blank=True)
    after = models.TextField(blank=True)
    applied = models.BooleanField()
    base = models.PositiveIntegerField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    by_name = models.CharField(max_length=60, blank=True, help_text="What acted where no person did.")
    at = models.DateTimeField()

    class Meta:
        abstract = True


class CardEdit(Edit):
    """An edit of a card (`Edit`)."""

    card = models.ForeignKey(Card, on_delete=models.PROTECT, related_name="edits")

    class Meta:
        indexes = [models.Index(fields=["card", "at"], name="card_edit_by_card")]

    def __str__(self) -> str:
        return f"card edit {self.pk}"


class ActionEdit(Edit):
    """An edit of an action (`Edit`)."""

    action = models.ForeignKey(Action, on_delete=models.PROTECT, related_name="edits")

    class Meta:
        indexes = [models.Index(fields=["action", "at"], name="action_edit_by_action")]

    def __str__(self) -> str:
        return f"action edit {self.pk}"


class Harm(models.Model):
    """Somebody came to harm at the centre on a day: what the board counts the days since. Names no one.

    One recorded in error is withdrawn, with a reason, and otherwise kept.
    """

    centre = models.ForeignKey("partners.Centre", on_delete=models.PROTECT, related_name="harms")
    happened_on = models.DateField()
    words = models.CharField(max_length=500)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    form_key = models.UUIDField(null=True, blank=True, unique=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    withdrawn_why = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(words=""), name="harm_says_something"),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True, withdrawn_why="")
                | Q(withdrawn_at__isnull=False) & ~Q(withdrawn_why=""),
                name="harm_withdrawn_for_a_reason",
            ),
        ]
        indexes = [
            models.Index(
                fields=["centre", "-happened_on"], condition=Q(withdrawn_at__isnull=True), name="harm_by_centre"
            )
        ]

    def __str__(self) -> str:
        return f"harm {self.pk}"


class LaneNote(models.Model):
    """What a team tells the huddle ahead. The newest of an operational day stands; earlier ones are kept.

    `words` is empty where the team has nothing to say, which is an answer too. Never changed, never removed.
    """

    team = models.ForeignKey("partners.Team", on_delete=models.PROTECT, related_name="lane_notes")
    operational_date = models.DateField()
    words = models.CharField(max_length=1000, blank=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    noted_at = models.DateTimeField()
    form_key = models.UUIDField(null=True, blank=True, unique=True)

    class Meta:
        indexes = [models.Index(fields=["team", "operational_date", "-noted_at"], name="lane_note_by_team")]

    def __str__(self) -> str:
        return f"lane note {self.pk}"


class PinnedSignal(models.Model):
    """The one signal from the figures that a centre's huddle looks at; the newest stands. `pictured` draws it.

    One without a `measure` says that nothing calls for a look any more.

    `pictured` is what `components/spc_small.jinja` takes. Figures are under the small-number rule, for any reader.
    """

    centre = models.ForeignKey("partners.Centre", on_delete=models.PROTECT, related_name="pinned_signals")
    measure = models.CharField(max_length=64, help_text="Its code.")
    title = models.CharField(max_length=120)
    period = models.CharField(max_length=40)
    value = models.CharField(max_length=40)
    sentence = models.CharField(max_length=500)
    pictured = models.JSONField()
    pinned_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["centre", "-pinned_at", "-id"], name="pinned_by_centre")]

    def __str__(self) -> str:
        return f"pinned signal {self.pk}"
