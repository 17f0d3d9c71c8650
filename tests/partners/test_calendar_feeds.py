"""Calendars read from another server: a real one, over HTTPS, on this machine."""

import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.conf import LazySettings
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connections

from nhc.models import AuditEvent
from partners.models import CalendarFeed, DoubleBooking, Shift
from partners.services import calendar_feeds, fetching, shifts
from partners.services.fetching import FetchError
from tests.conftest import Database
from tests.factories import MembershipFactory
from tests.partners.pages import signed_in, words
from tests.partners.rotas import MAKER, Rota, london, make_rota
from tests.partners.test_calendars import calendar, event

NOW = london(2026, 10, 21, 10)


class Publisher(HTTPServer):
    """What it answers, and what it was asked."""

    body = calendar(event())
    status = 200
    tag = '"1"'
    asked: list[str]
    meanwhile: Callable[[], object] | None = None

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that go away in the middle are what some tests are about."""


class Handler(BaseHTTPRequestHandler):
    server: Publisher

    def do_GET(self) -> None:
        self.server.asked.append(self.headers.get("If-None-Match", ""))
        if self.server.meanwhile is not None:
            self.server.meanwhile()
        if self.headers.get("If-None-Match") == '"1"':
            self.send_response(304)
            self.end_headers()
            return
        self.send_response(self.server.status)
        self.send_header("ETag", self.server.tag)
        self.send_header("Location", "https://localhost/elsewhere")
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the base class names it)
        """Say nothing."""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file with a key and a certificate for localhost."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("certificate") / "localhost.pem"
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(pem + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def publisher(certificate: Path, settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Publisher]:
    server = Publisher(("127.0.0.1", 0), Handler)
    server.asked = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    settings.CALENDAR_HOSTS = [f"localhost:{server.server_port}"]
    settings.CALENDAR_PRIVATE_HOSTS = ["localhost"]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def rota(db: None) -> Rota:
    return make_rota()


def address(publisher: Publisher) -> str:
    return f"https://localhost:{publisher.server_port}/rota.ics?key=1"


@pytest.fixture
def feed(rota: Rota, publisher: Publisher) -> CalendarFeed:
    return calendar_feeds.add_feed(team=rota.crisis, duty_role=rota.nights, url=address(publisher), by=MAKER, at=NOW)


def poll(minutes: int = 0) -> int:
    return calendar_feeds.poll(by=MAKER, at=NOW + timedelta(minutes=minutes))


def outcome(feed: CalendarFeed) -> str:
    feed.refresh_from_db()
    return feed.outcome


def test_a_calendar_is_read_at_once_and_again_when_it_is_due(feed: CalendarFeed, publisher: Publisher) -> None:
    assert [poll(), poll(5), poll(15)] == [1, 0, 1]
    assert publisher.asked == ["", '"1"']
    shift = Shift.objects.get()
    assert (shift.user.name, shift.ends_at - shift.starts_at) == ("Ana", timedelta(hours=13))
    assert outcome(feed) == "1 shift added, 0 changed, 0 taken off, 0 as before."


def test_what_the_calendar_changes_and_drops_follows(feed: CalendarFeed, publisher: Publisher) -> None:
    publisher.body = calendar(event("FREQ=DAILY;COUNT=3"))
    poll()
    publisher.body = calendar(event("FREQ=DAILY;COUNT=2", end="20261025T060000"))
    CalendarFeed.objects.update(etag="")
    poll(15)
    assert outcome(feed) == "0 shifts added, 2 changed, 1 taken off, 0 as before."
    assert [each.ends_at.hour for each in Shift.objects.filter(cancelled_at=None)] == [6, 6]


def test_cover_entered_here_is_not_undone_by_the_next_reading(
    rota: Rota, feed: CalendarFeed, publisher: Publisher
) -> None:
    poll()
    shift = Shift.objects.get()
    shifts.cover_shift(
        shift=shift,
        version=1,
        user=rota.ben,
        team=rota.crisis,
        starts_at=shift.starts_at,
        ends_at=shift.ends_at,
        reason="Sickness",
        by=MAKER,
        at=NOW,
    )
    CalendarFeed.objects.update(etag="")
    poll(15)
    assert outcome(feed).endswith("1 left as changed here.")
    assert [each.user.name for each in Shift.objects.filter(cancelled_at=None)] == ["Ben"]


def test_somebody_on_elsewhere_is_a_double_booking_until_it_is_solved(rota: Rota, feed: CalendarFeed) -> None:
    other = rota.add(rota.ana, rota.lead, london(2026, 10, 24, 22), london(2026, 10, 25, 6), at=NOW)
    poll()
    found = DoubleBooking.objects.get()
    assert (found.user, found.clashes_with) == (rota.ana, other)
    assert "1 event not taken" in outcome(feed)
    shifts.cancel_shift(shift=other, version=1, why="Settled", by=MAKER, at=NOW)
    poll(15)
    assert not DoubleBooking.objects.exists()
    assert Shift.objects.get(cancelled_at=None).source == "icalendar"


def test_one_bad_event_costs_the_others_nothing(feed: CalendarFeed, publisher: Publisher) -> None:
    bad = event().replace("UID:a", "UID:b").replace("SUMMARY:Ana", "SUMMARY:Nobody we know")
    publisher.body = calendar(event(), bad)
    poll()
    assert Shift.objects.count() == 1
    assert "1 event not taken. Nobody we know, 24 October 2026: Nobody in Crisis team is called" in outcome(feed)


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (302, b"", "The calendar has moved to another address"),
        (500, b"", "The calendar's server answered 500"),
        (200, b"<html>", "The file is no calendar"),
        (200, b"x" * 1_000_001, "The calendar must be smaller than 1MB"),
    ],
)
def test_a_fault_keeps_the_rota_and_says_what_is_wrong(
    feed: CalendarFeed, publisher: Publisher, status: int, body: bytes, said: str
) -> None:
    poll()
    publisher.status, publisher.body = status, body
    CalendarFeed.objects.update(etag="")
    poll(15)
    assert said in outcome(feed)
    assert feed.read_at == NOW
    assert Shift.objects.filter(cancelled_at=None).count() == 1


@pytest.mark.parametrize("tag", ['"\0"', '"\x7f"', '"é"'])
def test_a_tag_that_cannot_be_kept_is_none(feed: CalendarFeed, publisher: Publisher, tag: str) -> None:
    publisher.tag = tag
    poll()
    assert outcome(feed) == "1 shift added, 0 changed, 0 taken off, 0 as before."
    assert feed.etag == ""


def test_a_calendar_that_fails_keeps_no_other_from_being_read(
    rota: Rota, feed: CalendarFeed, publisher: Publisher, settings: LazySettings
) -> None:
    second = calendar_feeds.add_feed(
        team=rota.door, duty_role=rota.nights, url=f"{address(publisher)}&for=door", by=MAKER, at=NOW
    )
    # No release leaves such an etag behind: it stands for whatever nobody foresaw.
    CalendarFeed.objects.filter(pk=feed.pk).update(etag="a\nb", read_at=NOW)
    assert poll() == 2
    assert "Ask the operator to look at the log" in outcome(feed)
    assert "Nobody in Open door is called" in outcome(second)


def test_a_server_that_is_not_there_is_said(rota: Rota, settings: LazySettings) -> None:
    settings.CALENDAR_HOSTS = ["localhost:9"]
    settings.CALENDAR_PRIVATE_HOSTS = ["localhost"]
    url = "https://localhost:9/"
    feed = calendar_feeds.add_feed(team=rota.crisis, duty_role=rota.nights, url=url, by=MAKER, at=NOW)
    poll()
    assert outcome(feed) == "The calendar's server could not be reached."


def test_a_server_with_another_certificate_is_refused(feed: CalendarFeed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    poll()
    assert "could not prove who it is" in outcome(feed)


def test_a_private_address_is_refused_unless_it_is_allowed(
    feed: CalendarFeed, publisher: Publisher, settings: LazySettings
) -> None:
    settings.CALENDAR_PRIVATE_HOSTS = []
    poll()
    assert "inside a private network" in outcome(feed)
    assert publisher.asked == []


def resolving(monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    found = [(socket.AF_INET6, socket.SOCK_STREAM, 6, "", (answer, 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)


@pytest.mark.parametrize(
    "answer",
    [
        "10.0.0.1",
        "169.254.169.254",
        "224.0.0.1",
        "::1",
        "fe80::1%eth0",
        "fc00::1",
        "fec0::1",
        "::8.8.8.8",
        "::ffff:8.8.8.8",
        "64:ff9b::a00:1",
        "64:ff9b:1::a00:1",
        "2002:a00:1::1",
    ],
)
def test_a_name_that_leads_inside_is_refused(
    settings: LazySettings, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    settings.CALENDAR_HOSTS = ["calendar.example.org"]
    resolving(monkeypatch, answer)
    with pytest.raises(FetchError, match="inside a private network"):
        fetching.fetch("https://calendar.example.org/")


def test_a_name_that_is_looked_up_for_ever_ends_with_the_time_for_all(
    settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CALENDAR_HOSTS = ["calendar.example.org"]
    done = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [] if done.wait(60) else None)
    monkeypatch.setattr(fetching, "LONGEST", 0.05)
    with pytest.raises(FetchError, match="took longer"):
        fetching.fetch("https://calendar.example.org/")
    done.set()


def test_a_server_that_never_shakes_hands_ends_with_the_time_for_all(
    settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "LONGEST", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.CALENDAR_HOSTS = [f"localhost:{silent.getsockname()[1]}"]
        settings.CALENDAR_PRIVATE_HOSTS = ["localhost"]
        with pytest.raises(FetchError, match="took longer"):
            fetching.fetch(f"https://localhost:{silent.getsockname()[1]}/")


@pytest.mark.parametrize(
    "url",
    [
        "http://calendar.example.org/",
        "https://other.example.org/",
        "https://calendar.example.org@other.example.org/",
        "https://calendar.example.org:8443/",
        "https://user:password@calendar.example.org/",
        "https://calendar.example.org:x/",
        "https://[::1/",
        "ftp://calendar.example.org/",
        "https:///rota.ics",
        "https://calendar.example.org/\r\nHost: other",
        "file:///etc/passwd",
    ],
)
def test_an_address_that_may_not_be_read_is_refused(rota: Rota, settings: LazySettings, url: str) -> None:
    settings.CALENDAR_HOSTS = ["calendar.example.org"]
    with pytest.raises(ValidationError):
        calendar_feeds.add_feed(team=rota.crisis, duty_role=rota.nights, url=url, by=MAKER, at=NOW)
    with pytest.raises(FetchError):
        fetching.fetch(url)


def test_a_calendar_that_is_ended_is_read_no_more(feed: CalendarFeed, publisher: Publisher) -> None:
    poll()
    calendar_feeds.end_feed(feed=feed, by=MAKER, at=NOW)
    assert poll(60) == 0
    assert Shift.objects.filter(cancelled_at=None).count() == 1


@pytest.fixture
def ended_meanwhile(committed: Database, publisher: Publisher) -> CalendarFeed:
    """Return a calendar that is ended, by somebody else, just when it is asked for."""
    rota = make_rota()
    feed = calendar_feeds.add_feed(team=rota.crisis, duty_role=rota.nights, url=address(publisher), by=MAKER, at=NOW)

    def end() -> None:
        calendar_feeds.end_feed(feed=feed, by=MAKER, at=NOW)
        connections.close_all()

    publisher.meanwhile = end
    return feed


@pytest.mark.parametrize("status", [200, 500])
def test_a_calendar_that_is_ended_while_it_is_fetched_changes_nothing(
    ended_meanwhile: CalendarFeed, publisher: Publisher, status: int
) -> None:
    publisher.status = status
    assert (poll(), len(publisher.asked)) == (1, 1)
    assert not Shift.objects.exists()
    assert outcome(ended_meanwhile) == ""


def test_an_address_is_nowhere_to_be_read(feed: CalendarFeed, rota: Rota, publisher: Publisher) -> None:
    poll()
    feed.refresh_from_db()
    assert feed.shown == "localhost … ey=1"
    stored = [repr(row) for row in (*CalendarFeed.objects.values(), *AuditEvent.objects.values())]
    assert not any("rota.ics" in row for row in stored)
    MembershipFactory.create(user=rota.ben, team=rota.crisis, role="manager")
    page = signed_in(rota.ben).get(f"/centres/{rota.centre.slug}/rota/import/")
    assert feed.shown in words(page)
    assert "rota.ics" not in page.content.decode()


def test_the_same_calendar_is_read_once_for_a_team_and_duty(feed: CalendarFeed, publisher: Publisher) -> None:
    with pytest.raises(ValidationError, match="is read for the team and duty role already"):
        calendar_feeds.add_feed(team=feed.team, duty_role=feed.duty_role, url=address(publisher), by=MAKER, at=NOW)


def test_an_address_that_another_key_sealed_is_to_be_added_again(feed: CalendarFeed, settings: LazySettings) -> None:
    settings.BODY_KEY = bytes(32)
    poll()
    assert outcome(feed) == "The calendar's address can be read no more. End it here and add it again."


def test_the_migration_seals_addresses_and_opens_them_again(committed: Database, publisher: Publisher) -> None:
    rota = make_rota()
    feed = calendar_feeds.add_feed(team=rota.crisis, duty_role=rota.nights, url=address(publisher), by=MAKER, at=NOW)
    call_command("migrate", "partners", "0010", database="owner", verbosity=0)
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT url FROM partners_calendarfeed")
        assert cursor.fetchall() == [(address(publisher),)]
    call_command("migrate", database="owner", verbosity=0)
    connections["owner"].close()
    assert poll() == 1
    assert (outcome(feed)[:7], feed.shown) == ("1 shift", "localhost … ey=1")
