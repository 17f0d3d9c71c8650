"""Forms of huddles: when they meet, who chairs, how they end, what teams say ahead, and what was held on paper."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django import forms

from huddles import levels
from huddles.agenda import AGENDAS, KIND_NAMES, LANES, TIMERS, Kind
from huddles.forms.cards import NO_PERSON
from huddles.forms.times import TimesForm, read_clock
from huddles.models import HuddleSchedule, PressureThresholds
from huddles.models.huddles import MOST_TURNS
from huddles.services.huddles import Meeting
from huddles.services.late_entry import Held
from nhc.clock import LONDON
from nhc.forms import (
    ChoiceField,
    DateField,
    IntegerField,
    MultipleChoiceField,
    SelectField,
    TextAreaField,
    TextField,
)

if TYPE_CHECKING:
    from nhc.models import User
    from partners.models import Organisation

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_KINDS = [(kind.value, name) for kind, name in KIND_NAMES.items()]
_LANES = [(lane.code, lane.name) for lane in LANES.values()]
_LEVELS = [
    ("1", "1: as on any day"),
    ("2", "2: busy, and we cope"),
    ("3", "3: we need help from others"),
    ("4", "4: we cannot keep people safe without help"),
]


class ChairForm(forms.Form):
    """Who chairs."""

    def __init__(
        self, data: Mapping[str, object] | None = None, *, people: "Sequence[User]", chair: int | None, kind: str = ""
    ) -> None:
        super().__init__(data, initial={"chair": "" if chair is None else str(chair), "kind": kind})
        self._people = {str(user.pk): user for user in people}
        self.fields["chair"] = SelectField(
            label="Who chairs?",
            named="who chairs",
            choices=[("", "Choose who chairs"), *((key, user.name) for key, user in self._people.items())],
        )

    def chair(self) -> "User":
        """Return who was chosen."""
        return self._people[self.cleaned_data["chair"]]


class StartForm(ChairForm):
    """Start a huddle that nobody had planned: of which kind, and who chairs."""

    def __init__(
        self, data: Mapping[str, object] | None = None, *, people: "Sequence[User]", chair: int | None, kind: str = ""
    ) -> None:
        super().__init__(data, people=people, chair=chair, kind=kind)
        self.fields["kind"] = ChoiceField(label="Which kind?", named="a kind", choices=_KINDS, small=True)
        self.order_fields(["kind", "chair"])


class CloseForm(forms.Form):
    """What a huddle came to, in words."""

    summary = TextAreaField(
        label="Summary for everyone who was not there",
        hint=f"What matters most until the next huddle. {NO_PERSON}. The rest is on record already",
        required=False,
        max_length=5000,
        rows=5,
    )


def _usual() -> dict[str, object]:
    return {
        "kind": Kind.DAILY.value,
        "turn": "1",
        "weekdays": ["0", "1", "2", "3", "4"],
        "starts": "09:00",
        "timer_minutes": TIMERS[Kind.DAILY],
        "agenda": list(AGENDAS[Kind.DAILY]),
    }


def _as_held(schedule: HuddleSchedule) -> dict[str, object]:
    return {
        "kind": schedule.kind,
        "turn": str(schedule.turn),
        "weekdays": [str(day) for day in schedule.weekdays],
        "starts": f"{schedule.starts:%H:%M}",
        "timer_minutes": schedule.timer_minutes,
        "agenda": schedule.agenda,
    }


class ScheduleForm(forms.Form):
    """When a kind of huddle is held."""

    def __init__(self, data: Mapping[str, object] | None = None, *, schedule: HuddleSchedule | None = None) -> None:
        super().__init__(data, initial=_usual() if schedule is None else _as_held(schedule))
        self.fields["kind"] = ChoiceField(label="Which kind of huddle?", named="a kind", choices=_KINDS, small=True)
        self.fields["weekdays"] = MultipleChoiceField(
            label="On which days?",
            named="the days",
            choices=[(str(number), name) for number, name in enumerate(WEEKDAYS)],
            small=True,
        )
        self.fields["starts"] = TextField(
            label="At what time does it start?", named="a time", hint="24-hour clock, like 09:00", width=5, max_length=5
        )
        self.fields["turn"] = SelectField(
            label="Which of the day's, where it is held more than once?",
            choices=[(str(turn), f"The {_ORDINALS[turn]} of the day") for turn in range(1, MOST_TURNS + 1)],
        )
        self.fields["timer_minutes"] = IntegerField(
            label="How long may it take?", named="minutes", suffix="minutes", min_value=5, max_value=120, width=3
        )
        self.fields["agenda"] = MultipleChoiceField(
            label="What does it go through?",
            named="at least one lane",
            hint="In this order. How much of it was gone through is what fidelity is counted from",
            choices=_LANES,
            small=True,
        )

    def clean_starts(self) -> object:
        """Return the time of day."""
        found = read_clock(str(self.cleaned_data["starts"]))
        if found is None:
            raise forms.ValidationError("The time must be like 09:00")
        return found

    def meeting(self) -> Meeting:
        """Return what was typed."""
        typed = self.cleaned_data
        return Meeting(
            kind=typed["kind"],
            turn=int(typed["turn"]),
            weekdays=[int(day) for day in typed["weekdays"]],
            starts=typed["starts"],
            agenda=typed["agenda"],
            timer_minutes=typed["timer_minutes"],
        )


_ORDINALS = {1: "first", 2: "second", 3: "third", 4: "fourth"}


class LaneForm(forms.Form):
    """How a team stands today: filled in a minute, on a phone."""

    form_key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(
        self, data: Mapping[str, object] | None = None, *, form_key: UUID | None = None, level: int | None = None
    ) -> None:
        super().__init__(data, initial={"form_key": form_key, "level": "" if level is None else str(level)})
        self.fields["level"] = ChoiceField(label="How is your team today?", named="a level", choices=_LEVELS)
        self.fields["why"] = TextField(
            label="Why, in a few words", hint="For example, two people off sick", required=False, max_length=200
        )
        self.fields["words"] = TextAreaField(
            label="What should the huddle know?",
            hint=f"Leave it empty if there is nothing. {NO_PERSON}",
            required=False,
            max_length=1000,
            rows=3,
        )


class ThresholdsForm(forms.Form):
    """From which numbers on a team's calculated level is 2, 3 and 4. `version` is of the thresholds that were read."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)

    def __init__(
        self, data: Mapping[str, object] | None = None, *, thresholds: PressureThresholds | None = None
    ) -> None:
        parts: levels.Thresholds = levels.DEFAULTS if thresholds is None else thresholds.parts
        start: dict[str, object] = {"version": 0 if thresholds is None else thresholds.number}
        for part in levels.PARTS:
            bounds = parts.get(part.code, ())
            start |= {f"{part.code}_{number}": bound for number, bound in enumerate(bounds, start=2)}
        super().__init__(data, initial=start)
        for part in levels.PARTS:
            for number in (2, 3, 4):
                self.fields[f"{part.code}_{number}"] = IntegerField(
                    label=f"{part.name}: level {number} from",
                    named="a number",
                    min_value=1,
                    max_value=100_000,
                    width=5,
                )
        self.fields["reason"] = TextField(label="Why do you change them?", named="why", max_length=300)

    def parts(self) -> dict[str, list[int]]:
        """Return what was typed."""
        return {
            part.code: [self.cleaned_data[f"{part.code}_{number}"] for number in (2, 3, 4)] for part in levels.PARTS
        }


class LateForm(TimesForm):
    """A huddle that was held on paper while the service was down."""

    def __init__(
        self,
        data: Mapping[str, object] | None = None,
        *,
        people: "Sequence[User]",
        organisations: "Sequence[Organisation]",
        at: datetime,
    ) -> None:
        today = at.astimezone(LONDON).date()
        super().__init__(data, initial={"day": today, "kind": Kind.DAILY.value})
        self._people = {str(user.pk): user for user in people}
        self._organisations = {each.code: each for each in organisations}
        self.fields["kind"] = ChoiceField(label="Which kind?", named="a kind", choices=_KINDS, small=True)
        self.fields["day"] = DateField(
            label="On what day was it held?", named="the day", earliest=today - timedelta(days=7), latest=today
        )
        self.add_time("started", "It started at")
        self.add_time("closed", "It ended at")
        self.fields["chair"] = SelectField(
            label="Who chaired?",
            named="who chaired",
            choices=[("", "Choose who chaired"), *((key, user.name) for key, user in self._people.items())],
        )
        self.fields["present"] = MultipleChoiceField(
            label="Who was there?",
            choices=[(each.code, each.name) for each in organisations],
            required=False,
            small=True,
        )
        self.fields["lanes"] = MultipleChoiceField(
            label="What did you go through?", choices=_LANES, required=False, small=True
        )
        self.fields["summary"] = TextAreaField(label="Summary", hint=NO_PERSON, required=False, max_length=5000, rows=5)

    def held(self) -> Held | None:
        """Return what was typed; None with errors at the boxes where a time is none. The end may be after midnight."""
        typed = self.cleaned_data
        started, closed = self.clock("started"), self.clock("closed")
        if started is None or closed is None:
            return None
        ended_on = typed["day"] if closed > started else typed["day"] + timedelta(days=1)
        started_at = self.instant("started", datetime.combine(typed["day"], started))
        closed_at = self.instant("closed", datetime.combine(ended_on, closed))
        if started_at is None or closed_at is None:
            return None
        return Held(
            kind=typed["kind"],
            started_at=started_at,
            closed_at=closed_at,
            chair=self._people[typed["chair"]],
            present=[self._organisations[code] for code in typed["present"]],
            lanes=typed["lanes"],
            summary=typed["summary"],
        )
