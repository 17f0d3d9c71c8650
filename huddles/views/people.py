"""People: those whom somebody supports, the search over them, one record, and what is changed in it."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from huddles.forms.people import JoinForm, PersonForm, SharingForm
from huddles.lifecycle import OUTCOME_NAMES
from huddles.models import Episode, Person, SharingPreference
from huddles.permissions import people as permissions
from huddles.permissions.people import Record
from huddles.queries import episodes as episode_queries
from huddles.queries import merges as merge_queries
from huddles.queries import people as queries
from huddles.queries.people import Twin
from huddles.services import looks, merges, people, sharing
from huddles.views.access import Visit, visit
from huddles.views.acts import Act, Theirs, Way, paged
from nhc import searches
from nhc.clock import london_date
from partners.permissions import NotVisible
from partners.queries import directory

if TYPE_CHECKING:
    from partners.models import Team

REASON_WORDS = {
    "team": "Your team is responsible for them.",
    "key_worker": "You are their key worker.",
    "circle": "You are one of those around them.",
    "grant": "A privacy officer lets you read it for a while.",
    "broken": "You opened it in an emergency. It closes again by itself, and a privacy officer reviews it.",
}
FIELD_WORDS = {
    "given_name": "First name",
    "family_name": "Last name",
    "preferred_name": "Wants to be called",
    "alias": "Also known as",
    "nhs_number": "NHS number",
    "born_on": "Date of birth",
    "born_about": "Born about",
    "telephone": "Telephone number",
    "address": "Address",
    "access_needs": "Access needs",
    "what_matters": "What matters to them",
    "sensitive": "Sensitive",
}


@require_http_methods(["GET", "HEAD", "POST"])
def people_list(request: HttpRequest, slug: str) -> HttpResponse:
    """List the people whose records somebody sees; a search over them is sent by POST and kept in the session."""
    seen = visit(request)
    centre = permissions.get_people_for(seen.viewer, slug, seen.at).centre
    about = f"people of {centre.pk}"
    if request.method == "POST":
        searches.keep_words(request, about)
        return redirect("huddles:people", slug)
    sought = searches.words(request, about)
    readable = permissions.visible(seen.viewer, centre, seen.at, searching=True)
    page = paged(request, queries.search(readable, sought) if sought else queries.readable_at(readable))
    shown = list(page)
    looks.looked(people=shown, why="search" if sought else "people", by=seen.by, at=seen.at)
    open_of = episode_queries.open_by_person(shown)
    context = {
        "centre": centre,
        "page": page,
        "rows": [(person, open_of.get(person.pk)) for person in shown],
        "twins": queries.twins_among(shown),
        "sought": sought,
        "joins": merge_queries.waiting(permissions.visible(seen.viewer, centre, seen.at)),
    }
    return render(request, "huddles/people/list.jinja", context)


@require_safe
def person(request: HttpRequest, slug: str, person_reference: str) -> HttpResponse:
    """Show a record to those who may see it, and leave a look in the trail."""
    seen = visit(request)
    record = permissions.get_record(seen.viewer, slug, person_reference, seen.at)
    _look(record, "record", seen)
    if record.person.reference != person_reference:
        return redirect("huddles:person", slug, record.person.reference)
    episodes = episode_queries.of_person(record.person)
    now = next((each for each in episodes if each.closed_at is None), None)
    said_of_sharing = queries.sharing_of(record.person, seen.at)
    context = {
        "centre": record.centre,
        "record": record,
        "person": record.person,
        "number": queries.shown_number(record.person),
        "age": _age(record.person, seen.at),
        "reasons": [REASON_WORDS.get(each, "You were asked to take this over.") for each in sorted(record.reasons)],
        "episode": now,
        "circle": [] if now is None else episode_queries.circle_of(now, seen.at),
        "past": [each for each in episodes if each.closed_at is not None],
        "history": episode_queries.history_of(episodes),
        "sharing": said_of_sharing,
        "kept_from": _kept_from(now, said_of_sharing),
        "twins": _twins(record, seen) if record.may_change else [],
        "merges": merge_queries.of_person(record.person),
        "outcomes": OUTCOME_NAMES,
    }
    return render(request, "huddles/people/person.jinja", context)


@require_safe
def history(request: HttpRequest, slug: str, person_reference: str) -> HttpResponse:
    """Show every change of a record to those around the person."""
    seen = visit(request)
    record = permissions.get_record_to_change(seen.viewer, slug, person_reference, seen.at)
    _look(record, "history", seen)
    page = paged(request, queries.revisions_of(record.person))
    rows = [(each, [(FIELD_WORDS[name], *values) for name, values in each.changes.items()]) for each in page]
    context = {"centre": record.centre, "person": record.person, "page": page, "rows": rows}
    return render(request, "huddles/people/history.jinja", context)


class _OfRecord[Form: forms.Form](Act[Form]):
    """An act on a record, by those around the person. Showing the form is a look, and so is a clash."""

    record: Record

    def load(self, named: Mapping[str, str]) -> None:
        """Load the record."""
        self.record = permissions.get_record_to_change(
            self.seen.viewer, named["slug"], named["person_reference"], self.seen.at
        )
        self.centre = self.record.centre
        self.back = Way(reverse("huddles:person", args=[self.centre.slug, self.record.person.reference]), "Record")

    def look(self) -> None:
        """Record the look."""
        _look(self.record, "form", self.seen)


class ChangePerson(_OfRecord[PersonForm]):
    """Change what a record says."""

    title = "Change the record"
    button = "Save"

    def form(self, data: Mapping[str, object] | None = None) -> PersonForm:
        """Return the form with what the record says."""
        return PersonForm(data, person=self.record.person, today=self.seen.today)

    def act(self, form: PersonForm) -> str:
        """Change it."""
        try:
            people.change_person(
                person=self.record.person,
                details=form.details(),
                version=form.cleaned_data["version"],
                by=self.seen.by,
                at=self.seen.at,
            )
        except people.NumberTakenError:
            people.note_taken_number(person=self.record.person, by=self.seen.by, at=self.seen.at)
            raise
        return "The record is changed"

    def theirs(self, error: ValidationError) -> Theirs | None:
        """Show how the record stands now."""
        if not isinstance(error, people.Clash):
            return None
        now = people.details_of(error.person)
        parts = [(words, said(getattr(now, name))) for name, words in FIELD_WORDS.items()]
        return Theirs(error.person.version, parts)


class SetSharing(_OfRecord[SharingForm]):
    """Record with whom somebody shares their record."""

    title = "Sharing the record"
    introduction = (
        "Ask the person. Whoever they do not share with sees the board's row alone from the moment you save this, "
        "whatever team they work in. Only the team that is responsible goes on seeing the record, until another team "
        "is. In an emergency others can still open it, and that is reviewed."
    )
    button = "Save what they said"

    def form(self, data: Mapping[str, object] | None = None) -> SharingForm:
        """Return the form with the centre's partners."""
        return SharingForm(data, organisations=directory.partners_at(self.centre, self.seen.at))

    def act(self, form: SharingForm) -> str:
        """Record it."""
        organisation, shares = form.organisation(), form.shares()
        sharing.set_sharing(
            person=self.record.person,
            organisation=organisation,
            shares=shares,
            reason=form.cleaned_data["reason"],
            by=self.seen.by,
            at=self.seen.at,
        )
        return f"The record is {'shared' if shares else 'not shared'} with {organisation.name} from now on"

    def done(self) -> str:
        """Lead to the list of people where the record closed to whoever saved this."""
        try:
            permissions.get_record(self.seen.viewer, self.centre.slug, self.record.person.reference, self.seen.at)
        except NotVisible:
            return reverse("huddles:people", args=[self.centre.slug])
        return super().done()


class AskJoin(_OfRecord[JoinForm]):
    """Ask that a record reads as another one."""

    title = "Join this record to another"
    introduction = (
        "Both must be the same person's. Nothing changes until somebody else confirms it, nothing is rewritten, "
        "and it can be undone."
    )
    button = "Ask for it"

    def form(self, data: Mapping[str, object] | None = None) -> JoinForm:
        """Return the form, with the other record filled in where a page says that it may be the same person's."""
        return JoinForm(data)

    def act(self, form: JoinForm) -> str:
        """Ask for it."""
        typed = form.cleaned_data
        other = self._other(typed["reference"].strip().upper())
        merges.ask_merge(
            kept=other, merged=self.record.person, reason=typed["reason"], by=self.seen.by, at=self.seen.at
        )
        return "Asked. Somebody else around both has to confirm it"

    def _other(self, reference: str) -> Person:
        """Return the other record where they may read it; any other looks as one that is not there."""
        try:
            return permissions.get_record(self.seen.viewer, self.centre.slug, reference, self.seen.at).person
        except NotVisible as error:
            raise ValidationError({"reference": "You see no record with this reference. Check it."}) from error


def _look(record: Record, why: str, seen: Visit) -> None:
    looks.looked(people=[record.person], why=why, through=record.reasons, by=seen.by, at=seen.at)


def _twins(record: Record, seen: Visit) -> list[Twin]:
    """Return the records that may be the same person's: showing their names is a look at each."""
    readable = permissions.visible(seen.viewer, record.centre, seen.at, searching=True)
    found = queries.twins(record.person, readable)
    looks.looked(people=[twin.person for twin in found], why="twins", by=seen.by, at=seen.at)
    return found


def _kept_from(episode: Episode | None, said_now: list[SharingPreference]) -> "Team | None":
    """Return the responsible team where the person does not share with its organisation."""
    if episode is None:
        return None
    refused = {each.organisation_id for each in said_now if not each.shares}
    team = episode.responsible_team
    return team if team.organisation_id in refused else None


def _age(person: Person, at: datetime) -> int | None:
    """Return somebody's age in whole years, in London."""
    if person.born_on is None:
        return None
    today = london_date(at)
    return today.year - person.born_on.year - ((today.month, today.day) < (person.born_on.month, person.born_on.day))


def said(value: object) -> object:
    """Return a value of a record as people read it."""
    return ("Yes" if value else "No") if isinstance(value, bool) else value
