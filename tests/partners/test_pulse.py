"""The norms pulse: once a month, once a person, with nothing that leads from an answer to who gave it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import connection

from nhc.actors import Actor
from nhc.models import AuditEvent
from partners.models import (
    Collection,
    Measure,
    Observation,
    Organisation,
    PulseParticipation,
    PulseRound,
    PulseTally,
    Return,
)
from partners.queries import expected, organisations
from partners.services import contract, pulse, pulse_measure
from partners.services import organisations as services
from partners.services.contract import Definition
from tests.cast import MAKER, NOW, Cast
from tests.dashboard.figures import roll
from tests.factories import FIRST_DAY, MembershipFactory
from tests.partners import agreements as made
from tests.partners.pages import signed_in, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]

PAGE = "/centres/riverside/pulse/"
MAY = datetime(2026, 5, 1, 0, 15, tzinfo=UTC)
ANSWERS = {"question0": "4", "question1": "3", "question2": "0"}


@pytest.fixture
def shown(people: Cast) -> PulseRound:
    """April's round, whose figures the trust owes."""
    measure = contract.add_measure(
        code="norms-pulse",
        definition=Definition(
            starts=date(2026, 1, 1),
            title="Norms pulse",
            definition="Answers that agree.",
            numerator_label="Answers that agree",
            denominator_label="All answers",
            unit="proportion",
            multiplier=100,
            aggregation="ratio_of_sums",
            period_type="month",
            improvement="increase",
        ),
        by=MAKER,
        at=NOW,
    )
    contract.collect_measure(centre=people.riverside, measure=measure, from_date=date(2026, 1, 1), by=MAKER, at=NOW)
    contract.add_return(
        organisation=people.council,
        centre=people.riverside,
        measures=[measure],
        from_date=date(2026, 1, 1),
        by=MAKER,
        at=NOW,
    )
    made.opened(people.riverside, "norms", at=NOW)
    assert [pulse.open_rounds(by=MAKER, at=NOW) for _ in range(2)] == [1, 0]
    return PulseRound.objects.get()


def answered(shown: PulseRound, people: int) -> None:
    for _ in range(people):
        user = MembershipFactory.create(team__centre=shown.centre).user
        pulse.answer(shown=shown, user=user, choices=[4, 3, 0], by=Actor.user(user), at=NOW)


def test_a_pulse_is_answered_once_on_its_page(people: Cast, shown: PulseRound) -> None:
    browser = signed_in(people.alice)
    assert "Three questions for April 2026" in words(browser.get(PAGE))
    assert browser.post(PAGE, {"question0": "4"}).status_code == 422
    assert browser.post(PAGE, ANSWERS).status_code == 302
    assert browser.post(PAGE, ANSWERS).status_code == 302
    assert "You have answered this month" in words(browser.get(PAGE))
    assert sum(PulseTally.objects.get().counts) == 3
    with pytest.raises(ValidationError, match="have answered"):
        pulse.answer(shown=shown, user=people.alice, choices=[0, 0, 0], by=MAKER, at=NOW)


def test_those_who_do_not_work_there_are_not_asked(people: Cast, shown: PulseRound) -> None:
    assert signed_in(people.carol).get(PAGE).status_code == 403
    assert signed_in(people.dev).get(PAGE).status_code == 404


def test_no_column_leads_from_an_answer_to_a_person(people: Cast, shown: PulseRound) -> None:
    answered(shown, 3)
    tally = {field.name for field in PulseTally._meta.get_fields()}
    who = {field.name for field in PulseParticipation._meta.get_fields()}
    assert tally & who == {"id", "round"}
    # One row of counts for everybody: no row, order, time or transaction belongs to one person's answers.
    assert PulseTally.objects.filter(round=shown).count() == 1
    assert who == {"id", "round", "user"}
    pointing = {
        model.__name__
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if field.is_relation and field.related_model is PulseTally and not field.auto_created
    }
    assert pointing == set()
    details = AuditEvent.objects.filter(verb="pulse.answered").values_list("details", flat=True)
    assert set(map(str, details)) == {"{'month': '2026-04-01'}"}
    assert not AuditEvent.objects.filter(verb="pulse.answered", user__isnull=False).exists()


@pytest.mark.parametrize(
    ("choices", "state"), [((4, 3, 4), "withheld"), ((0, 1, 2), "withheld"), ((4, 3, 2), "reported")]
)
def test_figures_that_say_what_each_answered_are_not_sent(
    people: Cast, shown: PulseRound, choices: tuple[int, ...], state: str
) -> None:
    for _ in range(8):
        user = MembershipFactory.create(team__centre=shown.centre).user
        pulse.answer(shown=shown, user=user, choices=choices, by=Actor.user(user), at=NOW)
    pulse.close_rounds(by=MAKER, at=MAY)
    assert Observation.objects.get(measure__code="norms-pulse").state == state


def test_keys_of_participation_have_no_order(people: Cast, shown: PulseRound) -> None:
    answered(shown, 12)
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM partners_pulseparticipation ORDER BY ctid")
        keys = [row[0] for row in cursor.fetchall()]
    assert keys != sorted(keys)
    assert {key.version for key in keys} == {4}


@pytest.mark.parametrize(
    ("people_answered", "state", "figures"),
    [(7, "withheld", (None, None)), (8, "reported", (16, 24)), (0, "withheld", (None, None))],
)
def test_a_round_is_sent_as_the_backbones_figures(
    people: Cast, shown: PulseRound, people_answered: int, state: str, figures: tuple[int | None, int | None]
) -> None:
    answered(shown, people_answered)
    assert pulse.close_rounds(by=MAKER, at=shown.closes_at - timedelta(seconds=1)) == 0
    assert [pulse.close_rounds(by=MAKER, at=MAY) for _ in range(2)] == [1, 0]
    sent = Observation.objects.get(measure__code="norms-pulse")
    assert (sent.organisation, sent.state, (sent.numerator, sent.denominator)) == (people.council, state, figures)
    assert sent.period_start == date(2026, 4, 1)
    assert not PulseParticipation.objects.exists()


def test_the_first_round_sets_up_the_measure_that_the_backbone_sends(people: Cast) -> None:
    made.opened(people.riverside, "norms", at=NOW)
    assert [pulse.open_rounds(by=MAKER, at=NOW) for _ in range(2)] == [1, 0]
    backbone = organisations.backbone_of(people.riverside, NOW.date())
    assert backbone is not None
    assert (backbone.name, backbone.sector) == ("Backbone of Riverside centre", "other")
    owed = Return.objects.get(organisation=backbone)
    assert (owed.from_date, owed.period_type) == (date(2026, 4, 1), "month")
    assert Collection.objects.get(measure__code="norms-pulse").centre == people.riverside
    verbs = set(AuditEvent.objects.filter(at=NOW).values_list("verb", flat=True))
    assert verbs >= {"organisation.added", "partnership.added", "measure.added", "measure.collected", "return.added"}


def test_the_backbone_owes_the_pulse_beside_what_it_owes_already(people: Cast) -> None:
    backbone = services.add_organisation(code="LBACK1", name="The backbone", sector="other", by=MAKER, at=NOW)
    services.add_partnership(organisation=backbone, centre=people.riverside, from_date=FIRST_DAY, by=MAKER, at=NOW)
    arranged = [(date(2026, 1, 1), date(2026, 6, 1)), (date(2026, 8, 1), date(2026, 9, 1))]
    for starts, ends in arranged:
        contract.add_return(
            organisation=backbone,
            centre=people.riverside,
            measures=[people.visits],
            from_date=starts,
            until_date=ends,
            by=MAKER,
            at=NOW,
        )
    made.opened(people.riverside, "norms", at=NOW)
    pulse.open_rounds(by=MAKER, at=NOW)
    months = [date(2026, month, 1) for month in range(3, 11)]
    owing = {
        measure.code: [expected.organisations_expected(owed, measure.pk, day) for day in months]
        for measure in (Measure.objects.get(code="norms-pulse"), people.visits)
        for owed in [expected.owed(people.riverside.pk, [measure.pk])]
    }
    assert owing["norms-pulse"] == [0, 1, 1, 1, 1, 1, 1, 1]
    # The trust and the charity owe visits in all of them.
    assert owing["visits-to-community-partners"] == [3, 3, 3, 2, 2, 3, 2, 2]


def test_what_people_have_arranged_about_the_pulse_stays(people: Cast, shown: PulseRound) -> None:
    contract.end_return(
        owed=Return.objects.get(measures__measure__code="norms-pulse"), until_date=date(2026, 5, 1), by=MAKER, at=NOW
    )
    assert pulse.open_rounds(by=MAKER, at=MAY) == 1
    assert organisations.backbone_of(people.riverside, MAY.date()) is None
    assert pulse.close_rounds(by=MAKER, at=datetime(2026, 6, 1, 0, 15, tzinfo=UTC)) == 2
    assert Observation.objects.get(measure__code="norms-pulse").period_start == date(2026, 4, 1)


def test_a_measure_that_is_counted_otherwise_keeps_nobody_from_answering(people: Cast) -> None:
    weekly = replace(pulse_measure.DEFINITION, period_type="week")
    contract.add_measure(code="norms-pulse", definition=weekly, by=MAKER, at=NOW)
    made.opened(people.riverside, "norms", at=NOW)
    assert pulse.open_rounds(by=MAKER, at=NOW) == 1
    assert not Collection.objects.filter(measure__code="norms-pulse").exists()
    assert not Organisation.objects.filter(code__startswith="LBACK").exists()


def test_the_pulse_is_a_page_of_the_centres_measures(people: Cast) -> None:
    made.opened(people.riverside, "norms", at=NOW)
    pulse.open_rounds(by=MAKER, at=NOW)
    answered(PulseRound.objects.get(), 20)
    pulse.close_rounds(by=MAKER, at=MAY)
    roll(at=MAY)
    with time_machine.travel(MAY, tick=False):
        page = words(signed_in(people.alice).get("/centres/riverside/measures/norms-pulse/"))
    assert "Norms pulse" in page
    # 40 of 60 answers.
    assert "67%" in page


def test_a_round_that_is_over_takes_no_answer(people: Cast, shown: PulseRound) -> None:
    with pytest.raises(ValidationError, match="is over"):
        pulse.answer(shown=shown, user=people.alice, choices=[1, 1, 1], by=MAKER, at=MAY)
    assert pulse.open_rounds(by=MAKER, at=MAY) == 1
