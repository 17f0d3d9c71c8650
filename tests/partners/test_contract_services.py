"""Writes of the shared contract: what they store, refuse and make stale."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from nhc.models import AuditEvent
from partners.models import (
    Centre,
    Collection,
    ContractRevision,
    DirtySlot,
    Measure,
    Observation,
    Organisation,
    Partnership,
    Return,
)
from partners.services import contract, organisations, people
from tests import cast
from tests.cast import MAKER, NOW, SEEN, TODAY, VISITS, Cast
from tests.factories import CollectionFactory, MeasureVersionFactory, ObservationFactory, SubmissionFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def partners() -> Cast:
    """Give the cast, with nothing left to roll up."""
    gathered = cast.gather()
    DirtySlot.objects.all().delete()
    return gathered


def observe(partners: Cast, *months: date, closed_seq: int | None = None, centre: Centre | None = None) -> None:
    submission = SubmissionFactory.create(organisation=partners.trust, centre=centre or partners.riverside)
    for month in months:
        ObservationFactory.create(
            submission=submission,
            version=partners.seen.versions.first(),
            period_start=month,
            closed_seq=closed_seq,
        )


def slots() -> list[tuple[str, str, date]]:
    return list(
        DirtySlot.objects.order_by("centre__slug", "period_start").values_list(
            "centre__slug", "measure__code", "period_start"
        )
    )


def test_a_new_version_takes_over_from_the_one_in_force(partners: Cast) -> None:
    later = replace(SEEN, starts=date(2026, 2, 1), target=0.95)
    version = contract.add_measure_version(measure=partners.seen, definition=later, by=MAKER, at=NOW)
    first, second = partners.seen.versions.order_by("number")
    assert (first.ends, second) == (date(2026, 2, 1), version)
    assert (second.number, second.ends, second.target) == (2, None, 0.95)


def test_a_version_between_two_ends_where_the_next_starts(partners: Cast) -> None:
    for starts in (date(2026, 5, 1), date(2025, 1, 1)):
        contract.add_measure_version(measure=partners.seen, definition=replace(SEEN, starts=starts), by=MAKER, at=NOW)
    ranges = partners.seen.versions.order_by("starts").values_list("number", "starts", "ends")
    assert list(ranges) == [
        (1, SEEN.starts, date(2025, 1, 1)),
        (3, date(2025, 1, 1), date(2026, 5, 1)),
        (2, date(2026, 5, 1), None),
    ]


def test_a_version_over_past_periods_dirties_what_was_observed_and_nothing_else(partners: Cast) -> None:
    observe(partners, date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1))
    observe(partners, date(2026, 3, 1), centre=partners.hillside)
    observe(partners, date(2026, 4, 1), closed_seq=5)
    before = list(Observation.objects.order_by("pk").values())
    later = replace(SEEN, starts=date(2026, 2, 1))
    contract.add_measure_version(measure=partners.seen, definition=later, by=MAKER, at=NOW)
    assert slots() == [
        ("hillside", "crisis-contacts-seen-in-4h", date(2026, 3, 1)),
        ("riverside", "crisis-contacts-seen-in-4h", date(2026, 2, 1)),
        ("riverside", "crisis-contacts-seen-in-4h", date(2026, 3, 1)),
    ]
    assert list(Observation.objects.order_by("pk").values()) == before


@pytest.mark.parametrize(
    ("starts", "ends", "sentence"),
    [
        (SEEN.starts, None, "starts on the same day"),
        (date(2026, 2, 1), date(2026, 5, 1), "would leave a gap"),
    ],
)
def test_a_version_that_would_break_the_sequence_is_refused(
    partners: Cast, starts: date, ends: date | None, sentence: str
) -> None:
    with pytest.raises(ValidationError, match=sentence):
        contract.add_measure_version(
            measure=partners.seen, definition=replace(SEEN, starts=starts, ends=ends), by=MAKER, at=NOW
        )
    assert partners.seen.versions.get().ends is None


def test_a_version_may_not_change_the_periods_of_figures_already_sent(partners: Cast) -> None:
    observe(partners, date(2026, 3, 1))
    weekly = replace(SEEN, starts=date(2026, 2, 1), period_type="week")
    with pytest.raises(ValidationError, match="another period type"):
        contract.add_measure_version(measure=partners.seen, definition=weekly, by=MAKER, at=NOW)
    after = replace(weekly, starts=date(2026, 4, 6))
    assert contract.add_measure_version(measure=partners.seen, definition=after, by=MAKER, at=NOW).number == 2


@pytest.mark.parametrize(
    ("code", "definition"),
    [
        ("Crisis Contacts", SEEN),
        ("crisis-contacts-seen-in-4h", SEEN),
        ("new", replace(SEEN, breakdowns=("star_sign",))),
        ("new", replace(SEEN, denominator_label="")),
        ("new", replace(VISITS, denominator_label="All", aggregation="sum")),
        ("new", replace(VISITS, unit="furlong")),
        ("new", replace(VISITS, ends=VISITS.starts)),
    ],
)
def test_a_measure_that_makes_no_sense_is_refused(partners: Cast, code: str, definition: contract.Definition) -> None:
    with pytest.raises(ValidationError):
        contract.add_measure(code=code, definition=definition, by=MAKER, at=NOW)
    assert Measure.objects.count() == 2


def test_a_new_return_dirties_what_others_sent(partners: Cast) -> None:
    observe(partners, date(2025, 12, 1), date(2026, 1, 1), date(2026, 2, 1))
    contract.add_return(
        organisation=partners.council,
        centre=partners.riverside,
        measures=[partners.seen],
        from_date=date(2026, 1, 1),
        until_date=date(2026, 2, 1),
        by=MAKER,
        at=NOW,
    )
    assert slots() == [("riverside", "crisis-contacts-seen-in-4h", date(2026, 1, 1))]


def test_ending_a_return_dirties_what_is_no_longer_owed(partners: Cast) -> None:
    observe(partners, date(2026, 1, 1), date(2026, 2, 1))
    owed = contract.end_return(owed=partners.trust_return, until_date=date(2026, 2, 1), by=MAKER, at=NOW)
    assert owed.until_date == date(2026, 2, 1)
    assert slots() == [("riverside", "crisis-contacts-seen-in-4h", date(2026, 2, 1))]


@pytest.mark.parametrize(
    ("organisation", "measure", "period_type", "sentence"),
    [
        ("housing", "seen", "month", "no partner of Riverside"),
        ("council", "seen", "week", "counted by month, not by week"),
        ("council", "elsewhere", "month", "does not collect"),
        ("trust", "seen", "month", "already owes such a return"),
    ],
)
def test_a_return_nobody_could_meet_is_refused(
    partners: Cast, organisation: str, measure: str, period_type: str, sentence: str
) -> None:
    elsewhere = contract.add_measure(code="elsewhere", definition=SEEN, by=MAKER, at=NOW)
    owing: Organisation = getattr(partners, organisation)
    with pytest.raises(ValidationError, match=sentence):
        contract.add_return(
            organisation=owing,
            centre=partners.riverside,
            measures=[elsewhere if measure == "elsewhere" else partners.seen],
            period_type=period_type,
            from_date=date(2026, 1, 1),
            by=MAKER,
            at=NOW,
        )


def test_a_partner_that_leaves_owes_nothing_from_then_on(partners: Cast) -> None:
    observe(partners, date(2026, 3, 1), date(2026, 5, 1))
    partnership = Partnership.objects.get(organisation=partners.trust)
    organisations.end_partnership(partnership=partnership, until_date=TODAY, by=MAKER, at=NOW)
    assert Return.objects.get(organisation=partners.trust).until_date == TODAY
    assert Return.objects.get(organisation=partners.charity).until_date is None
    assert [start for _, _, start in slots()] == [date(2026, 5, 1)]


def test_a_partnership_that_is_prolonged_dirties_what_is_expected_again(partners: Cast) -> None:
    partnership = Partnership.objects.get(organisation=partners.trust)
    Partnership.objects.filter(pk=partnership.pk).update(until_date=date(2026, 2, 1))
    observe(partners, date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1))
    organisations.end_partnership(partnership=partnership, until_date=date(2026, 3, 1), by=MAKER, at=NOW)
    assert [start for _, _, start in slots()] == [date(2026, 2, 1), date(2026, 3, 1)]


def test_a_partnership_cannot_overlap_itself(partners: Cast) -> None:
    with pytest.raises(ValidationError, match="already a partner"):
        organisations.add_partnership(
            organisation=partners.trust, centre=partners.riverside, from_date=TODAY, by=MAKER, at=NOW
        )


def test_collected_measures_keep_their_order(partners: Cast) -> None:
    version = MeasureVersionFactory.create()
    contract.collect_measure(centre=partners.riverside, measure=version.measure, from_date=TODAY, by=MAKER, at=NOW)
    positions = Collection.objects.filter(centre=partners.riverside).order_by("position")
    assert list(positions.values_list("position", flat=True)) == [0, 1, 2]


@pytest.mark.parametrize(
    ("code", "sector"), [("zz009", "vcfse"), ("Z", "vcfse"), ("ZZ001", "vcfse"), ("ZZ009", "circus")]
)
def test_an_organisation_that_makes_no_sense_is_refused(partners: Cast, code: str, sector: str) -> None:
    with pytest.raises(ValidationError):
        organisations.add_organisation(code=code, name="Another", sector=sector, by=MAKER, at=NOW)


def test_an_email_address_is_one_person_whatever_its_case(partners: Cast) -> None:
    with pytest.raises(ValidationError):
        people.add_person(
            email="Alice@Example.ORG", name="Alice", organisation=None, employed_from=NOW, by=MAKER, at=NOW
        )


def test_an_unknown_role_is_refused_by_name(partners: Cast) -> None:
    with pytest.raises(ValidationError, match="'king' is not a role"):
        people.add_membership(user=partners.dev, team=partners.backbone, role="king", starts_at=NOW, by=MAKER, at=NOW)


def test_every_write_is_audited_with_who_and_when(partners: Cast) -> None:
    at = datetime(2026, 4, 3, tzinfo=UTC)
    contract.end_return(owed=partners.trust_return, until_date=TODAY, by=MAKER, at=at)
    event = AuditEvent.objects.get(verb="return.ended")
    assert (event.at, event.system_name, event.centre, event.organisation) == (at, "cast", "riverside", "ZZ001")


def test_a_refused_write_leaves_no_trace(partners: Cast) -> None:
    events, revision = AuditEvent.objects.count(), ContractRevision.objects.get().number
    with pytest.raises(ValidationError):
        contract.end_return(owed=partners.trust_return, until_date=date(2020, 1, 1), by=MAKER, at=NOW)
    assert AuditEvent.objects.count() == events
    assert ContractRevision.objects.get().number == revision


def test_two_centres_do_not_mix(partners: Cast) -> None:
    CollectionFactory.create(centre=partners.hillside, measure=MeasureVersionFactory.create().measure)
    observe(partners, date(2026, 3, 1), centre=partners.hillside)
    contract.end_return(owed=partners.trust_return, until_date=date(2026, 2, 1), by=MAKER, at=NOW)
    assert slots() == []


def test_a_changed_contract_holds_off_merges_into_every_centre_it_concerns(partners: Cast) -> None:
    assert partners.hillside.pk not in _held()
    later = replace(SEEN, starts=date(2026, 5, 1))
    contract.add_measure_version(measure=partners.seen, definition=later, by=MAKER, at=NOW)
    assert partners.hillside.pk in _held()


def _held() -> set[int]:
    """Return the centres whose merges the open transaction holds off."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND classid = 73001 "
            "AND pid = pg_backend_pid() AND granted"
        )
        return {centre for (centre,) in cursor.fetchall()}
