"""Referrals: what came through the front door, until whoever referred has an answer."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import DurationField, ExpressionWrapper, F, Q, Value
from django.db.models.lookups import Exact

from huddles.lifecycle import ReferralState
from huddles.models.streams import Stream

TRIAGE_WITHIN = timedelta(hours=24)
"""Elapsed, whatever the clocks on the wall do."""


class Referral(models.Model):
    """Somebody asks the centre to help a person. An episode is open from the instant at which it is received.

    `words`, `answer`, `alternatives_tried`, `particulars` and who referred are clinical text: for the team around the
    person. `answer` is what whoever referred is told. `particulars` is what came about a person whose record was here
    already, and which it does not say. `external_id` is the sender's own number for it, one an organisation and centre;
    `form_key` tells what was sent twice: it is made of the form or that number and of a keyed digest of all that was
    said. `disputed_number`: the NHS number that came with it is on another record here, which is not this person's as
    far as one can tell, so it was not stored.
    """

    class Source(models.TextChoices):
        SELF = "self", "The person"
        CARER = "carer", "A carer"
        PARTNER = "partner", "A partner's system"
        STAFF = "staff", "Somebody who works for a partner"

    centre = models.ForeignKey("partners.Centre", on_delete=models.PROTECT, related_name="referrals")
    episode = models.ForeignKey("huddles.Episode", on_delete=models.PROTECT, related_name="referrals")
    reference = models.CharField(max_length=10, unique=True)
    source = models.CharField(max_length=8, choices=Source)
    organisation = models.ForeignKey(
        "partners.Organisation", null=True, blank=True, on_delete=models.PROTECT, related_name="referrals_made"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="referrals_made"
    )
    referrer = models.CharField(max_length=120, blank=True)
    referrer_contact = models.CharField(max_length=120, blank=True)
    words = models.TextField(max_length=10_000)
    particulars = models.TextField(max_length=4000, blank=True)
    disputed_number = models.BooleanField(default=False)
    received_at = models.DateTimeField()
    due_at = models.DateTimeField()
    state = models.CharField(
        max_length=12, choices=[(each.value, each.value) for each in ReferralState], default=ReferralState.RECEIVED
    )
    stream = models.ForeignKey(Stream, null=True, blank=True, on_delete=models.PROTECT, related_name="referrals")
    triaged_at = models.DateTimeField(null=True, blank=True)
    answer = models.TextField(max_length=5000, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    alternatives_tried = models.TextField(max_length=5000, blank=True)
    external_id = models.CharField(max_length=64, blank=True)
    form_key = models.UUIDField(null=True, blank=True, unique=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(words="") & ~Q(reference=""), name="referral_says_something"),
            models.CheckConstraint(condition=Q(version__gte=1), name="referral_version_counts_from_one"),
            models.CheckConstraint(
                condition=Exact(
                    ExpressionWrapper(F("due_at") - F("received_at"), output_field=DurationField()),
                    Value(TRIAGE_WITHIN, output_field=DurationField()),
                ),
                name="referral_due_in_24_hours",
            ),
            models.CheckConstraint(
                condition=Q(source__in=["partner", "staff"], organisation__isnull=False)
                | Q(source__in=["self", "carer"], organisation__isnull=True, user__isnull=True, external_id=""),
                name="referral_comes_from_somebody",
            ),
            models.CheckConstraint(
                condition=Q(state="received", stream__isnull=True, triaged_at__isnull=True)
                | Q(state__in=["triaged", "answered"], stream__isnull=False, triaged_at__isnull=False)
                | Q(state="handed_back"),
                name="referral_triaged_to_a_stream",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["received", "triaged"], answered_at__isnull=True, answer="")
                | Q(state__in=["answered", "handed_back"], answered_at__isnull=False) & ~Q(answer=""),
                name="referral_answered_with_an_answer",
            ),
            models.CheckConstraint(
                condition=Q(state="handed_back") & ~Q(alternatives_tried="")
                | ~Q(state="handed_back") & Q(alternatives_tried=""),
                name="referral_handed_back_after_alternatives",
                violation_error_message="Say which alternatives were tried.",
            ),
            models.UniqueConstraint(
                fields=["organisation", "centre", "external_id"],
                condition=~Q(external_id=""),
                name="referral_sent_once",
            ),
        ]
        indexes = [
            models.Index(fields=["centre", "-received_at"], name="referral_by_centre"),
            models.Index(fields=["episode", "received_at"], name="referral_by_episode"),
            models.Index(fields=["organisation", "-received_at", "-id"], name="referral_by_organisation"),
            models.Index(fields=["user", "-received_at"], name="referral_by_user", condition=Q(user__isnull=False)),
            models.Index(fields=["due_at"], name="referral_open", condition=Q(state__in=["received", "triaged"])),
        ]

    def __str__(self) -> str:
        return f"referral {self.reference}"


class ReferralMove(models.Model):
    """A referral came into a state, and into which stream. Codes alone: no words. Never changed, never removed."""

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="moves")
    state = models.CharField(max_length=12)
    stream = models.ForeignKey(Stream, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    moved_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["referral", "moved_at"], name="referral_move_by_referral")]

    def __str__(self) -> str:
        return f"referral move {self.pk}"
