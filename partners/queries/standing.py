"""Whether somebody may decide alone at a centre: what their standing lacks, and until when it holds.

It needs a place in a team, an induction that has not run out, the norms charter confirmed and the agreements signed by
the organisation they work for. What lapses during a shift takes nothing away before the shift ends: each part is good
where it was good when the person came on, or is good now: a start that is entered or moved into the past gives nothing
back. Losing a place in a team counts at once.

Nothing else follows from it. Reading about somebody already in one's care, accepting, declining, escalating and
answering never ask for it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol

from django.db.models import F, IntegerField, Value

from nhc import formats
from nhc.clock import LONDON, london_date
from partners.models import (
    Agreement,
    AgreementVersion,
    Centre,
    Induction,
    InductionPackVersion,
    Membership,
    NormsConfirmation,
    Organisation,
    Partnership,
    Shift,
    Signature,
)
from partners.queries import rota
from partners.queries.organisations import holds_on
from partners.queries.people import current


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a person may decide alone. `reasons` say what is missing and what to do; none where they may.

    `until` is when it ends if nothing changes, the end of a shift that runs then; None where it does not hold now.
    """

    allowed: bool
    reasons: tuple[str, ...]
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Bond:
    """A version of an agreement and when somebody signed or confirmed it. `before`: they did the one before."""

    version: AgreementVersion
    done_at: datetime | None
    before: bool

    @property
    def grace(self) -> datetime:
        """Return until when it may be missing: from the start where the one before was missing too."""
        opened, last_day = self.version.opened_at, self.version.sign_by
        if opened is None or last_day is None:
            raise ValueError("A draft binds nobody.")
        predecessor = self.version.predecessor
        in_time = predecessor is None or self.before or predecessor.sign_by >= self.version.opened_on  # type: ignore[operator]  # both were opened
        return end_of(last_day) if in_time else opened

    def good(self, at: datetime) -> bool:
        """Whether nothing is missing at an instant at which the version is in force."""
        return (self.done_at is not None and self.done_at <= at) or at < self.grace

    def lapses(self, at: datetime) -> datetime | None:
        """Return when what is good at an instant stops being so."""
        return None if self.done_at is not None and self.done_at <= at else self.grace

    def in_force(self, at: datetime) -> bool:
        """Whether the version is the one in force at an instant."""
        opened, superseded = self.version.opened_at, self.version.superseded_at
        return opened is not None and opened <= at and (superseded is None or at < superseded)


def end_of(day: date) -> datetime:
    """Return the instant at which a day in Europe/London is over."""
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=LONDON).astimezone(UTC)


def deciding_alone(user_id: int, centre_id: int, at: datetime) -> Standing:
    """Return whether a person may decide alone at a centre at an instant.

    At most nine queries, and one for each time that a part of the shift was covered.
    """
    shift = rota.shift_of(user_id, centre_id, at)
    facts = _facts(user_id, centre_id, at, shift)
    if not facts.organisations:
        return Standing(allowed=False, reasons=(_no_place(facts.centre),), until=None)
    begun = at if shift is None else rota.came_on(shift)
    reasons = facts.lacking(begun, at)
    if reasons:
        return Standing(allowed=False, reasons=reasons, until=None)
    ends = [part.lapses(at) if part.good(at) else at for part in facts.parts()]
    until = min((end for end in ends if end is not None), default=None)
    until = None if until is None else _finished(user_id, centre_id, until, shift)
    return Standing(allowed=True, reasons=(), until=until)


def lacking_on_shift(centre: Centre, shifts: Sequence[Shift], at: datetime) -> dict[int, tuple[str, ...]]:
    """Return what keeps each person on one of these shifts from deciding alone, by person; nothing where they may.

    `shifts` are those of `rota.on_now` at `at`, with their teams' organisations. At most five queries, however many
    people.
    """
    begun = rota.came_on_each(shifts)
    facts = _facts_of(centre, {shift.user_id: (shift.team.organisation,) for shift in shifts}, at)
    return {shift.user_id: facts[shift.user_id].lacking(begun[shift.pk], at) for shift in shifts}


def _finished(user_id: int, centre_id: int, until: datetime, shift: Shift | None) -> datetime:
    """Return when the shift that runs at an instant ends, or the instant itself where none began before it."""
    runs = shift is not None and shift.starts_at <= until < shift.ends_at
    then = shift if runs else rota.shift_of(user_id, centre_id, until)
    return then.ends_at if then is not None and rota.came_on(then) < until else until


class _Part(Protocol):
    """One thing that deciding alone needs."""

    def good(self, at: datetime) -> bool: ...

    def lapses(self, at: datetime) -> datetime | None: ...

    def sentence(self, at: datetime) -> str: ...


@dataclass(frozen=True, slots=True)
class _Inducted:
    inductions: tuple[Induction, ...]
    centre: Centre
    offered: bool

    def _valid(self, at: datetime) -> Iterator[datetime]:
        for each in self.inductions:
            if (
                each.completed_at is not None
                and each.expires_at is not None
                and each.completed_at <= at < each.expires_at
            ):
                yield each.expires_at

    def good(self, at: datetime) -> bool:
        return any(True for _ in self._valid(at))

    def lapses(self, at: datetime) -> datetime | None:
        """Return when the last of those that overlap one another ends."""
        end = max(self._valid(at))
        while (later := max(self._valid(end), default=end)) > end:
            end = later
        return end

    def sentence(self, at: datetime) -> str:
        ended = [each.expires_at for each in self.inductions if each.expires_at is not None and each.expires_at <= at]
        if not self.offered:
            return f"{self.centre.name} has no induction yet. Ask the centre manager to open one."
        if ended:
            # What holds until midnight held on the day before.
            last = london_date(max(ended) - timedelta(microseconds=1))
            return f"Your induction at {self.centre.name} ended on {formats.full_date(last)}. Complete it again."
        return f"You have not completed an induction at {self.centre.name}. The fast track takes 10 minutes."


@dataclass(frozen=True, slots=True)
class _Bound:
    """Versions of one agreement, of which one is in force at each instant at which any is."""

    bonds: tuple[Bond, ...]
    organisation: Organisation | None

    def _then(self, at: datetime) -> Bond | None:
        return next((bond for bond in self.bonds if bond.in_force(at)), None)

    def good(self, at: datetime) -> bool:
        bond = self._then(at)
        return bond is None or bond.good(at)

    def lapses(self, at: datetime) -> datetime | None:
        bond = self._then(at)
        return None if bond is None else bond.lapses(at)

    def sentence(self, at: datetime) -> str:
        bond = self._then(at)
        if self.organisation is None or bond is None:
            return "The norms charter has changed. Read what is new and confirm it."
        name = Agreement.Kind(bond.version.agreement.kind).label
        name = name[:1].lower() + name[1:]
        who = self.organisation.name
        return f"{who} has not signed the {name}. Ask its signatory to; the centre manager knows who that is."


@dataclass(frozen=True, slots=True)
class _Facts:
    centre: Centre
    organisations: tuple[Organisation, ...]
    inducted: _Inducted
    bound: tuple[_Bound, ...]

    def parts(self) -> tuple[_Part, ...]:
        return (self.inducted, *self.bound)

    def lacking(self, begun: datetime, at: datetime) -> tuple[str, ...]:
        """Return what was good neither when the shift began nor is now, in sentences.

        Somebody who was put on afterwards had not come on yet: then only now counts.
        """
        first = min(begun, at)
        return tuple(part.sentence(at) for part in self.parts() if not (part.good(first) or part.good(at)))


def _facts(user_id: int, centre_id: int, at: datetime, shift: Shift | None) -> _Facts:
    centre = Centre.objects.get(pk=centre_id)
    return _facts_of(centre, {user_id: _organisations(user_id, centre_id, at, shift)}, at)[user_id]


def _facts_of(centre: Centre, people: dict[int, tuple[Organisation, ...]], at: datetime) -> dict[int, _Facts]:
    """Return the facts about each person, who acts for some organisations. Four queries, however many people."""
    versions = list(
        AgreementVersion.objects.filter(agreement__centre=centre, opened_at__lte=at)
        .select_related("agreement", "predecessor")
        .order_by("agreement__kind", "number")
    )
    inductions: dict[int, list[Induction]] = {}
    for each in Induction.objects.filter(user_id__in=people, centre=centre, completed_at__lte=at):
        inductions.setdefault(each.user_id, []).append(each)
    offered = InductionPackVersion.objects.filter(pack__centre=centre, opened_at__lte=at).exists()
    organisations = {each.pk: each for several in people.values() for each in several}
    signed: dict[int, dict[int, datetime]] = {each: {} for each in organisations}
    confirmed: dict[int, dict[int, datetime]] = {each: {} for each in people}
    for version, organisation, user, done_at in _done(versions, organisations, people):
        if user is None:
            signed[organisation][version] = done_at
        else:
            confirmed[user][version] = done_at
    found: dict[int, _Facts] = {}
    for user_id, several in people.items():
        bound = [
            _Bound(tuple(_bonds(versions, kind, signed[each.pk])), each)
            for kind in Agreement.Kind.values
            for each in several
        ]
        norms = _Bound(tuple(_bonds(versions, Agreement.Kind.NORMS, confirmed[user_id])), None)
        inducted = _Inducted(tuple(inductions.get(user_id, ())), centre, offered)
        found[user_id] = _Facts(centre, several, inducted, (norms, *bound))
    return found


def _done(
    versions: list[AgreementVersion], organisations: Iterable[int], people: Iterable[int]
) -> Iterator[tuple[int, int, int | None, datetime]]:
    """Return what was signed, as (version, organisation, None, when), and confirmed, as (version, 0, person, when)."""
    nobody = Value(None, output_field=IntegerField())
    signatures = Signature.objects.filter(version__in=versions, organisation__in=list(organisations))
    confirmations = NormsConfirmation.objects.filter(version__in=versions, user__in=list(people))
    columns = ("version_id", "who", "person", "done_at")
    yield from (
        signatures.annotate(who=F("organisation_id"), person=nobody, done_at=F("signed_at"))
        .values_list(*columns)
        .union(
            confirmations.annotate(
                who=Value(0, output_field=IntegerField()), person=F("user_id"), done_at=F("confirmed_at")
            ).values_list(*columns),
            all=True,
        )
    )


def _bonds(versions: Iterable[AgreementVersion], kind: str, done: dict[int, datetime]) -> Iterator[Bond]:
    for version in versions:
        if version.agreement.kind == kind:
            yield Bond(version, done.get(version.pk), version.predecessor_id in done)


def _organisations(user_id: int, centre_id: int, at: datetime, shift: Shift | None) -> tuple[Organisation, ...]:
    """Return for whom a person acts: on a shift its team's organisation, else every one they work for there."""
    if shift is not None:
        return (shift.team.organisation,)
    partners = Partnership.objects.filter(holds_on(london_date(at)), centre_id=centre_id)
    placed = Membership.objects.filter(
        current(at), user_id=user_id, team__centre_id=centre_id, team__organisation__in=partners.values("organisation")
    )
    return tuple(Organisation.objects.filter(pk__in=placed.values("team__organisation_id")).order_by("name", "code"))


def _no_place(centre: Centre) -> str:
    return f"You have no place in a team at {centre.name}. Ask your organisation's administrator for one."
