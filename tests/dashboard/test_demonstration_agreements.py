"""The demonstration's agreements and inductions: one partner unsigned, one induction near its end at each centre."""

from datetime import UTC, datetime

import pytest
from django.db import transaction

from dashboard.demonstration import agreements, directory, induction, partnership, rota
from nhc.actors import Actor
from nhc.models import Notice
from partners.models import AgreementProposal, Centre
from partners.queries import agreements as queries
from partners.queries import induction as induction_queries
from partners.queries.standing import deciding_alone

pytestmark = pytest.mark.django_db

BY = Actor.system("test")
AT = datetime(2026, 11, 22, 3, tzinfo=UTC)


def test_one_partner_has_not_signed_and_one_induction_ends_soon() -> None:
    with transaction.atomic():
        partnership.load(password="four quiet words here", by=BY, at=AT)
        for part in (directory, rota, agreements, induction):
            part.load(by=BY, at=AT)
    for slug, lacking in (("riverside", ["Open Door Housing"]), ("hillside", [])):
        centre = Centre.objects.get(slug=slug)
        in_force = queries.in_force_at(centre, AT)
        assert {kind: version.number for kind, version in in_force.items()} == {
            "memorandum": 1,
            "information-sharing": 1,
            "norms": 2,
        }
        unsigned = [
            each.organisation.name
            for version in in_force.values()
            for each in queries.signings(version, AT)
            if not each.bound
        ]
        assert unsigned == lacking
        states = [each.state for each in induction_queries.people(centre, AT)]  # type: ignore[attr-defined]  # annotated
        assert sorted(set(states)) == ["ends soon", "inducted"]
        people = {each.user_id for each in induction_queries.people(centre, AT)}
        assert all(deciding_alone(user, centre.pk, AT).allowed for user in people)
    assert Notice.objects.filter(kind="induction", stage=14).count() == 2
    assert AgreementProposal.objects.filter(state="open").count() == 2
