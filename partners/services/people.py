"""People who work here: who employs them, and in which teams they work."""

from collections.abc import Collection
from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from nhc import audit
from nhc.access import EMPLOYERS_GIVE, ROLES
from nhc.actors import Actor
from nhc.models import User
from partners.models import Employment, Invitation, Membership, Organisation, Team
from partners.queries.people import current
from partners.queries.staff import lasting
from partners.services import leaving, signatures, swaps
from partners.services.endings import OVER, end_or_withdraw, refuse_past


@transaction.atomic
def add_person(
    *,
    email: str,
    name: str,
    organisation: Organisation | None,
    employed_from: datetime,
    password: str | None = None,
    is_staff: bool = False,
    line_manager: User | None = None,
    by: Actor,
    at: datetime,
) -> User:
    """Store a user and their employment; `organisation=None` for a volunteer, who has no employer.

    `password=None` leaves a person who cannot sign in with a password. Raises ValidationError where the e-mail address
    is taken.
    """
    candidate = User(email=email.strip().lower(), name=name, is_staff=is_staff)
    candidate.full_clean(exclude=["password", "joined_at"])
    user = User.objects.create_user(email=email, name=name, password=password, is_staff=is_staff)
    audit.record(by=by, at=at, verb="person.added", subject="user", subject_id=user.pk)
    if organisation is not None:
        add_employment(
            user=user, organisation=organisation, starts_at=employed_from, line_manager=line_manager, by=by, at=at
        )
    return user


@transaction.atomic
def share_password(*, users: Collection[User], password: str, by: Actor, at: datetime) -> None:
    """Give several demonstration users one password, hashed once. Sessions that another password opened end."""
    encoded = make_password(password)
    for user in users:
        User.objects.filter(pk=user.pk).update(password=encoded)
        audit.record(by=by, at=at, verb="person.password_set", subject="user", subject_id=user.pk)


@transaction.atomic
def add_employment(
    *,
    user: User,
    organisation: Organisation,
    starts_at: datetime,
    ends_at: datetime | None = None,
    line_manager: User | None = None,
    administrator: bool = False,
    by: Actor,
    at: datetime,
) -> Employment:
    """Make the organisation the person's employer, or one of two.

    An administrator looks after the organisation's people for as long as the employment lasts.
    """
    employment = Employment(
        user=user,
        organisation=organisation,
        line_manager=line_manager,
        administrator=administrator,
        starts_at=starts_at,
        ends_at=ends_at,
    )
    employment.full_clean()
    employment.save()
    audit.record(
        by=by,
        at=at,
        verb="employment.added",
        subject="user",
        subject_id=user.pk,
        details={"administrator": administrator},
        organisation=organisation.code,
    )
    return employment


@transaction.atomic
def end_employment(
    *, employment: Employment, ends_at: datetime, even_last: bool = False, by: Actor, at: datetime
) -> Employment:
    """End an employment at an instant, and with it the person's placements in the organisation's teams.

    What either let the person see lapses then, and so does their power to sign. An employment that has not begun is
    withdrawn, as if it had never been.
    Raises ValidationError for one that is over, for an instant that has passed, and, unless `even_last`, for the last
    administrator.
    """
    locked = _locked_employment(employment)
    refuse_past(locked.ends_at, ends_at, at)
    if locked.administrator and not even_last:
        _refuse_last_administrator(locked, ends_at)
    placements = Membership.objects.filter(
        lasting(ends_at), user_id=locked.user_id, team__organisation_id=locked.organisation_id
    )
    for placement in placements:
        end_membership(membership=placement, ends_at=ends_at, by=by, at=at)
    signatures.end_with_employment(user=locked.user, organisation=locked.organisation, ends_at=ends_at, by=by, at=at)
    end_or_withdraw(locked, ends_at=ends_at)
    audit.record(
        by=by,
        at=at,
        verb="employment.ended",
        subject="user",
        subject_id=locked.user_id,
        details={"until": ends_at.isoformat()},
        organisation=locked.organisation.code,
    )
    return locked


@transaction.atomic
def set_line_manager(*, employment: Employment, line_manager: User | None, by: Actor, at: datetime) -> Employment:
    """Say who is a person's home line manager: someone the same organisation employs, or nobody."""
    locked = _locked_employment(employment)
    _refuse_strange_manager(line_manager, locked.organisation, at)
    locked.line_manager = line_manager
    locked.full_clean()
    locked.save(update_fields=["line_manager"])
    audit.record(
        by=by,
        at=at,
        verb="employment.line_manager_set",
        subject="user",
        subject_id=locked.user_id,
        details={"line_manager": None if line_manager is None else line_manager.pk},
        organisation=locked.organisation.code,
    )
    return locked


@transaction.atomic
def set_administrator(*, employment: Employment, administrator: bool, by: Actor, at: datetime) -> Employment:
    """Let a person look after the organisation's people, or no more. Asked again, nothing changes.

    Raises ValidationError for an employment that does not hold now, and for the last administrator.
    """
    locked = _locked_employment(employment)
    if locked.administrator == administrator:
        return locked
    if administrator and not Employment.objects.filter(current(at), pk=locked.pk).exists():
        raise ValidationError("Only someone the organisation employs today can be an administrator.")
    if not administrator:
        _refuse_last_administrator(locked, at)
    locked.administrator = administrator
    locked.save(update_fields=["administrator"])
    audit.record(
        by=by,
        at=at,
        verb="employment.administrator_set",
        subject="user",
        subject_id=locked.user_id,
        details={"administrator": administrator},
        organisation=locked.organisation.code,
    )
    return locked


@transaction.atomic
def add_membership(
    *,
    user: User,
    team: Team,
    role: str,
    starts_at: datetime,
    ends_at: datetime | None = None,
    line_manager: User | None = None,
    by: Actor,
    at: datetime,
) -> Membership:
    """Give the person a role (a code of `nhc.access.ROLES`) in a team, until an instant where one is given.

    `line_manager` is the home line manager for this placement; without one it is the employment's. Raises
    ValidationError for a role that a person may not give as an employer, and for a person who places themselves.
    """
    if role not in ROLES:
        raise ValidationError(f"'{role}' is not a role. Use one of: {', '.join(ROLES)}.")
    check_employer_gives(role, to=user.email, giver=by)
    return place(
        user=user,
        team=team,
        role=role,
        starts_at=starts_at,
        ends_at=ends_at,
        line_manager=line_manager,
        by=by,
        at=at,
    )


def check_employer_gives(role: str, *, to: str, giver: Actor) -> None:
    """Raise ValidationError where a person gives a role that is the centre's to give, or gives themselves one.

    `to` is the e-mail address of whoever gets the role. The system gives every role to anybody.
    """
    if giver.kind == "system":
        return
    if role not in EMPLOYERS_GIVE:
        raise ValidationError(
            {"role": f"{ROLES[role].name} is a role of the whole centre. Ask the centre manager to give it."}
        )
    refuse_oneself(to, giver)


@transaction.atomic
def place_invited(
    *, invitation: Invitation, user: User, team: Team, starts_at: datetime, by: Actor, at: datetime
) -> Membership:
    """Place somebody who accepted where their invitation says: whoever invited them could give the role."""
    return place(
        user=user,
        team=team,
        role=invitation.role,
        starts_at=starts_at,
        ends_at=invitation.placed_until,
        by=by,
        at=at,
    )


def refuse_oneself(email: str, by: Actor) -> None:
    """Raise ValidationError where the address is that of whoever gives."""
    if by.user_id is not None and User.objects.filter(pk=by.user_id, email=email.strip().lower()).exists():
        raise ValidationError("You cannot give yourself a role. Ask another administrator to.")


@transaction.atomic
def place(
    *,
    user: User,
    team: Team,
    role: str,
    starts_at: datetime,
    ends_at: datetime | None,
    line_manager: User | None = None,
    by: Actor,
    at: datetime,
) -> Membership:
    """Place somebody, once it is known that `by` may give them the role there."""
    membership = Membership(
        user=user, team=team, role=role, line_manager=line_manager, starts_at=starts_at, ends_at=ends_at
    )
    membership.full_clean()
    membership.save()
    audit.record(
        by=by,
        at=at,
        verb="membership.added",
        subject="user",
        subject_id=user.pk,
        details={"team": team.pk, "role": role},
        centre=team.centre.slug,
        organisation=team.organisation.code,
    )
    return membership


@transaction.atomic
def end_membership(*, membership: Membership, ends_at: datetime, by: Actor, at: datetime) -> Membership:
    """End a membership at an instant; access lapses then. One that has not begun is withdrawn.

    With somebody's last one at the centre, their swaps there that wait for an answer lapse.
    Raises ValidationError for a membership that is over and for an instant that has passed.
    """
    locked = (
        Membership.objects.select_for_update(of=("self",))
        .select_related("team__centre", "team__organisation", "user")
        .filter(pk=membership.pk)
        .first()
    )
    if locked is None:
        raise ValidationError(OVER)
    refuse_past(locked.ends_at, ends_at, at)
    end_or_withdraw(locked, ends_at=ends_at)
    audit.record(
        by=by,
        at=at,
        verb="membership.ended",
        subject="user",
        subject_id=locked.user_id,
        details={"team": locked.team_id, "role": locked.role, "until": ends_at.isoformat()},
        centre=locked.team.centre.slug,
        organisation=locked.team.organisation.code,
    )
    stays = Membership.objects.filter(current(ends_at), user=locked.user, team__centre=locked.team.centre)
    if not stays.exists():
        swaps.lapse_of_leaver(user=locked.user, centre=locked.team.centre, left_at=ends_at, by=by, at=at)
    for act in leaving.acts():
        act(membership=locked, ends_at=ends_at, by=by, at=at)
    return locked


def _locked_employment(employment: Employment) -> Employment:
    """Return the employment, alone with its organisation: two administrators must not end each other at once."""
    Organisation.objects.select_for_update(no_key=True).get(pk=employment.organisation_id)
    locked = (
        Employment.objects.select_for_update(of=("self",))
        .select_related("organisation")
        .filter(pk=employment.pk)
        .first()
    )
    if locked is None:
        raise ValidationError(OVER)
    return locked


def _refuse_last_administrator(employment: Employment, until: datetime) -> None:
    """Somebody else must look after the people from then on, at least as long as this one would have."""
    stays = Q(ends_at__isnull=True)
    if employment.ends_at is not None:
        stays |= Q(ends_at__gte=employment.ends_at)
    others = Employment.objects.filter(
        stays,
        starts_at__lte=until,
        organisation_id=employment.organisation_id,
        administrator=True,
    )
    if not others.exclude(pk=employment.pk).exists():
        raise ValidationError(
            "This is the organisation's last administrator. Make somebody else an administrator first."
        )


def _refuse_strange_manager(line_manager: User | None, organisation: Organisation, at: datetime) -> None:
    if line_manager is None:
        return
    employed = Employment.objects.filter(lasting(at), user=line_manager, organisation=organisation)
    if not employed.exists():
        raise ValidationError("A home line manager works for the same employer. Choose one of your own people.")
