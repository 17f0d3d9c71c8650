"""Retention: the Code's years to the day, a dry run first, and nothing of a person left afterwards."""

from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import Error, connection, transaction

from huddles.lifecycle import EpisodeOutcome
from huddles.models import Action, Card, CardEdit, Person, PersonDisposal
from huddles.queries import disposal as queries
from huddles.retention import RULES, Rule, kept_until
from huddles.services import actions, break_glass, cards, disposal, episodes, merges, people, referrals, sharing
from nhc.models import AuditEvent, Notice
from tests.huddles import boards, flow
from tests.huddles.circle import MAKER, NOW, SAM, SOON, Circle, by, settle, supported

pytestmark = pytest.mark.django_db
ADULT, MENTAL = RULES["adult_health"], RULES["mental_health"]
DUE = datetime(2034, 4, 1, 23, 0, tzinfo=UTC)
"""Midnight in London of the day eight years after the episode closed."""


@pytest.mark.parametrize(
    ("rule", "last_seen", "born_on", "until"),
    [
        (ADULT, date(2026, 4, 2), None, date(2034, 4, 2)),
        (ADULT, date(2028, 2, 29), None, date(2036, 2, 29)),
        (ADULT, date(2024, 2, 29), date(1980, 1, 1), date(2032, 2, 29)),
        (MENTAL, date(2026, 4, 2), date(1985, 4, 3), date(2046, 4, 2)),
        (MENTAL, date(2080, 2, 29), None, date(2100, 3, 1)),
        (ADULT, date(2026, 4, 2), date(2008, 4, 2), date(2034, 4, 2)),
        (ADULT, date(2026, 4, 1), date(2008, 4, 2), date(2034, 4, 2)),
        (ADULT, date(2026, 4, 1), date(2009, 4, 1), date(2035, 4, 1)),
        (ADULT, date(2026, 4, 1), date(2009, 4, 2), date(2034, 4, 2)),
        (ADULT, date(2026, 4, 1), date(2016, 5, 1), date(2041, 5, 1)),
    ],
)
def test_the_years_are_counted_to_the_day(rule: Rule, last_seen: date, born_on: date | None, until: date) -> None:
    assert kept_until(rule, last_seen=last_seen, born_on=born_on) == until


def test_whose_age_is_not_known_is_kept_as_somebody_who_has_just_been_born() -> None:
    last_seen = date(2026, 4, 2)
    assert kept_until(ADULT, last_seen=last_seen, born_on=None, born_about=True) == date(2051, 4, 2)
    assert kept_until(ADULT, last_seen=last_seen, born_on=date(1985, 4, 3), born_about=True) == date(2034, 4, 2)


@pytest.fixture
def ended(around: Circle) -> Circle:
    """Sam's only episode has closed, and the centre follows the rule for adult health records."""
    flow.opened(around)
    sent = flow.referred(around, details=SAM, words="Oakfel does not sleep")
    sent = referrals.triage_referral(
        referral=sent, stream=flow.stream(around.centre), version=sent.version, answer="Saphyr comes", by=MAKER, at=NOW
    )
    assert sent.episode == around.episode
    sharing.set_sharing(
        person=around.sam, organisation=around.door.organisation, shares=False, reason="Her sister", by=MAKER, at=NOW
    )
    break_glass.break_glass(person=around.sam, reason="Saphyr fell in the hall", by=by(around.dee), at=NOW)
    episodes.add_to_circle(episode=around.episode, user=around.dee, role="Oakfel's housing", by=MAKER, at=NOW)
    _on_the_board(around)
    episodes.close_episode(episode=around.episode, outcome=EpisodeOutcome.COMPLETED, by=MAKER, at=SOON)
    disposal.adopt_rule(centre=around.centre, code="adult_health", by=MAKER, at=NOW)
    settle()
    return around


def _on_the_board(around: Circle) -> None:
    """Put a card and an action about Sam on the board, which name them against the rule, and edit both."""
    card = boards.card(around, "Oakfel's keys", words="Saphyr lost them", episode=around.episode)
    cards.edit_card(card=card, fields={"title": "Saphyr's keys"}, version=1, by=by(around.ana), at=NOW)
    entry = actions.Entry("Ring Saphyr", SOON, owner=around.ben, card=card)
    action = actions.add_action(centre=around.centre, entry=entry, by=by(around.ana), at=NOW)
    actions.edit_action(action=action, fields={"words": "Ring Oakfel"}, version=1, by=by(around.ana), at=NOW)
    actions.drop_action(action=action, reason="Saphyr rang", by=by(around.ana), at=NOW)


def test_a_record_is_due_from_the_first_instant_of_its_day_in_london(ended: Circle) -> None:
    assert [each.person for each in queries.due(ended.centre, DUE)] == [ended.sam]
    assert list(queries.due(ended.centre, DUE - timedelta(microseconds=1))) == []


def test_a_centre_without_a_rule_keeps_for_the_longest_time(around: Circle) -> None:
    assert queries.rule_of(around.centre, NOW) == MENTAL
    episodes.close_episode(episode=around.episode, outcome=EpisodeOutcome.COMPLETED, by=MAKER, at=SOON)
    assert list(queries.due(around.centre, DUE)) == []
    assert len(list(queries.due(around.centre, DUE.replace(year=2046)))) == 1


def test_nobody_who_is_supported_is_due(ended: Circle) -> None:
    other = supported(ended, ended.crisis)
    episodes.open_episode(person=ended.sam, team=ended.door, reason="Back", by=MAKER, at=DUE - timedelta(days=1))
    assert list(queries.due(ended.centre, DUE)) == []
    assert other.closed_at is None


def test_nothing_of_somebody_is_left_in_any_table(ended: Circle) -> None:
    gone = disposal.dispose_due(centre=ended.centre, by=MAKER, at=DUE)
    settle()
    assert [each.person.reference for each in gone] == [ended.sam.reference]
    left = _everything()
    for secret in (*vars_of_sam(), "sister", "fell in the hall", "Oakfel's housing"):
        assert secret not in left
    record = Person.objects.get(pk=ended.sam.pk)
    assert (record.full_name, record.disposed_at) == ("", DUE)
    assert PersonDisposal.objects.get().due_on == date(2034, 4, 2)
    assert AuditEvent.objects.filter(verb="person.disposed", subject_id=ended.sam.reference).exists()


def test_words_on_the_board_go_with_whom_they_are_about_and_no_sooner(ended: Circle) -> None:
    edit = CardEdit.objects.get()
    with pytest.raises(Error, match="refused"), transaction.atomic():
        CardEdit.objects.filter(pk=edit.pk).update(before="", after="")
    other = boards.card(ended, "Fridge alarm")
    disposal.dispose_due(centre=ended.centre, by=MAKER, at=DUE)
    assert [each.title for each in Card.objects.order_by("pk")] == ["Removed.", other.title]
    assert [(each.words, each.outcome) for each in Action.objects.all()] == [("Removed.", "Removed.")]
    with pytest.raises(Error, match="refused"), transaction.atomic():
        CardEdit.objects.filter(pk=edit.pk).update(after="Something else")


def test_of_joined_records_the_latest_date_of_birth_counts(ended: Circle) -> None:
    twin = supported(ended, ended.crisis, at=SOON, given_name="Saphyr", born_on=date(2016, 5, 1))
    asked = merges.ask_merge(kept=ended.sam, merged=twin.person, reason="Same", by=by(ended.ana), at=SOON)
    merges.confirm_merge(merge=asked, by=by(ended.ben), at=SOON)
    later = SOON + timedelta(days=2)
    episodes.close_episode(episode=twin, outcome=EpisodeOutcome.COMPLETED, by=MAKER, at=later)
    assert list(queries.due(ended.centre, datetime(2041, 4, 30, 12, tzinfo=UTC))) == []
    (found,) = queries.due(ended.centre, datetime(2041, 5, 1, 12, tzinfo=UTC))
    assert found.due_on == date(2041, 5, 1)


def test_who_was_about_nine_is_kept_for_longer_than_an_adult(around: Circle) -> None:
    child = supported(around, around.crisis, born_about="about 9")
    disposal.adopt_rule(centre=around.centre, code="adult_health", by=MAKER, at=NOW)
    episodes.close_episode(episode=child, outcome=EpisodeOutcome.COMPLETED, by=MAKER, at=SOON)
    assert list(queries.due(around.centre, DUE)) == []


def test_what_was_parted_since_it_was_listed_stays(ended: Circle) -> None:
    lone = people.register_person(centre=ended.centre, details=people.Details(alias="Guest"), by=MAKER, at=NOW)
    asked = merges.ask_merge(kept=ended.sam, merged=lone, reason="Same", by=by(ended.ana), at=SOON)
    joined = merges.confirm_merge(merge=asked, by=by(ended.ben), at=SOON)
    (listed,) = queries.due(ended.centre, DUE)
    assert listed.merged == (lone,)
    merges.ask_undo(merge=joined, reason="Two", by=by(ended.ben), at=SOON)
    merges.undo_merge(merge=joined, by=by(ended.ana), at=SOON)
    gone = disposal.dispose(due=listed, by=MAKER, at=DUE)
    settle()
    assert gone is not None
    assert gone.merged == ()
    assert Person.objects.get(pk=lone.pk).full_name == "Guest"


def test_what_was_joined_since_it_was_listed_goes_too(ended: Circle) -> None:
    lone = people.register_person(centre=ended.centre, details=people.Details(alias="Guest"), by=MAKER, at=NOW)
    asked = merges.ask_merge(kept=ended.sam, merged=lone, reason="Same", by=by(ended.ana), at=SOON)
    listed = next(each for each in queries.due(ended.centre, DUE) if each.person == ended.sam)
    merges.confirm_merge(merge=asked, by=by(ended.ben), at=SOON)
    disposal.dispose(due=listed, by=MAKER, at=DUE)
    settle()
    assert Person.objects.get(pk=lone.pk).disposed_at == DUE


def test_what_was_disposed_of_stays_so(ended: Circle) -> None:
    disposal.dispose_due(centre=ended.centre, by=MAKER, at=DUE)
    assert disposal.dispose_due(centre=ended.centre, by=MAKER, at=DUE) == []
    with pytest.raises(Error, match="refused"), transaction.atomic():
        Person.objects.filter(pk=ended.sam.pk).update(alias="Back again")


def test_joined_records_go_together(ended: Circle) -> None:
    twin = supported(ended, ended.crisis, at=SOON, given_name="Saphyr").person
    asked = merges.ask_merge(kept=ended.sam, merged=twin, reason="Saphyr's sister", by=by(ended.ana), at=SOON)
    merges.confirm_merge(merge=asked, by=by(ended.ben), at=SOON)
    assert list(queries.due(ended.centre, DUE)) == []
    open_one = twin.episodes.get()
    episodes.close_episode(episode=open_one, outcome=EpisodeOutcome.COMPLETED, by=MAKER, at=SOON + timedelta(days=2))
    assert list(queries.due(ended.centre, DUE)) == []
    disposal.dispose_due(centre=ended.centre, by=MAKER, at=DUE + timedelta(days=2))
    settle()
    assert Person.objects.filter(disposed_at__isnull=False).count() == 2
    assert "Saphyr" not in _everything()


def test_the_command_does_nothing_without_the_word(ended: Circle) -> None:
    with time_machine.travel(DUE, tick=False):
        assert "1 due. Nothing was done" in _said(ended.centre.slug)
        assert AuditEvent.objects.get(verb="disposal.listed").details == {"due": 1}
        assert Person.objects.get(pk=ended.sam.pk).full_name == "Saphyr Oakfel"
        told = _said(ended.centre.slug, "--carry-out")
    assert f"{ended.sam.reference}: due since 2 April 2034" in told
    assert "Oakfel" not in told
    assert Person.objects.get(pk=ended.sam.pk).full_name == ""


def test_the_command_adopts_a_rule_and_knows_its_centre(around: Circle) -> None:
    assert "20 years" in _said(around.centre.slug)
    assert "Adult health record" in _said(around.centre.slug, "--adopt", "adult_health")
    for wrong in ([around.centre.slug, "--adopt", "for_ever"], ["nowhere"]):
        with pytest.raises(CommandError):
            _said(*wrong)


def test_privacy_officers_are_told_once_a_month_how_many_are_due(ended: Circle) -> None:
    assert disposal.remind_due(by=MAKER, at=DUE - timedelta(days=1)) == 0
    assert disposal.remind_due(by=MAKER, at=DUE) == 2
    assert disposal.remind_due(by=MAKER, at=DUE + timedelta(days=1)) == 0
    assert disposal.remind_due(by=MAKER, at=DUE + timedelta(days=40)) == 2
    sentences = set(Notice.objects.filter(kind="disposal").values_list("sentence", flat=True))
    assert all(sentence.startswith("1 record is past") for sentence in sentences)
    assert Person.objects.get(pk=ended.sam.pk).disposed_at is None


def _said(*arguments: str) -> str:
    told = StringIO()
    call_command("dispose", *arguments, stdout=told)
    return told.getvalue()


def vars_of_sam() -> list[str]:
    """Return everything that was ever said about Sam."""
    return [str(value) for name in people.FIELDS if (value := getattr(SAM, name))]


def _everything() -> str:
    """Return every row of every table of people as text."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename LIKE 'huddles_%'")
        tables = [row[0] for row in cursor.fetchall()]
        cursor.execute(" UNION ALL ".join(f"SELECT to_jsonb(t)::text FROM {table} AS t" for table in tables))
        return "\n".join(row[0] for row in cursor.fetchall())
