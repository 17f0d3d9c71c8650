"""Loading the demonstration, part by part. What is loaded stays as it is; what was interrupted is finished.

Each part is a transaction (of the published figures: each trust), under a lock, so that two loads at once do no harm.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

from django.db import connection, transaction

from dashboard.demonstration import (
    agreements,
    decisions,
    directory,
    emergency,
    governance,
    induction,
    partnership,
    pulse,
    rota,
)
from dashboard.services import runs, shards
from nhc import demonstration
from nhc.actors import Actor
from nhc.models import User
from partners.queries import contract as contract_queries
from partners.queries import organisations as organisation_queries
from partners.services import people

PARTNERSHIP = "partnership"
EMERGENCY = "emergency"
FURTHER: Mapping[str, Callable[..., None]] = {
    "directory": directory.load,
    "rota": rota.load,
    "agreements": agreements.load,
    "decisions": decisions.load,
    "induction": induction.load,
    "pulse": pulse.load,
    "governance": governance.load,
}
"""What is added to the fictional partnership, by part: each takes `by` and `at`, in this order."""
PARTS = (PARTNERSHIP, *FURTHER, EMERGENCY)

_LOCK = 73009
"""The first number of the advisory lock that a load holds."""

_EVERY = 20
"""Trusts between two lines of progress."""

type Say = Callable[[str], None]


class OthersHereError(Exception):
    """Organisations exist that are not the demonstration's; the sentence says what to do."""


def load(*, password: str, by: Actor, at: datetime, say: Say, trusts: Sequence[str] | None = None) -> bool:
    """Load whatever is not loaded yet; return whether there was anything.

    `trusts` limits the published figures to these codes, which leaves that part unfinished. Raises OthersHereError
    where an organisation exists that is not the demonstration's.
    """
    other = organisation_queries.organisation_outside_demonstration()
    if other is not None:
        raise OthersHereError(
            f"{other.name} ({other.code}) is not part of the demonstration, which would mix made-up figures with real "
            "ones. Use another database, or start without it by setting NHC_DEMO=0."
        )
    loaded = demonstration.loaded(PARTS)
    if PARTNERSHIP not in loaded:
        _load_partnership(password=password, by=by, at=at, say=say)
    else:
        _keep_password(password, by=by, at=at, say=say)
    for part in FURTHER:
        if part not in loaded:
            _load_further(part, by=by, at=at, say=say)
    if EMERGENCY not in loaded:
        _load_emergency(codes=trusts, by=by, at=at, say=say)
    if len(loaded) < len(PARTS):
        _roll_up(at=at, say=say)
    return len(loaded) < len(PARTS)


def sign_ins() -> list[tuple[str, str]]:
    """Return every sign-in with the person's name."""
    return [
        (partnership.email(person.account, centre), person.name)
        for centre, persons in partnership.PEOPLE.items()
        for person in persons
    ]


@contextmanager
def _alone() -> Iterator[None]:
    """Hold a transaction that no other load runs beside."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, 0)", [_LOCK])
        yield


def _load_partnership(*, password: str, by: Actor, at: datetime, say: Say) -> None:
    with _alone():
        if demonstration.loaded([PARTNERSHIP]):
            return
        say("Loading the fictional partnership of Riverside and Hillside, with made-up figures.")
        partnership.load(password=password, by=by, at=at)
        demonstration.record_loaded(PARTNERSHIP, by=by, at=at)


def _load_further(part: str, *, by: Actor, at: datetime, say: Say) -> None:
    with _alone():
        if not demonstration.loaded([part]):
            say(f"Adding to the fictional partnership: {part}.")
            FURTHER[part](by=by, at=at)
            demonstration.record_loaded(part, by=by, at=at)


def _keep_password(password: str, *, by: Actor, at: datetime, say: Say) -> None:
    """Give every sign-in the password that holds now, where it is another than before."""
    users = list(User.objects.filter(email__in=[address for address, _ in sign_ins()]).order_by("pk"))
    if users and not users[0].check_password(password):
        say("The demonstration's password has changed: every sign-in gets the new one.")
        with _alone():
            people.share_password(users=users, password=password, by=by, at=at)


def _load_emergency(*, codes: Sequence[str] | None, by: Actor, at: datetime, say: Say) -> None:
    found = emergency.trusts()
    wanted = sorted(found) if codes is None else [code for code in codes if code in found]
    addresses = [
        partnership.email(account, centre) for centre, accounts in partnership.ANALYSTS.items() for account in accounts
    ]
    analysts = [(user, user.email.partition("@")[0]) for user in User.objects.filter(email__in=addresses)]
    say(f"Loading published accident and emergency figures of {len(wanted)} trusts, April 2016 to March 2019.")
    with _alone():
        stored = {code: contract_queries.measure_by_code(code) for code in emergency.MEASURES}
        measures = {code: measure for code, measure in stored.items() if measure is not None}
        if not measures:
            measures = emergency.add_measures(by=by, at=at)
    for done, code in enumerate(wanted, start=1):
        with _alone():
            if organisation_queries.organisation_by_code(code) is None:
                emergency.add_trust(code, found[code], measures=measures, analysts=analysts, by=by, at=at)
        if done % _EVERY == 0:
            say(f"  {done} of {len(wanted)} trusts")
    if codes is None:
        with _alone():
            demonstration.record_loaded(EMERGENCY, by=by, at=at)


def _roll_up(*, at: datetime, say: Say) -> None:
    """Roll up what was sent, so that every page has its figures at once."""
    run_id = runs.ensure_drain_run(at=at)
    if run_id is not None:
        run = shards.run_here(run_id=run_id, at=at, progress=lambda _: None)
        say(f"Rolled up {run.slots:,} months of measures.")
