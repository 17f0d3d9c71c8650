"""Episodes: the way from the board to a record, who is around somebody, and how an episode ends."""

from collections.abc import Mapping

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_safe

from huddles.forms.people import BreakGlassForm, CircleForm, CloseForm, KeyWorkerForm
from huddles.lifecycle import EpisodeOutcome
from huddles.models import CircleMember, Episode
from huddles.permissions import people as permissions
from huddles.permissions.people import Closed, Record
from huddles.queries import workers
from huddles.services import break_glass, episodes
from huddles.views.access import visit
from huddles.views.acts import Act, Press, Theirs, Way
from nhc.gates import proof_required
from partners.permissions import NotVisible
from partners.queries import directory


@require_safe
def episode(request: HttpRequest, slug: str, episode_reference: str) -> HttpResponse:
    """Lead to the record of an episode, or say to somebody on duty that it is closed to them and what they can do."""
    seen = visit(request)
    try:
        record, _ = permissions.get_episode(seen.viewer, slug, episode_reference, seen.at)
    except NotVisible:
        closed = permissions.get_closed_record(seen.viewer, slug, episode_reference, seen.at)
        return render(request, "huddles/people/closed.jinja", {"centre": closed.centre, "row": closed.row})
    return redirect("huddles:person", slug, record.person.reference)


@method_decorator(proof_required, name="dispatch")
class BreakGlassOf(Act[BreakGlassForm]):
    """Open a record in an emergency, within minutes of a proof of identity."""

    title = "Open the record in an emergency"
    introduction = (
        "The record opens to you for 8 hours. Whoever supports the person is told that somebody opened it, "
        "and a privacy officer reviews why. In immediate danger, call 999 first."
    )
    button = "Open the record"
    closed: Closed

    def load(self, named: Mapping[str, str]) -> None:
        """Load the episode as the board shows it."""
        self.closed = permissions.get_closed_record(
            self.seen.viewer, named["slug"], named["episode_reference"], self.seen.at
        )
        self.centre = self.closed.centre
        self.back = Way(reverse("huddles:episode", args=[self.centre.slug, self.closed.row.reference]), "Back")

    def form(self, data: Mapping[str, object] | None = None) -> BreakGlassForm:
        """Return the form."""
        return BreakGlassForm(data)

    def act(self, form: BreakGlassForm) -> str:
        """Open it."""
        break_glass.break_glass(
            person=self.closed.person, reason=form.cleaned_data["reason"], by=self.seen.by, at=self.seen.at
        )
        return "The record is open to you for 8 hours"

    def done(self) -> str:
        """Lead to the record."""
        return reverse("huddles:person", args=[self.centre.slug, self.closed.person.reference])


class _OfEpisode[Form: forms.Form](Act[Form]):
    """An act on an open episode, by the responsible team and the key worker."""

    record: Record
    episode: Episode

    def load(self, named: Mapping[str, str]) -> None:
        """Load the episode."""
        self.record, self.episode = permissions.get_episode_to_lead(
            self.seen.viewer, named["slug"], named["episode_reference"], self.seen.at
        )
        self.centre = self.record.centre
        self.back = Way(reverse("huddles:person", args=[self.centre.slug, self.record.person.reference]), "Record")


class NameKeyWorker(_OfEpisode[KeyWorkerForm]):
    """Name who somebody turns to."""

    title = "Key worker"
    button = "Save"

    def form(self, data: Mapping[str, object] | None = None) -> KeyWorkerForm:
        """Return the form with those who work in the responsible team."""
        team = workers.people_of(workers.of_team(self.centre, self.episode.responsible_team_id, self.seen.at))
        initial: dict[str, object] = {"version": self.episode.version, "user": self.episode.key_worker_id}
        return KeyWorkerForm(data, users=team, initial=initial)

    def act(self, form: KeyWorkerForm) -> str:
        """Name them."""
        user = form.user()
        episodes.set_key_worker(
            episode=self.episode, user=user, version=form.cleaned_data["version"], by=self.seen.by, at=self.seen.at
        )
        return "Nobody is key worker now" if user is None else f"{user.name} is key worker now"

    def theirs(self, error: ValidationError) -> Theirs | None:
        """Show who is named now."""
        if not isinstance(error, episodes.Clash):
            return None
        now = error.episode
        return Theirs(now.version, [("Key worker", now.key_worker and now.key_worker.name)])


class AddToCircle(_OfEpisode[CircleForm]):
    """Put a team or somebody around a person."""

    title = "Who supports them too"
    introduction = "They see the record until you end it, or until the episode closes."
    button = "Let them see the record"

    def form(self, data: Mapping[str, object] | None = None) -> CircleForm:
        """Return the form with the centre's teams and those who work with people there."""
        at = self.seen.at
        return CircleForm(
            data,
            teams=directory.teams_at(self.centre, at),
            users=workers.people_of(workers.of_centre(self.centre, at)),
        )

    def act(self, form: CircleForm) -> str:
        """Put them there."""
        team, user = form.team(), form.user()
        episodes.add_to_circle(
            episode=self.episode,
            team=team,
            user=user,
            role=form.cleaned_data["role"],
            by=self.seen.by,
            at=self.seen.at,
        )
        return f"{(team or user or self.seen.user).name} can see the record from now on"


class CloseEpisode(_OfEpisode[CloseForm]):
    """Close an episode."""

    title = "Close the episode"
    introduction = "Nobody is responsible from then on, and the record closes to everybody until the next referral."
    button = "Close the episode"

    def form(self, data: Mapping[str, object] | None = None) -> CloseForm:
        """Return the form."""
        return CloseForm(data)

    def act(self, form: CloseForm) -> str:
        """Close it."""
        episodes.close_episode(
            episode=self.episode,
            outcome=EpisodeOutcome(form.cleaned_data["outcome"]),
            by=self.seen.by,
            at=self.seen.at,
        )
        return f"Episode {self.episode.reference} is closed"

    def done(self) -> str:
        """Lead to the list of people: the record is closed."""
        return reverse("huddles:people", args=[self.centre.slug])


class Waiting(Press):
    """Say that somebody waits, or waits no more."""

    def load(self, named: Mapping[str, str]) -> None:
        """Load the episode."""
        record, self.episode = permissions.get_episode_to_lead(
            self.seen.viewer, named["slug"], named["episode_reference"], self.seen.at
        )
        self.centre = record.centre
        self.back = Way(reverse("huddles:person", args=[self.centre.slug, record.person.reference]), "Record")

    def press(self) -> str:
        """Turn it round."""
        waits = self.episode.waiting_since is None
        episodes.set_waiting(episode=self.episode, waits=waits, by=self.seen.by, at=self.seen.at)
        return "They wait from now on" if waits else "They wait no more"


class LeaveCircle(Press):
    """Take a team or somebody out of the circle."""

    member: CircleMember

    def load(self, named: Mapping[str, str]) -> None:
        """Load who is around the person."""
        record, self.member = permissions.get_circle_member(
            self.seen.viewer, named["slug"], named["episode_reference"], int(named["member_id"]), self.seen.at
        )
        self.centre = record.centre
        self.back = Way(reverse("huddles:person", args=[self.centre.slug, record.person.reference]), "Record")

    def press(self) -> str:
        """Take them out."""
        episodes.leave_circle(member=self.member, by=self.seen.by, at=self.seen.at)
        return "They do not see the record any more"
