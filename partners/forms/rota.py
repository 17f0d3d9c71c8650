"""Forms of the rota: shifts, cover, duty roles and their hours, files and calendars, swaps."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta

from django import forms
from django.core.files.uploadedfile import UploadedFile

from nhc.forms import (
    CheckboxField,
    ChoiceField,
    DateField,
    FileField,
    IntegerField,
    SelectField,
    TextAreaField,
    TextField,
)
from partners.formats.rotas import LARGEST
from partners.hours import LONDON, Hours, NoSuchTimeError, TwoSuchTimesError, happens, instant_of
from partners.models import DutyRole, Shift, Team
from partners.queries.swaps import Available

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_TIME = re.compile(r"([01]?\d|2[0-3])[:.]?([0-5]\d)", re.ASCII)
_CLOCKS = (("", "Does not matter here"), ("before", "Before the clocks went back"), ("after", "After they went back"))
_WHEN = "24-hour clock, like 20:00"


def read_clock(text: str) -> time | None:
    """Return the time of day that a text names: 20:00, 20.00, 2000, 8:00; None for anything else."""
    match = _TIME.fullmatch(text.strip())
    return None if match is None else time(int(match[1]), int(match[2]))


class TimesForm(forms.Form):
    """Start and end as people type them. An hour that happens twice is asked for; one that never happens is refused."""

    def add_times(self, *, starts: str = "", ends: str = "", hint: str = "") -> None:
        """Add the boxes, each with the question that the repeated hour needs."""
        self.fields["starts"] = TextField(label="Start time", hint=_WHEN, width=5, initial=starts, max_length=5)
        self.fields["starts_clocks"] = self._clocks("start")
        self.fields["ends"] = TextField(label="End time", hint=hint or _WHEN, width=5, initial=ends, max_length=5)
        self.fields["ends_clocks"] = self._clocks("end")

    def asked_about_clocks(self) -> bool:
        """Whether the page must ask which of two hours is meant."""
        named = ("starts_clocks", "ends_clocks")
        return any(self.errors.get(name) or self.data.get(name) for name in named) if self.is_bound else False

    def clock(self, name: str) -> time | None:
        """Return a typed time; an error at its box where it is none."""
        text = self.cleaned_data.get(name)
        if not text:
            return None
        found = read_clock(text)
        if found is None:
            self.add_error(name, f"{self.fields[name].label} must be a time, like 20:00")
        return found

    def instant(self, name: str, wall: datetime) -> datetime | None:
        """Return the instant of a wall time; errors at the boxes where there is none, or two and none is chosen."""
        chosen = self.cleaned_data.get(f"{name}_clocks")
        try:
            return instant_of(wall, later=None if not chosen else chosen == "after")
        except NoSuchTimeError:
            self.add_error(
                name, f"The clocks go forward over {wall:%H:%M} that night, so it does not happen. Enter an hour later"
            )
        except TwoSuchTimesError:
            self.add_error(f"{name}_clocks", f"{wall:%H:%M} happens twice that night. Select which one you mean")
        return None

    @staticmethod
    def _clocks(which: str) -> SelectField:
        return SelectField(
            label=f"If the clocks go back that night: which {which}?",
            choices=_CLOCKS,
            required=False,
        )


def placed_choices(people: Sequence[Available]) -> list[tuple[str, str]]:
    """Return people with the team they would be on for, as one choice each."""
    return [(f"{each.user.pk}-{each.team.pk}", f"{each.user.name}, {each.team.name}") for each in people]


def wall(at: datetime) -> str:
    """Return the time of day in London as it is typed."""
    return f"{at.astimezone(LONDON):%H:%M}"


def clocks_of(at: datetime) -> str:
    """Return which of two hours an instant lies in, where its wall time happens twice."""
    local = at.astimezone(LONDON)
    return "" if len(happens(local.replace(tzinfo=None, fold=0))) < 2 else ("after" if local.fold else "before")


class ShiftForm(TimesForm):
    """Who is on, for what, and when. An end at or before the start is on the next day."""

    def __init__(
        self,
        data: Mapping[str, object] | None = None,
        *,
        people: Sequence[Available],
        roles: Sequence[DutyRole],
        shift: Shift | None = None,
        initial: Mapping[str, object] | None = None,
        covering: bool = False,
    ) -> None:
        begins = dict(initial or {})
        if shift is not None:
            begins = {
                "person": f"{shift.user_id}-{shift.team_id}",
                "duty_role": shift.duty_role.code,
                "day": shift.starts_at.astimezone(LONDON).date(),
                "starts": wall(shift.starts_at),
                "ends": wall(shift.ends_at),
                "starts_clocks": clocks_of(shift.starts_at),
                "ends_clocks": clocks_of(shift.ends_at),
            } | begins
        super().__init__(data, initial=begins)
        self.people = people
        self.fields["person"] = SelectField(
            label="Who is on?", named="who is on", choices=[("", "Choose a person"), *placed_choices(people)]
        )
        self.fields["duty_role"] = SelectField(
            label="Duty role", choices=[("", "Choose a duty role"), *((role.code, role.name) for role in roles)]
        )
        self.fields["day"] = DateField(label="Day on which it starts", named="the day")
        self.add_times(hint="At or before the start time means the next day. 24 hours at most")
        if covering:
            self.fields["reason"] = TextField(
                label="Why?",
                named="why somebody covers",
                hint="For example, sickness. No health details",
                max_length=200,
            )

    def clean(self) -> dict[str, object]:
        """Turn day and times into instants."""
        cleaned = super().clean() or self.cleaned_data
        day, starts, ends = cleaned.get("day"), self.clock("starts"), self.clock("ends")
        if day is None or starts is None or ends is None:
            return cleaned
        if not 2000 <= day.year <= 2200:
            self.add_error("day", "Enter a day of this century")
            return cleaned
        cleaned["starts_at"] = self.instant("starts", datetime.combine(day, starts))
        until = day if ends > starts else day + timedelta(days=1)
        # 01:30 to 01:30 may mean the two hours of that name, when the clocks go back between them.
        if ends == starts and self.cleaned_data.get("starts_clocks") == "before":
            until = day if self.cleaned_data.get("ends_clocks") == "after" else until
        cleaned["ends_at"] = self.instant("ends", datetime.combine(until, ends))
        return cleaned

    def placed(self) -> Available:
        """Return who was chosen, with their team."""
        chosen = self.cleaned_data["person"]
        return next(each for each in self.people if f"{each.user.pk}-{each.team.pk}" == chosen)


class CoverForm(TimesForm):
    """Somebody takes a shift or a part of it. Times are read within the shift, so no day is asked for."""

    def __init__(self, data: Mapping[str, object] | None = None, *, people: Sequence[Available], shift: Shift) -> None:
        super().__init__(
            data, initial={"starts_clocks": clocks_of(shift.starts_at), "ends_clocks": clocks_of(shift.ends_at)}
        )
        self.people, self.shift = people, shift
        others = [each for each in people if each.user.pk != shift.user_id]
        self.fields["person"] = SelectField(
            label="Who covers?", named="who covers", choices=[("", "Choose a person"), *placed_choices(others)]
        )
        self.add_times(starts=wall(shift.starts_at), ends=wall(shift.ends_at), hint="Within the shift")
        self.fields["reason"] = TextField(
            label="Why?", named="why somebody covers", hint="For example, sickness. No health details", max_length=200
        )

    def clean(self) -> dict[str, object]:
        """Find the typed times within the shift."""
        cleaned = super().clean() or self.cleaned_data
        starts, ends = self.clock("starts"), self.clock("ends")
        if starts is not None:
            cleaned["starts_at"] = self._within("starts", starts, first=True)
        if ends is not None:
            cleaned["ends_at"] = self._within("ends", ends, first=False)
        return cleaned

    def placed(self) -> Available:
        """Return who was chosen, with their team."""
        chosen = self.cleaned_data["person"]
        return next(each for each in self.people if f"{each.user.pk}-{each.team.pk}" == chosen)

    def _within(self, name: str, clock: time, *, first: bool) -> datetime | None:
        begin, stop = self.shift.starts_at, self.shift.ends_at
        days = {at.astimezone(LONDON).date() for at in (begin, stop)}
        found = sorted(
            instant for day in days for instant in happens(datetime.combine(day, clock)) if begin <= instant <= stop
        )
        if not found:
            self.add_error(name, f"{self.fields[name].label} must lie within the shift: {wall(begin)} to {wall(stop)}")
            return None
        chosen = self.cleaned_data.get(f"{name}_clocks")
        if len({each.astimezone(LONDON).date() for each in found}) < len(found):
            if not chosen:
                self.add_error(f"{name}_clocks", f"{clock:%H:%M} happens twice that night. Select which one you mean")
                return None
            return found[-1] if chosen == "after" else found[0]
        return found[0] if first else found[-1]


class CancelForm(forms.Form):
    """Why a shift is taken off the rota."""

    why = TextField(
        label="Why is it cancelled?",
        named="why it is cancelled",
        hint="For example, the clinic is closed. No health details",
        max_length=200,
    )


class DutyRoleForm(forms.Form):
    """What a duty is called and for, and who stands in."""

    name = TextField(label="Name", hint="For example, Shift lead", max_length=80)
    what_for = TextField(label="What people turn to them for", required=False, max_length=200)
    position = IntegerField(label="Place in the list", min_value=0, max_value=999, width=3, initial=0)

    def __init__(
        self, data: Mapping[str, object] | None = None, *, others: Sequence[DutyRole], role: DutyRole | None = None
    ) -> None:
        initial = (
            {}
            if role is None
            else {
                "name": role.name,
                "what_for": role.what_for,
                "position": role.position,
                "deputy": "" if role.deputy is None else role.deputy.code,
            }
        )
        super().__init__(data, initial=initial)
        self.others = {each.code: each for each in others if role is None or each.pk != role.pk}
        choices = [("", "Nobody"), *((code, each.name) for code, each in self.others.items())]
        self.fields["deputy"] = SelectField(
            label="Deputy", hint="Who is asked where nobody is on", choices=choices, required=False
        )

    def deputy(self) -> DutyRole | None:
        """Return the duty role that was chosen as deputy."""
        return self.others.get(self.cleaned_data["deputy"])


class CoverHoursForm(forms.Form):
    """When somebody must be on: always, or in hours of each weekday."""

    round_the_clock = CheckboxField(label="Somebody must be on round the clock", required=False)

    def __init__(self, data: Mapping[str, object] | None = None, *, role: DutyRole | None = None) -> None:
        initial: dict[str, object] = {}
        if role is not None:
            initial["round_the_clock"] = role.round_the_clock
            for number in range(7):
                there = [each for each in role.cover.all() if each.weekday == number]
                initial[f"day-{number}"] = ", ".join(f"{each.starts:%H:%M} to {each.ends:%H:%M}" for each in there)
        super().__init__(data, initial=initial)
        for number, weekday in enumerate(WEEKDAYS):
            hint = "Like 09:00 to 17:00, or 20:00 to 08:00 for a night that begins then" if number == 0 else ""
            self.fields[f"day-{number}"] = TextField(label=weekday, required=False, hint=hint, max_length=120)

    def hours(self) -> list[Hours]:
        """Return the hours as typed; errors at the days that cannot be read."""
        found: list[Hours] = []
        for number, weekday in enumerate(WEEKDAYS):
            for part in filter(None, (each.strip() for each in self.cleaned_data.get(f"day-{number}", "").split(","))):
                ends = [read_clock(each) for each in re.split(r"\s*(?:to|-|–)\s*", part)]
                if len(ends) != 2 or ends[0] is None or ends[1] is None:
                    self.add_error(f"day-{number}", f"{weekday} must be hours like 09:00 to 17:00, with commas between")
                    break
                found.append(Hours(number, ends[0], ends[1]))
        return found


class ImportForm(forms.Form):
    """A rota from another system: CSV, or iCalendar for one team and duty role."""

    file = FileField(
        label="Rota",
        hint="CSV or iCalendar (.ics), smaller than 1MB",
        accept=".csv,.ics,text/csv,text/calendar",
        largest=LARGEST,
    )

    def __init__(
        self,
        data: Mapping[str, object] | None = None,
        files: "Mapping[str, UploadedFile[bytes]] | None" = None,
        *,
        teams: Sequence[Team],
        roles: Sequence[DutyRole],
    ) -> None:
        super().__init__(data, files)  # type: ignore[arg-type]  # Django takes any mapping of files
        add_team_and_role(self, teams, roles, required=False)
        self.fields["team"].help_text = "Only for iCalendar: a CSV file names the team in each row"


class FeedForm(forms.Form):
    """A calendar that is read every 15 minutes."""

    url = TextField(
        label="Address of the calendar", hint="Starts with https:// and often ends with .ics", max_length=500
    )

    def __init__(
        self, data: Mapping[str, object] | None = None, *, teams: Sequence[Team], roles: Sequence[DutyRole]
    ) -> None:
        super().__init__(data)
        add_team_and_role(self, teams, roles, required=True)


def add_team_and_role(form: forms.Form, teams: Sequence[Team], roles: Sequence[DutyRole], *, required: bool) -> None:
    """Add the choice of a team and a duty role."""
    form.fields["team"] = SelectField(
        label="Team", required=required, choices=[("", "Choose a team"), *((str(each.pk), each.name) for each in teams)]
    )
    form.fields["duty_role"] = SelectField(
        label="Duty role",
        required=required,
        choices=[("", "Choose a duty role"), *((each.code, each.name) for each in roles)],
    )


class SwapForm(forms.Form):
    """What is offered for a shift, and a few words."""

    note = TextAreaField(label="Message", hint="No health details", required=False, rows=3, max_length=200)

    def __init__(self, data: Mapping[str, object] | None = None, *, offers: Sequence[tuple[str, str]]) -> None:
        super().__init__(data)
        self.fields["offered"] = ChoiceField(
            label="Which shift would you take in return?",
            named="a shift, or nothing in return",
            choices=[("none", "Nothing in return"), *offers],
            initial="none",
        )
        self.order_fields(["offered", "note"])
