"""Users, the audit trail and the outbox."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, Permission, PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models.functions import Lower, Now
from guardian.models import UserObjectPermissionBase

from nhc.identity import uuid7

if TYPE_CHECKING:
    from nhc.sessions import SessionStore


class UserManager(BaseUserManager["User"]):
    """Creates users. An e-mail address is the sign-in name, whatever its case."""

    def create_user(self, *, email: str, name: str, password: str | None = None, **fields: Any) -> "User":
        """Store a new user; `password=None` leaves one who cannot sign in with a password."""
        user = self.model(email=email.strip().lower(), name=name, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        """Find by e-mail address, ignoring case."""
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser, PermissionsMixin):
    """A member of staff of any employer. People who are supported are never users."""

    email = models.EmailField(max_length=254)
    name = models.CharField(max_length=150)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False, help_text="May open the read-only administration pages.")
    joined_at = models.DateTimeField(db_default=Now())
    address_proved_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="When whoever uses the account first showed that they read mail to its address.",
    )
    notices_unseen = models.PositiveIntegerField(
        default=0, db_default=0, help_text="Kept beside the notices, so that every page shows it without asking."
    )

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_once", violation_error_message="In use."),
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="user_email_lower_case"),
        ]

    def __str__(self) -> str:
        return self.name


class AuditEvent(models.Model):
    """One act: who, when, what and on what. Inserted in the transaction of the act; never changed, never removed.

    `details` holds field names, versions, counts and codes, never clinical text or a person's identity. Organisation
    and centre are codes and not foreign keys, so that the trail outlives what it speaks of. `at` is when the act
    says it happened; `recorded_at`, `transaction_id` and `row_hash` are set by a trigger, whatever is inserted.
    """

    at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)
    transaction_id = models.BigIntegerField(editable=False)
    actor_kind = models.CharField(max_length=8)
    user = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    key_prefix = models.CharField(max_length=8, blank=True)
    system_name = models.CharField(max_length=60, blank=True)
    verb = models.CharField(max_length=60)
    subject = models.CharField(max_length=60)
    subject_id = models.CharField(max_length=64)
    centre = models.CharField(max_length=64, blank=True)
    organisation = models.CharField(max_length=16, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    details = models.JSONField(default=dict)
    row_hash = models.BinaryField(max_length=32, editable=False)

    class Meta:
        indexes = [
            models.Index(fields=["at", "id"], name="audit_by_time"),
            models.Index(fields=["subject", "subject_id", "at", "id"], name="audit_by_subject"),
            models.Index(fields=["verb", "at", "id"], name="audit_by_verb"),
            models.Index(fields=["user", "at", "id"], name="audit_by_user", condition=models.Q(user__isnull=False)),
            models.Index(fields=["centre", "at", "id"], name="audit_by_centre", condition=~models.Q(centre="")),
            models.Index(
                fields=["organisation", "at", "id"],
                name="audit_by_organisation",
                condition=~models.Q(organisation=""),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="audit_has_one_actor",
                condition=models.Q(actor_kind="user", user__isnull=False)
                | models.Q(actor_kind="key", user__isnull=True) & ~models.Q(key_prefix="")
                | models.Q(actor_kind="system", user__isnull=True) & ~models.Q(system_name=""),
            )
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.subject} {self.subject_id}"


class AuditSeal(models.Model):
    """A sealed stretch of the trail: every event from `first_id` to `last_id`, and no other, belongs to it.

    `event_ids` are the events there are (identifiers of transactions that rolled back are missing), `row_hashes` their
    SHA-256 digests in the same order, 32 bytes each. `mac` is HMAC-SHA256 over all other columns, as
    `nhc.seals.message` lays them out, with the key that `key_id` names; `previous` is the `mac` of the seal before,
    empty for the first.
    """

    number = models.BigIntegerField(primary_key=True)
    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField(unique=True)
    event_ids = ArrayField(models.BigIntegerField())
    row_hashes = models.BinaryField()
    previous = models.BinaryField(max_length=32)
    key_id = models.CharField(max_length=16)
    mac = models.BinaryField(max_length=32)
    sealed_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["sealed_at"], name="audit_seal_by_time")]
        constraints = [
            models.CheckConstraint(name="audit_seal_counts_from_one", condition=models.Q(number__gte=1)),
            models.CheckConstraint(name="audit_seal_is_a_range", condition=models.Q(first_id__lte=models.F("last_id"))),
        ]

    def __str__(self) -> str:
        return f"seal {self.number}"


class AuditHorizon(models.Model):
    """Up to which event the next seals may reach, once every transaction before `transaction_id` has ended.

    One row at most: the sealer's note to its next run. Losing it costs one run.
    """

    only = models.PositiveSmallIntegerField(primary_key=True, default=1)
    last_id = models.BigIntegerField()
    transaction_id = models.BigIntegerField()

    class Meta:
        constraints = [models.CheckConstraint(name="audit_horizon_is_one_row", condition=models.Q(only=1))]

    def __str__(self) -> str:
        return f"horizon at event {self.last_id}"


class NamedException(UserObjectPermissionBase):
    """One named person may do one thing with one object for a while: who let them, why and until when.

    The only use of django-guardian: a direct foreign key (`content_object`) that each kind of exception names. Team
    access never comes from here. A row is kept after it has ended.
    """

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    permission = models.ForeignKey(Permission, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300)
    granted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    granted_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                name="%(class)s_ends_within_90_days",
                condition=models.Q(expires_at__gt=models.F("granted_at"))
                & models.Q(expires_at__lte=models.F("granted_at") + timedelta(days=90)),
            ),
            models.CheckConstraint(
                name="%(class)s_revoked_by_somebody",
                condition=models.Q(revoked_at__isnull=True, revoked_by__isnull=True)
                | models.Q(
                    revoked_at__gte=models.F("granted_at"),
                    revoked_at__lte=models.F("expires_at"),
                    revoked_by__isnull=False,
                ),
            ),
            models.CheckConstraint(name="%(class)s_not_for_oneself", condition=~models.Q(user=models.F("granted_by"))),
            models.CheckConstraint(name="%(class)s_has_a_reason", condition=~models.Q(reason="")),
        ]

    def __str__(self) -> str:
        return f"exception {self.pk}"


class OutboxJob(models.Model):
    """A task that must be published. Written with the change that needs it, removed once the broker has it.

    The broker may be away when the change commits; the sweep publishes what is left.
    """

    task = models.CharField(max_length=120)
    arguments = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=Now())
    attempts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["due_at"], name="outbox_by_due")]

    def __str__(self) -> str:
        return self.task


class Heartbeat(models.Model):
    """When a background part was last seen alive: the scheduler, a worker."""

    part = models.CharField(max_length=60, primary_key=True)
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.part


class UserSession(AbstractBaseSession):
    """A session of someone who is signed in, or of a visitor who is about to be. Ended ones go at night.

    `active_at` moves when a person does something, at most every half minute; polling leaves it.
    """

    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="sessions")
    began_at = models.DateTimeField()
    active_at = models.DateTimeField()
    device = models.CharField(max_length=80, blank=True, help_text="Browser and system, in words.")

    class Meta(AbstractBaseSession.Meta):
        constraints = [
            models.CheckConstraint(condition=models.Q(active_at__gte=models.F("began_at")), name="session_active_later")
        ]

    def __str__(self) -> str:
        return f"Session of {self.user_id}"

    @classmethod
    def get_session_store_class(cls) -> "type[SessionStore]":
        """Return the store that keeps these rows."""
        from nhc.sessions import SessionStore  # noqa: PLC0415  (the store imports this model)

        return SessionStore


class KeptForm(models.Model):
    """What someone had typed into a form when their session ended, encrypted, for the same person alone.

    `submitted` tells a form that was sent too late from one that was still being filled in. Gone a day later.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="kept_forms")
    path = models.CharField(max_length=500)
    content = models.BinaryField()
    submitted = models.BooleanField()
    kept_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "path"], name="kept_form_once_a_page")]

    def __str__(self) -> str:
        return f"Form kept from {self.path}"


class Notice(models.Model):
    """Something a person is told ahead of time, once for each `stage` of what it is `about`; never twice.

    `about` is a code like `induction:12`, `stage` how near it is, in days. `sentence` says what to do, `path` where.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=30)
    about = models.CharField(max_length=80)
    stage = models.PositiveSmallIntegerField()
    sentence = models.CharField(max_length=1000)
    path = models.CharField(max_length=300)
    created_at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "kind", "about", "stage"], name="notice_once")]
        indexes = [
            models.Index(fields=["user", "-created_at"], name="notice_by_user"),
            models.Index(fields=["user"], condition=models.Q(seen_at__isnull=True), name="notice_unseen"),
        ]

    def __str__(self) -> str:
        return f"notice {self.pk}"
