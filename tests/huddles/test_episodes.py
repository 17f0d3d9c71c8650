"""Episodes: one responsible team at every instant, by the services and by PostgreSQL alone."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import Error, IntegrityError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from huddles.lifecycle import EpisodeOutcome
from huddles.models import CircleMember, Episode, Responsibility
from huddles.queries import episodes as queries
from huddles.services import episodes, leavers, people, sharing
from nhc.models import AuditEvent
from partners.lifecycle import IllegalMoveError
from partners.models import Membership
from partners.services import people as staff
from partners.services import teams
from tests.factories import TeamFactory
from tests.huddles.circle import MAKER, NOW, SAM, SOON, Circle, settle, supported

pytestmark = pytest.mark.django_db


def test_responsibility_moves_without_a_gap_and_says_which_employer_holds_it(around: Circle) -> None:
    episodes.hand_responsibility(episode=around.episode, to_team=around.door, reason="Agreed", by=MAKER, at=SOON)
    settle()
    now, before = queries.history_of([around.episode])
    assert (before.held.lower, before.held.upper, now.held.lower, now.held.upper) == (NOW, SOON, SOON, None)
    assert (before.employer, now.employer) == (around.crisis.organisation, around.door.organisation)
    assert Episode.objects.get().responsible_team == around.door
    moved = AuditEvent.objects.get(verb="episode.responsibility_moved")
    assert (moved.subject, moved.details["team"], moved.details["before"]) == (
        "episode",
        around.door.pk,
        around.crisis.pk,
    )


def test_a_second_episode_is_refused_until_the_first_has_closed(around: Circle) -> None:
    with pytest.raises(episodes.AlreadyOpenError) as refusal:
        episodes.open_episode(person=around.sam, team=around.door, reason="Again", by=MAKER, at=SOON)
    assert refusal.value.episode == around.episode
    episodes.close_episode(episode=around.episode, outcome=EpisodeOutcome.COMPLETED, by=MAKER, at=SOON)
    again = episodes.open_episode(person=around.sam, team=around.door, reason="Back", by=MAKER, at=SOON)
    settle()
    assert again.reference != around.episode.reference


def test_what_closed_does_not_change(around: Circle) -> None:
    member = episodes.add_to_circle(episode=around.episode, user=around.dee, role="Housing", by=MAKER, at=NOW)
    episodes.close_episode(episode=around.episode, outcome=EpisodeOutcome.MOVED_ON, by=MAKER, at=SOON)
    settle()
    with pytest.raises(IllegalMoveError):
        episodes.hand_responsibility(episode=around.episode, to_team=around.door, reason="x", by=MAKER, at=SOON)
    with pytest.raises(IllegalMoveError):
        episodes.close_episode(episode=around.episode, outcome=EpisodeOutcome.DIED, by=MAKER, at=SOON)
    with pytest.raises(IllegalMoveError):
        episodes.set_waiting(episode=around.episode, waits=True, by=MAKER, at=SOON)
    assert CircleMember.objects.get(pk=member.pk).ends_at == SOON
    with pytest.raises(Error, match="refused"), transaction.atomic():
        Episode.objects.update(outcome="died")


def test_an_instant_has_one_team(around: Circle) -> None:
    with pytest.raises(ValidationError, match="very instant"):
        episodes.hand_responsibility(episode=around.episode, to_team=around.door, reason="x", by=MAKER, at=NOW)
    with pytest.raises(ValidationError, match="responsible already"):
        episodes.hand_responsibility(episode=around.episode, to_team=around.crisis, reason="x", by=MAKER, at=SOON)
    with pytest.raises(ValidationError, match="of this centre"):
        episodes.hand_responsibility(
            episode=around.episode, to_team=TeamFactory.create(), reason="x", by=MAKER, at=SOON
        )
    with pytest.raises(ValidationError, match="Say why"):
        episodes.hand_responsibility(episode=around.episode, to_team=around.door, reason=" ", by=MAKER, at=SOON)


def test_nobody_is_handed_to_an_organisation_they_do_not_share_with(around: Circle) -> None:
    organisation = around.door.organisation
    sharing.set_sharing(person=around.sam, organisation=organisation, shares=False, by=MAKER, at=NOW)
    with pytest.raises(ValidationError, match="does not share"):
        episodes.hand_responsibility(episode=around.episode, to_team=around.door, reason="x", by=MAKER, at=SOON)


def test_nobody_is_put_around_a_person_who_does_not_share_with_their_organisation(around: Circle) -> None:
    sharing.set_sharing(person=around.sam, organisation=around.council.organisation, shares=False, by=MAKER, at=NOW)
    for whom in ({"team": around.council}, {"user": around.dee}):
        with pytest.raises(ValidationError, match="does not share"):
            episodes.add_to_circle(episode=around.episode, role="Housing", by=MAKER, at=NOW, **whom)
    assert not CircleMember.objects.exists()


def _row(around: Circle, start: int, end: int | None, **changed: object) -> Responsibility:
    """Store who is responsible from and until some hours after now, past every service."""
    hours = (NOW + timedelta(hours=start), None if end is None else NOW + timedelta(hours=end))
    values = {"episode": around.episode, "team": around.door, "employer": around.door.organisation, **changed}
    return Responsibility.objects.create(held=DateTimeTZRange(*hours, "[)"), reason="By hand", by_name="hand", **values)


def test_postgresql_refuses_a_second_team(around: Circle) -> None:
    with pytest.raises(IntegrityError, match="one_responsible_team_at_a_time"), transaction.atomic():
        _row(around, 1, None)


def test_postgresql_refuses_a_gap(around: Circle) -> None:
    Responsibility.objects.update(held=DateTimeTZRange(NOW, SOON, "[)"))
    _row(around, 2, None)
    Episode.objects.update(responsible_team=around.door)
    with pytest.raises(IntegrityError, match="at every instant"):
        settle()


def test_postgresql_refuses_an_end_while_the_episode_is_open(around: Circle) -> None:
    Responsibility.objects.update(held=DateTimeTZRange(NOW, SOON, "[)"))
    with pytest.raises(IntegrityError, match="at every instant"):
        settle()


def test_postgresql_refuses_a_beginning_before_the_episode(around: Circle) -> None:
    _row(around, -1, 0)
    with pytest.raises(IntegrityError, match="at every instant"):
        settle()


def test_postgresql_refuses_an_episode_without_a_team(around: Circle) -> None:
    person = people.register_person(centre=around.centre, details=_nobody(), by=MAKER, at=NOW)
    Episode.objects.create(
        person=person, centre=around.centre, reference="B2345", opened_at=NOW, responsible_team=around.door
    )
    with pytest.raises(IntegrityError, match="at every instant"):
        settle()


def test_postgresql_refuses_a_closing_that_leaves_a_team_responsible(around: Circle) -> None:
    Episode.objects.update(closed_at=SOON, outcome="completed", waiting_since=None)
    with pytest.raises(IntegrityError, match="at every instant"):
        settle()


def test_postgresql_refuses_a_team_that_is_not_the_last(around: Circle) -> None:
    Episode.objects.update(responsible_team=around.door)
    with pytest.raises(IntegrityError, match="last made responsible"):
        settle()


def test_postgresql_keeps_what_was(around: Circle) -> None:
    for statement in (
        "UPDATE huddles_responsibility SET reason = 'else'",
        f"UPDATE huddles_responsibility SET team_id = {around.door.pk}",
        "UPDATE huddles_responsibility SET held = tstzrange(lower(held) - interval '1 hour', NULL)",
        "DELETE FROM huddles_responsibility",
        "DELETE FROM huddles_episode",
        "UPDATE huddles_episode SET opened_at = opened_at - interval '1 hour'",
        "DELETE FROM huddles_person",
        "UPDATE huddles_person SET reference = 'BBBBBBBBBB'",
        "DELETE FROM huddles_personrevision",
        "UPDATE huddles_personrevision SET changes = '{}'",
    ):
        with pytest.raises(Error, match=r"refused|denied"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_postgresql_refuses_a_team_of_another_centre_and_another_employer(around: Circle) -> None:
    stranger = TeamFactory.create()
    with pytest.raises(IntegrityError, match="another centre"), transaction.atomic():
        Episode.objects.update(responsible_team=stranger)
    with pytest.raises(IntegrityError, match="employer"), transaction.atomic():
        _row(around, -2, -1, employer=around.council.organisation)


def test_a_key_worker_is_of_the_responsible_team_and_goes_with_their_placement(around: Circle) -> None:
    with pytest.raises(ValidationError, match="works in"):
        episodes.set_key_worker(episode=around.episode, user=around.cai, version=1, by=MAKER, at=NOW)
    named = episodes.set_key_worker(episode=around.episode, user=around.ana, version=1, by=MAKER, at=NOW)
    with pytest.raises(episodes.Clash):
        episodes.set_key_worker(episode=around.episode, user=None, version=1, by=MAKER, at=NOW)
    assert named.key_worker == around.ana
    placement = around.ana.memberships.get()
    staff.end_membership(membership=placement, ends_at=SOON, by=MAKER, at=SOON)
    settle()
    left = Episode.objects.get(pk=around.episode.pk)
    assert (left.key_worker, left.responsible_team) == (None, around.crisis)


def test_a_placement_that_ends_later_lets_go_of_its_key_workers_then(around: Circle) -> None:
    episodes.set_key_worker(episode=around.episode, user=around.ana, version=1, by=MAKER, at=NOW)
    staff.end_membership(membership=around.ana.memberships.get(), ends_at=SOON, by=MAKER, at=NOW)
    assert leavers.release_leavers(by=MAKER, at=NOW) == 0
    assert leavers.release_leavers(by=MAKER, at=SOON) == 1
    assert leavers.release_leavers(by=MAKER, at=SOON) == 0


def test_a_team_that_is_responsible_does_not_close(around: Circle) -> None:
    with pytest.raises(ValidationError, match="responsible for people"):
        episodes.keep_open(team=around.crisis, at=NOW)
    episodes.close_episode(episode=around.episode, outcome=EpisodeOutcome.COMPLETED, by=MAKER, at=SOON)
    for placement in Membership.objects.filter(team=around.crisis):
        staff.end_membership(membership=placement, ends_at=SOON, by=MAKER, at=SOON)
    assert teams.close(team=around.crisis, by=MAKER, at=SOON).closed_at == SOON


def test_board_rows_say_nothing_of_who_they_are_about(around: Circle) -> None:
    supported(around, around.door, given_name="Zed", family_name="Hidden", sensitive=True)
    rows = queries.board_rows(around.centre, SOON)
    assert {(row.initials, row.team) for row in rows} == {("SO", "Crisis team"), ("", "Open door")}
    shown = repr(rows)
    assert not any(
        told in shown for told in (SAM.nhs_number, "Saphyr", "Oakfel", "Hidden", "1985", around.sam.reference)
    )


def test_board_rows_take_two_queries_at_most_however_many_there_are(
    around: Circle, django_assert_max_num_queries: object
) -> None:
    for number in range(40):
        supported(around, around.door, alias=f"Guest {number}", given_name="", family_name="")
    with django_assert_max_num_queries(2):  # type: ignore[operator]  # pytest-django's fixture
        assert len(queries.board_rows(around.centre, SOON)) == 41


def _nobody() -> people.Details:
    return people.Details(alias="Guest")
