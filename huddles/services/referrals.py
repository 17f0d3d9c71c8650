"""Referrals: received at the one front door, triaged to a stream, answered; handed back only as the last resort."""

import json
from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Case, Value, When
from django.utils.crypto import salted_hmac

from huddles.lifecycle import REFERRAL_MOVES, REFERRAL_NAMES, EpisodeOutcome, ReferralState
from huddles.models import Episode, Referral, ReferralMove, Stream
from huddles.queries import episodes as episode_queries
from huddles.queries import referrals as queries
from huddles.queries import streams as stream_queries
from huddles.queries.people import kept_of
from huddles.references import referral_reference, scoped
from huddles.services import board, episodes
from huddles.services.cards import plain
from huddles.services.front_door import Arrival, arrive
from huddles.services.people import Details
from nhc import audit, changes
from nhc.actors import Actor
from partners.lifecycle import IllegalMoveError

if TYPE_CHECKING:
    from partners.models import Centre, Organisation


REMOVED = "Removed."
"""What stands where a row must say something about somebody whose record was disposed of."""
_NUMBERS = UUID("0198c1d2-6f7a-7cc1-9f54-2f6f3f0f7a20")
"""Names the numbers that organisations give to what they send."""


class NoFrontDoorError(ValidationError):
    """No team receives referrals at the centre now."""

    def __init__(self) -> None:
        super().__init__("No team receives referrals at this centre yet. Ask its manager to set the front door.")


class SentBeforeError(ValidationError):
    """The organisation has sent something else with this number of its own before: `referral` is that one."""

    def __init__(self, referral: Referral) -> None:
        super().__init__("Something else was sent before with this number. Send it with a new one.")
        self.referral = referral


class Clash(ValidationError):
    """Somebody else has moved the referral since: `referral` is how it stands now."""

    def __init__(self, referral: Referral) -> None:
        super().__init__("Somebody else has moved this referral since you opened it. Read what happened, then decide.")
        self.referral = referral


@dataclass(frozen=True, slots=True)
class Referrer:
    """Who refers. A partner names its organisation; people and carers name none. `contact` is how to reach them.

    `source` is one of `Referral.Source`.
    """

    source: str
    organisation: "Organisation | None" = None
    name: str = ""
    contact: str = ""
    external_id: str = ""


@dataclass(frozen=True, slots=True)
class Received:
    """A referral as it was taken in. `again`: it was here already, and said the same."""

    referral: Referral
    again: bool = False


@transaction.atomic
def receive_referral(
    *,
    centre: "Centre",
    details: Details,
    words: str,
    referrer: Referrer,
    form_key: UUID | None = None,
    by: Actor,
    at: datetime,
) -> Received:
    """Receive a referral: an episode is open from this instant, the front-door team responsible.

    Where the person's episode is open already the referral joins it, and stays with the team that is responsible. The
    same form, or the same number of an organisation's own, that says the same of the same person gives the referral
    that it gave first. A form in which something was put right gives a new one. Raises NoFrontDoorError,
    SentBeforeError, and ValidationError for a person without a name or words that say nothing.
    """
    door = stream_queries.front_door(centre, at)
    if door is None:
        raise NoFrontDoorError
    said = _said(details, words, referrer)
    if form_key is None:
        sent, key = _of_number(centre, referrer, said)
    else:
        sent, key = _of_form(scoped(form_key, centre.pk, referrer.source, by.user_id, said))
    if sent is not None:
        return Received(sent, again=True)
    arrival = arrive(centre=centre, details=details, team=door.team, by=by, at=at)
    referral = _referral(centre, arrival, words, referrer, at)
    referral.user_id, referral.form_key = by.user_id, key
    referral.full_clean(validate_constraints=False)
    referral.save(force_insert=True)
    _move(referral, by, at)
    return Received(referral)


@transaction.atomic
def triage_referral(
    *, referral: Referral, stream: Stream, version: int, answer: str = "", by: Actor, at: datetime
) -> Referral:
    """Send a referral into a stream and, with `answer`, answer whoever referred in the same act.

    Responsibility stays where it is: it moves by handover alone. Raises Clash, IllegalMoveError once it is answered,
    and ValidationError for a stream that takes no referrals here.
    """
    locked = _locked(referral, version)
    if stream.centre_id != locked.centre_id or not stream.active:
        raise ValidationError({"stream": "Choose one of the streams of this centre."})
    locked.stream = stream
    locked.triaged_at = at
    _into(locked, ReferralState.TRIAGED, by, at)
    if answer.strip():
        _answer(locked, answer, by, at)
    open_now = episode_queries.open_of(kept_of(locked.episode.person))
    if open_now is not None:
        episodes.set_stream(episode=open_now, stream=stream, by=by, at=at)
    return locked


@transaction.atomic
def answer_referral(*, referral: Referral, answer: str, version: int, by: Actor, at: datetime) -> Referral:
    """Tell whoever referred what the centre does. Raises Clash, IllegalMoveError before triage, ValidationError."""
    locked = _locked(referral, version)
    _answer(locked, answer, by, at)
    return locked


@transaction.atomic
def hand_back_referral(
    *, referral: Referral, answer: str, alternatives_tried: str, version: int, by: Actor, at: datetime
) -> Referral:
    """Hand a referral back, as the last resort: with why, and with the alternatives that were tried before.

    The episode closes with it unless another referral of the person is being taken further, or the episode was open
    before this one came. Raises Clash, IllegalMoveError once it is answered, ValidationError without alternatives.
    """
    locked = _locked(referral, version)
    if not alternatives_tried.strip():
        raise ValidationError(
            {"alternatives_tried": "Say which alternatives were tried. Handing back is the last resort."}
        )
    if not answer.strip():
        raise ValidationError({"answer": "Say why, and whom to turn to. Whoever referred reads it."})
    locked.answer, locked.answered_at = plain(answer), at
    locked.alternatives_tried = plain(alternatives_tried)
    _into(locked, ReferralState.HANDED_BACK, by, at)
    if locked.episode.closed_at is None and _opened_by(locked) and not queries.open_besides(locked):
        episodes.close_episode(episode=locked.episode, outcome=EpisodeOutcome.HANDED_BACK, by=by, at=at)
    return locked


@transaction.atomic
def note_answer_read(*, referral: Referral, by: Actor, at: datetime) -> None:
    """Record that whoever referred has read the answer."""
    audit.record(
        by=by,
        at=at,
        verb="referral.answer_read",
        subject="referral",
        subject_id=referral.reference,
        centre=referral.centre.slug,
    )


@transaction.atomic
def remove_words(*, episode_ids: Collection[int], by: Actor, at: datetime) -> int:
    """Remove what was said in the referrals of people whose records were disposed of; return how many referrals.

    PostgreSQL refuses it for anybody else.
    """
    found = Referral.objects.filter(episode__in=episode_ids)
    changed = found.update(
        words=REMOVED,
        particulars="",
        referrer="",
        referrer_contact="",
        external_id="",
        form_key=None,
        answer=Case(When(answer="", then=Value("")), default=Value(REMOVED)),
        alternatives_tried=Case(When(alternatives_tried="", then=Value("")), default=Value(REMOVED)),
    )
    if changed:
        audit.record(
            by=by,
            at=at,
            verb="retention.applied",
            subject="retention",
            subject_id=at.date(),
            details={"referrals": changed},
        )
    return changed


def _said(details: Details, words: str, referrer: Referrer) -> str:
    """Return a keyed digest of all that is said: of whom, what, and how whoever refers is reached."""
    told = [*asdict(details).values(), words, referrer.name, referrer.contact]
    text = json.dumps([plain(str(each)) for each in told])
    return salted_hmac("huddles.referral", text, algorithm="sha256").hexdigest()


def _of_form(key: UUID) -> tuple[Referral | None, UUID]:
    """Return what was sent under a key, and the key; two at once wait for each other."""
    board.hold(key)
    return Referral.objects.filter(form_key=key).first(), key


def _of_number(centre: "Centre", referrer: Referrer, said: str) -> tuple[Referral | None, UUID | None]:
    """Return what an organisation sent with a number of its own, and the key of the number with what is said now.

    Two at once wait for each other. Raises SentBeforeError where something else was said.
    """
    number, organisation = referrer.external_id.strip(), referrer.organisation
    if not number or organisation is None:
        return None, None
    board.hold(scoped(_NUMBERS, organisation.pk, centre.pk, number))
    key = scoped(_NUMBERS, organisation.pk, centre.pk, number, said)
    sent = Referral.objects.filter(organisation=organisation, centre=centre, external_id=number).first()
    if sent is not None and sent.form_key != key:
        raise SentBeforeError(sent)
    return sent, key


def _referral(centre: "Centre", arrival: Arrival, words: str, referrer: Referrer, at: datetime) -> Referral:
    return Referral(
        centre=centre,
        episode=arrival.episode,
        reference=referral_reference(),
        source=referrer.source,
        organisation=referrer.organisation,
        referrer=referrer.name.strip(),
        referrer_contact=referrer.contact.strip(),
        words=plain(words),
        particulars=arrival.particulars,
        disputed_number=arrival.disputed_number,
        received_at=at,
        due_at=queries.due_of(at),
        external_id=referrer.external_id.strip(),
    )


def _answer(referral: Referral, answer: str, by: Actor, at: datetime) -> None:
    if not answer.strip():
        raise ValidationError({"answer": "Write the answer. Whoever referred reads it."})
    referral.answer, referral.answered_at = plain(answer), at
    _into(referral, ReferralState.ANSWERED, by, at)


def _opened_by(referral: Referral) -> bool:
    """Whether the episode was opened by this referral: both are of one instant."""
    return referral.episode.opened_at == referral.received_at


def _locked(referral: Referral, version: int) -> Referral:
    # The episode first, as everywhere: whoever moves responsibility holds it too.
    Episode.objects.select_for_update(of=("self",), no_key=True).get(pk=referral.episode_id)
    locked = (
        Referral.objects.select_for_update(of=("self",), no_key=True)
        .select_related("centre", "episode__person", "stream", "organisation")
        .get(pk=referral.pk)
    )
    if locked.version != version:
        raise Clash(locked)
    return locked


def _into(referral: Referral, state: ReferralState, by: Actor, at: datetime) -> None:
    now = ReferralState(referral.state)
    if state not in REFERRAL_MOVES[now]:
        raise IllegalMoveError(f"This referral stands at “{REFERRAL_NAMES[now]}”, so that is not possible now.")
    referral.state = state
    referral.version += 1
    referral.full_clean(validate_constraints=False)
    changes.store(referral)
    _move(referral, by, at)


def _move(referral: Referral, by: Actor, at: datetime) -> None:
    ReferralMove.objects.create(
        referral=referral, state=referral.state, stream=referral.stream, user_id=by.user_id, moved_at=at
    )
    board.record(
        f"referral.{referral.state}",
        "referral",
        referral.reference,
        referral.centre,
        by=by,
        at=at,
        organisation="" if referral.organisation is None else referral.organisation.code,
        source=referral.source,
        stream="" if referral.stream is None else referral.stream.code,
        version=referral.version,
    )
