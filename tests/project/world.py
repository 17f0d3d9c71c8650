"""Everything that an address can name, three times over: at one's own centre, at another, and of another organisation.

The words that only one of the three may show stand in its objects' names, so that a leak can be looked for.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.test import Client
from django.utils.crypto import get_random_string

from dashboard.services import charts
from decisions.models import Forum
from decisions.services import grids, meetings, overrides, priorities, risks
from nhc.access import ROLES
from nhc.actors import Actor
from nhc.models import User
from partners.models import (
    CalendarFeed,
    Centre,
    CentreException,
    DutyRole,
    Employment,
    Induction,
    InductionPackVersion,
    Measure,
    Membership,
    Organisation,
    SheetDraft,
    Shift,
    Team,
    WallScreen,
)
from partners.queries import keys as key_queries
from partners.services import (
    agreements,
    areas,
    drafts,
    duty_roles,
    exceptions,
    induction_packs,
    inductions,
    invitations,
    organisations,
    people,
    shifts,
    swaps,
)
from partners.services.drafts import File
from partners.services.induction_packs import Step
from partners.services.shifts import Duty
from tests.cast import NOW, TODAY, Cast, gather, key
from tests.dashboard.figures import roll, seen, send
from tests.decisions import forums as governed
from tests.decisions import grids as decided
from tests.factories import LONG_AGO, InvitationFactory, SubmissionFactory
from tests.partners import agreements as agreed

MAKER = Actor.system("access matrix")
OWN, OTHER_CENTRE, OTHER_ORGANISATION = "own centre", "other centre", "other organisation"
MIXED = "other centre's record under the own centre"
LEFT = "what the lapsed visitor left behind"

WORDS = {
    OWN: ("Thistlewood", "ZZ001", "Riverside"),
    OTHER_CENTRE: ("Quillfeather", "ZZ004", "hillside"),
    OTHER_ORGANISATION: ("Marrowby", "ZZ002", "Open Door"),
}
"""Words of each place that nobody may meet whom it refuses: names, codes, a slug, titles."""


@dataclass(frozen=True)
class World:
    """Who asks, by what the matrix calls them, and what the addresses' parts stand for in each place."""

    visitors: dict[str, Client]
    places: dict[str, dict[str, object]]


@dataclass(frozen=True)
class _Ground:
    """Where one place's objects stand, and whose they are."""

    word: str
    organisation: Organisation
    centre: Centre
    team: Team
    colleague: User
    worker: User


def make_world() -> World:
    """Store the world. Needs a database where the test may write, and the clock at the cast's instant."""
    cast = gather()
    visitors = _visitors(cast)
    worker = visitors["practitioner"]
    grounds = {
        OWN: _ground("Thistlewood", cast.trust, cast.riverside, worker=worker, manager=visitors["line manager"]),
        OTHER_CENTRE: _ground("Quillfeather", cast.housing, cast.hillside),
        OTHER_ORGANISATION: _ground("Marrowby", cast.charity, cast.riverside),
    }
    for ground in grounds.values():
        send(ground.organisation, seen("2026-03", 41, 52), centre=ground.centre.slug)
    roll()
    shared = {name: _centre_parts(ground) for name, ground in grounds.items() if name != OTHER_ORGANISATION}
    shared[OTHER_ORGANISATION] = shared[OWN]
    places = {
        name: {**shared[name], **_parts(ground, cast, shared[name]), "prefix": _prefix(ground.organisation)}
        for name, ground in grounds.items()
    }
    places[OWN]["signatory_id"] = agreed.signatory(cast.trust, user=visitors["signatory"], at=NOW).pk
    places[OTHER_ORGANISATION]["signatory_id"] = agreed.signatory(cast.charity, at=NOW).pk
    places[OTHER_CENTRE]["signatory_id"] = agreed.signatory(cast.housing, at=NOW).pk
    places[MIXED] = places[OTHER_CENTRE] | {name: places[OWN][name] for name in ("slug", "organisation", "centre_slug")}
    places[LEFT] = places[OWN] | _left(visitors["lapsed"], grounds[OWN], shared[OWN])
    callers = {name: _browser(user) for name, user in visitors.items()}
    callers |= {
        "submit key": _caller(key(cast.trust, "submit")),
        "read key": _caller(key(cast.trust, "read")),
        "signed out": Client(),
    }
    return World(callers, places)


def _browser(user: User) -> Client:
    browser = Client()
    browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return browser


def _caller(text: str) -> Client:
    return Client(headers={"Authorization": f"Bearer {text}"})


def _person(
    name: str, organisation: Organisation | None, *, is_staff: bool = False, line_manager: User | None = None
) -> User:
    return people.add_person(
        email=f"world.{name.replace(' ', '.')}@example.org",
        name=name.capitalize(),
        organisation=organisation,
        employed_from=LONG_AGO,
        by=MAKER,
        at=NOW,
        is_staff=is_staff,
        line_manager=line_manager,
    )


def _visitors(cast: Cast) -> dict[str, User]:
    """Return everybody who has an account, each with one thing only that opens anything to them."""
    trust, team = cast.trust, cast.backbone
    found = {code: _person(code, trust) for code in ROLES}
    for code, user in found.items():
        people.add_membership(user=user, team=team, role=code, starts_at=LONG_AGO, by=MAKER, at=NOW)
    found |= {
        name: _person(name, trust) for name in ("administrator", "employee", "line manager", "signatory", "lapsed")
    }
    Employment.objects.filter(user=found["administrator"]).update(administrator=True)
    found |= {name: _person(name, None) for name in ("appointee", "excepted", "stranger")}
    found["service staff"] = _person("service staff", None, is_staff=True)
    exceptions.grant_exception(
        user=found["excepted"],
        centre=cast.riverside,
        reason="An inspection",
        expires_at=NOW + timedelta(days=30),
        by=Actor.user(found["privacy"]),
        at=NOW,
    )
    Employment.objects.filter(user=found["lapsed"]).update(administrator=True)
    area = areas.add_area(code="borough", name="Thistlewood borough", kind="place", by=MAKER, at=NOW)
    areas.add_centre(area=area, centre=cast.riverside, from_date=LONG_AGO.date(), by=MAKER, at=NOW)
    areas.appoint(user=found["appointee"], area=area, starts_at=LONG_AGO, by=MAKER, at=NOW)
    return found


def _ground(
    word: str, organisation: Organisation, centre: Centre, *, worker: User | None = None, manager: User | None = None
) -> _Ground:
    """Return a place with a team and a colleague who works there; `worker` is on its rota, or else the colleague."""
    team = organisations.add_team(organisation=organisation, centre=centre, name=f"{word} team", by=MAKER, at=NOW)
    colleague = _person(f"{word} colleague", organisation, line_manager=manager)
    for user in {colleague, worker or colleague}:
        people.add_membership(user=user, team=team, role="practitioner", starts_at=LONG_AGO, by=MAKER, at=NOW)
    return _Ground(word, organisation, centre, team, colleague, worker or colleague)


def _left(user: User, ground: _Ground, shared: dict[str, object]) -> dict[str, object]:
    """Return what is somebody's own or was for them to decide on; then end whatever opened it, as of now."""
    role = shared["duty_role_row"]
    assert isinstance(role, DutyRole)
    people.add_membership(user=user, team=ground.team, role="manager", starts_at=LONG_AGO, by=MAKER, at=NOW)
    managed = _person("Thistlewood managed", ground.organisation, line_manager=user)
    placed = people.add_membership(
        user=managed, team=ground.team, role="practitioner", starts_at=LONG_AGO, by=MAKER, at=NOW, line_manager=user
    )
    own, asked = (
        shifts.add_shift(duty=Duty(ground.team, who, role, begins, begins + timedelta(hours=8)), by=MAKER, at=NOW)
        for who, begins in ((user, NOW + timedelta(days=14)), (managed, NOW + timedelta(days=15)))
    )
    left: dict[str, object] = {
        "shift_id": own.pk,
        "swap_id": swaps.ask_swap(shift=asked, offered=None, asked_of=user, by=Actor.user(managed), at=NOW).pk,
        "signatory_id": agreed.signatory(ground.organisation, user=user, at=NOW).pk,
        "induction_id": _induction(ground, user).pk,
        "user_id": managed.pk,
        "placement_id": placed.pk,
    }
    user.memberships.update(ends_at=NOW)
    user.employments.update(ends_at=NOW)
    return left


def _centre_parts(ground: _Ground) -> dict[str, object]:
    """Return what an address may name of a centre, whoever's it is."""
    centre, word = ground.centre, ground.word
    agreed.opened(centre, "memorandum", at=NOW, text=f"# {word}\n\nWe share.")
    agreed.opened(centre, "norms", at=NOW)
    agreed.pack(centre, "full", at=NOW)
    draft = induction_packs.draft_pack(centre=centre, kind="fast-track", by=MAKER, at=NOW)
    step = induction_packs.add_step(version=draft, step=Step("read", f"{word} step", body="Read"), by=MAKER, at=NOW)
    role: DutyRole = duty_roles.add_duty_role(
        centre=centre, code=f"lead-{word.lower()}", name=f"{word} lead", round_the_clock=True, by=MAKER, at=NOW
    )
    return {
        "slug": centre.slug,
        "centre_slug": centre.slug,
        "duty_role": role.code,
        "agreement_kind": "memorandum",
        "new_kind": "information-sharing",
        "number": 1,
        "full_pack": "full",
        "draft_pack": "fast-track",
        "step_id": step.pk,
        "position": 1,
        "duty_role_row": role,
        **_grid_parts(ground, role),
        **_governance(ground),
    }


def _grid_parts(ground: _Ground, role: DutyRole) -> dict[str, object]:
    """Return what an address may name of a centre's grid: version 1 is in force, the partners are asked about 2."""
    centre, by = ground.centre, Actor.user(ground.worker)
    row = decided.decided_by(role, f"{ground.word.lower()}-matter")
    decided.published(centre, [row], at=NOW)
    draft = grids.start_draft(centre=centre, by=MAKER, at=NOW)
    said = grids.comment(
        version=draft,
        scenario_code=row.code,
        text=f"{ground.word} says",
        organisation=ground.organisation,
        by=by,
        at=NOW,
    )
    decided.consulted(draft, at=NOW)
    acted = overrides.record_override(
        centre=centre, scenario_code=row.code, team=ground.team, acted_at=NOW, reason=ground.word, by=by, at=NOW
    )
    return {
        "scenario": row.code,
        "draft_number": draft.number,
        "comment_id": said.pk,
        "override_id": acted.pk,
        "before": 1,
        "after": 2,
        "file_kind": "csv",
    }


def _parts(ground: _Ground, cast: Cast, shared: dict[str, object]) -> dict[str, object]:
    """Return what an address may name that belongs to one organisation at a centre."""
    role = shared["duty_role_row"]
    assert isinstance(role, DutyRole)
    parts = {
        "organisation": ground.organisation.code,
        "team_id": ground.team.pk,
        "user_id": ground.colleague.pk,
        "placement_id": ground.colleague.memberships.get().pk,
        "token": ground.word,
        "invitation_id": InvitationFactory.create(
            organisation=ground.organisation, name="A guest", token_digest=invitations.digest(ground.word)
        ).pk,
        "submission_id": SubmissionFactory.create(organisation=ground.organisation, centre=ground.centre).pk,
        "draft_id": _draft(ground, cast.seen).pk,
        "screen_id": _screen(ground).pk,
        "holding_id": _role_of_the_centre(ground).pk,
        "feed_id": _feed(ground, role).pk,
        "induction_id": _induction(ground, ground.worker).pk,
        **_rota_parts(ground, role),
        **_asked(ground, shared),
        **_mark_parts(ground, cast.seen),
    }
    parts["exception_id"] = _exception(ground, cast.dev if ground.word == "Thistlewood" else ground.colleague).pk
    parts["proposal_id"] = agreements.propose_change(
        agreement=ground.centre.agreements.get(kind="memorandum"),
        base_text=_text(ground.centre),
        text=f"{_text(ground.centre)}\n\nAnd {ground.word}.",
        reason=f"{ground.word} is missing",
        organisation=ground.organisation,
        by=Actor.user(ground.worker),
        at=NOW,
    ).pk
    area = "borough" if ground.centre == cast.riverside else "hills"
    if area == "hills":
        areas.add_area(code=area, name="Quillfeather hills", kind="place", by=MAKER, at=NOW)
    return parts | {"area": area, "measure": cast.seen.code, "period": "2026-03"}


def _governance(ground: _Ground) -> dict[str, object]:
    """Return what an address may name of a centre's forums: a group where the worker sits, and a board."""
    word, group = ground.word, governed.forum(ground.centre, name=f"{ground.word} group")
    board = governed.forum(ground.centre, "board", name=f"{ground.word} board")
    seat = governed.seat(group, ground.worker, ground.organisation)
    before = NOW - timedelta(days=9)
    meeting = governed.meeting(group, at=before, days=1)
    item = meetings.add_item(meeting=meeting, title=f"{word} item", by=MAKER, at=before)
    paper = meetings.add_paper(meeting=meeting, title=f"{word} paper", text="Read", by=MAKER, at=before)
    meetings.hold_meeting(meeting=meeting, present=[seat], minutes=f"{word} met", by=MAKER, at=NOW)
    risk = governed.risk(group, ground.organisation, title=f"{word} risk")
    control = risks.add_control(risk=risk, words="Watch", organisation=ground.organisation, by=MAKER, at=NOW)
    outcome = priorities.agree_outcome(forum=board, title=f"{word} outcome", by=MAKER, at=NOW)
    return {
        "forum": group.code,
        "seat_id": seat.pk,
        "meeting_id": meeting.pk,
        "item_id": item.pk,
        "paper_id": paper.pk,
        "decision_id": governed.decision(group).pk,
        "risk_id": risk.pk,
        "holder_id": risk.holders.get().pk,
        "control_id": control.pk,
        "outcome_id": outcome.pk,
        "priority_id": priorities.set_priority(outcome=outcome, title=f"{word} priority", by=MAKER, at=NOW).pk,
        "group": group,
    }


def _asked(ground: _Ground, shared: dict[str, object]) -> dict[str, object]:
    """Return what the worker of one organisation raised and proposed to the centre's group."""
    group = shared["group"]
    assert isinstance(group, Forum)
    return {
        "issue_id": governed.issue(group, ground.worker, title=f"{ground.word} issue").pk,
        "forum_proposal_id": governed.proposal(group, ground.worker, title=f"{ground.word} proposal").pk,
    }


def _text(centre: Centre) -> str:
    """Return the text of a centre's memorandum."""
    version = centre.agreements.get(kind="memorandum").versions.get(number=1)
    return str(version.text)


def _exception(ground: _Ground, user: User) -> CentreException:
    return exceptions.grant_exception(
        user=user,
        centre=ground.centre,
        reason=f"{ground.word} inspection",
        expires_at=NOW + timedelta(days=1),
        by=Actor.user(ground.worker if ground.worker != user else _user("alice")),
        at=NOW,
    )


def _user(name: str) -> User:
    """Return one of the cast's people."""
    return User.objects.get(email=f"{name}@example.org")


def _induction(ground: _Ground, user: User) -> Induction:
    version = InductionPackVersion.objects.get(pack__centre=ground.centre, pack__kind="full")
    return inductions.begin(user=user, version=version, by=Actor.user(user), at=NOW)


def _prefix(organisation: Organisation) -> str:
    return str(key_queries.of(organisation)[0].prefix)


def _draft(ground: _Ground, measure: Measure) -> SheetDraft:
    lines = ("measure,period,numerator,denominator", f"{measure.code},2026-03,41,52")
    made = drafts.upload(
        organisation=ground.organisation,
        centre=ground.centre,
        file=File(f"{ground.word}.csv", "\n".join(lines).encode(), "2026-03"),
        by=Actor.user(ground.worker),
        at=NOW,
    )
    assert isinstance(made, SheetDraft)
    return made


def _screen(ground: _Ground) -> WallScreen:
    return WallScreen.objects.create(
        centre=ground.centre,
        name=f"{ground.word} desk",
        token_digest=get_random_string(32).encode(),
        paired_by=ground.worker,
        paired_at=NOW,
    )


def _role_of_the_centre(ground: _Ground) -> Membership:
    user = _person(f"{ground.word} safety officer", ground.organisation)
    return people.add_membership(user=user, team=ground.team, role="safety", starts_at=LONG_AGO, by=MAKER, at=NOW)


def _feed(ground: _Ground, role: DutyRole) -> CalendarFeed:
    return CalendarFeed.objects.create(
        team=ground.team,
        duty_role=role,
        sealed_address=b"sealed",
        address_digest=ground.word.encode(),
        shown=f"{ground.word.lower()}.example.org … .ics",
        created_at=NOW,
    )


def _rota_parts(ground: _Ground, role: DutyRole) -> dict[str, object]:
    starts_at = NOW + timedelta(days=3)

    def shift(user: User, day: int) -> Shift:
        begins = starts_at + timedelta(days=day)
        duty = Duty(ground.team, user, role, begins, begins + timedelta(hours=8))
        return shifts.add_shift(duty=duty, by=MAKER, at=NOW)

    own, swapped = shift(ground.worker, 1), shift(ground.worker, 2)
    other = ground.colleague if ground.worker != ground.colleague else _person(f"{ground.word} second", None)
    if other != ground.colleague:
        people.add_membership(user=other, team=ground.team, role="practitioner", starts_at=LONG_AGO, by=MAKER, at=NOW)
    swap = swaps.ask_swap(shift=swapped, offered=None, asked_of=other, by=Actor.user(ground.worker), at=NOW)
    return {"shift_id": own.pk, "swap_id": swap.pk}


def _mark_parts(ground: _Ground, measure: Measure) -> dict[str, object]:
    note = charts.annotate(
        centre=ground.centre,
        measure=measure,
        date=TODAY,
        text=f"{ground.word} opened",
        by=Actor.user(ground.worker),
        at=NOW,
    )
    return {"mark": note.pk, "mark_kind": "notes"}
