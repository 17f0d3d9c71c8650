"""What a centre manager sets up so that people can come in: the front door, streams and rooms."""

from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from huddles.forms.spaces import FrontDoorForm, RoomForm, StreamForm, suits
from huddles.models import Stream
from huddles.permissions.spaces import get_space_to_edit, get_stream_to_edit
from huddles.queries import spaces as space_queries
from huddles.queries import streams as queries
from huddles.services import spaces, streams
from huddles.views.access import visit
from huddles.views.acts import Act, Press, Theirs, Way
from partners.permissions import get_directory_to_manage
from partners.queries import directory


@require_safe
def flow(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the front door, the streams and the rooms, and what is missing before people can come in."""
    seen = visit(request)
    centre = get_directory_to_manage(seen.viewer, slug, seen.at)
    context = {
        "centre": centre,
        "door": queries.front_door(centre, seen.at),
        "streams": queries.streams_of(centre, retired=True),
        "spaces": [(space, suits(space)) for space in space_queries.spaces_of(centre, retired=True)],
        "hows": dict(Stream.How.choices),
    }
    return render(request, "huddles/flow/flow.jinja", context)


class _SetsUp:
    """What the acts below share: they belong to those who look after the centre, and lead back to the set-up."""

    def came_from(self, slug: str) -> Way:
        """Return the way back."""
        return Way(reverse("huddles:flow", args=[slug]), "Front door, streams and rooms")


class SetFrontDoor(_SetsUp, Act[FrontDoorForm]):
    """Say which team receives referrals."""

    title = "Set the front door"
    introduction = "What arrived before stays with the team that is responsible for it."

    def load(self, named: Mapping[str, str]) -> None:
        """Load the centre."""
        self.centre = get_directory_to_manage(self.seen.viewer, named["slug"], self.seen.at)
        self.back = self.came_from(self.centre.slug)

    def form(self, data: Mapping[str, object] | None = None) -> FrontDoorForm:
        """Return the form as the front door stands."""
        door = queries.front_door(self.centre, self.seen.at)
        initial = {} if door is None else {"team": str(door.team_id), "self_referral": door.self_referral}
        return FrontDoorForm(data, teams=list(directory.teams_at(self.centre, self.seen.at)), initial=initial)

    def act(self, form: FrontDoorForm) -> str:
        """Set it."""
        team, everybody = form.team(), form.cleaned_data["self_referral"]
        _, added = streams.open_front_door(
            centre=self.centre, team=team, self_referral=everybody, by=self.seen.by, at=self.seen.at
        )
        if not added:
            return f"{team.name} receives referrals"
        return f"{team.name} receives referrals, and the usual streams are there. Change what does not fit"


class UsualStreams(_SetsUp, Press):
    """Begin with the streams that most centres have."""

    def load(self, named: Mapping[str, str]) -> None:
        """Load the centre."""
        self.centre = get_directory_to_manage(self.seen.viewer, named["slug"], self.seen.at)
        self.back = self.came_from(self.centre.slug)

    def press(self) -> str:
        """Add them."""
        streams.begin_with_usual_streams(centre=self.centre, by=self.seen.by, at=self.seen.at)
        return "The usual streams are there. Change what does not fit"


class AddStream(_SetsUp, Act[StreamForm]):
    """Add a stream."""

    title = "Add a stream"
    button = "Add it"

    def load(self, named: Mapping[str, str]) -> None:
        """Load the centre."""
        self.centre = get_directory_to_manage(self.seen.viewer, named["slug"], self.seen.at)
        self.back = self.came_from(self.centre.slug)

    def form(self, data: Mapping[str, object] | None = None) -> StreamForm:
        """Return the form."""
        return StreamForm(data)

    def act(self, form: StreamForm) -> str:
        """Add it."""
        words = {name: form.cleaned_data[name] for name in ("name", "what_for", "how", "position")}
        made = streams.add_stream(centre=self.centre, **words, by=self.seen.by, at=self.seen.at)
        return f"The stream {made.name} is added"


class EditStream(_SetsUp, Act[StreamForm]):
    """Change a stream, or retire it."""

    title = "Change the stream"

    def load(self, named: Mapping[str, str]) -> None:
        """Load the stream."""
        self.stream = get_stream_to_edit(self.seen.viewer, named["slug"], named["code"], self.seen.at)
        self.centre = self.stream.centre
        self.back = self.came_from(self.centre.slug)

    def form(self, data: Mapping[str, object] | None = None) -> StreamForm:
        """Return the form as the stream stands."""
        return StreamForm(data, stream=self.stream)

    def act(self, form: StreamForm) -> str:
        """Change it."""
        words = {name: form.cleaned_data[name] for name in ("version", "name", "what_for", "how", "position", "active")}
        streams.edit_stream(stream=self.stream, **words, by=self.seen.by, at=self.seen.at)
        return "The stream is changed"

    def theirs(self, error: ValidationError) -> Theirs | None:
        """Show how the stream stands now."""
        if not isinstance(error, streams.StaleStreamError):
            return None
        now = error.stream
        return Theirs(now.version, [("Name", now.name), ("What it is for", now.what_for)])


class AddSpace(_SetsUp, Act[RoomForm]):
    """Add a room."""

    title = "Add a room"
    button = "Add it"

    def load(self, named: Mapping[str, str]) -> None:
        """Load the centre."""
        self.centre = get_directory_to_manage(self.seen.viewer, named["slug"], self.seen.at)
        self.back = self.came_from(self.centre.slug)

    def form(self, data: Mapping[str, object] | None = None) -> RoomForm:
        """Return the form."""
        return RoomForm(data)

    def act(self, form: RoomForm) -> str:
        """Add it."""
        made = spaces.add_space(centre=self.centre, room=form.room(), by=self.seen.by, at=self.seen.at)
        return f"{made.name} is added"


class EditSpace(_SetsUp, Act[RoomForm]):
    """Change a room, or take it out of use."""

    title = "Change the room"

    def load(self, named: Mapping[str, str]) -> None:
        """Load the room."""
        self.space = get_space_to_edit(self.seen.viewer, named["slug"], named["code"], self.seen.at)
        self.centre = self.space.centre
        self.back = self.came_from(self.centre.slug)

    def form(self, data: Mapping[str, object] | None = None) -> RoomForm:
        """Return the form as the room stands."""
        return RoomForm(data, space=self.space)

    def act(self, form: RoomForm) -> str:
        """Change it."""
        version = form.cleaned_data["version"]
        spaces.edit_space(space=self.space, version=version, room=form.room(), by=self.seen.by, at=self.seen.at)
        return "The room is changed"

    def theirs(self, error: ValidationError) -> Theirs | None:
        """Show how the room stands now."""
        if not isinstance(error, spaces.StaleSpaceError):
            return None
        now = error.space
        return Theirs(now.version, [("Name", now.name), ("Seats", now.seats), ("It suits", suits(now))])
