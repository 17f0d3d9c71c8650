"""POST and GET /referrals/: by a key with the scope `refer`, taken whole or not at all, done once."""

import json
from collections.abc import Mapping

import pytest
from django.test import Client

from huddles.models import Referral, SharingPreference
from huddles.services import referrals
from nhc.models import AuditEvent
from partners.models import IdempotencyRecord, Organisation, Partnership
from tests import cast
from tests.huddles import flow
from tests.huddles.circle import NOW, NUMBER, SOON, Circle, by
from tests.partners.pages import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]

REFERRALS = "/api/v1/referrals/"


@pytest.fixture
def door(around: Circle) -> Circle:
    flow.opened(around)
    return around


def by_key(organisation: Organisation, *scopes: str) -> Client:
    return Client(headers={"Authorization": f"Bearer {cast.key(organisation, *scopes or ('refer',))}"})


def message(circle: Circle, **changed: object) -> dict[str, object]:
    person = {"given_name": "Testina", "family_name": "Exampleton", "born_on": "1984-05-06"}
    return {"centre": circle.centre.slug, "person": person, "words": flow.WORDS, **changed}


def send(client: Client, sent: object, **headers: str) -> "Answer":
    body = sent if isinstance(sent, str) else json.dumps(sent)
    return Answer(client.post(REFERRALS, body, content_type="application/json", headers=headers))


class Answer:
    """What the API answered: status, headers and document."""

    def __init__(self, response: object) -> None:
        self.status: int = response.status_code  # type: ignore[attr-defined]  # a test client's answer
        self.headers: Mapping[str, str] = response.headers  # type: ignore[attr-defined]  # likewise
        self.document = json.loads(response.content)  # type: ignore[attr-defined]  # likewise


def codes(answer: Answer) -> set[tuple[str, str]]:
    return {(fault["code"], place) for fault in answer.document["errors"] for place in fault["pointers"]}


def test_a_partners_system_refers_somebody(door: Circle) -> None:
    answer = send(by_key(door.council.organisation), message(door, external_id="R-1"))
    referral = Referral.objects.get()
    assert answer.status == 201
    assert answer.document["triage_due_at"] == "2026-04-03T09:30:00+00:00"
    assert answer.headers["Location"].endswith(f"{REFERRALS}{referral.reference}/")
    assert (referral.source, referral.organisation, referral.user) == ("partner", door.council.organisation, None)
    assert "Testina" not in json.dumps(answer.document)


def test_nothing_in_the_answer_says_that_somebody_is_known(door: Circle) -> None:
    client = by_key(door.council.organisation)
    known = send(client, message(door, person={"given_name": "Saphyr", "family_name": "Oakfel", "nhs_number": NUMBER}))
    new = send(
        client, message(door, person={"given_name": "Noor", "family_name": "Made-up", "nhs_number": "9990000026"})
    )
    assert known.status == new.status == 201
    varying = {"reference"}
    assert {k: v for k, v in known.document.items() if k not in varying} == {
        k: v for k, v in new.document.items() if k not in varying
    }


@pytest.mark.parametrize(
    ("changed", "code", "pointer"),
    [
        ({"words": ""}, "missing-field", "/words"),
        ({"words": 7}, "wrong-type", "/words"),
        ({"words": "x" * 10_001}, "too-long", "/words"),
        ({"words": "a\0b"}, "invalid-text", "/words"),
        ({"centre": "nowhere"}, "unknown-centre", "/centre"),
        ({"person": []}, "wrong-type", "/person"),
        ({"person": {}}, "missing-field", "/person/given_name"),
        ({"person": {"alias": "A", "nhs_number": "9990000019"}}, "invalid-nhs-number", "/person/nhs_number"),
        ({"person": {"alias": "A", "born_on": "2027-01-01"}}, "invalid-date", "/person/born_on"),
        ({"person": {"alias": "A", "born_on": "6 May"}}, "invalid-date", "/person/born_on"),
        ({"person": {"alias": "A", "shoe/size": "7"}}, "unknown-field", "/person"),
        ({"migration_status": "other"}, "unknown-field", ""),
    ],
)
def test_what_is_wrong_is_said_by_code_and_place(
    door: Circle, changed: dict[str, object], code: str, pointer: str
) -> None:
    answer = send(by_key(door.council.organisation), message(door, **changed))
    assert answer.status == 422
    assert (code, pointer) in codes(answer)
    assert Referral.objects.count() == 0


def test_everything_that_is_wrong_is_said_at_once_and_nothing_is_repeated(door: Circle) -> None:
    person = {"family_name": 7, "nhs_number": "123 456", "born_on": "x", NUMBER: "known?"}
    wrong = {"centre": "nowhere", "person": person, "words": ""}
    answer = send(by_key(door.council.organisation), wrong)
    assert len(codes(answer)) == 7
    assert not any(said in json.dumps(answer.document) for said in ("123 456", NUMBER))


@pytest.mark.parametrize("body", ["", "{", "[]", "7", '"text"', '{"centre": "\\ud800"}', "[" * 100_000])
def test_a_body_that_is_no_referral_is_refused_and_breaks_nothing(door: Circle, body: str) -> None:
    assert send(by_key(door.council.organisation), body).status in {400, 413, 415, 422}


def test_only_keys_that_may_refer_do_so(door: Circle) -> None:
    reader = by_key(door.council.organisation, "read", "submit")
    assert send(reader, message(door)).status == 403
    assert send(signed_in(door.ana), message(door)).status == 403
    assert send(Client(), message(door)).status == 401
    assert by_key(door.council.organisation).get("/api/v1/submissions/").status_code == 403


def test_a_key_of_an_organisation_that_is_no_partner_finds_no_centre(door: Circle) -> None:
    elsewhere = door.eve.memberships.get().team.organisation
    answer = send(by_key(elsewhere), message(door))
    assert codes(answer) == {("unknown-centre", "/centre")}


def test_a_closed_door_is_a_conflict(around: Circle) -> None:
    assert send(by_key(around.council.organisation), message(around)).status == 409


def test_the_senders_own_number_is_taken_once(door: Circle) -> None:
    client = by_key(door.council.organisation)
    first = send(client, message(door, external_id="R-1"))
    again = send(client, message(door, external_id="R-1"))
    other = send(client, message(door, external_id="R-1", words="Something else."))
    somebody = send(client, message(door, external_id="R-1", person={"alias": "Somebody else"}))
    assert [first.status, again.status, other.status, somebody.status] == [201, 200, 409, 409]
    assert first.document["reference"] == again.document["reference"]


def test_a_repeated_request_gets_the_first_answer_and_its_key_serves_nothing_else(door: Circle) -> None:
    client, key = by_key(door.council.organisation), {"Idempotency-Key": "night-1"}
    first, again = send(client, message(door), **key), send(client, message(door), **key)
    other = send(client, message(door, words="Something else."), **key)
    assert [first.status, again.status, other.status] == [201, 201, 422]
    assert first.document == again.document
    assert again.headers["Idempotent-Replayed"] == "true"
    assert Referral.objects.count() == 1
    assert b"Testina" not in bytes(IdempotencyRecord.objects.get().body)


def test_the_sender_reads_the_answer_and_that_is_recorded(door: Circle) -> None:
    client = by_key(door.council.organisation)
    reference = send(client, message(door)).document["reference"]
    referral = Referral.objects.get()
    referrals.triage_referral(
        referral=referral, stream=flow.stream(door.centre), version=1, answer="We visit.", by=by(door.ana), at=SOON
    )
    told = client.get(f"{REFERRALS}{reference}/").json()
    assert (told["state"], told["stream"], told["answer"]) == ("answered", "Outreach", "We visit.")
    assert AuditEvent.objects.filter(verb="referral.answer_read", subject_id=reference).count() == 1
    assert [each["reference"] for each in client.get(REFERRALS).json()["results"]] == [reference]
    other = by_key(door.rota.door.organisation)
    assert other.get(f"{REFERRALS}{reference}/").status_code == 404
    assert other.get(REFERRALS).json()["results"] == []


def test_who_is_no_partner_any_more_reads_no_answer(door: Circle) -> None:
    client = by_key(door.council.organisation)
    reference = send(client, message(door)).document["reference"]
    Partnership.objects.filter(organisation=door.council.organisation).update(until_date=NOW.date())
    assert client.get(f"{REFERRALS}{reference}/").status_code == 404
    assert client.get(REFERRALS).json()["results"] == []


def test_an_answer_is_withheld_where_the_person_does_not_share(door: Circle) -> None:
    client = by_key(door.council.organisation)
    reference = send(client, message(door)).document["reference"]
    referral = Referral.objects.get()
    SharingPreference.objects.create(
        person=referral.episode.person, organisation=door.council.organisation, shares=False, starts_at=NOW
    )
    referrals.triage_referral(
        referral=referral, stream=flow.stream(door.centre), version=1, answer="We visit.", by=by(door.ana), at=SOON
    )
    told = client.get(f"{REFERRALS}{reference}/").json()
    assert (told["answer"], told["answer_withheld"]) == (None, True)


def test_lists_go_page_by_page(door: Circle) -> None:
    client = by_key(door.council.organisation)
    sent = [send(client, message(door, external_id=f"R-{number}")).document["reference"] for number in range(5)]
    found: list[str] = []
    address: str | None = f"{REFERRALS}?limit=2"
    while address is not None and len(found) < len(sent):
        page = client.get(address).json()
        found += [each["reference"] for each in page["results"]]
        address = page["next"]
    assert address is None
    assert found == sent[::-1]
