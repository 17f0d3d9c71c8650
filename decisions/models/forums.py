"""The forums of a centre: its backbone, its professional partnership group and its neighbourhood partnership board."""

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q


class InstantRange(Func):
    """`[starts_at, ends_at)`; an absent end is open."""

    function = "TSTZRANGE"
    template = "%(function)s(%(expressions)s, '[)')"
    output_field = DateTimeRangeField()


def _once_at_a_time(name: str, *fields: str, message: str) -> ExclusionConstraint:
    return ExclusionConstraint(
        name=name,
        expressions=[
            *((field, RangeOperators.EQUAL) for field in fields),
            (InstantRange("starts_at", "ends_at"), RangeOperators.OVERLAPS),
        ],
        violation_error_message=message,
    )


class Forum(models.Model):
    """Where partners sit together. A centre has at most one of each kind."""

    class Kind(models.TextChoices):
        BACKBONE = "backbone", "Backbone"
        GROUP = "group", "Professional Partnership Group"
        BOARD = "board", "Neighbourhood Partnership Board"

    centre = models.ForeignKey("partners.Centre", on_delete=models.PROTECT, related_name="forums")
    kind = models.CharField(max_length=10, choices=Kind)
    code = models.SlugField(max_length=40)
    name = models.CharField(max_length=120)
    purpose = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["centre", "kind"],
                name="forum_one_of_a_kind",
                violation_error_message="The centre has this forum already.",
            ),
            models.UniqueConstraint(fields=["centre", "code"], name="forum_code_once_at_a_centre"),
            models.CheckConstraint(condition=Q(code__regex=r"^[a-z0-9][a-z0-9-]*$"), name="forum_code_shape"),
            models.CheckConstraint(condition=~Q(name=""), name="forum_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name


class ForumSeat(models.Model):
    """A person's seat in a forum, from an instant until another. Only its end is ever set, once.

    `organisation` is whom they speak for; without one they speak for themselves, as people with lived experience do.
    """

    forum = models.ForeignKey(Forum, on_delete=models.PROTECT, related_name="seats")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="forum_seats")
    organisation = models.ForeignKey(
        "partners.Organisation", null=True, blank=True, on_delete=models.PROTECT, related_name="forum_seats"
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gte=F("starts_at")), name="seat_ends_after_start"
            ),
            _once_at_a_time("seat_once_at_a_time", "forum", "user", message="This person has a seat already."),
        ]

    def __str__(self) -> str:
        return f"seat {self.pk}"


class ChairTerm(models.Model):
    """Who chairs a forum and why it was their turn. Only its end is ever moved: to where the next term begins, or the
    seat of its holder ends.

    `in_turn` is whom the rotation named (`decisions.rotation`) and `why` its sentence; where somebody else chairs,
    `reason` says why. `ends_at` is when the next person's turn is due: terms never overlap.
    """

    forum = models.ForeignKey(Forum, on_delete=models.PROTECT, related_name="terms")
    seat = models.ForeignKey(ForumSeat, on_delete=models.PROTECT, related_name="terms")
    in_turn = models.ForeignKey(ForumSeat, on_delete=models.PROTECT, related_name="+")
    why = models.CharField(max_length=1000)
    reason = models.CharField(max_length=500, blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gte=F("starts_at")), name="term_ends_after_start"),
            models.CheckConstraint(condition=~Q(why=""), name="term_says_whose_turn_it_was"),
            models.CheckConstraint(
                condition=Q(seat=F("in_turn")) | ~Q(reason=""),
                name="term_out_of_turn_has_a_reason",
                violation_error_message="Say why somebody else chairs than the one whose turn it is.",
            ),
            _once_at_a_time("term_once_at_a_time", "forum", message="Somebody chairs the forum in that time."),
        ]

    def __str__(self) -> str:
        return f"term {self.pk}"
