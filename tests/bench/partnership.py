"""Every list page of the partnership, with 10,000 users, 500 teams and 100,000 shifts, against a bare Django view."""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

from django.test import Client

from nhc import authentication, clock
from nhc.models import User
from tests.bench.arena import Arena, Served
from tests.bench.pages import queries_of
from tests.bench.population import FULL, SMALL, Population, populate
from tests.bench.results import Result, seconds

MOST_TIMES_THE_BARE_VIEW = 40.0


@dataclass(frozen=True, slots=True)
class Page:
    """A page, who asks for it, and the most that it may ask of the database: what its own tests hold it to."""

    name: str
    path: str
    most_queries: int
    by: User
    search: Mapping[str, str] | None = None
    """What is looked for before, where the page keeps that in the session."""


def rows(arena: Arena, *, full: bool) -> list[Result]:
    """Measure each page: nothing of them is kept between two requests, so every request is a first."""
    population = populate(arena.owner(), FULL if full else SMALL, at=clock.now())
    web, bare = arena.web(), arena.bare()
    clients = {user.pk: _client(user) for user in (population.manager, population.privacy_officer)}
    rounds = 16 if full else 8
    return [_row(page, clients[page.by.pk], web, bare, rounds, population.counts) for page in pages(population)]


def pages(population: Population) -> list[Page]:
    """Return the list pages with their budgets."""
    here = f"/centres/{population.centre.slug}"
    staff = f"/organisations/{population.organisation.code}/people/"
    manager, officer = population.manager, population.privacy_officer
    return [
        Page("people", staff, 10, manager),
        Page("people-search", staff, 10, manager, {"q": "amina patel"}),
        Page("directory", f"{here}/directory/", 10, manager),
        Page("team", f"{here}/directory/{population.team_id}/", 11, manager),
        Page("rota-week", f"{here}/rota/", 17, manager),
        Page("rota-month", f"{here}/rota/month/", 13, manager),
        Page("rota-now", f"{here}/rota/now/", 9, manager),
        Page("my-shifts", "/my-shifts/", 7, manager),
        Page("my-people", "/my-people/", 8, manager),
        Page("inductions", f"{here}/induction/people/", 10, manager),
        Page("inductions-ended", f"{here}/induction/people/?state=ended", 10, manager),
        Page("agreements", f"{here}/agreements/", 10, manager),
        Page("agreement", f"{here}/agreements/norms/", 16, manager),
        Page("screens", f"{here}/screens/", 7, manager),
        Page("audit", "/audit/", 16, officer),
        Page("audit-filtered", "/audit/", 16, officer, {"verb": "figure.corrected"}),
    ]


def _row(page: Page, client: Client, web: Served, bare: Served, rounds: int, counts: str) -> Result:
    if page.search is not None:
        client.post(page.path, page.search)
    cookie = {"Cookie": f"sessionid={client.cookies['sessionid'].value}"}

    def ask() -> bytes:
        return web.client.get(page.path, headers=cookie).raise_for_status().content

    if web.client.get(page.path, headers=cookie).status_code != client.get(page.path).status_code:
        raise AssertionError(f"{page.path} answers otherwise over HTTP.")
    size = len(ask())
    took: list[float] = []
    floor: list[float] = []
    before = web.cpu_seconds()
    for _ in range(rounds):
        took.append(seconds(ask))
        floor.extend(seconds(lambda: bare.client.get("/read/").raise_for_status()) for _ in range(3))
    cpu = (web.cpu_seconds() - before) / rounds
    client.get(page.path)  # so that noting when the session was last used, every half minute, is not counted
    return Result(
        page.name,
        median(took) * 1000,
        median(floor) * 1000,
        MOST_TIMES_THE_BARE_VIEW,
        "milliseconds",
        cpu_ms=cpu * 1000,
        queries=queries_of(client, page.path),
        most_queries=page.most_queries,
        note=f"{size // 1024:,} KB of markup; {counts}",
    )


def _client(user: User) -> Client:
    """Return a client of a person who signed in with a second factor."""
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    session = client.session
    session[authentication.SECOND_FACTOR] = True
    session.save()
    return client
