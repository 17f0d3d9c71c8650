"""People who are supported, what was ever changed about them, and whom they let their record be shared with."""

from datetime import timedelta

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from huddles.lifecycle import MergeState
from huddles.models.constraints import InstantRange, ends_later, once_at_a_time
from nhc.models import NamedException

BROKEN_FOR = timedelta(hours=8)
"""How long breaking the glass opens a record."""


class Person(models.Model):
    """Somebody who is supported at one centre. `reference` is random, and the only thing of theirs in a URL.

    A name may be unknown: then an alias stands for it. `born_about` is words where `born_on` is unknown. A `sensitive`
    record is in no search and on no board by initials, unless the viewer has a grant. `merged_into` says that another
    record is the same person's; nothing of either is rewritten. `disposed_at` is when identity and words were removed.
    `what_matters` is what matters to the person, in their own words. Migration status is never kept about a person.
    """

    centre = models.ForeignKey("partners.Centre", on_delete=models.PROTECT, related_name="people")
    reference = models.CharField(max_length=10, unique=True)
    given_name = models.CharField(max_length=100, blank=True)
    family_name = models.CharField(max_length=100, blank=True)
    alias = models.CharField(max_length=100, blank=True)
    preferred_name = models.CharField(max_length=100, blank=True)
    nhs_number = models.CharField(max_length=10, blank=True)
    born_on = models.DateField(null=True, blank=True)
    born_about = models.CharField(max_length=60, blank=True)
    sensitive = models.BooleanField(default=False)
    access_needs = models.TextField(max_length=2000, blank=True)
    telephone = models.CharField(max_length=40, blank=True)
    address = models.TextField(max_length=500, blank=True)
    what_matters = models.TextField(max_length=5000, blank=True)
    version = models.PositiveIntegerField(default=1)
    registered_at = models.DateTimeField()
    merged_into = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="absorbed")
    disposed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["centre", "nhs_number"],
                condition=~Q(nhs_number="") & Q(merged_into__isnull=True),
                name="person_nhs_number_once_at_a_centre",
                violation_error_message="This NHS number cannot be kept here. Ask the centre's privacy officer.",
            ),
            models.CheckConstraint(
                condition=~Q(given_name="") | ~Q(family_name="") | ~Q(alias="") | Q(disposed_at__isnull=False),
                name="person_is_called_something",
                violation_error_message="Enter a name, or an alias where the name is not known.",
            ),
            models.CheckConstraint(
                condition=Q(disposed_at__isnull=True)
                | Q(
                    given_name="",
                    family_name="",
                    alias="",
                    preferred_name="",
                    nhs_number="",
                    born_on__isnull=True,
                    born_about="",
                    access_needs="",
                    telephone="",
                    address="",
                    what_matters="",
                ),
                name="person_disposed_of_is_nobody",
            ),
            models.CheckConstraint(
                condition=Q(born_on__isnull=True) | Q(born_about=""),
                name="person_born_on_or_about",
                violation_error_message="Enter the date of birth, or roughly when it was; not both.",
            ),
            models.CheckConstraint(condition=Q(reference__regex=r"^[B-Z2-9]{10}$"), name="person_reference_shape"),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | ~Q(merged_into=F("id")), name="person_not_merged_into_itself"
            ),
            models.CheckConstraint(condition=Q(version__gte=1), name="person_version_counts_from_one"),
        ]
        indexes = [
            models.Index(fields=["centre", "family_name", "given_name"], name="person_by_name"),
            models.Index(fields=["merged_into"], condition=Q(merged_into__isnull=False), name="person_by_kept"),
        ]

    def __str__(self) -> str:
        return f"person {self.reference}"

    @property
    def full_name(self) -> str:
        """Return the name on record, or the alias in its place; '' once the record was disposed of."""
        return f"{self.given_name} {self.family_name}".strip() or self.alias

    @property
    def called(self) -> str:
        """Return what the person wants to be called."""
        return self.preferred_name or self.full_name

    @property
    def initials(self) -> str:
        """Return at most two letters for the board; none of a sensitive record, and none without a name."""
        if self.sensitive:
            return ""
        names = [name for name in (self.given_name, self.family_name) if name] or self.alias.split()
        return "".join(name[0].upper() for name in names[:2])


class PersonRevision(models.Model):
    """One change of a person's record: `changes` has what stood before and what stands since, by the field's name.

    Rows are kept; disposal alone empties `changes`, because they hold identity.
    """

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="revisions")
    version = models.PositiveIntegerField()
    changes = models.JSONField()
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    by_name = models.CharField(max_length=60, blank=True, help_text="What acted where no person did.")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "version"], name="revision_of_person_once"),
            models.CheckConstraint(
                condition=Q(user__isnull=False) | ~Q(by_name=""), name="revision_of_person_by_somebody"
            ),
        ]

    def __str__(self) -> str:
        return f"revision {self.pk}"


class SharingPreference(models.Model):
    """Whether a person's record is shared with one organisation, from an instant on: what they said, and why.

    Without a row it is shared with whoever supports them. `shares=False` hides name, date of birth and text from the
    organisation's people, whatever team they are in; its own care for the person ends no sooner.
    """

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="sharing")
    organisation = models.ForeignKey("partners.Organisation", on_delete=models.PROTECT, related_name="+")
    shares = models.BooleanField()
    reason = models.CharField(max_length=500, blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            once_at_a_time(
                "sharing_once_at_a_time",
                "person",
                "organisation",
                message="The person has said something about this organisation for that time already.",
            ),
            ends_later("sharing_ends_later"),
        ]

    def __str__(self) -> str:
        return f"sharing preference {self.pk}"


class RecordGrant(NamedException):
    """A named person reads one person's record until the exception ends, sensitive or not."""

    content_object = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="grants", db_column="person_id")

    class Meta(NamedException.Meta):
        abstract = False
        indexes = [models.Index(fields=["content_object", "-granted_at", "-id"], name="grant_by_person")]
        constraints = [
            *NamedException.Meta.constraints,
            ExclusionConstraint(
                name="one_grant_a_user_and_person",
                expressions=[
                    ("user", RangeOperators.EQUAL),
                    ("content_object", RangeOperators.EQUAL),
                    (InstantRange("granted_at", Coalesce("revoked_at", "expires_at")), RangeOperators.OVERLAPS),
                ],
                violation_error_message="They may read this record already. End that exception first.",
            ),
        ]

    def __str__(self) -> str:
        return f"record grant {self.pk}"


class BreakGlass(models.Model):
    """Somebody outside the circle opened a record in an emergency: why, until when, and what a review found.

    `told_at` is when somebody who supports the person was told, without identifiers; empty where there was nobody.
    """

    class Finding(models.TextChoices):
        JUSTIFIED = "justified", "It was needed"
        UNCLEAR = "unclear", "It was needed, and the record should have been open to them anyway"
        NOT_JUSTIFIED = "not_justified", "It was not needed"

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="breaks")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=1000)
    at = models.DateTimeField()
    until_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True, blank=True)
    reviewed_at = models.DateTimeField(null=True, blank=True)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    finding = models.CharField(max_length=14, choices=Finding, blank=True)
    review_words = models.CharField(max_length=1000, blank=True)

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="broken_once_at_a_time",
                expressions=[
                    ("user", RangeOperators.EQUAL),
                    ("person", RangeOperators.EQUAL),
                    (InstantRange("at", "until_at"), RangeOperators.OVERLAPS),
                ],
                violation_error_message="You have opened this record already, and it is still open to you.",
            ),
            models.CheckConstraint(
                condition=Q(until_at__gt=F("at")) & Q(until_at__lte=F("at") + BROKEN_FOR),
                name="broken_for_8_hours_at_most",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="broken_for_a_reason"),
            models.CheckConstraint(
                condition=Q(reviewed_at__isnull=True, reviewed_by__isnull=True, finding="", review_words="")
                | Q(reviewed_at__gte=F("at"), reviewed_by__isnull=False) & ~Q(finding=""),
                name="break_reviewed_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(reviewed_by__isnull=True) | ~Q(reviewed_by=F("user")), name="break_not_reviewed_by_oneself"
            ),
        ]
        indexes = [
            models.Index(fields=["at"], condition=Q(reviewed_at__isnull=True), name="break_to_review"),
            models.Index(fields=["user", "until_at"], name="break_by_user"),
        ]

    def __str__(self) -> str:
        return f"break-glass {self.pk}"


class PersonMerge(models.Model):
    """Two records are one person's: `merged` reads as `kept` from its confirmation until it is undone.

    Each step takes a different person than the step before: who asks never confirms, who asks for the undoing never
    undoes. `Person.merged_into` follows from here (a deferred trigger holds both together).
    """

    kept = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="merges")
    merged = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="merged_in")
    state = models.CharField(max_length=10, choices=[(each.value, each.value) for each in MergeState])
    reason = models.CharField(max_length=500)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    confirmed_at = models.DateTimeField(null=True, blank=True)
    refused_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    refused_at = models.DateTimeField(null=True, blank=True)
    undo_asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    undo_asked_at = models.DateTimeField(null=True, blank=True)
    undo_reason = models.CharField(max_length=500, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["merged"],
                condition=Q(state__in=["asked", "merged", "undo_asked"]),
                name="merge_of_a_person_once",
                violation_error_message="Somebody has asked for this record to be joined to another already.",
            ),
            models.CheckConstraint(condition=~Q(kept=F("merged")), name="merge_of_two_people"),
            models.CheckConstraint(condition=~Q(reason=""), name="merge_has_a_reason"),
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True) | ~Q(confirmed_by=F("asked_by")),
                name="merge_takes_two",
                violation_error_message="Somebody else has to confirm this: you asked for it.",
            ),
            models.CheckConstraint(
                condition=Q(undone_by__isnull=True) | ~Q(undone_by=F("undo_asked_by")),
                name="merge_undone_by_two",
                violation_error_message="Somebody else has to confirm this: you asked for it.",
            ),
            models.CheckConstraint(
                condition=Q(state="asked", confirmed_at__isnull=True, refused_at__isnull=True, undone_at__isnull=True)
                | Q(state="refused", refused_at__isnull=False, refused_by__isnull=False, confirmed_at__isnull=True)
                | Q(state="merged", confirmed_at__isnull=False, confirmed_by__isnull=False, undone_at__isnull=True)
                | Q(state="undo_asked", confirmed_at__isnull=False, confirmed_by__isnull=False)
                & Q(undo_asked_at__isnull=False, undo_asked_by__isnull=False, undone_at__isnull=True)
                | Q(state="undone", confirmed_at__isnull=False, confirmed_by__isnull=False)
                & Q(undo_asked_by__isnull=False, undone_at__isnull=False, undone_by__isnull=False),
                name="merge_says_who_and_when",
            ),
        ]
        indexes = [models.Index(fields=["kept", "state"], name="merge_by_kept")]

    def __str__(self) -> str:
        return f"merge {self.pk}"


class RetentionRule(models.Model):
    """Which rule of `huddles.retention` a centre follows from an instant on; the latest row holds."""

    centre = models.ForeignKey("partners.Centre", on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=20)
    adopted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    adopted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(code__in=["adult_health", "mental_health"]), name="retention_rule_of_the_code"
            )
        ]
        indexes = [models.Index(fields=["centre", "-adopted_at", "-id"], name="retention_rule_by_centre")]

    def __str__(self) -> str:
        return f"retention rule {self.pk}"


class PersonDisposal(models.Model):
    """Identity and words of a person's record were removed: by which rule, due since when. Nothing of them is here."""

    person = models.OneToOneField(Person, on_delete=models.PROTECT, related_name="disposal")
    rule = models.CharField(max_length=20)
    due_on = models.DateField()
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"disposal {self.pk}"
