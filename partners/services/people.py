"""People who work here: who employs them, and in which teams they work."""

from collections.abc import Collection
from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.db import transaction

from nhc import audit
from nhc.access import ROLES
from nhc.actors import Actor
from nhc.models import User
from partners.models import Employment, Membership, Organisation, Team


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
    by: Actor,
    at: datetime,
) -> Employment:
    """Make the organisation the person's employer, or one of two."""
    employment = Employment(
        user=user, organisation=organisation, line_manager=line_manager, starts_at=starts_at, ends_at=ends_at
    )
    employment.full_clean()
    employment.save()
    audit.record(
        by=by,
        at=at,
        verb="employment.added",
        subject="user",
        subject_id=user.pk,
        organisation=organisation.code,
    )
    return employment


@transaction.atomic
def end_employment(*, employment: Employment, ends_at: datetime, by: Actor, at: datetime) -> Employment:
    """End an employment at an instant; what it let the person see lapses then."""
    locked = Employment.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=employment.pk)
    locked.ends_at = ends_at
    locked.full_clean()
    locked.save(update_fields=["ends_at"])
    audit.record(
        by=by,
        at=at,
        verb="employment.ended",
        subject="user",
        subject_id=locked.user_id,
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
    by: Actor,
    at: datetime,
) -> Membership:
    """Give the person a role (a code of `nhc.access.ROLES`) in a team, until an instant where one is given."""
    if role not in ROLES:
        raise ValidationError(f"'{role}' is not a role. Use one of: {', '.join(ROLES)}.")
    membership = Membership(user=user, team=team, role=role, starts_at=starts_at, ends_at=ends_at)
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
    """End a membership at an instant; access lapses then."""
    locked = (
        Membership.objects.select_for_update(of=("self",))
        .select_related("team__centre", "team__organisation")
        .get(pk=membership.pk)
    )
    locked.ends_at = ends_at
    locked.full_clean()
    locked.save(update_fields=["ends_at"])
    audit.record(
        by=by,
        at=at,
        verb="membership.ended",
        subject="user",
        subject_id=locked.user_id,
        details={"team": locked.team_id, "role": locked.role},
        centre=locked.team.centre.slug,
        organisation=locked.team.organisation.code,
    )
    return locked
