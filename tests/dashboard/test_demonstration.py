"""The demonstration loads once, is labelled, shows what it should, and its real figures equal the reference."""

import gzip
import hashlib
import json
import stat
from collections.abc import Iterator
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client
from pytest_django import DjangoDbBlocker
from pytest_django.fixtures import Settings

from dashboard.demonstration import emergency, loading, measures
from dashboard.demonstration.made_up import window
from dashboard.demonstration.stories import RIVERSIDE, SCENES
from dashboard.queries import charts
from dashboard.xmr_chart import XmRChart
from nhc import demonstration
from nhc.actors import Actor
from nhc.models import AuditEvent, User
from partners.models import Centre, Measure, Observation, PulseRound, Submission
from partners.permissions import Audience
from partners.services import organisations
from tests.dashboard import spc_vectors

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("demonstration")]

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
TODAY = date(2026, 11, 22)
MAKER = Actor.system("test")
PASSWORD = "four quiet words here"
TRUSTS = ("RJ1", "RQM", "RRK")
MANAGER = "manager@riverside.example"
VECTORS = {case.id: case for case in spc_vectors.cases()}


def load(*trusts: str) -> list[str]:
    said: list[str] = []
    loading.load(password=PASSWORD, by=MAKER, at=NOW, say=said.append, trusts=trusts)
    return said


@pytest.fixture(scope="module", autouse=True)
def loaded(django_db_setup: object, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Load it once, with three of the trusts, around all tests of this module; each rolls back what it does itself."""
    with django_db_blocker.unblock(), transaction.atomic():
        load(*TRUSTS)
        yield
        transaction.set_rollback(True)


@pytest.fixture
def complete(settings: Settings) -> None:
    """Let the three trusts be all there are, for the command, which knows no part of them."""
    settings.NHC_DEMO_PASSWORD = PASSWORD
    demonstration.record_loaded(loading.EMERGENCY, by=MAKER, at=NOW)


def command(*arguments: str) -> str:
    output = StringIO()
    call_command(*arguments, stdout=output)
    return output.getvalue()


def chart(centre: str, measure: str) -> XmRChart:
    found = charts.one(
        Centre.objects.get(slug=centre), Measure.objects.get(code=measure), audience=Audience.MEMBER, today=TODAY
    )
    assert found is not None
    assert found.chart is not None
    return found.chart


def signed_in(settings: Settings, email: str = MANAGER) -> Client:
    settings.NHC_DEMO = True
    name, _, session = command("democookie", email).strip().partition("=")
    client = Client()
    client.cookies[name] = session
    return client


def stored() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (AuditEvent, Submission, Observation, User, Centre))


@pytest.mark.usefixtures("complete")
def test_a_second_time_changes_nothing() -> None:
    before = stored()
    assert "The demonstration is loaded already." in command("demo")
    assert stored() == before


def test_what_was_interrupted_is_finished() -> None:
    before = Submission.objects.count()
    load("RJ1", "RAS")
    assert Submission.objects.count() == before + 1
    assert len(chart("ras", "ae-type1-seen-in-4h").points) == emergency.MONTHS


def test_it_refuses_a_database_with_an_organisation_of_someone_else() -> None:
    organisations.add_organisation(code="RXX", name="A real trust", sector="nhs_trust", by=MAKER, at=NOW)
    before = stored()
    with pytest.raises(CommandError, match=r"A real trust \(RXX\) is not part of the demonstration"):
        command("demo")
    assert stored() == before


@pytest.mark.usefixtures("complete")
def test_a_password_is_made_up_once_and_signs_everyone_in(settings: Settings, tmp_path: Path, client: Client) -> None:
    settings.NHC_DEMO_PASSWORD, settings.NHC_HOME = "", tmp_path
    said = command("demo")
    password = (tmp_path / "demo-password").read_text()
    assert f"The password of each: {password}" in said
    assert command("demo").endswith(f"{password}\n")
    assert stat.S_IMODE((tmp_path / "demo-password").stat().st_mode) == 0o600
    assert len(password) >= 12
    for email in (MANAGER, "privacy@hillside.example"):
        assert email in said
        assert client.post("/sign-in/", {"username": email, "password": password}).status_code == 302
        client.logout()


@pytest.mark.usefixtures("complete")
def test_a_password_that_was_given_is_not_repeated(client: Client) -> None:
    assert PASSWORD not in command("demo")
    assert client.post("/sign-in/", {"username": MANAGER, "password": PASSWORD}).status_code == 302


def test_the_cookie_is_of_someone_fully_signed_in(settings: Settings) -> None:
    page = signed_in(settings).get("/centres/riverside/")
    assert page.status_code == 200
    assert "Grace Oduya, centre manager" in page.content.decode()


def test_the_cookie_is_refused_outside_the_demonstration(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NHC_DEMO", raising=False)
    settings.NHC_DEMO, settings.DEBUG = False, True
    assert command("democookie", MANAGER).startswith("sessionid=")
    settings.DEBUG = False
    with pytest.raises(CommandError, match="NHC_DEMO=1"):
        command("democookie", MANAGER)
    settings.DEBUG = True
    monkeypatch.setenv("NHC_DEMO", "0")
    with pytest.raises(CommandError, match="NHC_DEMO=1"):
        command("democookie", MANAGER)


@pytest.mark.parametrize("email", ["alice@example.org", "nobody@riverside.example"])
def test_the_cookie_is_refused_for_anyone_else(settings: Settings, email: str) -> None:
    User.objects.create_user(email="alice@example.org", name="Alice")
    settings.NHC_DEMO = True
    with pytest.raises(CommandError, match=r"`manage\.py demo` lists"):
        command("democookie", email)


@pytest.mark.parametrize(
    ("centre", "measure", "label"),
    [
        ("riverside", "crisis-contacts", "was made up to show how the service works"),
        ("rj1", "ae-attendances", "licensed under the Open Government Licence v3.0."),
    ],
)
def test_every_page_says_whose_figures_it_shows(settings: Settings, centre: str, measure: str, label: str) -> None:
    client = signed_in(settings)
    for address in (f"/centres/{centre}/", f"/centres/{centre}/measures/{measure}/"):
        assert label in client.get(address).content.decode()


def test_people_see_the_centres_of_their_employers_and_teams_alone(settings: Settings) -> None:
    seen = {
        email: [signed_in(settings, email).get(f"/centres/{slug}/").status_code for slug in ("riverside", "hillside")]
        for email in (MANAGER, "manager@hillside.example", "linemanager@riverside.example", "peer@hillside.example")
    }
    assert list(seen.values()) == [[200, 404], [404, 200], [200, 200], [404, 200]]


@pytest.mark.parametrize("code", TRUSTS)
def test_the_real_charts_equal_the_reference(code: str) -> None:
    found = chart(code.lower(), "ae-type1-seen-in-4h")
    spc_vectors.assert_matches(found.xmr, VECTORS[f"ae-{code}-within4h"].expected)
    assert all(point.complete and point.expected == 1 for point in found.points)


@pytest.mark.parametrize("code", TRUSTS)
def test_the_real_figures_are_stored_as_published(code: str) -> None:
    vectors = json.loads((Path(spc_vectors.__file__).parent / "data" / "spc_vectors.json").read_text())
    real = next(case["real"] for case in vectors["cases"] if case["id"] == f"ae-{code}-within4h")
    kept = Observation.objects.filter(centre__slug=code.lower(), measure__code="ae-type1-seen-in-4h")
    assert list(kept.order_by("period_start").values_list("numerator", "denominator")) == [
        (attendances - breaches, attendances)
        for attendances, breaches in zip(real["attendances"], real["breaches"], strict=True)
    ]


def test_a_change_of_departments_is_marked_on_the_charts_that_it_moves() -> None:
    (note,) = chart("rrk", "ae-attendances").annotations
    assert note.date == date(2018, 7, 1)
    assert note.text.startswith("From this month the trust begins to report other departments")
    assert not chart("rrk", "ae-type1-seen-in-4h").annotations
    assert not chart("rj1", "ae-seen-in-4h").annotations


def test_trusts_are_those_with_a_major_department_in_every_month() -> None:
    found = emergency.trusts()
    assert len(found) == 130
    assert all(min(months) == emergency.FIRST and len(months) == emergency.MONTHS for months in found.values())
    assert sum(bool(emergency.changes(months)) for months in found.values()) == 48


def test_the_published_file_is_carried_unchanged_with_its_licence() -> None:
    folder = Path(emergency.__file__).parent / "data"
    content = gzip.decompress((folder / "ae_attendances.csv.gz").read_bytes())
    assert hashlib.sha256(content).hexdigest() in (folder / "ae_attendances.LICENCE.txt").read_text()


def test_riverside_shows_every_kind_of_signal() -> None:
    shown = {}
    for code in measures.MEASURES:
        found = chart("riverside", code)
        at = found.deciding
        assert at is not None
        if found.signal.shown:
            shown[code] = (found.signal.variation, found.signal.assurance, found.xmr.special_cause_type[at])
    assert shown == {
        "crisis-contacts-seen-in-4h": ("concern", "fail", "7 Points Below CL"),
        "referrals-handed-back": ("concern", "unsure", "Above UCL"),
        "time-to-first-contact": ("improvement", "pass", "7 Points Below CL"),
        "crisis-contacts": ("neutral", "none", "7 Points Above CL"),
        "emergency-admissions": ("improvement", "none", "7 Point Trend (Decreasing)"),
        "section-136-uses": ("common", "none", "Common Cause"),
        "shared-care-plan": ("improvement", "unsure", "7 Points Above CL"),
        "outcome-improved": ("common", "pass", "Common Cause"),
        "support-well-coordinated": ("common", "unsure", "Common Cause"),
        "felt-more-connected": ("common", "none", "Common Cause"),
        "visits-to-community-partners": ("common", "none", "Common Cause"),
        "staff-inducted": ("improvement", "pass", "7 Points Above CL"),
    }


def test_riverside_has_what_real_figures_have() -> None:
    visits = chart("riverside", "visits-to-community-partners")
    coordinated = chart("riverside", "support-well-coordinated")
    assert [point.missing for point in visits.points][-4:] == [0, 1, 1, 0]
    assert coordinated.rebases[0].date == date(2025, 7, 1)
    assert coordinated.rebases[0].agreed_by
    assert set(Observation.objects.values_list("state", flat=True)) == set(Observation.State.values)
    assert Observation.objects.filter(closed_seq__isnull=False).count() == 1
    assert Observation.objects.filter(dimension="ethnic_group", numerator__range=(1, 7)).exists()


def test_made_up_figures_add_up() -> None:
    warnings = Submission.objects.filter(centre__figures="made_up").values_list("warnings", flat=True)
    assert {warning["code"] for each in warnings for warning in each} <= {"outlier"}


def test_whenever_it_is_loaded_the_charts_have_the_same_shape() -> None:
    january, november = window(date(2027, 1, 1)), window(TODAY)
    assert (january[0], january[-1]) == (date(2024, 1, 1), date(2026, 12, 1))
    assert (november[0], november[-1]) == (date(2023, 11, 1), date(2026, 10, 1))
    figures = [
        [sent._replace(period="") for sent in RIVERSIDE.figures("ZZ001", months)] for months in (january, november)
    ]
    assert figures[0] == figures[1]


def test_every_measure_has_36_months_but_the_newest() -> None:
    lengths = {code: len(chart(scene.centre, code).points) for scene in SCENES for code in measures.MEASURES}
    assert lengths.pop("handovers-accepted-in-30-minutes") == 9
    assert set(lengths.values()) == {36}


@pytest.mark.parametrize("centre", ["riverside", "hillside"])
def test_the_norms_pulse_is_charted(settings: Settings, centre: str) -> None:
    found = chart(centre, "norms-pulse")
    assert len(found.points) >= 14
    assert all(point.complete and point.expected == 1 for point in found.points)
    assert PulseRound.objects.filter(centre__slug=centre, closed_at=None).count() == 1
    page = signed_in(settings, f"manager@{centre}.example").get(f"/centres/{centre}/measures/norms-pulse/")
    assert f"{found.points[-1].value:.0%}" in page.content.decode()


def test_line_managers_administrators_and_areas_have_what_they_look_after(settings: Settings) -> None:
    mine = signed_in(settings, "linemanager@riverside.example").get("/my-people/").content.decode()
    assert "Dana Reid" in mine
    assert "Hillside Neighbourhood Health Centre, until" in mine
    ours = signed_in(settings, "lead@riverside.example").get("/organisations/ZZ001/people/").content.decode()
    assert "Meera Joshi" in ours
    assert "Sam Okafor" not in ours
    area = signed_in(settings, "board@riverside.example").get("/areas/vale-and-moor/").content.decode()
    assert "Hillside Neighbourhood Health Centre" in area


@pytest.mark.parametrize("centre", ["riverside", "hillside"])
def test_the_directory_says_how_every_team_is_reached(settings: Settings, centre: str) -> None:
    page = signed_in(settings, f"manager@{centre}.example").get(f"/centres/{centre}/directory/").content.decode()
    assert "Crisis team" in page
    assert "Not said yet" not in page
    assert f"crisis-team@{centre}.example" in page
