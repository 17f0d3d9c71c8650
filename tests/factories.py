"""Rows for tests that need many of them. What people do is tested through services and HTTP; see `tests.cast` too."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from factory.declarations import LazyAttribute, LazyFunction, SelfAttribute, Sequence, SubFactory, Trait
from factory.django import DjangoModelFactory

from nhc.identity import uuid7
from nhc.models import User
from partners.models import (
    Agreement,
    AgreementProposal,
    AgreementVersion,
    ApiKey,
    Area,
    AreaAppointment,
    AreaCentre,
    Centre,
    Collection,
    DirtySlot,
    Employment,
    IdempotencyRecord,
    Invitation,
    Measure,
    MeasureVersion,
    Membership,
    Observation,
    Organisation,
    Partnership,
    Return,
    ReturnMeasure,
    Revision,
    Submission,
    SubmissionBody,
    Team,
)

LONG_AGO = datetime(2016, 4, 1, tzinfo=UTC)
"""When everything made here begins."""
FIRST_DAY = LONG_AGO.date()


class UserFactory(DjangoModelFactory[User]):
    """A person without a password."""

    class Meta:
        model = User

    email = Sequence(lambda number: f"person{number}@example.org")
    name = Sequence(lambda number: f"Person {number}")
    password = "!"


class OrganisationFactory(DjangoModelFactory[Organisation]):
    class Meta:
        model = Organisation

    code = Sequence(lambda number: f"L{number:05}")
    name = Sequence(lambda number: f"Organisation {number}")
    sector = Organisation.Sector.VCFSE


class CentreFactory(DjangoModelFactory[Centre]):
    class Meta:
        model = Centre

    slug = Sequence(lambda number: f"centre-{number}")
    name = Sequence(lambda number: f"Centre {number}")


class PartnershipFactory(DjangoModelFactory[Partnership]):
    class Meta:
        model = Partnership

    organisation = SubFactory(OrganisationFactory)
    centre = SubFactory(CentreFactory)
    from_date = FIRST_DAY


class TeamFactory(DjangoModelFactory[Team]):
    class Meta:
        model = Team

    organisation = SubFactory(OrganisationFactory)
    centre = SubFactory(CentreFactory)
    name = Sequence(lambda number: f"Team {number}")


class EmploymentFactory(DjangoModelFactory[Employment]):
    class Meta:
        model = Employment

    user = SubFactory(UserFactory)
    organisation = SubFactory(OrganisationFactory)
    starts_at = LONG_AGO


class MembershipFactory(DjangoModelFactory[Membership]):
    class Meta:
        model = Membership

    user = SubFactory(UserFactory)
    team = SubFactory(TeamFactory)
    role = "practitioner"
    starts_at = LONG_AGO


class MeasureFactory(DjangoModelFactory[Measure]):
    """A bare measure; `MeasureVersionFactory` gives it a meaning."""

    class Meta:
        model = Measure

    code = Sequence(lambda number: f"measure-{number}")


class MeasureVersionFactory(DjangoModelFactory[MeasureVersion]):
    """A monthly proportion of whole numbers that may be broken down by ethnicity; `counted=True` makes it a count."""

    class Meta:
        model = MeasureVersion

    class Params:
        counted = Trait(
            unit=MeasureVersion.Unit.COUNT,
            denominator_label="",
            multiplier=1,
            aggregation=MeasureVersion.Aggregation.SUM,
        )

    measure = SubFactory(MeasureFactory)
    number = 1
    starts = FIRST_DAY
    title = LazyAttribute(lambda version: version.measure.code.replace("-", " ").capitalize())
    definition = "Contacts of the month."
    numerator_label = "Seen in 4 hours"
    denominator_label = "All contacts"
    unit = MeasureVersion.Unit.PROPORTION
    multiplier = 100
    aggregation = MeasureVersion.Aggregation.RATIO_OF_SUMS
    period_type = "month"
    breakdowns = LazyFunction(lambda: ["ethnic_group"])
    improvement = MeasureVersion.Improvement.INCREASE


class CollectionFactory(DjangoModelFactory[Collection]):
    class Meta:
        model = Collection

    centre = SubFactory(CentreFactory)
    measure = SubFactory(MeasureFactory)
    position = Sequence(int)
    from_date = FIRST_DAY


class ReturnFactory(DjangoModelFactory[Return]):
    class Meta:
        model = Return

    organisation = SubFactory(OrganisationFactory)
    centre = SubFactory(CentreFactory)
    from_date = FIRST_DAY


class ReturnMeasureFactory(DjangoModelFactory[ReturnMeasure]):
    class Meta:
        model = ReturnMeasure

    owed_in = SubFactory(ReturnFactory)
    measure = SubFactory(MeasureFactory)


class ApiKeyFactory(DjangoModelFactory[ApiKey]):
    """A stored key that nobody can present; `partners.services.keys.create_key` makes one that works."""

    class Meta:
        model = ApiKey

    organisation = SubFactory(OrganisationFactory)
    prefix = Sequence(lambda number: f"{number:08}")
    digest = bytes(32)
    scopes = LazyFunction(lambda: ["read", "submit"])
    created_at = LONG_AGO


class SubmissionFactory(DjangoModelFactory[Submission]):
    """An accepted submission."""

    class Meta:
        model = Submission

    id = LazyFunction(uuid7)
    organisation = SubFactory(OrganisationFactory)
    centre = SubFactory(CentreFactory)
    media_type = "application/json"
    state = Submission.State.ACCEPTED
    received_at = Sequence(lambda number: datetime(2026, 3, 1, tzinfo=UTC) + timedelta(seconds=number))
    processed_at = SelfAttribute("received_at")
    system_name = "factory"
    counts = LazyFunction(
        lambda: {"received": 1, "created": 1, "changed": 0, "unchanged": 0, "removed": 0, "rejected": 0}
    )


class SubmissionBodyFactory(DjangoModelFactory[SubmissionBody]):
    class Meta:
        model = SubmissionBody

    submission = SubFactory(SubmissionFactory)
    ciphertext = b"-"
    expires_at = datetime(2026, 4, 1, tzinfo=UTC)


class RevisionFactory(DjangoModelFactory[Revision]):
    class Meta:
        model = Revision

    submission = SubFactory(SubmissionFactory)
    centre = SelfAttribute("submission.centre")


class ObservationFactory(DjangoModelFactory[Observation]):
    """An open total of March 2026, made by a submission of its own."""

    class Meta:
        model = Observation

    submission = SubFactory(SubmissionFactory)
    organisation = SelfAttribute("submission.organisation")
    centre = SelfAttribute("submission.centre")
    version = SubFactory(MeasureVersionFactory)
    measure = SelfAttribute("version.measure")
    period_start = date(2026, 3, 1)
    state = Observation.State.REPORTED
    numerator = Decimal(41)
    denominator = Decimal(52)
    opened_seq = 1


class DirtySlotFactory(DjangoModelFactory[DirtySlot]):
    class Meta:
        model = DirtySlot

    centre = SubFactory(CentreFactory)
    measure = SubFactory(MeasureFactory)
    period_start = date(2026, 3, 1)


class IdempotencyRecordFactory(DjangoModelFactory[IdempotencyRecord]):
    class Meta:
        model = IdempotencyRecord

    caller = "00000000"
    key = Sequence(lambda number: f"request-{number}")
    fingerprint = bytes(32)
    created_at = LONG_AGO
    expires_at = LazyAttribute(lambda record: record.created_at + timedelta(days=30))


class AreaFactory(DjangoModelFactory[Area]):
    class Meta:
        model = Area

    code = Sequence(lambda number: f"area-{number}")
    name = Sequence(lambda number: f"Area {number}")
    kind = Area.Kind.PLACE


class AreaCentreFactory(DjangoModelFactory[AreaCentre]):
    class Meta:
        model = AreaCentre

    area = SubFactory(AreaFactory)
    centre = SubFactory(CentreFactory)
    from_date = FIRST_DAY


class AreaAppointmentFactory(DjangoModelFactory[AreaAppointment]):
    class Meta:
        model = AreaAppointment

    user = SubFactory(UserFactory)
    area = SubFactory(AreaFactory)
    starts_at = LONG_AGO


class InvitationFactory(DjangoModelFactory[Invitation]):
    """An open invitation whose link nobody holds; `partners.services.invitations.invite` makes one that opens."""

    class Meta:
        model = Invitation

    id = LazyFunction(uuid7)
    organisation = SubFactory(OrganisationFactory)
    email = Sequence(lambda number: f"invited{number}@example.org")
    name = Sequence(lambda number: f"Invited {number}")
    employed_from = LONG_AGO
    token_digest = Sequence(lambda number: number.to_bytes(32, "big"))
    invited_by = SubFactory(UserFactory)
    created_at = datetime(2026, 3, 30, tzinfo=UTC)
    expires_at = LazyAttribute(lambda invitation: invitation.created_at + timedelta(days=7))


class AgreementFactory(DjangoModelFactory[Agreement]):
    """An agreement without a text; `AgreementVersionFactory` gives it one."""

    class Meta:
        model = Agreement

    centre = SubFactory(CentreFactory)
    kind = Agreement.Kind.MEMORANDUM
    created_at = LONG_AGO


class AgreementVersionFactory(DjangoModelFactory[AgreementVersion]):
    """A draft."""

    class Meta:
        model = AgreementVersion

    agreement = SubFactory(AgreementFactory)
    number = 1
    text = "We work as one team."
    created_at = LONG_AGO


class AgreementProposalFactory(DjangoModelFactory[AgreementProposal]):
    """An open proposal."""

    class Meta:
        model = AgreementProposal

    agreement = SubFactory(AgreementFactory)
    base = SubFactory(AgreementVersionFactory, agreement=SelfAttribute("..agreement"))
    base_text = "We work as one team."
    text = Sequence(lambda number: f"We work as one team, {number} times over.")
    reason = Sequence(lambda number: f"Reason {number}")
    user = SubFactory(UserFactory)
    organisation = SubFactory(OrganisationFactory)
    created_at = LONG_AGO
    changed_at = LONG_AGO
