"""What somebody may do ends with what it came from: an employment, or the partnership of an organisation."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from nhc import clock
from nhc.actors import Actor
from partners.models import Employment, Partnership
from partners.permissions import NotVisible, Viewer
from partners.permissions.agreements import get_agreement_for
from partners.permissions.induction import get_workplace_for
from partners.queries import rota as rota_queries
from partners.queries.agreements import signatories_of
from partners.queries.standing import deciding_alone
from partners.services import people as services
from partners.services import signatures
from tests.cast import MAKER, NOW, Cast
from tests.factories import EmploymentFactory
from tests.partners import agreements as made
from tests.partners.rotas import make_rota

pytestmark = pytest.mark.django_db


def test_a_signatory_who_left_does_not_sign(people: Cast) -> None:
    version = made.opened(people.riverside, at=NOW)
    power = made.signatory(people.trust, at=NOW)
    held = Employment.objects.get(user=power.user, organisation=people.trust)
    EmploymentFactory.create(user=power.user, organisation=people.charity)
    later = NOW + timedelta(days=1)
    services.end_employment(employment=held, ends_at=later, by=MAKER, at=NOW)
    power.refresh_from_db()
    assert power.ends_at == later
    assert list(signatories_of(people.trust, NOW)) == [power]
    with pytest.raises(PermissionDenied):
        get_agreement_for(Viewer.user(power.user), "riverside", version.agreement.kind, later)
    with pytest.raises(ValidationError, match="do not sign for"):
        signatures.sign(version=version, organisation=people.trust, by=Actor.user(power.user), at=later)


def test_the_power_to_sign_needs_the_employment_while_it_lasts(people: Cast) -> None:
    version = made.opened(people.riverside, at=NOW)
    power = made.signatory(people.trust, at=NOW)
    later = NOW + timedelta(days=1)
    Employment.objects.filter(user=power.user).update(ends_at=later)
    assert list(signatories_of(people.trust, later)) == []
    with pytest.raises(ValidationError, match="do not sign for"):
        signatures.sign(version=version, organisation=people.trust, by=Actor.user(power.user), at=later)


def test_nobody_works_or_decides_for_a_partner_that_is_one_no_more() -> None:
    now = clock.now()
    rota = make_rota()
    made.inducted(rota.ana, made.pack(rota.centre, at=now - timedelta(days=1)), at=now - timedelta(days=1))
    rota.add(rota.ana, rota.lead, now - timedelta(hours=1), now + timedelta(hours=5), at=now - timedelta(hours=2))
    rota.add(rota.ana, rota.lead, now + timedelta(days=2), now + timedelta(days=2, hours=8), at=now)
    viewer = Viewer.user(rota.ana)
    assert deciding_alone(rota.ana.pk, rota.centre.pk, now).allowed
    assert get_workplace_for(viewer, rota.centre.slug, now) == rota.centre
    assert any(rota_queries.on_duty(rota.centre, now).values())
    assert rota_queries.next_on([rota.lead], now)
    hour = now + timedelta(hours=1)
    assert not rota_queries.gaps_among([rota.lead], rota_queries.shifts_among([rota.lead], now, hour), now, hour)
    Partnership.objects.filter(organisation=rota.crisis.organisation).update(until_date=clock.london_date(now))
    assert not deciding_alone(rota.ana.pk, rota.centre.pk, now).allowed
    assert not any(rota_queries.on_duty(rota.centre, now).values())
    assert not any(rota_queries.next_on([rota.lead], now).values())
    found = rota_queries.gaps_among([rota.lead], rota_queries.shifts_among([rota.lead], now, hour), now, hour)
    assert [(gap.starts_at, gap.ends_at) for gap in found] == [(now, hour)]
    with pytest.raises((NotVisible, PermissionDenied)):
        get_workplace_for(viewer, rota.centre.slug, now)
