"""Breaking the glass: a reason, eight hours, who supports the person told without identifiers, a review by another."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import Error, IntegrityError, transaction

from huddles.models import BreakGlass
from huddles.permissions import people as permissions
from huddles.services import break_glass, episodes
from nhc.models import AuditEvent, Notice, OutboxJob
from partners.lifecycle import IllegalMoveError
from partners.permissions import NotVisible
from tests.huddles.circle import MAKER, NOW, SAM, SOON, Circle, by, viewer

pytestmark = pytest.mark.django_db
WHY = "Found unwell in the waiting room"
JUSTIFIED = BreakGlass.Finding.JUSTIFIED


@pytest.fixture
def glass(around: Circle) -> BreakGlass:
    """Dee has broken the glass of Sam's record; Ana is key worker."""
    episodes.set_key_worker(episode=around.episode, user=around.ana, version=1, by=MAKER, at=NOW)
    return break_glass.break_glass(person=around.sam, reason=WHY, by=by(around.dee), at=NOW)


def test_it_opens_for_eight_hours_and_not_a_moment_longer(around: Circle, glass: BreakGlass) -> None:
    last = NOW + timedelta(hours=8)
    assert permissions.reasons(viewer(around.dee), around.sam, last - timedelta(seconds=1)) == {"broken"}
    with pytest.raises(NotVisible):
        permissions.get_person(viewer(around.dee), around.sam.reference, last)
    with pytest.raises(NotVisible):
        permissions.get_person(viewer(around.cai), around.sam.reference, SOON)


def test_the_key_worker_and_privacy_officers_are_told_without_identifiers(around: Circle, glass: BreakGlass) -> None:
    told = {notice.user.name: notice for notice in Notice.objects.select_related("user")}
    assert set(told) == {"Ana", "Pria", "Petra"}
    written = " ".join(f"{notice.sentence} {notice.path} {notice.about}" for notice in told.values())
    queued = " ".join(f"{job.task} {job.arguments}" for job in OutboxJob.objects.all())
    secrets = (SAM.given_name, SAM.family_name, SAM.nhs_number, around.sam.reference, around.episode.reference, WHY)
    assert not any(secret in f"{written} {queued}" for secret in (*secrets, "Dee"))
    assert glass.told_at == NOW


def test_where_there_is_no_key_worker_the_lead_is_told_and_else_nobody(around: Circle) -> None:
    nobody = break_glass.break_glass(person=around.sam, reason=WHY, by=by(around.dee), at=NOW)
    assert nobody.told_at is None
    around.crisis.lead = around.ben
    around.crisis.save()
    led = break_glass.break_glass(person=around.sam, reason=WHY, by=by(around.cai), at=NOW)
    assert led.told_at == NOW
    assert Notice.objects.filter(kind="glass-told").get().user == around.ben


def test_who_does_it_themselves_is_not_the_one_who_is_told(around: Circle) -> None:
    around.crisis.lead = around.ben
    around.crisis.save()
    episodes.set_key_worker(episode=around.episode, user=around.ana, version=1, by=MAKER, at=NOW)
    assert break_glass.break_glass(person=around.sam, reason=WHY, by=by(around.ana), at=NOW).told_at == NOW
    assert Notice.objects.get(kind="glass-told").user == around.ben
    episodes.set_key_worker(episode=around.episode, user=None, version=2, by=MAKER, at=NOW)
    assert break_glass.break_glass(person=around.sam, reason=WHY, by=by(around.ben), at=NOW).told_at is None
    assert AuditEvent.objects.filter(verb="glass.broken").latest("pk").details["told"] is False


def test_doing_so_again_while_it_is_open_changes_nothing(around: Circle, glass: BreakGlass) -> None:
    assert break_glass.break_glass(person=around.sam, reason=WHY, by=by(around.dee), at=SOON) == glass
    assert AuditEvent.objects.filter(verb="glass.broken").count() == 1
    with pytest.raises(IntegrityError, match="broken_once"), transaction.atomic():
        BreakGlass.objects.create(
            person=around.sam, user=around.dee, reason=WHY, at=SOON, until_at=SOON + timedelta(hours=1)
        )


def test_it_takes_a_person_and_a_reason(around: Circle) -> None:
    for reason, actor in (("now", by(around.dee)), (" " * 20, by(around.dee)), (WHY, MAKER)):
        with pytest.raises(ValidationError):
            break_glass.break_glass(person=around.sam, reason=reason, by=actor, at=NOW)


def test_the_trail_says_who_and_whose_and_not_why(around: Circle, glass: BreakGlass) -> None:
    event = AuditEvent.objects.get(verb="glass.broken")
    assert (event.user, event.subject_id) == (around.dee, around.sam.reference)
    assert event.details == {"glass": glass.pk, "told": True}


def test_it_is_reviewed_once_by_somebody_else(around: Circle, glass: BreakGlass) -> None:
    with pytest.raises(ValidationError, match="themselves"):
        break_glass.review_break(glass=glass, finding=JUSTIFIED, words="", by=by(around.dee), at=SOON)
    with pytest.raises(ValidationError, match="Say why"):
        break_glass.review_break(
            glass=glass, finding=BreakGlass.Finding.NOT_JUSTIFIED, words=" ", by=by(around.pria), at=SOON
        )
    break_glass.review_break(glass=glass, finding=JUSTIFIED, words="", by=by(around.pria), at=SOON)
    with pytest.raises(IllegalMoveError):
        break_glass.review_break(glass=glass, finding=JUSTIFIED, words="", by=by(around.petra), at=SOON)


def test_postgresql_keeps_what_was_done(around: Circle, glass: BreakGlass) -> None:
    row = BreakGlass.objects.filter(pk=glass.pk)
    for changed in ({"reason": "Else"}, {"until_at": NOW + timedelta(hours=9)}, {"user": around.cai}):
        with pytest.raises(Error), transaction.atomic():
            row.update(**changed)
    with pytest.raises(IntegrityError, match="oneself"), transaction.atomic():
        row.update(reviewed_at=SOON, reviewed_by=around.dee, finding="justified")
    with pytest.raises(Error), transaction.atomic():
        row.delete()
