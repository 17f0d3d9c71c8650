"""Agreements drafted together: begun, changed by proposals that others comment on, and put up for signature."""

from datetime import date, datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction

from nhc import audit
from nhc.actors import Actor
from nhc.clock import london_date
from partners.lifecycle import PROPOSAL_MOVES, IllegalMoveError, ProposalState, check_move
from partners.models import (
    Agreement,
    AgreementComment,
    AgreementProposal,
    AgreementVersion,
    Centre,
    Organisation,
)
from partners.queries import agreements as queries

TIME_TO_SIGN = timedelta(days=14)
"""The least, so that everybody can be warned 14 days ahead."""


class Clash(ValidationError):
    """The text was changed since: `version` holds how it stands now."""

    def __init__(self, version: AgreementVersion) -> None:
        super().__init__("The text has changed since this was written. Compare both, then bring it up to date.")
        self.version = version


class ProposalClash(ValidationError):
    """The proposal itself was changed since: `proposal` is how it stands now."""

    def __init__(self, proposal: AgreementProposal) -> None:
        super().__init__("Somebody changed this proposal since you opened it. Read it again, then decide.")
        self.proposal = proposal


@transaction.atomic
def start_agreement(*, centre: Centre, kind: str, text: str, by: Actor, at: datetime) -> AgreementVersion:
    """Begin an agreement with a first draft. Raises ValidationError where the centre has it already."""
    agreement = Agreement(centre=centre, kind=kind, created_at=at)
    agreement.full_clean()
    agreement.save(force_insert=True)
    version = AgreementVersion(agreement=agreement, number=1, text=_clean(text), created_at=at)
    version.full_clean()
    version.save(force_insert=True)
    _audit("agreement.started", agreement, by, at, version=1)
    return version


@transaction.atomic
def propose_change(
    *, agreement: Agreement, base_text: str, text: str, reason: str, organisation: Organisation, by: Actor, at: datetime
) -> AgreementProposal:
    """Propose a whole new text, made from `base_text`.

    Raises Clash where that is not the current text any more, and ValidationError where nothing would change or no
    reason is given.
    """
    _lock(agreement)
    newest = queries.newest(agreement)
    base_text, text = _clean(base_text), _clean(text)
    if newest.text != base_text:
        raise Clash(newest)
    if text == base_text:
        raise ValidationError({"text": "Change something in the text first."})
    if by.user_id is None:
        raise ValidationError("A change is proposed by a person.")
    proposal = AgreementProposal(
        agreement=agreement,
        base=newest,
        base_text=base_text,
        text=text,
        reason=reason.strip(),
        user_id=by.user_id,
        organisation=organisation,
        created_at=at,
        changed_at=at,
    )
    proposal.full_clean()
    proposal.save(force_insert=True)
    _audit_proposal("proposal.made", proposal, by, at)
    return proposal


@transaction.atomic
def revise_proposal(
    *, proposal: AgreementProposal, base_text: str, text: str, version: int, by: Actor, at: datetime
) -> AgreementProposal:
    """Change one's own open proposal, perhaps to bring it up to date.

    Raises ProposalClash for another version of it, Clash for a text it was not made from, IllegalMoveError where it
    was answered, and ValidationError.
    """
    current = _locked(proposal, version)
    check_move(PROPOSAL_MOVES, ProposalState(current.state), ProposalState.WITHDRAWN)
    _own(current, by)
    newest = queries.newest(current.agreement)
    base_text, text = _clean(base_text), _clean(text)
    if newest.text != base_text:
        raise Clash(newest)
    if text == base_text:
        raise ValidationError({"text": "Change something in the text, or withdraw the proposal."})
    current.base, current.base_text, current.text, current.changed_at = newest, base_text, text, at
    current.version += 1
    current.full_clean()
    current.save()
    _audit_proposal("proposal.revised", current, by, at)
    return current


@transaction.atomic
def comment(
    *, proposal: AgreementProposal, text: str, organisation: Organisation, by: Actor, at: datetime
) -> AgreementComment:
    """Say something about an open proposal. The same words by the same person twice in a row are one comment."""
    current = _locked(proposal)
    if current.state != ProposalState.OPEN:
        raise IllegalMoveError(f"This proposal was {current.state} already, so nothing can be added.")
    if by.user_id is None:
        raise ValidationError("A person comments.")
    last = current.comments.order_by("-made_at", "-pk").first()
    if last is not None and (last.user_id, last.text) == (by.user_id, text.strip()):
        return last
    said = AgreementComment(
        proposal=current, text=text.strip(), user_id=by.user_id, organisation=organisation, made_at=at
    )
    said.full_clean()
    said.save(force_insert=True)
    _audit_proposal("proposal.commented", current, by, at)
    return said


@transaction.atomic
def adopt_proposal(
    *, proposal: AgreementProposal, version: int, answer: str = "", by: Actor, at: datetime
) -> AgreementVersion:
    """Make the proposed text the current draft, a new one where the newest version is open for signature.

    Raises Clash for a stale proposal, ProposalClash where it changed meanwhile, IllegalMoveError once it was answered.
    """
    current = _locked(proposal, version)
    check_move(PROPOSAL_MOVES, ProposalState(current.state), ProposalState.ADOPTED)
    newest = queries.newest(current.agreement)
    if newest.text != current.base_text:
        raise Clash(newest)
    _decide(current, ProposalState.ADOPTED, answer, by, at)
    if newest.opened_at is None:
        newest.text = current.text
        newest.save(update_fields=["text"])
        draft = newest
    else:
        draft = AgreementVersion(
            agreement=current.agreement, number=newest.number + 1, text=current.text, created_at=at
        )
        draft.full_clean()
        draft.save(force_insert=True)
    return draft


@transaction.atomic
def decline_proposal(
    *, proposal: AgreementProposal, version: int, answer: str, by: Actor, at: datetime
) -> AgreementProposal:
    """Keep the text as it is and say why. Raises as `adopt_proposal`, but for a stale one."""
    current = _locked(proposal, version)
    check_move(PROPOSAL_MOVES, ProposalState(current.state), ProposalState.DECLINED)
    if not answer.strip():
        raise ValidationError({"answer": "Say why, so that the proposer knows."})
    return _decide(current, ProposalState.DECLINED, answer, by, at)


@transaction.atomic
def withdraw_proposal(*, proposal: AgreementProposal, by: Actor, at: datetime) -> AgreementProposal:
    """Take back what one proposed. Raises IllegalMoveError once it was answered."""
    current = _locked(proposal)
    check_move(PROPOSAL_MOVES, ProposalState(current.state), ProposalState.WITHDRAWN)
    _own(current, by)
    return _decide(current, ProposalState.WITHDRAWN, "", by, at)


@transaction.atomic
def open_for_signature(
    *, agreement: Agreement, text: str, summary: str, sign_by: date, review_on: date, by: Actor, at: datetime
) -> AgreementVersion:
    """Put the draft in force: nothing of it changes from now on, and partners have until the end of `sign_by`.

    `text` is the text that the person read; raises Clash where the draft is another by now. The version in force
    before is superseded. Raises ValidationError without a draft and for dates that leave no time.
    """
    _lock(agreement)
    draft = queries.draft_of(agreement)
    if draft is None:
        raise ValidationError("Nothing is being drafted. Adopt a proposal first.")
    if draft.text != _clean(text):
        raise Clash(draft)
    today = london_date(at)
    if sign_by < today + TIME_TO_SIGN:
        raise ValidationError({"sign_by": f"Leave partners at least {TIME_TO_SIGN.days} days to sign."})
    if review_on <= sign_by:
        raise ValidationError({"review_on": "The review comes after the last day for signing."})
    before = AgreementVersion.objects.filter(
        agreement=agreement, opened_at__isnull=False, superseded_at__isnull=True
    ).first()
    if before is not None:
        before.superseded_at = at
        before.save(update_fields=["superseded_at"])
    draft.predecessor, draft.summary = before, summary.strip()
    draft.opened_at, draft.opened_by_id, draft.opened_on = at, by.user_id, today
    draft.sign_by, draft.review_on = sign_by, review_on
    draft.full_clean()
    draft.save()
    _audit("agreement.opened", agreement, by, at, version=draft.number)
    return draft


def _clean(text: str) -> str:
    """Browsers send line ends as two characters; the text keeps one."""
    return text.replace("\r\n", "\n").strip()


def _lock(agreement: Agreement) -> None:
    Agreement.objects.select_for_update(of=("self",)).get(pk=agreement.pk)


def _locked(proposal: AgreementProposal, version: int | None = None) -> AgreementProposal:
    """Lock the agreement, then the proposal, in the order in which everything here does."""
    _lock(proposal.agreement)
    current = (
        AgreementProposal.objects.select_for_update(of=("self",))
        .select_related("agreement__centre", "organisation")
        .get(pk=proposal.pk)
    )
    if version is not None and current.version != version and current.state == ProposalState.OPEN:
        raise ProposalClash(current)
    return current


def _own(proposal: AgreementProposal, by: Actor) -> None:
    if proposal.user_id != by.user_id:
        raise ValidationError("Only the person who proposed this can change or withdraw it.")


def _decide(
    proposal: AgreementProposal, state: ProposalState, answer: str, by: Actor, at: datetime
) -> AgreementProposal:
    proposal.state, proposal.decided_at, proposal.decided_by_id = state, at, by.user_id
    proposal.answer = answer.strip()
    proposal.full_clean()
    proposal.save()
    _audit_proposal(f"proposal.{state}", proposal, by, at)
    return proposal


def _audit(verb: str, agreement: Agreement, by: Actor, at: datetime, *, version: int) -> None:
    audit.record(
        by=by,
        at=at,
        verb=verb,
        subject="agreement",
        subject_id=agreement.pk,
        details={"kind": agreement.kind, "version": version},
        centre=agreement.centre.slug,
    )


def _audit_proposal(verb: str, proposal: AgreementProposal, by: Actor, at: datetime) -> None:
    audit.record(
        by=by,
        at=at,
        verb=verb,
        subject="proposal",
        subject_id=proposal.pk,
        details={"kind": proposal.agreement.kind, "version": proposal.version, "state": str(proposal.state)},
        centre=proposal.agreement.centre.slug,
        organisation=proposal.organisation.code,
    )


__all__ = [
    "Clash",
    "IllegalMoveError",
    "ProposalClash",
    "adopt_proposal",
    "comment",
    "decline_proposal",
    "open_for_signature",
    "propose_change",
    "revise_proposal",
    "start_agreement",
    "withdraw_proposal",
]
