"""What a centre's agreements say, what is proposed, and which organisations have signed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from nhc.clock import london_date
from nhc.models import User
from partners.models import (
    Agreement,
    AgreementComment,
    AgreementProposal,
    AgreementVersion,
    Centre,
    Employment,
    Membership,
    NormsConfirmation,
    Organisation,
    Partnership,
    Signatory,
    Signature,
)
from partners.queries.binding import bound, in_force
from partners.queries.organisations import holds_on
from partners.queries.people import current


@dataclass(frozen=True, slots=True)
class Signing:
    """One partner and its signature under a version. `bound`: signed, or its time to sign still runs."""

    organisation: Organisation
    signature: Signature | None
    bound: bool


def by_kind(centre: Centre, kind: str) -> Agreement | None:
    """Return a centre's agreement of a kind, with its centre."""
    return Agreement.objects.select_related("centre").filter(centre=centre, kind=kind).first()


def agreements_of(centre: Centre) -> dict[str, Agreement]:
    """Return a centre's agreements by kind."""
    return {agreement.kind: agreement for agreement in Agreement.objects.filter(centre=centre)}


def _versions() -> QuerySet[AgreementVersion]:
    return AgreementVersion.objects.select_related("agreement__centre", "predecessor", "opened_by")


def version_in_force(agreement: Agreement, at: datetime) -> AgreementVersion | None:
    """Return what is in force at an instant."""
    return _versions().filter(in_force(at), agreement=agreement).first()


def in_force_at(centre: Centre, at: datetime) -> dict[str, AgreementVersion]:
    """Return what is in force at a centre, by kind. One query."""
    found = _versions().filter(in_force(at), agreement__centre=centre)
    return {version.agreement.kind: version for version in found}


def draft_of(agreement: Agreement) -> AgreementVersion | None:
    """Return the version that is being drafted."""
    return _versions().filter(agreement=agreement, opened_at__isnull=True).first()


def newest(agreement: Agreement) -> AgreementVersion:
    """Return the text that proposals change: the draft, or else what was opened last."""
    return _versions().filter(agreement=agreement).order_by("-number")[0]


def version_by_number(agreement: Agreement, number: int) -> AgreementVersion | None:
    """Return one version."""
    return _versions().filter(agreement=agreement, number=number).first()


def versions_of(agreement: Agreement) -> QuerySet[AgreementVersion]:
    """Return every version that was opened, newest first."""
    return _versions().filter(agreement=agreement, opened_at__isnull=False).order_by("-number")


def signings(version: AgreementVersion, at: datetime) -> list[Signing]:
    """Return every partner of the centre with its signature under a version, by name. Two queries."""
    kind = version.agreement.kind
    partners = (
        Partnership.objects.filter(holds_on(london_date(at)), centre_id=version.agreement.centre_id)
        .annotate(is_bound=bound([kind], at))
        .select_related("organisation")
        .order_by("organisation__name", "organisation__code")
    )
    signed = {each.organisation_id: each for each in signatures_of(version)}
    return [Signing(each.organisation, signed.get(each.organisation_id), each.is_bound) for each in partners]


def signatures_of(version: AgreementVersion) -> list[Signature]:
    """Return the signatures under a version, oldest first, with who signed."""
    return list(version.signatures.select_related("user", "organisation").order_by("signed_at", "pk"))


def counts_signed(versions: Iterable[AgreementVersion], day: date) -> dict[int, tuple[int, int]]:
    """Return, for versions of one centre, how many of its partners on a day have signed each, and of how many."""
    wanted = list(versions)
    if not wanted:
        return {}
    partners = Partnership.objects.filter(holds_on(day), centre_id=wanted[0].agreement.centre_id)
    of = partners.count()
    rows = (
        Signature.objects.filter(version__in=wanted, organisation__in=partners.values("organisation_id"))
        .values_list("version_id")
        .annotate(number=Count("pk"))
    )
    signed = dict(rows)
    return {version.pk: (signed.get(version.pk, 0), of) for version in wanted}


def signs(at: datetime) -> Q:
    """Return the condition that an appointment to sign holds at an instant and the person is still the organisation's.

    They are while it employs them or they have a place in a team of its.
    """
    employed = Employment.objects.filter(current(at), user=OuterRef("user"), organisation=OuterRef("organisation"))
    placed = Membership.objects.filter(current(at), user=OuterRef("user"), team__organisation=OuterRef("organisation"))
    return current(at) & (Q(Exists(employed)) | Q(Exists(placed)))


def may_sign_for(user_id: int, version: AgreementVersion, at: datetime) -> list[Signatory]:
    """Return for which partners of the centre, that have not signed yet, a person signs now."""
    partners = Partnership.objects.filter(holds_on(london_date(at)), centre_id=version.agreement.centre_id)
    return list(
        Signatory.objects.filter(signs(at), user_id=user_id, organisation__in=partners.values("organisation_id"))
        .exclude(organisation__in=version.signatures.values("organisation_id"))
        .select_related("organisation")
        .order_by("organisation__name")
    )


def signs_at(user_id: int, centre: Centre, at: datetime) -> bool:
    """Whether a person signs for any partner of a centre."""
    partners = Partnership.objects.filter(holds_on(london_date(at)), centre=centre)
    return Signatory.objects.filter(
        signs(at), user_id=user_id, organisation__in=partners.values("organisation_id")
    ).exists()


def proposals_of(agreement: Agreement) -> QuerySet[AgreementProposal]:
    """Return proposals, the open ones first and then newest first, with who made them and how many comments."""
    return (
        AgreementProposal.objects.filter(agreement=agreement)
        .select_related("user", "organisation")
        .annotate(said=Count("comments"))
        .order_by(F("decided_at").desc(nulls_first=True), "-created_at", "-pk")
    )


def proposal_by_id(proposal_id: int) -> AgreementProposal | None:
    """Return a proposal with its agreement and who made and answered it."""
    return (
        AgreementProposal.objects.select_related("agreement__centre", "base", "user", "organisation", "decided_by")
        .filter(pk=proposal_id)
        .first()
    )


def comments_of(proposal: AgreementProposal) -> QuerySet[AgreementComment]:
    """Return what was said about a proposal, oldest first."""
    return proposal.comments.select_related("user", "organisation").order_by("made_at", "pk")


def signatories_of(organisation: Organisation, at: datetime) -> QuerySet[Signatory]:
    """Return who signs for an organisation, by name."""
    return Signatory.objects.filter(signs(at), organisation=organisation).select_related("user").order_by("user__name")


def signatory_by_id(signatory_id: int, at: datetime) -> Signatory | None:
    """Return somebody's appointment while it holds, with organisation and person."""
    return Signatory.objects.filter(signs(at), pk=signatory_id).select_related("organisation", "user").first()


def organisation_at(user_id: int, centre: Centre, at: datetime) -> Organisation | None:
    """Return for which organisation a person works at a centre: the first by name where they work for several."""
    return (
        Organisation.objects.filter(
            pk__in=Membership.objects.filter(current(at), user_id=user_id, team__centre=centre).values(
                "team__organisation_id"
            )
        )
        .order_by("name", "code")
        .first()
    )


def holders(centre: Centre, roles: Iterable[str], at: datetime) -> list[User]:
    """Return who has one of these roles at a centre."""
    return list(
        User.objects.filter(
            pk__in=Membership.objects.filter(current(at), team__centre=centre, role__in=list(roles)).values("user_id")
        ).order_by("pk")
    )


def due_for_signing(at: datetime) -> list[AgreementVersion]:
    """Return what is in force anywhere and has its last day for signing within two weeks."""
    today = london_date(at)
    found = _versions().filter(in_force(at), sign_by__gte=today, sign_by__lte=today + timedelta(days=14))
    return list(found.order_by("pk"))


def due_for_review(at: datetime) -> list[AgreementVersion]:
    """Return what is in force anywhere and is reviewed within two weeks."""
    today = london_date(at)
    found = _versions().filter(in_force(at), review_on__gte=today, review_on__lte=today + timedelta(days=14))
    return list(found.order_by("pk"))


def concerned(
    centre: Centre, organisations: Iterable[Organisation], at: datetime
) -> Iterator[tuple[Organisation, int]]:
    """Return, for organisations, the keys of their people at a centre and of those who sign for them."""
    by_id = {each.pk: each for each in organisations}
    placed = Membership.objects.filter(current(at), team__centre=centre, team__organisation__in=by_id)
    signing = Signatory.objects.filter(signs(at), organisation__in=by_id)
    pairs = {
        *placed.values_list("team__organisation_id", "user_id"),
        *signing.values_list("organisation_id", "user_id"),
    }
    for organisation, user_id in sorted(pairs):
        yield by_id[organisation], user_id


def not_confirmed(version: AgreementVersion, at: datetime) -> list[int]:
    """Return the keys of the people at the centre who have not confirmed a version of its norms charter."""
    placed = Membership.objects.filter(current(at), team__centre_id=version.agreement.centre_id)
    confirmed = NormsConfirmation.objects.filter(version=version)
    users = User.objects.filter(pk__in=placed.values("user_id")).exclude(pk__in=confirmed.values("user_id"))
    return list(users.order_by("pk").values_list("pk", flat=True))
