"""One browser for all journeys, the product's own server for each module, and what journeys say."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from nhc.models import User
from partners.models import Team
from partners.services import people
from tests import cast
from tests.cast import MAKER, NOW
from tests.conftest import Database
from tests.dashboard import pages
from tests.factories import LONG_AGO
from tests.journeys.visitor import PASSWORD, Visitor
from tests.serving import web

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what drives a browser, and keep it in one process: one browser is enough for two cores."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.journey)
            item.add_marker(pytest.mark.xdist_group("journeys"))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start the browser of this machine. Fails, saying how to get one, where there is none."""
    found = (shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))
    executable = next(filter(None, found), None)
    if executable is None:
        pytest.fail("Journeys need a browser. Install one with: apt-get install --yes chromium", pytrace=False)
    # Playwright keeps an event loop in this thread, and Django would refuse to store what journeys start from.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield launched
        launched.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="module")
def site(browser: Browser, committed_together: Database) -> Iterator[str]:
    """Serve Riverside with two years of figures; return the address of the server."""
    gathered = cast.gather()
    pages.fill(gathered)
    dana = people.add_person(
        email="dana@example.org", name="Dana", organisation=gathered.council, employed_from=LONG_AGO, by=MAKER, at=NOW
    )
    desk = Team.objects.get(name="Service desk")
    people.add_membership(user=dana, team=desk, role="lead", starts_at=LONG_AGO, by=MAKER, at=NOW)
    for user in User.objects.all():
        user.set_password(PASSWORD)
        user.save()
    with web(committed_together, DJANGO_ALLOW_ASYNC_UNSAFE="") as served:
        yield f"http://127.0.0.1:{served.port}"


@pytest.fixture
def visitor(browser: Browser, site: str) -> Iterator[Visitor]:
    """Return someone at a desk. At the end, nothing may have gone wrong in their browser."""
    yield from _visiting(browser, site)


@pytest.fixture
def on_a_phone(browser: Browser, site: str) -> Iterator[Visitor]:
    """Return someone with the narrowest screen that pages must fit."""
    yield from _visiting(browser, site, width=320)


@pytest.fixture
def without_scripts(browser: Browser, site: str) -> Iterator[Visitor]:
    """Return someone whose browser runs no JavaScript."""
    yield from _visiting(browser, site, scripts=False)


def _visiting(browser: Browser, site: str, *, width: int = 1280, scripts: bool = True) -> Iterator[Visitor]:
    context = browser.new_context(
        base_url=site, viewport={"width": width, "height": 900}, java_script_enabled=scripts, locale="en-GB"
    )
    visitor = Visitor(context.new_page(), site, scripts=scripts)
    yield visitor
    context.close()
    assert visitor.complaints == []
    assert [address for address in visitor.asked if not address.startswith((f"{site}/", "data:", "blob:"))] == []
