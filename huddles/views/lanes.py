"""What teams say ahead of the huddle, today on a phone, and the thresholds that levels are calculated from."""

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from huddles import levels
from huddles.forms.huddles import LaneForm, ThresholdsForm
from huddles.permissions import huddles as permissions
from huddles.queries import cards as card_queries
from huddles.queries import huddle as huddle_queries
from huddles.queries import pressure as queries
from huddles.services import pressure
from huddles.views.access import visit
from huddles.views.acts import Way, paged
from huddles.views.parts import BoardAct
from nhc import identity
from partners.hours import operational_date
from partners.queries import rota


@require_safe
def today(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what somebody has to do here today: their team's lane, their actions, who is on, when the huddle is."""
    seen = visit(request)
    access = permissions.get_huddle_for(seen.viewer, slug, seen.at)
    centre, day = access.centre, operational_date(seen.at, access.centre.day_starts)
    teams = rota.teams_of(seen.user.pk, centre, seen.at)
    on = rota.on_duty(centre, seen.at)
    context = {
        "centre": centre,
        "access": access,
        "day": day,
        "shift": rota.shift_of(seen.user.pk, centre.pk, seen.at),
        "lanes": queries.filled(teams, day),
        "actions": card_queries.mine(centre, seen.user.pk, [team.pk for team in teams]),
        "huddles": huddle_queries.of_day(centre, day),
        "on": on,
        "next": rota.next_on([role for role, shifts in on.items() if not shifts], seen.at),
        "at": seen.at,
    }
    return render(request, "huddles/today.jinja", context)


class FillLane(BoardAct[LaneForm]):
    """Say how a team stands, before anybody meets."""

    title = "Fill your lane"
    button = "Send to the board"
    template = "huddles/lane.jinja"

    def load(self, named: Mapping[str, str]) -> None:
        """Load the team, for those who work in it."""
        self.access, self.team = permissions.get_lane_to_fill(
            self.seen.viewer, named["slug"], int(named["team_id"]), self.seen.at
        )
        self.centre = self.access.centre
        self.back = Way(reverse("huddles:today", args=[self.centre.slug]), "Today")
        self.day = operational_date(self.seen.at, self.centre.day_starts)

    def form(self, data: Mapping[str, object] | None = None) -> LaneForm:
        """Return the form with the level that stands."""
        (filled,) = queries.filled([self.team], self.day)
        level = None if filled.declared is None else filled.declared.level
        return LaneForm(data, form_key=identity.uuid7(), level=level)

    def act(self, form: LaneForm) -> str:
        """Send it to the board."""
        typed = form.cleaned_data
        pressure.fill_lane(
            team=self.team,
            level=int(typed["level"]),
            why=typed["why"],
            words=typed["words"],
            by=self.seen.by,
            at=self.seen.at,
            form_key=typed["form_key"],
        )
        return f"{self.team.name} is on the board"

    def more(self) -> dict[str, object]:
        """Show what the team said earlier today: a new answer stands beside it, and takes nothing away."""
        return {"team": self.team, "day": self.day, "earlier": queries.said_on(self.team, self.day)}


@require_safe
def thresholds(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the thresholds in force and every version before them."""
    seen = visit(request)
    access = permissions.get_huddle_for(seen.viewer, slug, seen.at)
    context = {
        "centre": access.centre,
        "manages": access.manages,
        "page": paged(request, queries.thresholds_of(access.centre)),
        "parts": levels.PARTS,
        "defaults": levels.DEFAULTS,
    }
    return render(request, "huddles/board/thresholds.jinja", context)


class SetThresholds(BoardAct[ThresholdsForm]):
    """Change the thresholds: a new version from now on."""

    title = "Change the thresholds"
    introduction = "A team's level is the highest that any of these reaches. Levels of earlier days stay as they were."
    button = "Save as a new version"

    def load(self, named: Mapping[str, str]) -> None:
        """Load the centre, for those who look after it."""
        self.access = permissions.get_huddles_to_set_up(self.seen.viewer, named["slug"], self.seen.at)
        self.centre = self.access.centre
        self.back = Way(reverse("huddles:thresholds", args=[self.centre.slug]), "Thresholds")

    def form(self, data: Mapping[str, object] | None = None) -> ThresholdsForm:
        """Return the form with those in force."""
        return ThresholdsForm(data, thresholds=queries.in_force(self.centre, self.seen.at))

    def act(self, form: ThresholdsForm) -> str:
        """Set them."""
        made = pressure.set_thresholds(
            centre=self.centre,
            parts=form.parts(),
            reason=form.cleaned_data["reason"],
            version=form.cleaned_data["version"],
            by=self.seen.by,
            at=self.seen.at,
        )
        return f"Version {made.number} of the thresholds is in force"
