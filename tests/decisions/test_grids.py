"""Drafts of a grid: begun, changed by several at once, commented on, published and then never changed again."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import Error, connection, transaction

from decisions.contents import Cell, Content, Step
from decisions.models import CellComment, GridMove, GridName, GridReview, GridVersion, Right, Rung, Scenario
from decisions.queries import grid_pages
from decisions.queries import grids as queries
from decisions.queries import scenarios as scenario_queries
from decisions.services import grids, publication, rounds, scenarios
from decisions.services.starters import load_starter
from decisions.starters import read
from decisions.views.difference_wording import changes
from nhc.actors import Actor
from nhc.models import AuditEvent
from partners.lifecycle import IllegalMoveError
from partners.services import duty_roles
from tests.decisions.grids import (
    MAKER,
    TELEPHONE,
    WEEK,
    Place,
    consulted,
    decided_by,
    drafted,
    in_force,
    make_place,
    published,
    scenario,
)

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.fixture
def row(place: Place) -> Content:
    return decided_by(place.rota.lead)


def edited(draft: GridVersion, content: Content, *, version: int = 1) -> Scenario:
    return scenarios.edit_scenario(
        scenario=scenario(draft, content.code), version=version, content=content, by=MAKER, at=NOW
    )


def test_a_first_draft_begins_from_nothing_and_again_is_the_same(place: Place) -> None:
    first = grids.start_draft(centre=place.centre, by=MAKER, at=NOW)
    assert (first.number, first.state, first.scenarios.count()) == (1, "draft", 0)
    assert grids.start_draft(centre=place.centre, by=MAKER, at=NOW) == first


def test_the_next_draft_says_what_the_version_in_force_says(place: Place, row: Content) -> None:
    other = replace(
        decided_by(place.rota.nights, "medicines"), limit=Decimal("12.50"), limit_unit="doses", act_first=True
    )
    version = published(place.centre, [row, other], at=NOW)
    draft = grids.start_draft(centre=place.centre, by=MAKER, at=NOW)
    assert draft.number == 2
    assert scenario_queries.contents_of(draft) == scenario_queries.contents_of(version)


def test_a_scenario_is_written_whole(place: Place, row: Content) -> None:
    draft = drafted(place.centre, [row], at=NOW)
    new = replace(
        row,
        title="Diversion",
        guardrail="Never alone",
        rights=frozenset({Cell("must_agree", team=place.rota.door.pk)}),
        ladder=(Step(3, team=place.rota.door.pk), Step(2, telephone=TELEPHONE)),
    )
    edited(draft, new)
    assert scenario_queries.contents_of(draft) == [new]


def test_whoever_was_overtaken_keeps_their_text_and_sees_the_other(place: Place, row: Content) -> None:
    draft = drafted(place.centre, [row], at=NOW)
    edited(draft, replace(row, title="First"))
    with pytest.raises(scenarios.ScenarioClash) as clash:
        edited(draft, replace(row, title="Second"))
    assert clash.value.scenario.title == "First"


def test_two_people_change_two_scenarios_at_once(place: Place, row: Content) -> None:
    other = decided_by(place.rota.nights, "medicines")
    draft = drafted(place.centre, [row, other], at=NOW)
    edited(draft, replace(row, title="One"))
    edited(draft, replace(other, title="Two"))
    assert [each.title for each in scenario_queries.contents_of(draft)] == ["One", "Two"]


def test_scenarios_are_added_taken_out_and_put_in_order(place: Place, row: Content) -> None:
    draft = drafted(place.centre, [row], at=NOW)
    for code in ("medicines", "transport"):
        scenarios.add_scenario(version=draft, content=decided_by(place.rota.lead, code), by=MAKER, at=NOW)
    draft.refresh_from_db()
    codes = ["transport", "crisis-diversion", "medicines"]
    scenarios.order_scenarios(version=draft, edition=draft.version, codes=codes, by=MAKER, at=NOW)
    scenarios.remove_scenario(scenario=scenario(draft), version=1, by=MAKER, at=NOW)
    assert [each.code for each in queries.scenarios_of(draft)] == ["transport", "medicines"]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"title": ""}, "This field cannot be blank."),
        ({"code": "Not a code"}, "Enter a valid"),
        ({"limit": Decimal(3)}, "Give a limit together with its unit, or neither."),
        ({"limit_unit": "hours"}, "give a limit together with its unit, or neither."),
        ({"rights": frozenset({Cell("is_told", team=1, limit=Decimal(3))})}, "of somebody who decides"),
        (
            {"rights": frozenset({Cell("decides", team=1, limit=Decimal(3))})},
            "what the limits of those who decide count",
        ),
        (
            {
                "rights": frozenset({Cell("decides", team=1), Cell("decides", team=1, limit=Decimal(3))}),
                "limit_unit": "£",
            },
            "decides up to two limits",
        ),
        ({"minutes": 0}, "The time limit is between 1 minute and 4 weeks."),
        ({"rights": frozenset({Cell("decides")})}, "one word for one duty role or one team"),
        ({"rights": frozenset({Cell("shouts", team=1)})}, "one word for one duty role or one team"),
        ({"rights": frozenset({Cell("decides", duty_role=987_654)})}, "another centre's"),
        ({"ladder": (Step(0, telephone=TELEPHONE),)}, "rung 1 has between 1 minute and 24 hours"),
        ({"ladder": (Step(5, telephone=" "),)}, "rung 1 calls one duty role, one team or one number"),
        ({"ladder": (Step(5, telephone=TELEPHONE),) * 13}, "at most 12 rungs"),
    ],
)
def test_what_cannot_be_is_refused_in_words(
    place: Place, row: Content, change: dict[str, object], sentence: str
) -> None:
    draft = grids.start_draft(centre=place.centre, by=MAKER, at=NOW)
    content = replace(row, **change)  # type: ignore[arg-type]  # fields of Content
    with pytest.raises(ValidationError, match=sentence):
        scenarios.add_scenario(version=draft, content=content, by=MAKER, at=NOW)
    with pytest.raises(ValidationError, match=sentence), transaction.atomic():
        scenarios.replace_scenarios(version=draft, edition=1, contents=[content], by=MAKER, at=NOW)
    assert not draft.scenarios.exists()


def test_a_duty_of_another_centre_and_a_retired_one_are_refused(place: Place, row: Content) -> None:
    elsewhere = make_place(at=NOW - timedelta(days=1))
    draft = grids.start_draft(centre=place.centre, by=MAKER, at=NOW)
    duty_roles.retire_duty_role(duty_role=place.rota.nights, version=1, by=MAKER, at=NOW)
    for role in (elsewhere.rota.lead, place.rota.nights):
        with pytest.raises(ValidationError, match="retired, or is another centre's"):
            scenarios.add_scenario(version=draft, content=decided_by(role), by=MAKER, at=NOW)
    with pytest.raises(Error, match="of its own centre"), transaction.atomic():
        Right.objects.create(
            scenario=scenarios.add_scenario(version=draft, content=row, by=MAKER, at=NOW),
            duty_role=elsewhere.rota.lead,
            kind="decides",
        )


def test_comments_are_settled_once_and_outlive_their_scenario(place: Place, row: Content) -> None:
    draft = drafted(place.centre, [row], at=NOW)
    by = Actor.user(place.rota.ana)
    said = [
        grids.comment(
            version=draft,
            scenario_code=row.code,
            duty_role=place.rota.lead.pk,
            text="Too low",
            organisation=place.organisations[0],
            by=by,
            at=NOW,
        )
        for _ in range(2)
    ]
    assert said[0] == said[1]
    settled = grids.resolve_comment(comment=said[0], by=by, at=NOW)
    assert grids.resolve_comment(comment=settled, by=by, at=NOW + WEEK).resolved_at == NOW
    scenarios.remove_scenario(scenario=scenario(draft), version=1, by=MAKER, at=NOW)
    assert [each.text for each in queries.comments_of(draft)] == ["Too low"]


def test_differences_say_what_came_what_went_and_what_changed(place: Place, row: Content) -> None:
    gone, kept = decided_by(place.rota.lead, "gone"), decided_by(place.rota.lead, "kept")
    before = published(place.centre, [row, kept, gone], at=NOW)
    new = decided_by(place.rota.nights, "new")
    after = drafted(place.centre, [kept, new, replace(row, minutes=5)], at=NOW)
    found = [(each.code, each.fields) for each in scenario_queries.differences(before, after)]
    assert found == [
        ("kept", ("position",)),
        ("new", ()),
        ("crisis-diversion", ("minutes", "position")),
        ("gone", ()),
    ]


def test_the_version_in_force_at_any_instant_is_known(place: Place, row: Content) -> None:
    for week in range(1, 4):
        published(place.centre, [row], at=NOW + week * 2 * WEEK)
    instants = [NOW + days * WEEK for days in range(1, 8)]
    assert [in_force(place.centre, at) for at in instants] == [None, 1, 1, 2, 2, 3, 3]


def test_no_two_versions_are_in_force_at_an_instant_and_no_instant_is_without_one(place: Place, row: Content) -> None:
    versions, later = GridVersion.objects, NOW + 4 * WEEK
    first = published(place.centre, [row], at=NOW)
    following = drafted(place.centre, [row], at=NOW + WEEK)
    rounds.close_round(consent=consulted(following, at=NOW + WEEK), by=MAKER, at=NOW + 2 * WEEK)
    GridName.objects.create(version=following, duty_role=place.rota.lead, name="Shift lead")
    other = make_place(at=NOW - WEEK)
    elsewhere = versions.filter(pk=drafted(other.centre, [decided_by(other.rota.lead)], at=NOW).pk)
    with pytest.raises(Error, match="follows one of its own grid"), transaction.atomic():
        elsewhere.update(predecessor=first)
    versions.filter(pk=first.pk).update(state="superseded", superseded_at=later)
    with pytest.raises(Error, match="until another takes its place"), transaction.atomic():
        connection.check_constraints()
    force = {"state": "published", "predecessor": first, "next_review_on": date(2027, 3, 1)}
    with pytest.raises(Error, match="grid_one_version_at_every_instant"), transaction.atomic():
        versions.filter(pk=following.pk).update(published_at=later - WEEK, **force)
    versions.filter(pk=following.pk).update(published_at=later, **force)
    connection.check_constraints()


def test_only_what_is_in_force_is_reviewed_in_the_tables_too(place: Place, row: Content) -> None:
    first, _ = published(place.centre, [row], at=NOW), published(place.centre, [row], at=NOW + 2 * WEEK)
    learnt = {"learnt": "Much", "next_review_on": date(2027, 3, 1), "user": place.rota.ana}
    with pytest.raises(Error, match="of a version that is superseded"), transaction.atomic():
        GridReview.objects.create(version=first, reviewed_at=NOW + 3 * WEEK, **learnt)


def test_a_published_version_keeps_the_names_that_partners_agreed_to(place: Place, row: Content) -> None:
    version = published(place.centre, [row], at=NOW)
    type(place.rota.lead).objects.filter(pk=place.rota.lead.pk).update(name="Night lead")
    (column,) = grid_pages.sheet(version, NOW).columns
    assert (column.name, column.renamed) == ("Shift lead", "Night lead")
    following = drafted(place.centre, [replace(row, ladder=row.ladder[1:])], at=NOW + WEEK)
    (ladder,) = changes(version, following, NOW + WEEK)[0].fields
    assert ladder.before.startswith("Shift lead, later Night lead")
    with pytest.raises(Error), transaction.atomic():
        version.names.update(name="Night lead")


def test_no_version_is_published_without_the_names(place: Place, row: Content) -> None:
    draft = drafted(place.centre, [row], at=NOW)
    rounds.close_round(consent=consulted(draft, at=NOW), by=MAKER, at=NOW + WEEK)
    unnamed = {"state": "published", "published_at": NOW + WEEK, "next_review_on": date(2027, 3, 1)}
    with pytest.raises(Error, match="keeps the names"), transaction.atomic():
        GridVersion.objects.filter(pk=draft.pk).update(**unnamed)


def test_a_starter_replaces_nothing_that_somebody_wrote_meanwhile(place: Place, row: Content) -> None:
    drafted(place.centre, [row], at=NOW)
    with pytest.raises(ValidationError, match="Somebody changed the grid"):
        load_starter(starter=read("frailty-hub"), centre=place.centre, edition=None, by=MAKER, at=NOW)


def test_a_scenario_is_changed_and_moved_in_one(place: Place, row: Content) -> None:
    draft = drafted(place.centre, [row, replace(row, code="b"), replace(row, code="c")], at=NOW)
    last = scenario(draft, "c")
    scenarios.edit_scenario(scenario=last, version=1, content=replace(row, code="c"), place=0, by=MAKER, at=NOW)
    assert [each.code for each in queries.scenarios_of(draft)] == ["c", row.code, "b"]
    assert AuditEvent.objects.filter(verb="grid.ordered").count() == 0


def test_a_review_sets_the_next_one_and_a_new_version_puts_none_off(place: Place, row: Content) -> None:
    first = published(place.centre, [row], at=NOW)
    assert queries.next_review_on(first) == date(2026, 12, 23)
    second = published(place.centre, [row], at=NOW + 2 * WEEK)
    assert queries.next_review_on(second) == date(2026, 12, 23)
    at = datetime(2026, 12, 22, 9, tzinfo=UTC)
    grids.review_grid(version=second, learnt="Asked daily", by=Actor.user(place.rota.ana), at=at)
    assert queries.next_review_on(second) == date(2027, 3, 22)
    with pytest.raises(IllegalMoveError):
        grids.review_grid(version=first, learnt="Late", by=Actor.user(place.rota.ana), at=at)


def test_publication_waits_for_the_round_and_for_somebody_to_call(place: Place, row: Content) -> None:
    draft = drafted(place.centre, [row], at=NOW)
    with pytest.raises(IllegalMoveError):
        publication.publish(version=draft, by=MAKER, at=NOW)
    consent = consulted(draft, at=NOW)
    with pytest.raises(ValidationError, match="still answering"):
        publication.publish(version=draft, by=MAKER, at=NOW)
    rounds.close_round(consent=consent, by=MAKER, at=NOW + WEEK)
    assert publication.publish(version=draft, by=MAKER, at=NOW + WEEK).state == "published"
    with pytest.raises(IllegalMoveError):
        publication.publish(version=draft, by=MAKER, at=NOW + WEEK)


@pytest.mark.parametrize("hole", [False, True])
def test_a_last_rung_is_covered_at_every_hour_of_four_weeks(place: Place, row: Content, hole: bool) -> None:
    rota = place.rota
    for day in range(30):
        for half in range(2):
            starts = NOW + WEEK + timedelta(days=day, hours=12 * half)
            short = timedelta(minutes=1) if hole and day == 27 and half else timedelta()
            rota.add((rota.ana, rota.ben)[half], rota.lead, starts, starts + timedelta(hours=12) - short, at=NOW)
    content = replace(row, ladder=(Step(5, telephone=TELEPHONE), Step(10, duty_role=rota.lead.pk)))
    draft = drafted(place.centre, [content], at=NOW)
    rounds.close_round(consent=consulted(draft, at=NOW), by=MAKER, at=NOW + WEEK)
    if hole:
        with pytest.raises(ValidationError, match="The ladder of Crisis diversion ends with nobody to call"):
            publication.publish(version=draft, by=MAKER, at=NOW + WEEK)
    else:
        assert publication.publish(version=draft, by=MAKER, at=NOW + WEEK).state == "published"


def test_what_was_retired_since_is_neither_put_to_partners_nor_published(place: Place, row: Content) -> None:
    cells = frozenset({*row.rights, Cell("is_told", duty_role=place.rota.nights.pk)})
    draft = drafted(place.centre, [replace(row, rights=cells)], at=NOW)
    consent = consulted(draft, at=NOW)
    duty_roles.retire_duty_role(duty_role=place.rota.nights, version=1, by=MAKER, at=NOW)
    rounds.close_round(consent=consent, by=MAKER, at=NOW + WEEK)
    with pytest.raises(ValidationError, match="retired"):
        publication.publish(version=draft, by=MAKER, at=NOW + WEEK)
    back = rounds.take_back(version=draft, reason="Nights are no more", by=MAKER, at=NOW + WEEK)
    with pytest.raises(ValidationError, match="retired"):
        consulted(back, at=NOW + WEEK)


def test_a_scenario_without_a_ladder_is_not_published(place: Place, row: Content) -> None:
    draft = drafted(place.centre, [replace(row, ladder=())], at=NOW)
    rounds.close_round(consent=consulted(draft, at=NOW), by=MAKER, at=NOW + WEEK)
    with pytest.raises(ValidationError, match="ends with nobody to call"):
        publication.publish(version=draft, by=MAKER, at=NOW + WEEK)


CHANGES: dict[str, Callable[[GridVersion], object]] = {
    "its words": lambda version: GridVersion.objects.filter(pk=version.pk).update(summary="Other"),
    "its state": lambda version: GridVersion.objects.filter(pk=version.pk).update(state="draft", published_at=None),
    "itself": lambda version: GridVersion.objects.filter(pk=version.pk).delete(),
    "a scenario": lambda version: version.scenarios.update(title="Other"),
    "a scenario away": lambda version: Scenario.objects.filter(grid_version=version).delete(),
    "a scenario more": lambda version: Scenario.objects.create(grid_version=version, code="more", title="More"),
    "a right": lambda version: Right.objects.filter(scenario__grid_version=version).update(kind="is_told"),
    "a right away": lambda version: Right.objects.filter(scenario__grid_version=version).delete(),
    "a rung": lambda version: Rung.objects.filter(scenario__grid_version=version).update(minutes=1),
    "history": lambda version: GridMove.objects.filter(version=version).update(reason="Other"),
    "a review": lambda version: GridReview.objects.filter(version=version).update(learnt="Other"),
    "a comment": lambda version: CellComment.objects.filter(grid_version=version).update(text="Other"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_database_keeps_what_was_published(place: Place, row: Content, change: str) -> None:
    by = Actor.user(place.rota.ana)
    draft = drafted(place.centre, [row], at=NOW)
    grids.comment(
        version=draft, scenario_code=row.code, text="Fine", organisation=place.organisations[0], by=by, at=NOW
    )
    rounds.close_round(consent=consulted(draft, at=NOW), by=MAKER, at=NOW + WEEK)
    version = publication.publish(version=draft, by=MAKER, at=NOW + WEEK)
    grids.review_grid(version=version, learnt="Much", by=by, at=NOW + WEEK)
    with pytest.raises(Error), transaction.atomic():
        CHANGES[change](version)
    assert scenario_queries.contents_of(version) == [row]


def test_the_services_refuse_what_is_no_draft(place: Place, row: Content) -> None:
    version = published(place.centre, [row], at=NOW)
    with pytest.raises(IllegalMoveError):
        edited(version, replace(row, title="Other"))
    with pytest.raises(IllegalMoveError):
        scenarios.add_scenario(version=version, content=decided_by(place.rota.lead, "more"), by=MAKER, at=NOW)


def test_every_act_leaves_an_event(place: Place, row: Content) -> None:
    published(place.centre, [row], at=NOW)
    verbs = AuditEvent.objects.filter(subject__in=["grid", "consent"]).order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == ["grid.drafted", "grid.replaced", "grid.consulted", "consent.closed", "grid.published"]
