"""The demonstration's grids: published at both centres, with people on for all of it but the one gap that is left."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from dashboard.demonstration import agreements, decisions, directory, induction, partnership, rota
from decisions.finder import Kind
from decisions.models import Override
from decisions.queries import finder, grids
from decisions.services import may_i
from nhc.actors import Actor
from nhc.models import User
from partners.models import Centre

pytestmark = pytest.mark.django_db

BY = Actor.system("test")


@pytest.mark.parametrize(
    "at",
    [
        pytest.param(datetime(2026, 11, 22, 13, tzinfo=UTC), id="an ordinary day"),
        pytest.param(datetime(2026, 10, 24, 22, tzinfo=UTC), id="the night on which clocks go back"),
    ],
)
def test_the_finder_is_clean_but_for_the_gap_at_the_front_door(at: datetime) -> None:
    with transaction.atomic():
        partnership.load(password="four quiet words here", by=BY, at=at)
        for part in (directory, rota, agreements, decisions, induction):
            part.load(by=BY, at=at)
    for slug, scenarios in (("riverside", 31), ("hillside", 31)):
        centre = Centre.objects.get(slug=slug)
        version = grids.version_in_force(centre, at)
        assert version is not None
        assert version.scenarios.count() == scenarios
        for later in (timedelta(), timedelta(days=1)):
            (finding,) = finder.search(version, at + later).findings
            assert finding.kind is Kind.EMPTY_RUNG
            assert [each.name for each in finding.holders] == ["Front door"]
            assert finding.ends_at - finding.starts_at == timedelta(hours=12)
        assert Override.objects.filter(scenario__grid_version=version, reviewed_at=None).count() == 1
        clinician = Actor.user(User.objects.get(email=f"clinician@{slug}.example"))
        answer = may_i.ask(centre=centre, scenario_code="crisis-diversion", about=at, by=clinician, at=at)
        assert answer.kind == "ask"
        assert answer.who[0].telephone.startswith("01632 960")
