"""Who acts: a person, an organisation's API key, or the system itself."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from nhc.models import User


@dataclass(frozen=True, slots=True)
class Actor:
    """The `by` of every write. `name` is for messages; audit rows keep identifiers alone."""

    kind: Literal["user", "key", "system"]
    name: str
    user_id: int | None = None
    key_prefix: str = ""
    key_id: int | None = None
    organisation: str = ""

    @classmethod
    def user(cls, user: "User", *, organisation: str = "") -> "Actor":
        """Return the actor for a signed-in person, acting for an organisation where that matters."""
        return cls(kind="user", name=user.name, user_id=user.pk, organisation=organisation)

    @classmethod
    def key(cls, *, prefix: str, organisation: str, key_id: int | None = None) -> "Actor":
        """Return the actor for an API key, known by its public prefix."""
        name = f"API key {prefix}"
        return cls(kind="key", name=name, key_prefix=prefix, key_id=key_id, organisation=organisation)

    @classmethod
    def system(cls, name: str) -> "Actor":
        """Return the actor for work that no person started, such as the night run."""
        return cls(kind="system", name=name)
