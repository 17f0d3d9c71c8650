"""Agreements: drafted together, opened, signed once for each organisation, and never changed afterwards."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import Error, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from nhc.actors import Actor
from nhc.models import AuditEvent
from partners import permissions
from partners.lifecycle import IllegalMoveError
from partners.models import AgreementProposal, Organisation, Signature
from partners.permissions import Audience, Viewer
from partners.queries import agreements as queries
from partners.services import agreements, signatures
from tests.cast import MAKER, NOW, Cast
from tests.conftest import Database
from tests.factories import (
    AgreementProposalFactory,
    EmploymentFactory,
    PartnershipFactory,
)
from tests.partners import agreements as made
from tests.partners.pages import signed_in, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]

LIST = "/centres/riverside/agreements/"
SHARING = f"{LIST}information-sharing/"


@pytest.fixture
def alice(people: Cast) -> Client:
    """The centre manager, who opens agreements."""
    return signed_in(people.alice)


@pytest.fixture
def bashir(people: Cast) -> Client:
    """A submitter of another partner, who proposes and comments."""
    return signed_in(people.bashir)


def proposal(people: Cast, text: str = "# Sharing\n\nWe share totals and trends.") -> AgreementProposal:
    """A change that Bashir proposes to a draft."""
    agreement = queries.by_kind(people.riverside, "information-sharing")
    if agreement is None:
        agreement = agreements.start_agreement(
            centre=people.riverside, kind="information-sharing", text=made.TEXT, by=MAKER, at=NOW
        ).agreement
    return agreements.propose_change(
        agreement=agreement,
        base_text=queries.newest(agreement).text,
        text=text,
        reason="Trends matter",
        organisation=people.trust,
        by=Actor.user(people.bashir),
        at=NOW,
    )


def test_a_text_is_drafted_together_opened_and_signed(people: Cast, alice: Client, bashir: Client) -> None:
    alice.post(f"{SHARING}begin/", {"text": made.TEXT})
    sent = bashir.post(
        f"{SHARING}propose/", {"base": made.TEXT, "text": f"{made.TEXT}\r\n\r\nOr trends.", "reason": "Trends too"}
    )
    page = bashir.get(sent["Location"])
    assert "1 line added" in words(page)
    assert b"<ins>" in page.content
    alice.post(f"{sent['Location']}comment/", {"text": "I agree with this."})
    assert "I agree with this." in words(alice.get(sent["Location"]))
    alice.post(f"{sent['Location']}answer/", {"act": "adopt", "version": "1", "answer": ""})
    draft = queries.newest(AgreementProposal.objects.get().agreement)
    assert draft.text.endswith("Or trends.")
    opened = {"text": draft.text, "summary": "The first one"}
    opened |= {"sign_by-day": "1", "sign_by-month": "5", "sign_by-year": "2026"}
    opened |= {"review_on-day": "1", "review_on-month": "5", "review_on-year": "2027"}
    assert alice.post(f"{SHARING}open/", opened).status_code == 302
    made.signatory(people.trust, at=NOW, user=people.alice)
    form = {"version": queries.newest(draft.agreement).pk, "organisation": "ZZ001", "read": "on"}
    assert alice.post(f"{SHARING}sign/", form).status_code == 302
    shown = words(bashir.get(SHARING))
    assert "Riverside Mental Health Trust Signed" in shown.replace("Partner ", "").replace("State ", "")
    assert "Nothing changes until the end of 1 May 2026" in shown
    assert "1 of 3 partners" in words(bashir.get(LIST))


def test_what_was_typed_is_kept_where_the_text_changed_meanwhile(people: Cast, alice: Client, bashir: Client) -> None:
    first = proposal(people)
    agreements.adopt_proposal(proposal=first, version=1, by=MAKER, at=NOW)
    answer = bashir.post(f"{SHARING}propose/", {"base": made.TEXT, "text": "Mine instead", "reason": "Because"})
    assert answer.status_code == 409
    assert "The text has changed since" in words(answer)
    assert b"Mine instead" in answer.content
    assert AgreementProposal.objects.count() == 1


def test_a_stale_proposal_waits_until_it_is_brought_up_to_date(people: Cast, alice: Client, bashir: Client) -> None:
    first, second = proposal(people), proposal(people, "Something else")
    agreements.adopt_proposal(proposal=first, version=1, by=MAKER, at=NOW)
    page = f"{LIST}proposals/{second.pk}/"
    refused = alice.post(f"{page}answer/", {"act": "adopt", "version": "1"})
    assert refused.status_code == 409
    assert "What changed in the text meanwhile" in words(refused)
    base = queries.newest(second.agreement).text
    revised = bashir.post(f"{page}revise/", {"base": base, "version": "1", "text": "Something else again"})
    assert revised.status_code == 302
    assert alice.post(f"{page}answer/", {"act": "adopt", "version": "1"}).status_code == 409
    assert alice.post(f"{page}answer/", {"act": "adopt", "version": "2"}).status_code == 302


def test_a_proposal_moves_once(people: Cast) -> None:
    answered = proposal(people)
    agreements.decline_proposal(proposal=answered, version=1, answer="Not now", by=MAKER, at=NOW)
    with pytest.raises(IllegalMoveError, match="declined already"):
        agreements.adopt_proposal(proposal=answered, version=1, by=MAKER, at=NOW)
    with pytest.raises(IllegalMoveError, match="declined already"):
        agreements.withdraw_proposal(proposal=answered, by=Actor.user(people.bashir), at=NOW)


def test_only_the_proposer_withdraws(people: Cast, alice: Client, bashir: Client) -> None:
    page = f"{LIST}proposals/{proposal(people).pk}/"
    assert alice.post(f"{page}withdraw/").status_code == 403
    assert bashir.post(f"{page}withdraw/").status_code == 302


def test_opening_leaves_time_to_sign_and_needs_the_text_that_was_read(people: Cast) -> None:
    draft = agreements.start_agreement(centre=people.riverside, kind="norms", text="Be kind", by=MAKER, at=NOW)
    soon = NOW.date() + timedelta(days=13)
    with pytest.raises(ValidationError, match="at least 14 days"):
        agreements.open_for_signature(
            agreement=draft.agreement,
            text="Be kind",
            summary="",
            sign_by=soon,
            review_on=soon + timedelta(days=9),
            by=MAKER,
            at=NOW,
        )
    with pytest.raises(agreements.Clash):
        agreements.open_for_signature(
            agreement=draft.agreement,
            text="Another",
            summary="",
            sign_by=soon + timedelta(days=9),
            review_on=soon + timedelta(days=99),
            by=MAKER,
            at=NOW,
        )


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE partners_agreementversion SET text = 'x'",
        "UPDATE partners_agreementversion SET sign_by = sign_by + 1",
        "UPDATE partners_agreementversion SET opened_at = NULL",
        "DELETE FROM partners_agreementversion",
        "UPDATE partners_signature SET capacity = 'x'",
        "DELETE FROM partners_signature",
        "TRUNCATE partners_signature",
        "UPDATE partners_agreementcomment SET text = 'x'",
        "UPDATE partners_agreementproposal SET text = 'x'",
        "DELETE FROM partners_agreementproposal",
    ],
)
def test_what_was_opened_signed_or_answered_stays_for_the_owner_too(
    people: Cast, django_db_setup: Database, statement: str
) -> None:
    agreements.comment(
        proposal=(said := proposal(people)), text="Good", organisation=people.trust, by=Actor.user(people.alice), at=NOW
    )
    agreements.adopt_proposal(proposal=said, version=1, by=MAKER, at=NOW)
    made.signed(made.opened(people.riverside, at=NOW), people.trust, at=NOW)
    with pytest.raises(Error, match=r"append-only|was opened|permission denied"), transaction.atomic():
        connection.cursor().execute(statement)


def test_only_who_was_appointed_signs_and_once(people: Cast) -> None:
    version = made.opened(people.riverside, at=NOW)
    with pytest.raises(ValidationError, match="do not sign for"):
        signatures.sign(version=version, organisation=people.trust, by=Actor.user(people.alice), at=NOW)
    power = made.signatory(people.trust, at=NOW)
    made.signed(version, people.trust, at=NOW)
    with pytest.raises(ValidationError, match="signed this version already"):
        made.signed(version, people.trust, at=NOW)
    signatures.end_signatory(signatory=power, by=MAKER, at=NOW)
    later = NOW + timedelta(days=1)
    with pytest.raises(ValidationError, match="do not sign for"):
        signatures.sign(
            version=made.opened(people.riverside, at=later),
            organisation=people.trust,
            by=Actor.user(power.user),
            at=later,
        )
    assert AuditEvent.objects.filter(verb="agreement.signed").count() == 1


def test_a_superseded_version_and_an_organisation_from_elsewhere_are_refused(people: Cast) -> None:
    old = made.opened(people.riverside, at=NOW)
    later = NOW + timedelta(days=1)
    made.opened(people.riverside, at=later)
    with pytest.raises(ValidationError, match="not the one in force"):
        made.signed(old, people.trust, at=later)
    newest = queries.newest(old.agreement)
    with pytest.raises(ValidationError, match="not a partner"):
        made.signed(newest, people.housing, at=later)


def test_a_signatory_is_one_of_the_organisations_people(people: Cast) -> None:
    with pytest.raises(ValidationError, match="works for"):
        made.signatory(people.trust, at=NOW, user=people.dev)


@pytest.mark.parametrize(
    ("person", "path", "status"),
    [
        ("alice", "", 200),
        ("bashir", "", 200),
        ("operator", "", 200),
        ("carol", "", 403),
        ("dev", "", 404),
        ("alice", "norms/", 404),
        ("alice", "norms/begin/", 200),
        ("bashir", "norms/begin/", 403),
        ("alice", "nothing/begin/", 404),
        ("bashir", "information-sharing/propose/", 200),
        ("operator", "information-sharing/propose/", 403),
        ("bashir", "information-sharing/open/", 403),
        ("alice", "information-sharing/sign/", 403),
        ("alice", "information-sharing/versions/1/", 200),
        ("alice", "information-sharing/versions/9/", 404),
        ("alice", "proposals/0/", 404),
    ],
)
def test_who_reaches_which_page(people: Cast, person: str, path: str, status: int) -> None:
    made.opened(people.riverside, at=NOW)
    assert signed_in(getattr(people, person)).get(f"{LIST}{path}").status_code == status


def test_another_centres_proposal_is_absent(people: Cast, alice: Client) -> None:
    elsewhere = AgreementProposalFactory.create(agreement__centre=people.hillside)
    assert alice.get(f"{LIST}proposals/{elsewhere.pk}/").status_code == 404
    assert alice.post(f"{LIST}proposals/{elsewhere.pk}/answer/", {"act": "adopt", "version": 1}).status_code == 404
    assert alice.get("/centres/hillside/agreements/").status_code == 404


def test_someone_who_only_signs_reads_what_they_sign(people: Cast) -> None:
    made.opened(people.riverside, at=NOW)
    made.signatory(people.charity, at=NOW, user=people.carol)
    page = signed_in(people.carol).get(f"{SHARING}sign/")
    assert page.status_code == 200
    assert "We share totals." in words(page)


def test_what_came_into_force_while_somebody_read_is_shown_before_it_is_signed(people: Cast) -> None:
    old = made.opened(people.riverside, at=NOW - timedelta(days=2))
    made.signatory(people.charity, at=NOW, user=people.carol)
    made.opened(people.riverside, at=NOW - timedelta(days=1))
    form = {"version": old.pk, "organisation": "ZZ002", "read": "on"}
    answer = signed_in(people.carol).post(f"{SHARING}sign/", form)
    assert answer.status_code == 409
    assert not Signature.objects.exists()


def audience(people: Cast, organisation: Organisation, days: float) -> str:
    viewer = Viewer(user_id=None, organisation_id=organisation.pk)
    return permissions.get_centre_for(viewer, "riverside", NOW + timedelta(days=days)).audience


def test_exact_totals_come_with_the_information_sharing_agreement(people: Cast) -> None:
    assert audience(people, people.charity, 0) == Audience.MEMBER
    version = made.opened(people.riverside, at=NOW, sign_by=NOW.date() + timedelta(days=14))
    made.signed(version, people.trust, at=NOW)
    assert [audience(people, people.charity, days) for days in (0, 14, 15)] == ["member", "member", "outside"]
    assert audience(people, people.trust, 15) == Audience.MEMBER
    assert audience(people, people.charity, 15) == Audience.OUTSIDE
    made.opened(people.riverside, "memorandum", at=NOW)
    assert audience(people, people.trust, 99) == Audience.MEMBER


def test_a_member_sees_exact_totals_through_an_organisation_that_signed(people: Cast) -> None:
    version = made.opened(people.riverside, at=NOW, sign_by=NOW.date() + timedelta(days=14))
    made.signed(version, people.charity, at=NOW)
    later = NOW + timedelta(days=20)
    seen = {
        name: permissions.get_centre_for(Viewer.user(getattr(people, name)), "riverside", later).audience
        for name in ("alice", "bashir")
    }
    # Alice works for the trust alone; Bashir for the charity as well.
    assert seen == {"alice": Audience.OUTSIDE, "bashir": Audience.MEMBER}


def test_the_page_says_what_not_having_signed_changes(people: Cast, alice: Client) -> None:
    made.opened(people.riverside, at=NOW - timedelta(days=60))
    shown = words(alice.get(SHARING))
    assert "From their next shift its people do not decide alone, and totals are shown to it under" in shown
    assert "Not signing never keeps anyone from reading about somebody in their care" in shown


def test_markdown_cannot_carry_a_script(people: Cast, alice: Client) -> None:
    made.opened(people.riverside, at=NOW, text='<script>alert(1)</script> [x](javascript:alert(1)) <img src="//x">')
    page = alice.get(SHARING).content
    assert b"<script>alert" not in page
    assert b"javascript:" not in page.replace(b"(javascript:alert(1))", b"")
    assert b"<img" not in page


def test_administrators_appoint_and_end_who_signs(people: Cast) -> None:
    boss = EmploymentFactory.create(organisation=people.charity, administrator=True).user
    browser, page = signed_in(boss), "/organisations/ZZ002/signatories/"
    strange = browser.post(f"{page}appoint/", {"email": "dev@example.org", "capacity": "Chair"})
    unknown = browser.post(f"{page}appoint/", {"email": "nobody@example.org", "capacity": "Chair"})
    assert (strange.status_code, unknown.status_code) == (422, 422)
    assert browser.post(f"{page}appoint/", {"email": "carol@example.org", "capacity": "Chair"}).status_code == 302
    assert "Carol" in words(browser.get(page))
    power = queries.signatories_of(people.charity, NOW).get()
    assert browser.post(f"{page}{power.pk}/end/").status_code == 302
    assert "Nobody signs for the organisation yet" in words(browser.get(page))
    assert signed_in(people.alice).get(page).status_code == 404
    other = made.signatory(people.trust, at=NOW)
    assert browser.get(f"{page}{other.pk}/end/").status_code == 404


def test_pages_cost_the_same_whatever_there_is(people: Cast, alice: Client) -> None:
    version = made.opened(people.riverside, at=NOW)
    for _ in range(12):
        partner = PartnershipFactory.create(centre=people.riverside).organisation
        made.signed(version, partner, at=NOW)
        AgreementProposalFactory.create(agreement=version.agreement, base=version, organisation=partner)
    counts = []
    for page in (LIST, SHARING):
        with CaptureQueriesContext(connection) as captured:
            assert alice.get(page).status_code == 200
        counts.append(len(captured))
    # Session, person and frame 4; standing and centre 2; the list then 5, and the agreement 10.
    assert counts[0] <= 12
    assert counts[1] <= 18
