"""Who may go where: one decision for each address, in groups of people. `test_access_matrix` asks every one of them.

An address that is new gets a line in `DECISIONS`; its name is that of the URL pattern, or its route where it has none.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from nhc.access import ROLES, Permission
from tests.project.addresses import Address
from tests.project.world import LEFT, MIXED, OTHER_CENTRE, OTHER_ORGANISATION, OWN

type People = frozenset[str]

NOBODY: People = frozenset()
KEYS = frozenset({"submit key", "read key", "refer key"})
SIGNED_OUT = frozenset({"signed out"})
WORKERS = frozenset(ROLES)
"""Those with a role in a team of the trust at the own centre; each is employed by the trust."""
EMPLOYED = WORKERS | {"administrator", "employee", "line manager", "signatory"}
SEES = EMPLOYED | {"appointee", "excepted"}
"""Those to whom the own centre is there."""
SIGNED_IN = SEES | {"lapsed", "stranger", "service staff"}
EVERYONE = SIGNED_IN | KEYS | SIGNED_OUT


def holders(permission: Permission) -> People:
    """Return the roles that have a permission, from the list that people read."""
    return frozenset(code for code, role in ROLES.items() if permission in role.permissions)


DIRECTORY = holders(Permission.READ_DIRECTORY) | {"administrator"}
SUBMITS = holders(Permission.SUBMIT_FIGURES)


GUARDED = frozenset[str]().union(
    *(
        holders(permission)
        for permission in (
            Permission.SEE_RECORDS,
            Permission.READ_AUDIT,
            Permission.GRANT_EXCEPTIONS,
            Permission.MANAGE_KEYS,
            Permission.MANAGE_CENTRE,
        )
    )
) | {"administrator"}
"""Those who may see people's records or the trail, or let others in: they have a second factor behind their session."""


@dataclass(frozen=True)
class Door:
    """Who passes. Everybody else is signed out, and sent to sign in; or refused.

    `opens`: at the own centre, their own organisation's or their own. `beside`: where it is another organisation's at
    that centre. `everywhere`: the place makes no difference. `refusal` is for those who see the centre (`sees`) and may
    not do this there; to all others nothing is there (404). `scope` is the only key that the REST API lets in;
    `systems`: people are refused before anybody asks where.
    """

    opens: People
    beside: People = NOBODY
    everywhere: bool = False
    refusal: int = 404
    sees: People = SEES
    scope: str = ""
    systems: bool = False

    def lets(self, who: str, place: str) -> bool:
        """Whether somebody passes at a place."""
        if self.everywhere or place == OWN:
            return who in self.opens
        return place == OTHER_ORGANISATION and who in self.beside

    def refuses(self, who: str, place: str) -> frozenset[int]:
        """Return the statuses with which somebody may be refused."""
        if self.systems and who not in KEYS:
            return frozenset({403})
        if self.scope and who in KEYS and who != self.scope:
            return frozenset({403, 404})
        if place in {LEFT, MIXED, OTHER_ORGANISATION}:
            return frozenset({self.refusal, 404})
        sees = place != OTHER_CENTRE and who in self.sees
        return frozenset({self.refusal if sees else 404})


@dataclass(frozen=True)
class Decision:
    """Who reads an address and who writes to it; None where it takes no such request. `others` is of PUT, PATCH
    and DELETE, which only Django's own pages take, as they take a GET. `query` tells the place.

    `form` is what a POST sends where an empty one would name nothing.
    """

    read: Door | None = None
    write: Door | None = None
    others: Door | None = None
    query: str = ""
    form: str = ""


def _both(door: Door, form: str = "") -> Decision:
    return Decision(door, door, form=form)


def _open(people: People, *, refusal: int = 404) -> Door:
    return Door(people, everywhere=True, refusal=refusal, sees=SIGNED_IN)


def _centre(people: People) -> Door:
    """Return a door of a centre, whoever's record it is there; 403 for others who see the centre."""
    return Door(people, people, refusal=403)


def _permitted(permission: Permission) -> Door:
    return _centre(holders(permission))


def _ours(people: People, *, refusal: int = 404) -> Door:
    """Return a door of one organisation: nobody passes to another's."""
    return Door(people, refusal=refusal)


_public = _open(EVERYONE)
_staff = _open(frozenset({"service staff"}))
_account = _open(SIGNED_IN)
_nobodys = _open(NOBODY)
_look = Door(SEES, SEES)
_listed = _centre(DIRECTORY)
_agreements = _centre(DIRECTORY | {"signatory"})
_agreements_draft = _permitted(Permission.DRAFT_AGREEMENTS)
_agreements_open = _permitted(Permission.OPEN_AGREEMENTS)
_edits_grid = _permitted(Permission.EDIT_GRID)
_reviews_overrides = _permitted(Permission.REVIEW_OVERRIDES)
_consents = _centre(frozenset({"signatory", "administrator", "group", "board"}))
_speaks = _centre(WORKERS | {"signatory", "administrator"})
_forums = _centre(DIRECTORY)
# The forum of these worlds is the partnership group, the outcomes are the board's.
_governs_group = _centre(holders(Permission.GOVERN) | holders(Permission.GOVERN_GROUP))
_governs_board = _centre(holders(Permission.GOVERN) | holders(Permission.GOVERN_BOARD))
_governs_any = _centre(holders(Permission.GOVERN) | holders(Permission.GOVERN_GROUP) | holders(Permission.GOVERN_BOARD))
_sits = _centre(holders(Permission.GOVERN) | holders(Permission.GOVERN_GROUP) | {"practitioner"})
_seated = _centre(frozenset({"practitioner"}))
_rota = _permitted(Permission.MANAGE_ROTA)
_rota_part = Door(holders(Permission.MANAGE_ROTA) | {"administrator"}, holders(Permission.MANAGE_ROTA), refusal=403)
_care = _permitted(Permission.MANAGE_CENTRE)
_gives_roles = _permitted(Permission.GIVE_ROLES)
_writes_induction = _permitted(Permission.MANAGE_INDUCTION)
_works = _centre(WORKERS)
_administers = _ours(frozenset({"administrator"}))
_submits = _ours(SUBMITS)
_mine = _ours(frozenset({"practitioner"}))
_marks = Door(holders(Permission.REBASE_CHART), holders(Permission.REBASE_CHART))
_team = Door(holders(Permission.MANAGE_CENTRE) | {"administrator"}, holders(Permission.MANAGE_CENTRE), refusal=403)
_proposer = Door(frozenset({"practitioner"}), refusal=403)
_inducted = Door(frozenset({"practitioner"}), refusal=403, sees=SEES - WORKERS)
_signs = _centre(frozenset({"signatory"}))
_meets = _permitted(Permission.JOIN_HUDDLE)
_fills_lane = _ours(frozenset({"practitioner"}), refusal=403)
_read_by_key = Door(SEES | {"read key"}, SEES | {"read key"}, scope="read key")
_ours_by_key = Door(EMPLOYED | {"read key"}, scope="read key")
_asks = Door(WORKERS, WORKERS, refusal=403, scope="session")
_network = Door(SIGNED_IN | {"read key"}, everywhere=True, scope="read key")
_figures_by_key = Door(EMPLOYED | {"submit key", "read key"}, scope="read key")
_refers_by_key = Door(frozenset({"refer key"}), scope="refer key", systems=True)
_refers = _centre(EMPLOYED)
_sees_records = _permitted(Permission.SEE_RECORDS)
_responsible = Door(holders(Permission.SEE_RECORDS), refusal=403)
_around = Door(holders(Permission.SEE_RECORDS))
_reviews_records = _permitted(Permission.GRANT_EXCEPTIONS)
_books = Door(WORKERS, holders(Permission.MANAGE_CENTRE), refusal=403)
_template = Door(EMPLOYED | {"read key"}, EMPLOYED | {"read key"}, refusal=403, scope="read key")

DECISIONS: Mapping[str, Decision] = {
    # The service itself, help and signing in are for everybody.
    "healthz": Decision(_public),
    "readyz": Decision(_public),
    "help": Decision(_public),
    "accessibility": Decision(_public),
    "sign-in": _both(_public),
    "second-step": _both(_public),
    "passkey-sign-in": Decision(write=_public),
    "passkey-options": Decision(write=_public),
    "provider": Decision(write=_nobodys),
    "openid_connect_callback": Decision(_nobodys),
    "sign-out": _both(_public),
    "password-forgotten": _both(_public),
    "password-sent": Decision(_public),
    "password-reset": _both(_public),
    "session": Decision(_public),
    "session-keep": Decision(write=_public),
    "partners:accept": _both(_public),
    "partners:wall": _both(_public),
    # One's own account; factors, forms and texts of others are not there.
    "account": Decision(_account),
    "confirm": _both(_account),
    "second-factor": Decision(_account),
    "passkey-add": _both(_account),
    "passkey-creation-options": Decision(write=_account),
    "passkey-rename": _both(_nobodys),
    "factor-remove": _both(_nobodys),
    "one-time-codes": _both(_account),
    "recovery-codes": _both(_account),
    "password-change": _both(_account),
    "sessions-end": Decision(write=_account),
    "session-extend": Decision(write=_account),
    "kept-form": _both(_nobodys),
    "session-kept": Decision(_nobodys),
    "notices": Decision(_account),
    "notices-seen": Decision(write=_account),
    # Django's administration is read by service staff alone; other people are refused on its sign-in page.
    "admin": Decision(_staff, _staff, others=_staff),
    "admin/login/": Decision(_open(NOBODY, refusal=403)),
    "admin/logout/": _both(_public),
    "admin/password_change/": _both(_account),
    # The audit trail: of the own centre, and of nothing else whatever is asked for.
    "audit": _both(_open(holders(Permission.READ_AUDIT), refusal=403)),
    "audit-export": Decision(_open(holders(Permission.READ_AUDIT), refusal=403)),
    "audit-record": Decision(_open(holders(Permission.READ_AUDIT), refusal=403)),
    # The REST API: keys by their scope, people by where they stand. Measures are the whole network's.
    "api-rollups": Decision(_read_by_key, query="?centre={slug}&measure={measure}"),
    "api-lineage": Decision(_read_by_key, query="?centre={slug}&measure={measure}&period={period}"),
    "api-spc": Decision(_read_by_key, query="?centre={slug}&measure={measure}"),
    "api-scenarios": Decision(_asks, query="?centre={slug}"),
    "api-may-i": Decision(_asks, query="?centre={slug}&scenario={scenario}"),
    "api-submissions": Decision(
        Door(EMPLOYED | {"read key"}, refusal=404, scope="read key"),
        Door(SUBMITS | {"submit key"}, refusal=403, sees=EMPLOYED, scope="submit key"),
        query="?organisation={organisation}",
    ),
    "api-submission": Decision(_figures_by_key),
    "api-submission-errors": Decision(_figures_by_key),
    "api-referrals": _both(Door(frozenset({"refer key"}), everywhere=True, scope="refer key", systems=True)),
    "api-referral": Decision(_refers_by_key),
    "api-submission-observations": Decision(_ours_by_key),
    "api-measures": Decision(_network),
    "api-measure": Decision(_network),
    "api-dimensions": Decision(_network),
    "api-returns": Decision(_ours_by_key, query="?organisation={organisation}"),
    "api-template-spreadsheet": Decision(_template),
    "api-template-csv": Decision(_template),
    "api-openapi": Decision(_public),
    "api-docs": Decision(_public),
    "^api/": _both(_nobodys),
    # Figures of one's own organisation: its employees read, its submitters send.
    "partners:returns": Decision(_ours(EMPLOYED), query="?organisation={organisation}"),
    "partners:return": Decision(_ours(EMPLOYED), _submits),
    "partners:answer": Decision(write=_submits, form="measure=crisis-contacts-seen-in-4h&answer=none"),
    "partners:type": _both(_submits),
    "partners:withdraw": _both(_submits),
    "partners:sheet": _both(_submits),
    "partners:sheet-send": Decision(write=_submits),
    "partners:sheet-upload": _both(_submits),
    "partners:sheet-discard": _both(_submits),
    "partners:receipts": Decision(_ours(EMPLOYED), query="?organisation={organisation}"),
    "partners:receipt": Decision(_ours(EMPLOYED)),
    "partners:receipt-errors": Decision(_ours(EMPLOYED)),
    "partners:keys": Decision(_submits, query="?organisation={organisation}"),
    "partners:key-make": _both(_submits),
    "partners:key-made": Decision(_submits),
    "partners:key-revoke": _both(_submits),
    # People, by the administrators of their organisation and by their home line managers.
    "partners:organisations": Decision(_account),
    "partners:people": _both(_administers),
    "partners:invite": _both(_administers),
    "partners:person": Decision(_administers),
    "partners:person-place": _both(_administers),
    "partners:line-manager": _both(_administers),
    "partners:administrator": _both(_administers),
    "partners:person-sessions-end": _both(_administers),
    "partners:employment-end": _both(_administers),
    "partners:placement-end": _both(_administers),
    "partners:invitations": Decision(_administers),
    "partners:invited": Decision(_administers),
    "partners:invitation-withdraw": _both(_administers),
    "partners:my-people": Decision(_account),
    "partners:my-person": Decision(_ours(frozenset({"line manager"}))),
    # The directory, the rota and what hangs on them.
    "partners:directory": _both(_listed),
    "partners:team": Decision(_listed),
    "partners:team-edit": _both(_team),
    "partners:team-add": _both(_care),
    "partners:team-close": _both(_care),
    "partners:centre-roles": Decision(_gives_roles),
    "partners:centre-role-give": _both(_gives_roles),
    "partners:centre-role-end": _both(_gives_roles),
    "partners:exceptions": Decision(_permitted(Permission.GRANT_EXCEPTIONS)),
    "partners:exception-make": _both(_permitted(Permission.GRANT_EXCEPTIONS)),
    "partners:exception-revoke": _both(_permitted(Permission.GRANT_EXCEPTIONS)),
    "partners:rota": Decision(_listed),
    "partners:rota-month": Decision(_listed),
    "partners:rota-now": Decision(_listed),
    "partners:rota-csv": Decision(_listed),
    "partners:rota-team-calendar": Decision(_listed),
    "partners:shift-add": _both(_rota_part),
    "partners:shift-edit": _both(_rota_part),
    "partners:shift-cover": _both(_rota_part),
    "partners:shift-cancel": _both(_rota_part),
    "partners:duty-roles": _both(_rota),
    "partners:duty-role-edit": _both(_rota),
    "partners:duty-role-hours": _both(_rota),
    "partners:duty-role-retire": _both(_rota),
    "partners:rota-import": _both(_rota_part),
    "partners:calendar-add": _both(_rota_part),
    "partners:calendar-end": _both(_rota_part),
    "partners:my-shifts": Decision(_account),
    "partners:my-calendar": Decision(_account),
    "partners:swap-ask": Decision(_mine, _mine, query="?with={user_id}"),
    "partners:swap": _both(_mine),
    "partners:screens": Decision(_care),
    "partners:screen-pair": _both(_care),
    "partners:screen-rename": _both(_care),
    "partners:screen-revoke": _both(_care),
    # Agreements: whoever reads the directory or signs reads them.
    "partners:agreements": Decision(_agreements),
    "partners:agreement": Decision(_agreements),
    "partners:agreement-version": Decision(_agreements),
    "partners:agreement-begin": _both(_agreements_open),
    "partners:agreement-open": _both(_agreements_open),
    "partners:agreement-sign": _both(_signs),
    "partners:propose": _both(_agreements_draft),
    "partners:proposal": Decision(_agreements),
    "partners:proposal-comment": Decision(write=_agreements_draft),
    "partners:proposal-answer": Decision(write=_agreements_open),
    "partners:proposal-withdraw": Decision(write=_proposer),
    "partners:proposal-revise": _both(_proposer),
    "partners:signatories": Decision(_administers),
    "partners:appoint": _both(_administers),
    "partners:signatory-end": _both(_administers),
    # Inductions: those who work at the centre go through theirs, those who look after it write them.
    "partners:induction": Decision(_works),
    "partners:induction-begin": Decision(write=_works),
    "partners:induction-step": _both(_inducted),
    "partners:induction-norms": _both(_works),
    "partners:pulse": _both(_works),
    "partners:inducted": Decision(_listed),
    "partners:inducted-csv": Decision(_listed),
    "partners:induction-pack": Decision(_writes_induction),
    "partners:induction-draft": Decision(write=_writes_induction),
    "partners:induction-open": Decision(write=_writes_induction),
    "partners:induction-add-step": _both(_writes_induction),
    "partners:induction-edit-step": _both(_writes_induction),
    "partners:induction-change-step": Decision(write=_writes_induction),
    # The grid: whoever reads the directory or speaks for a partner reads it, those who look after it change it, and
    # who works there or speaks for a partner says what they think of a draft.
    "decisions:grid": Decision(_agreements),
    "decisions:grid-begin": _both(_edits_grid),
    "decisions:grid-draft": Decision(_agreements, _edits_grid),
    "decisions:scenario-add": _both(_edits_grid),
    "decisions:scenario": Decision(_agreements, _edits_grid),
    "decisions:scenario-comment": Decision(write=_speaks),
    "decisions:scenario-remove": Decision(write=_edits_grid),
    "decisions:comment-settle": Decision(write=_centre(holders(Permission.EDIT_GRID) | {"practitioner"})),
    "decisions:grid-versions": Decision(_agreements),
    "decisions:grid-version": Decision(_agreements),
    "decisions:grid-compare": Decision(_agreements),
    "decisions:grid-import": _both(_edits_grid),
    "decisions:grid-export": Decision(_agreements),
    "decisions:consent": Decision(_agreements),
    "decisions:consent-open": _both(_edits_grid),
    "decisions:consent-answer": _both(_consents),
    "decisions:consent-ask-group": Decision(write=_edits_grid),
    "decisions:consent-close": Decision(write=_edits_grid),
    "decisions:grid-take-back": _both(_edits_grid),
    "decisions:grid-publish": _both(_edits_grid),
    "decisions:grid-review": _both(_edits_grid),
    "decisions:overrides": Decision(_reviews_overrides),
    "decisions:override-review": _both(_reviews_overrides),
    "decisions:override-propose": Decision(write=_reviews_overrides),
    "decisions:finder": Decision(_agreements),
    "decisions:may-i-anywhere": Decision(_account),
    "decisions:may-i": Decision(_works),
    "decisions:may-i-answer": Decision(_works),
    "decisions:override-record": _both(_works),
    "decisions:act-told": Decision(write=_works),
    # Forums: whoever reads the directory reads them. Those who look after one plan, decide and keep its registers;
    # those who sit there (the practitioner) propose and answer; whoever works here raises issues.
    "decisions:forums": Decision(_forums),
    "decisions:forum": Decision(_forums),
    "decisions:forum-begin": _both(_governs_any),
    "decisions:seat-give": _both(_governs_group),
    "decisions:seat-end": Decision(write=_governs_group),
    "decisions:chair-pass": _both(_governs_group),
    "decisions:meetings": Decision(_forums),
    "decisions:meeting": Decision(_forums),
    "decisions:meeting-plan": _both(_governs_group),
    "decisions:meeting-change": _both(_governs_group),
    "decisions:meeting-cancel": _both(_governs_group),
    "decisions:meeting-hold": _both(_governs_group),
    "decisions:minutes-correct": _both(_governs_group),
    "decisions:agenda-add": _both(_governs_group),
    "decisions:agenda-remove": Decision(write=_governs_group),
    "decisions:paper-add": _both(_governs_group),
    "decisions:paper-remove": Decision(write=_governs_group),
    "decisions:issues": Decision(_forums),
    "decisions:issue": Decision(_forums),
    "decisions:issue-raise": _both(_works),
    "decisions:issue-take": Decision(write=_sits),
    "decisions:issue-answer": _both(_sits),
    "decisions:issue-pass-on": _both(_sits),
    "decisions:issue-close": Decision(write=_proposer),
    "decisions:issue-again": _both(_proposer),
    "decisions:forum-proposals": Decision(_forums),
    "decisions:forum-proposal": Decision(_forums),
    "decisions:forum-propose": _both(_sits),
    "decisions:forum-proposal-answer": _both(_seated),
    "decisions:forum-proposal-withdraw": Decision(write=_proposer),
    "decisions:forum-proposal-decide": _both(_governs_group),
    "decisions:decisions": Decision(_forums),
    "decisions:decision": Decision(_forums),
    "decisions:decision-record": _both(_governs_group),
    "decisions:decision-review": _both(_governs_group),
    "decisions:risks": Decision(_forums),
    "decisions:risk": Decision(_forums),
    "decisions:risk-open": _both(_governs_any),
    "decisions:risk-review": _both(_governs_group),
    "decisions:risk-close": _both(_governs_group),
    "decisions:risk-reopen": _both(_governs_group),
    "decisions:risk-holder-add": _both(_governs_group),
    "decisions:risk-holder-end": Decision(write=_governs_group),
    "decisions:risk-control-add": _both(_governs_group),
    "decisions:risk-control-place": Decision(write=_governs_group),
    "decisions:risk-control-end": Decision(write=_governs_group),
    "decisions:priorities": Decision(_forums),
    "decisions:outcome-agree": _both(_governs_board),
    "decisions:outcome-change": _both(_governs_board),
    "decisions:outcome-retire": Decision(write=_governs_board),
    "decisions:priority-set": _both(_governs_board),
    "decisions:priority-change": _both(_governs_board),
    "decisions:priority-retire": Decision(write=_governs_board),
    # The huddle: whoever takes part reads the board and does everything on it; those who look after the centre set
    # times and thresholds. A team's lane is filled by those who work in it. A wall screen shows its own cookie.
    "huddles:huddle": _both(_meets),
    "huddles:board": Decision(_meets),
    "huddles:board-live": Decision(_meets),
    "huddles:huddle-start-now": _both(_meets),
    "huddles:huddle-start": _both(_meets),
    "huddles:huddle-chair": _both(_meets),
    "huddles:huddle-lane": Decision(write=_meets),
    "huddles:huddle-present": Decision(write=_meets),
    "huddles:huddle-close": _both(_meets),
    "huddles:huddle-record": Decision(_meets),
    "huddles:huddle-history": _both(_meets),
    "huddles:enter-late": _both(_meets),
    "huddles:schedules": Decision(_meets),
    "huddles:schedule-set": _both(_care),
    "huddles:schedule-end": Decision(write=_care),
    "huddles:thresholds": Decision(_meets),
    "huddles:thresholds-set": _both(_care),
    "huddles:cards": Decision(_meets),
    "huddles:card": Decision(_meets),
    "huddles:card-late": _both(_meets),
    "huddles:card-edit": _both(_meets),
    "huddles:card-close": Decision(write=_meets),
    "huddles:card-reopen": Decision(write=_meets),
    "huddles:card-raise": _both(_meets),
    "huddles:card-action-add": _both(_meets),
    "huddles:actions": Decision(_meets),
    "huddles:action": _both(_meets),
    "huddles:action-late": _both(_meets),
    "huddles:action-done": Decision(write=_meets),
    "huddles:action-done-then": _both(_meets),
    "huddles:action-drop": _both(_meets),
    "huddles:action-reopen": Decision(write=_meets),
    "huddles:harms": Decision(_meets),
    "huddles:harm-record": _both(_meets),
    "huddles:harm-withdraw": _both(_care),
    "huddles:today": Decision(_meets),
    "huddles:lane-fill": _both(_fills_lane),
    "huddles:wall": Decision(_public),
    "huddles:wall-part": Decision(_nobodys),
    "huddles:wall-live": Decision(_nobodys),
    # Referrals: staff of partners refer, those around the person read, the responsible team takes further; the page
    # on which people refer themselves is everybody's. Who reads the directory sees rooms, who works here books them.
    "huddles:referrals": _both(_sees_records),
    "huddles:refer": _both(_refers),
    "huddles:referrals-made": Decision(_refers),
    "huddles:referral": Decision(_responsible),
    "huddles:referral-triage": _both(_responsible),
    "huddles:referral-answer": _both(_responsible),
    "huddles:referral-hand-back": _both(_responsible),
    "huddles:self-referral": Decision(_public),
    "huddles:self-referral-form": _both(_public),
    "huddles:self-referral-sent": Decision(_public),
    "huddles:spaces": Decision(_listed),
    "huddles:space-book": _both(_works),
    "huddles:booking-end": Decision(write=_books),
    "huddles:booking-cancel": Decision(write=_books),
    "huddles:flow": Decision(_care),
    "huddles:front-door": _both(_care),
    "huddles:streams-usual": Decision(write=_care),
    "huddles:stream-add": _both(_care),
    "huddles:stream-edit": _both(_care),
    "huddles:space-add": _both(_care),
    "huddles:space-edit": _both(_care),
    # People: those around a person read and change their record; to everybody else it is not there. Opening a record
    # in an emergency is for people on duty, and nobody is on duty here. Privacy officers review what was opened.
    "huddles:people": _both(_sees_records),
    "huddles:person": Decision(_around),
    "huddles:person-change": _both(_around),
    "huddles:person-history": Decision(_around),
    "huddles:person-sharing": _both(_around),
    "huddles:person-join": _both(_around),
    "huddles:join": Decision(_responsible),
    "huddles:join-confirm": Decision(write=_responsible),
    "huddles:join-refuse": Decision(write=_responsible),
    "huddles:join-ask-undo": _both(_responsible),
    "huddles:join-undo": Decision(write=_responsible),
    "huddles:join-keep": Decision(write=_responsible),
    "huddles:episode": Decision(_responsible),
    "huddles:episode-open": _both(_centre(NOBODY)),
    "huddles:episode-key-worker": _both(_around),
    "huddles:circle-add": _both(_around),
    "huddles:circle-end": Decision(write=_around),
    "huddles:episode-waiting": Decision(write=_around),
    "huddles:episode-close": _both(_around),
    "huddles:glass-queue": Decision(_reviews_records),
    "huddles:glass-review": _both(_reviews_records),
    "huddles:grants": Decision(_reviews_records),
    "huddles:grant-make": _both(_reviews_records),
    "huddles:grant-end": Decision(write=_reviews_records),
    # The dashboard of a centre, and of an area around it.
    "home": Decision(_account),
    "centres": Decision(_account),
    "dashboard:overview": Decision(_look),
    "dashboard:overview-csv": Decision(_look),
    "dashboard:measure": Decision(_look),
    "dashboard:measure-csv": Decision(_look),
    "dashboard:measure-svg": Decision(_look),
    "dashboard:sources": Decision(_look),
    "dashboard:rebase": _both(_marks),
    "dashboard:annotate": _both(_marks),
    "dashboard:withdraw": _both(_marks),
    "dashboard:area": Decision(Door(frozenset({"appointee"}), frozenset({"appointee"}))),
    "dashboard:runs": Decision(_open(holders(Permission.OPERATE))),
}

BEFORE_FACTOR = {
    "account",
    "confirm",
    "second-factor",
    "passkey-add",
    "passkey-creation-options",
    "passkey-rename",
    "factor-remove",
    "one-time-codes",
    "password-change",
    "admin/password_change/",
    "sessions-end",
    "session-extend",
}
"""Where those who need a second factor and have none yet still go: to set one up."""

_STANDS_FOR = (
    ("organisations/<", "code", "organisation"),
    ("returns/<", "code", "organisation"),
    ("keys/<", "code", "organisation"),
    ("duty-roles/<", "code", "duty_role"),
    ("areas/<", "code", "area"),
    ("measures/<", "code", "measure"),
    ("/begin/<", "kind", "full_pack"),
    ("induction/packs/<", "kind", "draft_pack"),
    ("/begin/", "kind", "new_kind"),
    ("agreements/<", "kind", "agreement_kind"),
    ("rebases|notes", "kind", "mark_kind"),
    ("templates/<", "centre", "slug"),
    ("scenarios/<", "code", "scenario"),
    ("may-i/<", "code", "scenario"),
    ("export.<", "kind", "file_kind"),
    ("flow/streams/<", "code", "stream"),
    ("flow/rooms/<", "code", "space"),
    ("api/v1/referrals/<", "reference", "referral"),
)
"""What a part stands for, by where it stands in a route; the first that fits."""

_ELSEWHERE: Mapping[str, object] = {
    "token": "made-up",
    "reference": "MQ",
    "provider_id": "trust",
    "factor_id": 987654,
    "form_id": "0198c7a4-0000-7000-8000-000000000000",
    "subject": "submission",
    "subject_id": "1",
}
"""Parts that name nothing of a place: nobody's."""


def path_to(address: Address, parts: Mapping[str, object]) -> str:
    """Return the path of an address in a place. Raises KeyError for a part that nobody has said anything about."""
    values = {**_ELSEWHERE, **parts}
    for where, part, meaning in reversed(_STANDS_FOR):
        if where in address.route and part in address.parts and part not in parts:
            values[part] = parts[meaning]
    path = "/api/nothing/" if address.route.endswith("^api/") else address.path(values)
    return path + DECISIONS[address.name].query.format_map(values)
