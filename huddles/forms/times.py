"""Times of day as people type them, and the instants that they stand for in London."""

import re
from datetime import datetime, time

from django import forms

from nhc.forms import SelectField, TextField
from partners.hours import LONDON, NoSuchTimeError, TwoSuchTimesError, happens, instant_of

_TIME = re.compile(r"([01]?\d|2[0-3])[:.]?([0-5]\d)", re.ASCII)
_CLOCKS = (("", "Does not matter here"), ("before", "Before the clocks went back"), ("after", "After they went back"))
HINT = "24-hour clock, like 14:30"


def read_clock(text: str) -> time | None:
    """Return the time of day that a text names: 14:30, 14.30, 1430, 9:00; None for anything else."""
    match = _TIME.fullmatch(text.strip())
    return None if match is None else time(int(match[1]), int(match[2]))


def wall(at: datetime) -> str:
    """Return the time of day in London as it is typed."""
    return f"{at.astimezone(LONDON):%H:%M}"


def clocks_of(at: datetime) -> str:
    """Return which of two hours an instant lies in, where its wall time happens twice."""
    local = at.astimezone(LONDON)
    return "" if len(happens(local.replace(tzinfo=None, fold=0))) < 2 else ("after" if local.fold else "before")


class TimesForm(forms.Form):
    """A form with times of day. An hour that happens twice is asked for; one that never happens is refused.

    Each time is a box `name` with, hidden until it is needed, a question `name_clocks`.
    """

    def add_time(self, name: str, label: str, *, initial: datetime | None = None, hint: str = HINT) -> None:
        """Add the box of a time, with the question that the repeated hour needs."""
        self.fields[name] = TextField(
            label=label, hint=hint, width=5, max_length=5, initial="" if initial is None else wall(initial)
        )
        self.fields[f"{name}_clocks"] = SelectField(
            label=f"If the clocks go back that night: which {label.lower()}?",
            choices=_CLOCKS,
            required=False,
            initial="" if initial is None else clocks_of(initial),
        )

    def asked_about_clocks(self) -> bool:
        """Whether the page must ask which of two hours is meant."""
        named = [name for name in self.fields if name.endswith("_clocks")]
        return self.is_bound and any(self.errors.get(name) or self.data.get(name) for name in named)

    def clock(self, name: str) -> time | None:
        """Return a typed time; an error at its box where it is none."""
        text = self.cleaned_data.get(name)
        if not text:
            return None
        found = read_clock(text)
        if found is None:
            self.add_error(name, f"{self.fields[name].label} must be a time, like 14:30")
        return found

    def instant(self, name: str, at_wall: datetime) -> datetime | None:
        """Return the instant of a wall time; errors at the boxes where there is none, or two and none is chosen."""
        chosen = self.cleaned_data.get(f"{name}_clocks")
        try:
            return instant_of(at_wall, later=None if not chosen else chosen == "after")
        except NoSuchTimeError:
            self.add_error(
                name,
                f"The clocks go forward over {at_wall:%H:%M} that night, so it does not happen. Enter an hour later",
            )
        except TwoSuchTimesError:
            self.add_error(f"{name}_clocks", f"{at_wall:%H:%M} happens twice that night. Select which one you mean")
        return None
