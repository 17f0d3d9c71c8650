"""Inductions: written, opened, gone through step by step, and who has completed one."""

import re
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import Error, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from nhc.actors import Actor
from partners.models import Induction, InductionStepDone, NormsConfirmation
from partners.queries import induction as queries
from partners.services import induction_packs, inductions
from partners.services.induction_packs import Step
from tests.cast import MAKER, NOW, Cast
from tests.factories import MembershipFactory, TeamFactory
from tests.partners import agreements as made
from tests.partners.pages import signed_in, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]

HOME = "/centres/riverside/induction/"


@pytest.fixture
def alice(people: Cast) -> Client:
    return signed_in(people.alice)


def test_an_induction_is_gone_through_on_pages(people: Cast, alice: Client) -> None:
    charter = made.opened(people.riverside, "norms", at=NOW - timedelta(days=1), text="# Norms\n\nWe listen.")
    made.pack(people.riverside, at=NOW - timedelta(days=1), norms=True)
    assert "The fast track takes 10 minutes" in words(alice.get(HOME))
    place = alice.post(f"{HOME}begin/full/")["Location"]
    answers: list[dict[str, object]] = [{}, {}, {"confirmed": "on"}, {"choice": "0"}]
    for answer in answers:
        sent = alice.post(place, answer)
        place = sent["Location"] if sent.status_code == 302 else place
    assert sent.status_code == 422
    assert "Not quite. A rung that does not answer is passed by." in words(sent)
    place = alice.post(place, {"choice": "1"})["Location"]
    assert "We listen." in words(alice.get(place))
    assert alice.post(place, {"confirmed": "on", "norms": charter.pk})["Location"] == HOME
    shown = words(alice.get(HOME))
    assert "You may decide alone where the decision is yours" in shown
    assert "2 April 2027" in shown
    assert NormsConfirmation.objects.get().user == people.alice


def test_progress_is_kept_and_steps_are_done_once(people: Cast, alice: Client) -> None:
    made.pack(people.riverside, at=NOW)
    first = alice.post(f"{HOME}begin/full/")["Location"]
    second = alice.post(first)["Location"]
    alice.post(first)
    assert InductionStepDone.objects.count() == 1
    assert alice.post(f"{HOME}begin/full/")["Location"] == second
    assert Induction.objects.count() == 1


def test_an_unticked_box_and_a_missing_answer_store_nothing(people: Cast, alice: Client) -> None:
    made.pack(people.riverside, at=NOW)
    first = alice.post(f"{HOME}begin/full/")["Location"]
    for position in (3, 4):
        answer = alice.post(re.sub(r"\d+/$", f"{position}/", first))
        assert answer.status_code == 422
    assert not InductionStepDone.objects.exists()


def test_norms_that_changed_while_they_were_read_are_shown_again(people: Cast, alice: Client) -> None:
    old = made.opened(people.riverside, "norms", at=NOW - timedelta(days=2))
    made.opened(people.riverside, "norms", at=NOW - timedelta(days=1))
    answer = alice.post(f"{HOME}norms/", {"version": old.pk, "confirmed": "on"})
    assert answer.status_code == 409
    assert "A newer version came into force while you read" in words(answer)
    assert not NormsConfirmation.objects.exists()


def test_new_norms_show_what_is_new_and_are_confirmed(people: Cast, alice: Client) -> None:
    made.opened(people.riverside, "norms", at=NOW - timedelta(days=2))
    newest = made.opened(people.riverside, "norms", at=NOW - timedelta(days=1))
    page = alice.get(f"{HOME}norms/")
    assert "1 line added" in words(page)
    assert alice.post(f"{HOME}norms/", {"version": newest.pk, "confirmed": "on"}).status_code == 302
    assert "You have confirmed version 2" in words(alice.get(HOME))


@pytest.mark.parametrize(
    ("person", "path", "status"),
    [
        ("alice", "", 200),
        ("operator", "", 200),
        ("carol", "", 403),
        ("dev", "", 404),
        ("alice", "people/", 200),
        ("alice", "people.csv", 200),
        ("carol", "people/", 403),
        ("dev", "people.csv", 404),
        ("alice", "packs/full/", 200),
        ("bashir", "packs/full/", 403),
        ("alice", "packs/other/", 404),
        ("alice", "norms/", 404),
        ("alice", "packs/fast-track/add/", 404),
        ("alice", "steps/0/edit/", 404),
    ],
)
def test_who_reaches_which_page(people: Cast, person: str, path: str, status: int) -> None:
    assert signed_in(getattr(people, person)).get(f"{HOME}{path}").status_code == status


def test_nobody_goes_through_anothers_induction(people: Cast, alice: Client) -> None:
    version = made.pack(people.riverside, at=NOW)
    theirs = inductions.begin(user=people.bashir, version=version, by=Actor.user(people.bashir), at=NOW)
    assert alice.get(f"{HOME}{theirs.pk}/steps/1/").status_code == 404
    assert alice.post(f"{HOME}{theirs.pk}/steps/1/").status_code == 404


def test_a_pack_is_written_and_opened_on_pages(people: Cast, alice: Client) -> None:
    page = f"{HOME}packs/fast-track/"
    alice.post(f"{page}draft/")
    step = {
        "edition": "1",
        "kind": "check",
        "title": "Fire",
        "question": "Where?",
        "answer": "2",
        "feedback": "Outside.",
    }
    assert alice.post(f"{page}add/", step | {"options": "In"}).status_code == 422
    assert alice.post(f"{page}add/", step | {"options": "In\r\nOut"}).status_code == 302
    stale = alice.post(f"{page}add/", {"edition": "1", "kind": "read", "title": "Stale"})
    assert stale.status_code == 409
    assert "Somebody else has changed this draft" in words(stale)
    assert alice.post(f"{page}add/", {"edition": "2", "kind": "read", "title": "Doors"}).status_code == 302
    pack = queries.pack_by_kind(people.riverside, "fast-track")
    assert pack is not None
    draft = queries.draft_of(pack)
    assert draft is not None
    last = queries.steps_of(draft)[1]
    alice.post(f"{HOME}steps/{last.pk}/change/", {"act": "up", "edition": "3"})
    assert alice.post(f"{page}open/", {"edition": "4", "valid_for_days": "30"}).status_code == 302
    shown = queries.version_open(pack)
    assert shown is not None
    assert [step.title for step in queries.steps_of(shown)] == ["Doors", "Fire"]


def test_what_was_opened_keeps_its_steps(people: Cast) -> None:
    version = made.pack(people.riverside, at=NOW)
    with pytest.raises(ValidationError, match="was opened and stays"):
        induction_packs.add_step(version=version, step=Step("read", "More"), by=MAKER, at=NOW)
    for statement in (
        "UPDATE partners_inductionstep SET title = 'x'",
        "DELETE FROM partners_inductionstep",
        "UPDATE partners_inductionpackversion SET valid_for_days = 9",
        "DELETE FROM partners_inductionpackversion",
    ):
        with pytest.raises(Error, match=r"opened|append-only"), transaction.atomic():
            connection.cursor().execute(statement)


def test_a_completed_induction_stays(people: Cast) -> None:
    made.inducted(people.alice, made.pack(people.riverside, at=NOW), at=NOW)
    with pytest.raises(Error, match="append-only"), transaction.atomic():
        Induction.objects.update(expires_at=NOW + timedelta(days=9999))


def test_who_is_inducted_is_listed_filtered_and_exported(people: Cast, alice: Client) -> None:
    made.inducted(people.alice, made.pack(people.riverside, at=NOW, valid_for_days=400), at=NOW)
    soon = made.pack(people.riverside, "fast-track", at=NOW, valid_for_days=7)
    made.inducted(people.bashir, soon, at=NOW)
    everyone = {(each.user.name, each.state) for each in queries.people(people.riverside, NOW)}  # type: ignore[attr-defined]  # annotated
    assert everyone == {("Alice", "inducted"), ("Bashir", "ends soon"), ("Operator", "not inducted")}
    assert ("Riverside Mental Health Trust", 2, 2) in queries.tally(people.riverside, NOW)
    filtered = words(alice.get(f"{HOME}people/", {"state": "not inducted", "organisation": "ZZ003"}))
    assert "Operator" in filtered
    assert "Bashir" not in filtered
    file = alice.get(f"{HOME}people.csv", {"state": "inducted"}).content.decode()
    assert file.splitlines()[1:] == ["Alice,Riverside Mental Health Trust,inducted,7 May 2027"]


def test_the_list_costs_the_same_however_many_there_are(people: Cast, alice: Client) -> None:
    version = made.pack(people.riverside, at=NOW)
    team = TeamFactory.create(centre=people.riverside)
    for _ in range(15):
        made.inducted(MembershipFactory.create(team=team).user, version, at=NOW)
    with CaptureQueriesContext(connection) as captured:
        alice.get(f"{HOME}people/")
    # Session, person, frame and centre 5; then tally, organisations, count and page.
    assert len(captured) <= 10
