"""What every page's frame needs: the service's name and, through each app, where the person can go."""

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of the main navigation."""

    label: str
    url: str
    current: bool = False


type Contributor = Callable[[HttpRequest], list[Item]]

_contributors: list[Contributor] = []


def contribute(contributor: Contributor) -> None:
    """Let an app above add entries; called once from its AppConfig, in the order of INSTALLED_APPS."""
    if contributor not in _contributors:
        _contributors.append(contributor)


def context(request: HttpRequest) -> dict[str, object]:
    """Template context processor: `navigation` for signed-in people, nothing for others."""
    if not getattr(request, "user", None) or not request.user.is_authenticated:
        return {"navigation": []}
    return {"navigation": [item for contributor in _contributors for item in contributor(request)]}
