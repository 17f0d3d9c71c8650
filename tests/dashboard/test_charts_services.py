"""Rebases and annotations: made and withdrawn with a trace, refused with a sentence."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError

from dashboard.models import Annotation, Rebase
from dashboard.services import charts
from nhc.actors import Actor
from nhc.models import AuditEvent
from tests.cast import NOW, Cast

pytestmark = pytest.mark.django_db

MARCH = date(2026, 3, 1)


def rebased(people: Cast, day: date = MARCH, reason: str = "New rota", agreed_by: str = "Partnership board") -> Rebase:
    return charts.rebase(
        centre=people.riverside, measure=people.seen, date=day, reason=reason, agreed_by=agreed_by,
        by=Actor.user(people.alice), at=NOW,
    )  # fmt: skip


def test_a_rebase_is_kept_with_who_agreed_and_audited(people: Cast) -> None:
    made = rebased(people)
    assert (made.agreed_by, made.created_by, made.created_at) == ("Partnership board", people.alice, NOW)
    event = AuditEvent.objects.get(verb="rebase.added")
    assert (event.centre, event.user) == ("riverside", people.alice)
    assert event.details == {"measure": people.seen.code, "date": "2026-03-01"}


@pytest.mark.parametrize(
    ("day", "reason", "agreed_by", "sentence"),
    [
        (date(2026, 3, 2), "New rota", "Board", "Use 2026-03-01, the first day of March 2026"),
        (date(2010, 3, 1), "New rota", "Board", "means nothing on this date"),
        (MARCH, "  ", "Board", "Say why"),
        (MARCH, "New rota", "", "Name who agreed"),
        (MARCH, "x" * 301, "Board", "at most 300 characters"),
    ],
)
def test_a_rebase_that_makes_no_sense_is_refused(
    people: Cast, day: date, reason: str, agreed_by: str, sentence: str
) -> None:
    with pytest.raises(ValidationError, match=sentence):
        rebased(people, day, reason, agreed_by)
    assert not Rebase.objects.exists()


def test_a_period_has_one_rebase_until_it_is_withdrawn(people: Cast) -> None:
    first = rebased(people)
    with pytest.raises(ValidationError, match="already rebased"):
        rebased(people)
    charts.withdraw_rebase(rebase=first, by=Actor.user(people.alice), at=NOW + timedelta(days=1))
    assert rebased(people).pk != first.pk
    assert AuditEvent.objects.filter(verb="rebase.withdrawn", subject_id=str(first.pk)).count() == 1


def test_an_annotation_may_stand_on_any_day_and_be_withdrawn_once(people: Cast) -> None:
    by = Actor.user(people.alice)
    made = charts.annotate(
        centre=people.riverside, measure=people.seen, date=date(2026, 3, 17), text=" Flood ", by=by, at=NOW
    )
    assert made.text == "Flood"
    charts.withdraw_annotation(annotation=made, by=by, at=NOW)
    with pytest.raises(ValidationError, match="withdrawn before"):
        charts.withdraw_annotation(annotation=made, by=by, at=NOW)
    verbs = AuditEvent.objects.filter(subject="annotation").order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == ["annotation.added", "annotation.withdrawn"]


def test_an_annotation_says_something(people: Cast) -> None:
    with pytest.raises(ValidationError, match="Say what happened"):
        charts.annotate(
            centre=people.riverside, measure=people.seen, date=MARCH, text=" ", by=Actor.user(people.alice), at=NOW
        )
    assert not Annotation.objects.exists()
