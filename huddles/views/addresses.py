"""Addresses that a board has hundreds of: each pattern is looked up once, not once a row."""

from django.urls import reverse

_PLACE = 8_675_309


class Addresses:
    """Addresses of one centre's huddle that end in, or hold, one key: a number or a reference of letters and digits."""

    def __init__(self, slug: str) -> None:
        self._slug = slug
        self._parts: dict[str, tuple[str, str]] = {}

    def __call__(self, name: str, key: int | str) -> str:
        """Return the address of that name with a key in its place."""
        parts = self._parts.get(name)
        if parts is None:
            before, _, after = reverse(f"huddles:{name}", args=[self._slug, _PLACE]).rpartition(str(_PLACE))
            parts = self._parts[name] = (before, after)
        return f"{parts[0]}{key}{parts[1]}"
