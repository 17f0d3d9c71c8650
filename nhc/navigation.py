"""What every page's frame needs from the apps above: where the person can go, and as whom they are signed in."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from nhc import clock

if TYPE_CHECKING:
    from nhc.models import User


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of the main navigation. `place` orders entries; those of one place stand as they were contributed."""

    label: str
    url: str
    current: bool = False
    place: int = 1


type Contributor = Callable[[HttpRequest], list[Item]]
type Describer = Callable[["User", datetime], str]

_contributors: list[Contributor] = []
_describers: list[Describer] = []


def contribute(contributor: Contributor) -> None:
    """Let an app above add entries; called once from its AppConfig, in the order of INSTALLED_APPS."""
    if contributor not in _contributors:
        _contributors.append(contributor)


def describe(describer: Describer) -> None:
    """Let an app above say as what a person works, to stand beside their name; called once from its AppConfig."""
    if describer not in _describers:
        _describers.append(describer)


def context(request: HttpRequest) -> dict[str, object]:
    """Template context processor: `navigation` and `role` for signed-in people, nothing for others.

    The role is looked up only by a page that shows it.
    """
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"navigation": []}
    entries = [item for contributor in _contributors for item in contributor(request)]
    return {
        "navigation": sorted(entries, key=lambda item: item.place),
        "role": SimpleLazyObject(lambda: _description(user)),
    }


def _description(user: "User") -> str:
    at = clock.now()
    return ", ".join(filter(None, (describer(user, at) for describer in _describers)))
