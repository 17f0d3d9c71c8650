"""References that say nothing about a person: random, and easy to read aloud."""

import secrets
from uuid import UUID, uuid5

LETTERS = "BCDFGHJKMNPQRSTVWXYZ"
"""No vowels, so that no word comes out, and no L, which looks like a 1."""
ALPHABET = f"{LETTERS}23456789"
PERSON_LENGTH = 10
EPISODE_LENGTH = 5


def person_reference() -> str:
    """Return a new reference of a person: ten characters, 48 bits that nobody can guess."""
    return "".join(secrets.choice(ALPHABET) for _ in range(PERSON_LENGTH))


def episode_reference() -> str:
    """Return a new reference of an episode: a letter and four characters, short enough to say across a room."""
    return secrets.choice(LETTERS) + "".join(secrets.choice(ALPHABET) for _ in range(EPISODE_LENGTH - 1))


REFERRAL_LENGTH = 7


def referral_reference() -> str:
    """Return a new reference of a referral: a letter and six characters, to quote on the telephone."""
    return secrets.choice(LETTERS) + "".join(secrets.choice(ALPHABET) for _ in range(REFERRAL_LENGTH - 1))


def scoped(form_key: UUID, *scope: object) -> UUID:
    """Return the key of a form within a scope, so that a key that somebody else made up meets no row of others."""
    return uuid5(form_key, ":".join(str(part) for part in scope))
