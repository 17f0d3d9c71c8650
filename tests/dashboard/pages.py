"""A centre with two years of figures, and readers of its pages."""

import re

from django.test import Client

from nhc.models import User
from tests.cast import Cast
from tests.dashboard.figures import answer, roll, seen, send, visits

MONTHS = [f"{year}-{month:02}" for year in (2024, 2025, 2026) for month in range(1, 13)][3:27]
"""April 2024 to March 2026."""
FEW = "2025-06"
"""The month with 4 of 43 seen in time, and 3 visits."""

OVERVIEW = "/centres/riverside/"
MEASURE = "/centres/riverside/measures/crisis-contacts-seen-in-4h/"
VISITED = "/centres/riverside/measures/visits-to-community-partners/"
SOURCES = f"{MEASURE}sources/2026-03/"


def fill(people: Cast) -> None:
    """Send 24 months of both measures and roll them up. The charity owes visits since January 2026 and sends none."""
    totals = [seen(month, 4 if month == FEW else 31 + number % 5, 43) for number, month in enumerate(MONTHS)]
    counts = [visits(month, 3 if month == FEW else 52 + number % 7) for number, month in enumerate(MONTHS)]
    send(people.trust, *totals, *counts)
    send(people.charity, answer("visits-to-community-partners", "2026-02", "not_collected"))
    roll()


def reader(user: User) -> Client:
    """Return a browser in which the person is signed in."""
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def words(page: str) -> str:
    """Return what a page says, without its markup and its embedded data."""
    spoken = re.sub(r"(?s)<(script|svg)\b.*?</\1>", " ", page)
    return " ".join(re.sub(r"<[^>]+>", " ", spoken).split())
