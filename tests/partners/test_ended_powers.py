"""What somebody may do ends with what it came from: an employment, or the partnership of an organisation."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from nhc.actors import Actor
from partners.models import Employment
from partners.permissions import Viewer
from partners.permissions.agreements import get_agreement_for
from partners.queries.agreements import signatories_of
from partners.services import people as services
from partners.services import signatures
from tests.cast import MAKER, NOW, Cast
from tests.factories import EmploymentFactory
from tests.partners import agreements as made

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
