"""From a trust's published figures to its chart, over the wire alone: sent, rolled up by a real worker, read back.

The client knows the address of the OpenAPI document and its key. Addresses, media types and columns it finds there.
"""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from celery import Celery

from dashboard.demonstration import emergency
from dashboard.demonstration.sending import Sent
from dashboard.models import RollupRun
from nhc.embedded.processes import wait_for
from partners.services import contract, organisations
from tests import cast, serving
from tests.cast import MAKER, NOW
from tests.conftest import Database
from tests.dashboard import spc_vectors

pytestmark = [pytest.mark.fault, pytest.mark.xdist_group("servers")]

TRUSTS = ("RJ1", "RQM", "RRK")
MEASURE = "ae-type1-seen-in-4h"
LIMIT = 120
"""Seconds for the worker to start and do the night."""

type Node = dict[str, Any]


@dataclass(frozen=True)
class Partner:
    """A client of one organisation, which knows only what the document says."""

    client: httpx.Client
    document: Node
    key: str

    def ask(self, name: str, *, query: Mapping[str, str], **body: Any) -> httpx.Response:
        """Send the operation of that name."""
        for path, methods in self.document["paths"].items():
            for method, operation in methods.items():
                if operation["operationId"] == name:
                    headers = {"Authorization": f"Bearer {self.key}"} | body.pop("headers", {})
                    return self.client.request(method, path, params=query, headers=headers, **body)
        raise AssertionError(f"The document has no operation {name}.")

    def send_json(self, centre: str, figures: list[Sent]) -> Node:
        message = {"centre": centre, "observations": [sent.document() for sent in figures]}
        return self._sent("application/json", json.dumps(message), {})

    def send_csv(self, centre: str, figures: list[Sent]) -> Node:
        (example,) = self._bodies()["text/csv"]["examples"].values()
        table = io.StringIO()
        writer = csv.DictWriter(table, next(csv.reader(io.StringIO(example["value"]))))
        writer.writeheader()
        writer.writerows({"centre": centre} | sent.document() for sent in figures)
        return self._sent("text/csv", table.getvalue(), {"centre": centre})

    def chart(self, centre: str) -> Node:
        found: Node = self.ask("read_chart", query={"centre": centre, "measure": MEASURE}).json()
        return found

    def _bodies(self) -> Node:
        (operation,) = [
            operation
            for methods in self.document["paths"].values()
            for operation in methods.values()
            if operation["operationId"] == "send_figures"
        ]
        bodies: Node = operation["requestBody"]["content"]
        return bodies

    def _sent(self, media_type: str, body: str, query: Mapping[str, str]) -> Node:
        assert media_type in self._bodies()
        answer = self.ask("send_figures", query=query, content=body, headers={"Content-Type": media_type})
        assert answer.status_code == 201, answer.text
        counts: Node = answer.json()["counts"]
        return counts


@pytest.fixture
def partners(committed: Database) -> Iterator[dict[str, Partner]]:
    """Serve a database that knows the three trusts, their centres and measures, and none of their figures."""
    measures = emergency.add_measures(by=MAKER, at=NOW)
    keys = {}
    for code in TRUSTS:
        trust = organisations.add_organisation(code=code, name=code, sector="nhs_trust", by=MAKER, at=NOW)
        centre = organisations.add_centre(slug=code.lower(), name=code, by=MAKER, at=NOW)
        since = emergency.FIRST
        organisations.add_partnership(organisation=trust, centre=centre, from_date=since, by=MAKER, at=NOW)
        for measure in measures.values():
            contract.collect_measure(centre=centre, measure=measure, from_date=since, by=MAKER, at=NOW)
        owed = list(measures.values())
        contract.add_return(organisation=trust, centre=centre, measures=owed, from_date=since, by=MAKER, at=NOW)
        keys[code] = cast.key(trust)
    with serving.web(committed) as served:
        document = served.client.get("/api/v1/openapi.json").json()
        yield {code: Partner(served.client, document, key) for code, key in keys.items()}


def test_a_trusts_figures_come_back_as_the_references_chart(partners: dict[str, Partner], committed: Database) -> None:
    months = {code: emergency.figures(emergency.trusts()[code]) for code in TRUSTS}
    for code, partner in partners.items():
        figures, slug = months[code], code.lower()
        assert partner.send_json(slug, figures)["created"] == len(figures) == 4 * emergency.MONTHS
        for again in (partner.send_csv(slug, figures), partner.send_json(slug, figures)):
            assert (again["unchanged"], again["received"]) == (len(figures), len(figures))
        assert partner.chart(slug)["points"] == []
    with serving.worker(committed):
        broker = Celery(broker=serving.environment(committed)["REDIS_URL"])
        broker.send_task("dashboard.tasks.ensure_night_runs")
        assert wait_for(RollupRun.objects.filter(kind="night", state="succeeded").exists, seconds=LIMIT)
    expected = {case.id: case.expected for case in spc_vectors.cases()}
    for code, partner in partners.items():
        assert_equal(partner.chart(code.lower()), expected[f"ae-{code}-within4h"])


def assert_equal(chart: Node, expected: spc_vectors.Expected) -> None:
    """Floats to 1e-9 relative, everything else exactly."""
    points = chart["points"]
    theirs = expected.points
    assert [point["start"] for point in points] == [day.isoformat() for day in theirs.date]
    for name, values in (
        ("value", theirs.value),
        ("mean", theirs.mean),
        ("lower_limit", theirs.lpl),
        ("upper_limit", theirs.upl),
        ("near_lower_limit", theirs.nlpl),
        ("near_upper_limit", theirs.nupl),
        ("moving_range", theirs.mr),
    ):
        for point, value in zip(points, values, strict=True):
            near = value if value is None else pytest.approx(value, rel=1e-9, abs=1e-9)
            assert point[name] == near, (name, point["period"])
    assert [point["rebase_group"] for point in points] == theirs.rebase_group
    assert [point["special_cause_type"] for point in points] == theirs.special_cause_type
    assert [point["point_type"] for point in points] == theirs.point_type
    assert (chart["variation"], chart["assurance"]) == (
        expected.summary.variation_type,
        expected.summary.assurance_type,
    )
    assert (chart["icons_shown"], chart["target"], chart["rebases"]) == (True, 0.95, [])
    assert all(point["complete"] for point in points)
