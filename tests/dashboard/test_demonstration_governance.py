"""The demonstration's forums: chairs that went round, answers that lack, decisions on charts, a charity's risk."""

from datetime import UTC, datetime

import pytest
from django.db import transaction

from dashboard.demonstration import governance, partnership
from decisions.models import Issue
from decisions.queries import decisions, forums, priorities, proposals, risks
from decisions.services import nudges
from nhc.actors import Actor
from nhc.models import User
from partners.models import Centre

pytestmark = pytest.mark.django_db

BY = Actor.system("test")
AT = datetime(2026, 11, 22, 3, tzinfo=UTC)


def test_the_forums_have_a_past_and_something_to_do() -> None:
    with transaction.atomic():
        partnership.load(password="four quiet words here", by=BY, at=AT)
        governance.load(by=BY, at=AT)
    for slug in ("riverside", "hillside"):
        centre = Centre.objects.get(slug=slug)
        found = {forum.kind: forum for forum in forums.forums_of(centre)}
        assert list(found) == ["board", "group", "backbone"]
        for forum in found.values():
            chaired = [term.seat.organisation_id for term in forums.terms_of(forum)]
            assert len(set(chaired)) == min(len(chaired), len(forums.seats_of(forum, AT)))
            assert forums.chair_of(forum, AT).term is not None
        peer = User.objects.get(email=f"peer@{slug}.example")
        assert [each.title for each in proposals.waiting_for(peer.pk, centre, AT)] == [
            "Keep two rooms open until ten in the evening"
        ]
        assert sorted(Issue.objects.filter(forum__centre=centre).values_list("state", flat=True)) == [
            "closed",
            "raised",
            "taken",
        ]
        assert {mark.text.partition(": ")[2] for mark in decisions.of_measure(centre)} == {
            "One front door for every referral",
            "Introduce everybody who wants it to a community partner",
        }
        assert risks.carried_by_charities(centre) == 1
        words = [risks.trend(vars(risk)["history"]).word for risk in risks.risks_of(centre)]
        assert words == ["rising", "falling"]
        assert all(vars(outcome)["under"] for outcome in priorities.outcomes_of(centre))
    assert nudges.nudge_forums(by=BY, at=AT) > 0
