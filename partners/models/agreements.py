"""What the partners of a centre agree on: texts drafted together, opened for signature, signed by organisations."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from partners.lifecycle import ProposalState
from partners.models.constraints import no_overlap_in_time
from partners.models.organisations import Centre, Organisation

LONGEST_TEXT = 60_000
"""Characters of Markdown, some twenty printed pages."""


class Agreement(models.Model):
    """One of the three agreements of a centre. What it says is in its versions."""

    class Kind(models.TextChoices):
        MEMORANDUM = "memorandum", "Memorandum of understanding"
        INFORMATION_SHARING = "information-sharing", "Information-sharing agreement"
        NORMS = "norms", "Norms charter"

    centre = models.ForeignKey(Centre, on_delete=models.PROTECT, related_name="agreements")
    kind = models.CharField(max_length=20, choices=Kind)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["centre", "kind"],
                name="agreement_once_at_a_centre",
                violation_error_message="The centre has this agreement already.",
            )
        ]

    def __str__(self) -> str:
        return f"agreement {self.pk}"


class AgreementVersion(models.Model):
    """What an agreement says, in Markdown. A draft until it is opened for signature; from then nothing of it changes.

    One version is in force at a time: from `opened_at` until `superseded_at`. Organisations have until the end of
    `sign_by`, a day in Europe/London. `predecessor` was in force before. `summary` says in words what is new.
    """

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    text = models.TextField(max_length=LONGEST_TEXT)
    summary = models.CharField(max_length=500, blank=True)
    predecessor = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True, blank=True)
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    opened_on = models.DateField(null=True, blank=True, help_text="The day of opening in Europe/London.")
    sign_by = models.DateField(null=True, blank=True)
    review_on = models.DateField(null=True, blank=True)
    superseded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agreement", "number"], name="agreement_version_number_once"),
            models.UniqueConstraint(
                fields=["agreement"], condition=Q(opened_at__isnull=True), name="agreement_one_draft"
            ),
            models.UniqueConstraint(
                fields=["agreement"],
                condition=Q(opened_at__isnull=False, superseded_at__isnull=True),
                name="agreement_one_version_in_force",
            ),
            models.CheckConstraint(
                condition=Q(
                    opened_at__isnull=True,
                    opened_on__isnull=True,
                    sign_by__isnull=True,
                    review_on__isnull=True,
                    superseded_at__isnull=True,
                )
                | Q(opened_at__isnull=False, opened_on__isnull=False, sign_by__isnull=False, review_on__isnull=False),
                name="agreement_version_opened_with_dates",
            ),
            models.CheckConstraint(
                condition=Q(sign_by__isnull=True) | Q(sign_by__gte=F("opened_on"), review_on__gt=F("sign_by")),
                name="agreement_version_dates_in_order",
                violation_error_message="Signing comes after opening, and review after signing.",
            ),
            models.CheckConstraint(
                condition=Q(superseded_at__isnull=True) | Q(superseded_at__gt=F("opened_at")),
                name="agreement_version_superseded_later",
            ),
        ]

    def __str__(self) -> str:
        return f"agreement version {self.pk}"


class AgreementProposal(models.Model):
    """A whole new text that somebody proposes, made from `base_text`. It moves once (`lifecycle.PROPOSAL_MOVES`).

    Where the current text is no longer `base_text`, the proposal is stale and waits until it is brought up to date.
    """

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="proposals")
    base = models.ForeignKey(AgreementVersion, on_delete=models.PROTECT, related_name="proposals")
    base_text = models.TextField(max_length=LONGEST_TEXT)
    text = models.TextField(max_length=LONGEST_TEXT)
    reason = models.CharField(max_length=500)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="agreement_proposals")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="agreement_proposals")
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    state = models.CharField(
        max_length=12, choices=[(each.value, each.value) for each in ProposalState], default=ProposalState.OPEN
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    answer = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(text=F("base_text")), name="proposal_changes_something"),
            models.CheckConstraint(condition=~Q(reason=""), name="proposal_has_a_reason"),
            models.CheckConstraint(
                condition=Q(state=ProposalState.OPEN, decided_at__isnull=True)
                | ~Q(state=ProposalState.OPEN) & Q(decided_at__isnull=False),
                name="proposal_decided_when_it_moved",
            ),
            models.CheckConstraint(condition=Q(version__gte=1), name="proposal_version_counts_from_one"),
        ]
        indexes = [models.Index(fields=["agreement", "-created_at"], name="proposal_by_agreement")]

    def __str__(self) -> str:
        return f"proposal {self.pk}"


class AgreementComment(models.Model):
    """What somebody says about a proposal. Never changed, never removed."""

    proposal = models.ForeignKey(AgreementProposal, on_delete=models.PROTECT, related_name="comments")
    text = models.CharField(max_length=2000)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="comment_says_something")]
        indexes = [models.Index(fields=["proposal", "made_at"], name="comment_by_proposal")]

    def __str__(self) -> str:
        return f"comment {self.pk}"


class Signatory(models.Model):
    """Who signs agreements for an organisation, appointed by its administrators. `capacity` is their office."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="signatories")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="signs_for")
    capacity = models.CharField(max_length=120)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(capacity=""), name="signatory_has_a_capacity"),
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gte=F("starts_at")), name="signatory_ends_after_start"
            ),
            no_overlap_in_time(
                "signatory_once_at_a_time",
                "organisation",
                "user",
                message="This person signs for the organisation already.",
            ),
        ]

    def __str__(self) -> str:
        return f"signatory {self.pk}"


class Signature(models.Model):
    """An organisation's signature under one version, by a named person in a capacity. Never changed, never removed."""

    version = models.ForeignKey(AgreementVersion, on_delete=models.PROTECT, related_name="signatures")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="signatures")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    capacity = models.CharField(max_length=120)
    signed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["version", "organisation"],
                name="signature_once_for_an_organisation",
                violation_error_message="The organisation has signed this version already.",
            )
        ]

    def __str__(self) -> str:
        return f"signature {self.pk}"
