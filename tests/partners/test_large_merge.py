"""Large submissions, which are staged: the same answers as small ones give."""

import pytest

from partners.models import DirtySlot
from partners.services import submissions
from partners.services.submissions import Upload
from tests.bench import scene

pytestmark = pytest.mark.django_db


def test_a_large_correction_changes_only_what_differs() -> None:
    centre = scene.centre("bench")
    scene.measures(centre)
    organisation = scene.partner("LB1", centre)
    sent = scene.observations(2_100)

    def send() -> dict[str, int]:
        body = scene.message(centre.slug, sent)
        upload = Upload(organisation=organisation, media_type="application/json", body=body)
        counts: dict[str, int] = submissions.receive(upload=upload, by=scene.BY, at=scene.AT).submission.counts
        return counts

    first = send()
    DirtySlot.objects.all().delete()
    sent[3] |= {"numerator": 0, "denominator": 1_000}
    sent[50] = {name: sent[50][name] for name in sent[50] if name in {"measure", "period", "breakdown"}}
    sent[50]["state"] = "withdrawn"
    second = send()

    assert (first["created"], first["unchanged"]) == (2_100, 0)
    assert {name: second[name] for name in ("created", "changed", "unchanged", "removed")} == {
        "created": 0,
        "changed": 1,
        "unchanged": 2_098,
        "removed": 1,
    }
    assert DirtySlot.objects.count() == 2
