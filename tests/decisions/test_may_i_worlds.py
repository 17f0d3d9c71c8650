"""Random worlds as they are stored: exactly one verdict, equal to a slow and obvious reference.

The reference is written from the decision table. It knows no query: it walks through every row of every table.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import event, given, settings

from decisions.models import GridVersion, Right, Scenario
from decisions.services import may_i
from decisions.verdict import Contact, Verdict
from nhc.actors import Actor
from nhc.clock import london_date
from partners.hours import midnight
from partners.models import (
    AgreementVersion,
    Induction,
    Membership,
    NormsConfirmation,
    Partnership,
    Shift,
    Signature,
)
from tests.decisions.worlds import DAY, KINDS, World, build, lay, worlds

pytestmark = pytest.mark.django_db


class Reference:
    """The decision table over the rows of every table, as they are stored."""

    def __init__(self) -> None:
        self.shifts = list(
            Shift.objects.select_related("user", "team__organisation", "duty_role").order_by("starts_at", "pk")
        )
        self.memberships = list(Membership.objects.all())
        self.partnerships = list(Partnership.objects.all())
        self.inductions = list(Induction.objects.all())
        self.versions = list(AgreementVersion.objects.select_related("agreement"))
        self.signatures = list(Signature.objects.all())
        self.confirmations = list(NormsConfirmation.objects.all())
        self.grids = list(GridVersion.objects.all())
        self.scenarios = list(Scenario.objects.all())
        self.rights = list(Right.objects.select_related("duty_role", "team").order_by("pk"))

    def until(self, shift: Shift, at: datetime) -> datetime | None:
        """Return until when somebody is on, going by a shift; None where they are not on now."""
        if shift.cancelled_at is not None or not shift.starts_at <= at < shift.ends_at:
            return None
        retired = shift.duty_role.retired_at
        places = [
            each.ends_at
            for each in self.memberships
            if (each.user_id, each.team_id) == (shift.user_id, shift.team_id)
            and each.starts_at <= at
            and (each.ends_at is None or at < each.ends_at)
        ]
        partners = [
            each.until_date
            for each in self.partnerships
            if (each.organisation_id, each.centre_id) == (shift.team.organisation_id, shift.team.centre_id)
            and each.from_date <= london_date(at)
            and (each.until_date is None or london_date(at) < each.until_date)
        ]
        if not places or not partners or (retired is not None and retired <= at):
            return None
        ends = [shift.ends_at, places[0], retired, None if partners[0] is None else midnight(partners[0])]
        return min(each for each in ends if each is not None)

    def on(self, at: datetime) -> list[Shift]:
        return [shift for shift in self.shifts if self.until(shift, at) is not None]

    def came_on(self, shift: Shift) -> datetime:
        """Return when somebody came on: cover of a part of their shift begins no new one."""
        began = shift.came_on_at or shift.starts_at
        for whole in self.shifts:
            if whole.pk == shift.covers_id and whole.user_id == shift.user_id:
                rests = [each for each in self.shifts if each.covers_id == whole.pk and each.user_id == shift.user_id]
                began = min(began, *(each.came_on_at or each.starts_at for each in rests))
                before = whole.came_on_at or whole.starts_at
                if whole.cancelled_at is not None and before < whole.cancelled_at:
                    began = min(began, before)
        return began

    def decides_alone(self, shift: Shift, at: datetime) -> bool:
        """Whether each thing that deciding alone needs was there when the person came on, or is now."""
        moments = [min(at, self.came_on(shift)), at]
        organisation = shift.team.organisation_id
        signed = all(any(self.is_signed(kind, organisation, moment) for moment in moments) for kind in KINDS)
        return (
            any(self.is_inducted(shift.user_id, moment) for moment in moments)
            and any(self.is_confirmed(shift.user_id, moment) for moment in moments)
            and signed
        )

    def is_inducted(self, user_id: int, at: datetime) -> bool:
        return any(
            each.user_id == user_id
            and each.completed_at is not None
            and each.expires_at is not None
            and each.completed_at <= at < each.expires_at
            for each in self.inductions
        )

    def is_signed(self, kind: str, organisation: int, at: datetime) -> bool:
        for version in self.asked_for(kind, at):
            signed = [
                each.signed_at
                for each in self.signatures
                if (each.version_id, each.organisation_id) == (version.pk, organisation) and each.signed_at <= at
            ]
            if not signed:
                return False
        return True

    def is_confirmed(self, user_id: int, at: datetime) -> bool:
        for version in self.asked_for("norms", at):
            confirmed = [
                each.confirmed_at
                for each in self.confirmations
                if (each.version_id, each.user_id) == (version.pk, user_id) and each.confirmed_at <= at
            ]
            if not confirmed:
                return False
        return True

    def asked_for(self, kind: str, at: datetime) -> list[AgreementVersion]:
        """Return what must be signed by now: its last day is over."""
        return [
            each
            for each in self.versions
            if each.agreement.kind == kind
            and each.opened_at is not None
            and each.sign_by is not None
            and each.opened_at <= at
            and at >= midnight(each.sign_by + DAY)
        ]

    def scenario(self, at: datetime) -> Scenario:
        (version,) = (
            each
            for each in self.grids
            if each.published_at is not None
            and each.published_at <= at
            and (each.superseded_at is None or at < each.superseded_at)
        )
        (scenario,) = (each for each in self.scenarios if each.grid_version_id == version.pk)
        return scenario

    def answer(self, me: int, at: datetime, amount: Decimal | None) -> "Answer":
        """Return the first that fits."""
        scenario = self.scenario(at)
        rights = [right for right in self.rights if right.scenario_id == scenario.pk]
        mine = [shift for shift in self.on(at) if shift.user_id == me]
        deciders = [right for right in rights if right.kind == "decides"]
        agreers = [right for right in rights if right.kind == "must_agree"]
        consulted = self.named(me, [right for right in rights if right.kind == "is_consulted"], at)
        told = [right for right in rights if right.kind == "is_told"]

        def within(right: Right) -> bool:
            limit = scenario.limit if right.limit is None else right.limit
            return limit is None or (amount is not None and amount <= limit)

        i_decide = any(
            holds(shift, right) and within(right) and self.decides_alone(shift, at)
            for shift in mine
            for right in deciders
        )
        beside = self.named(me, [right for right in rights if right.kind == "is_consulted"] + told, at)
        if i_decide and not agreers:
            return Answer("yes", [], beside)
        helpful = [] if i_decide else [right for right in deciders if amount is None or within(right)]
        asked = [each for each in self.named(me, helpful + agreers, at) if each.telephone]
        if asked:
            return Answer("ask", asked, beside)
        if scenario.act_first and any(
            holds(shift, right) for shift in mine for right in rights if right.kind == "carries_out"
        ):
            return Answer("act_then_tell", self.named(me, deciders + agreers + told, at), consulted)
        return Answer("nobody", [], [])

    def named(self, me: int, rights: list[Right], at: datetime) -> list["Named"]:
        """Return who else is on, may decide alone and has one of these rights, once each, in the grid's order."""
        found: dict[int, Named] = {}
        for right in rights:
            for shift in self.on(at):
                if shift.user_id != me and holds(shift, right) and self.decides_alone(shift, at):
                    until = self.until(shift, at)
                    person = Named(shift.user.name, self.deputy(me, right, shift, at), until, shift.team.telephone)
                    found.setdefault(shift.user_id, person)
        return list(found.values())

    def deputy(self, me: int, right: Right, of: Shift, at: datetime) -> str:
        for shift in self.on(at):
            stands_in = right.duty_role is not None and shift.duty_role_id == right.duty_role.deputy_id
            if stands_in and shift.user_id not in (me, of.user_id) and self.decides_alone(shift, at):
                return shift.user.name
        return ""


def holds(shift: Shift, right: Right) -> bool:
    return shift.duty_role_id == right.duty_role_id or shift.team_id == right.team_id


@dataclass(frozen=True)
class Named:
    """Somebody in an answer."""

    name: str
    deputy: str
    until: datetime | None
    telephone: str


@dataclass(frozen=True)
class Answer:
    """What the reference says."""

    kind: str
    who: list[Named]
    besides: list[Named]


def said(verdict: Verdict) -> Answer:
    def named(contact: Contact) -> Named:
        return Named(contact.name, contact.deputy, contact.until, contact.telephone)

    return Answer(str(verdict.kind), [named(each) for each in verdict.who], [named(each) for each in verdict.besides])


def _examples() -> int:
    """Return how many worlds the profile is worth: each costs some hundred statements."""
    return settings().max_examples // 4


def test_the_answer_is_the_references_whatever_the_grid_the_rota_and_the_inductions() -> None:
    ground = lay()

    @settings(max_examples=_examples())
    @given(world=worlds())
    def agrees(world: World) -> None:
        with transaction.atomic():
            build(ground, world)
            reference = Reference()
            for who, at, pounds in world.asked:
                person, amount = ground.people[who], None if pounds is None else Decimal(pounds)
                verdict = may_i.ask(
                    centre=ground.rota.centre,
                    scenario_code="crisis-diversion",
                    about=at,
                    amount=amount,
                    by=Actor.user(person),
                    at=at,
                )
                event(str(verdict.kind))
                assert said(verdict) == reference.answer(person.pk, at, amount), (who, at, pounds)
            transaction.set_rollback(True)

    agrees()
