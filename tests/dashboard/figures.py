"""Figures in through the partners' service, roll-ups out: what the dashboard's tests share."""

import json
from collections.abc import Mapping
from datetime import datetime

from django.db import connection

from dashboard.models import Rollup, RollupRun
from dashboard.services import runs, shards
from partners.models import Organisation, Submission
from partners.services import submissions
from partners.services.submissions import Upload
from tests.cast import MAKER, NOW

SEEN = "crisis-contacts-seen-in-4h"
VISITS = "visits-to-community-partners"

FIGURES = (
    "numerator",
    "denominator",
    "value",
    "lower",
    "upper",
    "organisations_expected",
    "organisations_reported",
)


def send(
    organisation: Organisation,
    *observations: Mapping[str, object],
    centre: str = "riverside",
    mode: str = "merge",
    at: datetime = NOW,
) -> Submission:
    """Send figures and return the accepted submission."""
    message = {"centre": centre, "mode": mode, "observations": observations}
    upload = Upload(organisation=organisation, media_type="application/json", body=json.dumps(message).encode())
    submission = submissions.receive(upload=upload, by=MAKER, at=at).submission
    assert submission.state == "accepted", submission.errors
    return submission


def seen(period: str, numerator: float, denominator: float, **more: object) -> dict[str, object]:
    return {"measure": SEEN, "period": period, "numerator": numerator, "denominator": denominator, **more}


def visits(period: str, numerator: int, **more: object) -> dict[str, object]:
    return {"measure": VISITS, "period": period, "numerator": numerator, **more}


def answer(measure: str, period: str, state: str, **more: object) -> dict[str, object]:
    return {"measure": measure, "period": period, "state": state, **more}


def ethnic_group(category: str) -> dict[str, dict[str, str]]:
    return {"breakdown": {"ethnic_group": category}}


def roll(*, at: datetime = NOW) -> RollupRun | None:
    """Roll up what is dirty, in this process; return the run, or None where nothing was."""
    run_id = runs.ensure_drain_run(at=at)
    return None if run_id is None else shards.run_here(run_id=run_id, at=at, progress=lambda _: None)


def cell(measure: str, period_start: str, *, centre: str = "riverside", category: str = "") -> dict[str, object]:
    """Return the stored figures of one cell."""
    found: dict[str, object] = Rollup.objects.values(*FIGURES).get(
        centre__slug=centre, measure__code=measure, period_start=period_start, category=category
    )
    return found


def stored() -> list[tuple[object, ...]]:
    """Return the whole roll-up without the runs that wrote it."""
    columns = ("centre_id", "measure_id", "period_start", "dimension", "category")
    return list(Rollup.objects.order_by(*columns).values_list(*columns, "version_id", *FIGURES))


def tamper(sql: str) -> None:
    """Change the stored roll-up behind the product's back."""
    with connection.cursor() as cursor:
        cursor.execute(sql)
