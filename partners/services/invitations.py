"""Inviting people to an organisation, and what becomes of an invitation."""

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction
from django.utils.crypto import constant_time_compare, salted_hmac

from nhc import audit, authentication, jobs
from nhc.access import EMPLOYERS_GIVE, ROLES
from nhc.actors import Actor
from nhc.models import User
from partners.models import Employment, Invitation, Organisation, Team
from partners.queries.staff import lasting
from partners.services import people

LASTS = timedelta(days=7)
"""How long a link opens."""

_SENDS = "partners.tasks.send_invitation"


class ClosedError(ValidationError):
    """The link opens no more: accepted, withdrawn or expired. Which one is not said."""

    def __init__(self) -> None:
        super().__init__("This link does not work any more. Ask whoever invited you to send a new one.")


class HasAccountError(ValidationError):
    """The address cannot be set up with this link: whoever holds it must sign in first."""

    def __init__(self) -> None:
        super().__init__(
            "We could not set up an account with this link. If you have signed in to this service before, sign in "
            "first and then open the link again. Otherwise ask whoever invited you."
        )


class NotProvedError(ValidationError):
    """Nobody ever showed that the account's address is theirs: somebody else may hold its password."""

    def __init__(self) -> None:
        super().__init__(
            "Nobody has shown yet that this account's email address is theirs. Sign out, follow 'I have forgotten my "
            "password' to choose a new one, sign in with it, and then open this invitation again. If no email comes, "
            "ask whoever runs the service for a link."
        )


@dataclass(frozen=True, slots=True)
class Place:
    """Where an invited person starts: a team of the organisation, a role, and until when where that is known."""

    team: Team
    role: str
    until: datetime | None = None


@transaction.atomic
def invite(
    *,
    organisation: Organisation,
    email: str,
    name: str,
    employed_from: datetime,
    place: Place | None = None,
    line_manager: User | None = None,
    inviter: User,
    by: Actor,
    at: datetime,
) -> Invitation:
    """Invite someone by e-mail; their employment, and their place, begin when they have accepted.

    Whether the address has an account already makes no difference here, so that nobody can ask. Raises ValidationError
    for an address with an open invitation, and for a team or line manager from elsewhere.
    """
    # Two invitations of one address at once are made one after the other, so that the second is told of the first.
    Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
    _check_place(organisation, place, email, by)
    if line_manager is not None and not _employs(organisation, line_manager, at):
        raise ValidationError({"line_manager": "A home line manager works for the same employer."})
    address = email.strip().lower()
    _close_expired(organisation, address, at)
    invitation = Invitation(
        organisation=organisation,
        email=address,
        name=name,
        team=None if place is None else place.team,
        role="" if place is None else place.role,
        line_manager=line_manager,
        employed_from=employed_from,
        placed_until=None if place is None else place.until,
        invited_by=inviter,
        created_at=at,
        expires_at=at + LASTS,
    )
    invitation.token_digest = digest(token_of(invitation))
    invitation.full_clean()
    invitation.save()
    audit.record(
        by=by,
        at=at,
        verb="invitation.sent",
        subject="invitation",
        subject_id=invitation.pk,
        details={} if place is None else {"team": place.team.pk, "role": place.role},
        centre="" if place is None else place.team.centre.slug,
        organisation=organisation.code,
    )
    jobs.enqueue(_SENDS, invitation=str(invitation.pk))
    return invitation


@transaction.atomic
def withdraw(*, invitation: Invitation, by: Actor, at: datetime) -> Invitation:
    """Take an invitation back: its link opens no more. Asked again, nothing changes; one accepted is ClosedError."""
    locked = _locked(invitation)
    if locked.accepted_at is not None:
        raise ClosedError
    if locked.withdrawn_at is None:
        locked.withdrawn_at = at
        locked.save(update_fields=["withdrawn_at"])
        _record(locked, "invitation.withdrawn", by=by, at=at)
    return locked


@transaction.atomic
def accept_as_new(
    *, invitation: Invitation, name: str, password: str, mailbox: str = "", by: Actor, at: datetime
) -> User:
    """Make an account for the invited address and begin what the invitation says.

    `mailbox` is what the e-mailed link alone carries: it proves the address, which a link that an administrator was
    shown, as no e-mail is sent, does not.
    Raises ClosedError, HasAccountError where the address has an account, and ValidationError for a weak password.
    """
    locked = _opened(invitation, at)
    if User.objects.filter(email=locked.email).exists():
        raise HasAccountError
    try:
        validate_password(password, User(email=locked.email, name=name))
    except ValidationError as error:
        raise ValidationError({"password": error.messages}) from error
    try:
        with transaction.atomic():
            user = people.add_person(
                email=locked.email, name=name, organisation=None, employed_from=at, password=password, by=by, at=at
            )
    except IntegrityError as error:  # another organisation's invitation of the same address was accepted meanwhile
        raise HasAccountError from error
    if constant_time_compare(mailbox, mailbox_token_of(locked)):
        authentication.prove_address(user=user, at=at)
    _begin(locked, user, at=at)
    return user


@transaction.atomic
def accept_as(*, invitation: Invitation, user: User, at: datetime) -> User:
    """Let someone with an account accept.

    Raises ClosedError, HasAccountError for another person's invitation, and NotProvedError where the account's address
    was never proved: another employer's administrator may have made the account, and know its password.
    """
    locked = _opened(invitation, at)
    if locked.email != user.email:
        raise HasAccountError
    if user.address_proved_at is None:
        raise NotProvedError
    _begin(locked, user, at=at)
    return user


@transaction.atomic
def send(*, invitation: Invitation, link: str, by: Actor, at: datetime) -> None:
    """Send an invitation's e-mail: the link and who invites, nothing else about anybody. Closed ones are left."""
    if not is_open(invitation, at):
        return
    EmailMessage(
        # A header is one line, whatever a name holds.
        subject=" ".join(f"{invitation.organisation.name} invites you to its neighbourhood health centre".split()),
        body=_BODY.format(
            organisation=invitation.organisation.name,
            link=link,
            days=LASTS.days,
        ),
        to=[invitation.email],
    ).send()
    _record(invitation, "invitation.emailed", by=by, at=at)


_BODY = """{organisation} has invited you to the service that its neighbourhood health centre works with.

Open this link to choose a password and start. It works once, for {days} days:

{link}

If you did not expect this, you can ignore it. Nobody can use the service in your name without this link.
"""


def is_open(invitation: Invitation, at: datetime) -> bool:
    """Whether an invitation can be accepted at an instant."""
    return invitation.accepted_at is None and invitation.withdrawn_at is None and invitation.expires_at > at


def gives_its_role(invitation: Invitation) -> bool:
    """Whether accepting gives the role that an invitation names; older ones may name a role that the centre gives.

    Without it the employment begins all the same, and the centre manager gives the role.
    """
    return invitation.role in EMPLOYERS_GIVE


def token_of(invitation: Invitation) -> str:
    """Return the secret part of an invitation's link. Only this installation's key makes it; no table holds it."""
    made = salted_hmac("partners.invitation", str(invitation.pk), algorithm="sha256").digest()
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


def mailbox_token_of(invitation: Invitation) -> str:
    """Return what is added to the link in the e-mail, and shown to nobody who invites."""
    return salted_hmac("partners.invitation.mailbox", str(invitation.pk), algorithm="sha256").hexdigest()


def digest(token: str) -> bytes:
    """Return what is stored of a token."""
    return hashlib.sha256(token.encode()).digest()


def opens(invitation: Invitation) -> bool:
    """Whether this installation's key still makes the token that was stored when the invitation was sent."""
    return constant_time_compare(digest(token_of(invitation)), bytes(invitation.token_digest))


def _check_place(organisation: Organisation, place: Place | None, email: str, by: Actor) -> None:
    if place is None:
        return
    if place.team.organisation_id != organisation.pk:
        raise ValidationError({"team": "Choose one of your organisation's own teams."})
    if place.role not in ROLES:
        raise ValidationError({"role": "Choose a role from the list."})
    people.check_employer_gives(place.role, to=email, giver=by)


def _employs(organisation: Organisation, user: User, at: datetime) -> bool:
    return Employment.objects.filter(lasting(at), organisation=organisation, user=user).exists()


def _close_expired(organisation: Organisation, email: str, at: datetime) -> None:
    """An expired invitation makes room for a new one; it counts as withdrawn when it expired."""
    for old in Invitation.objects.select_for_update().filter(
        organisation=organisation, email=email, accepted_at=None, withdrawn_at=None, expires_at__lte=at
    ):
        old.withdrawn_at = old.expires_at
        old.save(update_fields=["withdrawn_at"])


def _locked(invitation: Invitation) -> Invitation:
    return (
        Invitation.objects.select_for_update(of=("self",))
        .select_related("organisation", "team__centre", "team__organisation", "line_manager")
        .get(pk=invitation.pk)
    )


def _opened(invitation: Invitation, at: datetime) -> Invitation:
    """Return the invitation, alone with it: of two who accept at once, the second finds it closed."""
    locked = _locked(invitation)
    if not is_open(locked, at):
        raise ClosedError
    return locked


def _begin(invitation: Invitation, user: User, *, at: datetime) -> None:
    """Begin the employment and the place that an invitation names, and close it. What holds already stays as it is."""
    by = Actor.user(user, organisation=invitation.organisation.code)
    starts_at = max(invitation.employed_from, at)
    if not _employs(invitation.organisation, user, at):
        people.add_employment(
            user=user,
            organisation=invitation.organisation,
            starts_at=starts_at,
            line_manager=invitation.line_manager,
            by=by,
            at=at,
        )
    team = invitation.team
    if team is not None and gives_its_role(invitation) and not _lapsed_or_held(invitation, team, user, starts_at):
        people.place_invited(invitation=invitation, user=user, team=team, starts_at=starts_at, by=by, at=at)
    invitation.accepted_at = at
    invitation.user = user
    invitation.save(update_fields=["accepted_at", "user"])
    _record(invitation, "invitation.accepted", by=by, at=at)


def _lapsed_or_held(invitation: Invitation, team: Team, user: User, starts_at: datetime) -> bool:
    if team.closed_at is not None or (invitation.placed_until is not None and invitation.placed_until <= starts_at):
        return True
    return user.memberships.filter(lasting(starts_at), team=team, role=invitation.role).exists()


def _record(invitation: Invitation, verb: str, *, by: Actor, at: datetime) -> None:
    audit.record(
        by=by,
        at=at,
        verb=verb,
        subject="invitation",
        subject_id=invitation.pk,
        organisation=invitation.organisation.code,
    )
