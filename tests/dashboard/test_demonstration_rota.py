"""The demonstration's rota: eight weeks, one gap to find, one swap to answer, and somebody on whenever it is loaded."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from dashboard.demonstration import directory, partnership, rota
from nhc.actors import Actor
from partners.models import Centre, Shift, Swap
from partners.queries import rota as queries

pytestmark = pytest.mark.django_db

BY = Actor.system("test")


@pytest.mark.parametrize("at", [datetime(2026, 11, 22, 3, tzinfo=UTC), datetime(2026, 10, 24, 22, tzinfo=UTC)])
def test_a_rota_of_eight_weeks_has_one_gap_and_one_swap(at: datetime) -> None:
    with transaction.atomic():
        partnership.load(password="four quiet words here", by=BY, at=at)
        directory.load(by=BY, at=at)
        rota.load(by=BY, at=at)
    for centre in Centre.objects.filter(slug__in=("riverside", "hillside")):
        found = queries.gaps(centre, at - timedelta(days=27), at + timedelta(days=27))
        assert [(gap.duty_role.code, gap.ends_at - gap.starts_at) for gap in found] == [
            ("front-door", timedelta(hours=12))
        ]
        assert Swap.objects.filter(state="asked", shift__duty_role__centre=centre).count() == 1
        on = {role.code: people for role, people in queries.on_duty(centre, at).items()}
        assert len(on["shift-lead"]) == len(on["crisis-practitioner"]) == 1
        assert Shift.objects.filter(duty_role__centre=centre, cancelled_at=None).count() > 300
