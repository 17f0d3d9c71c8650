"""Codes that stand for people on a wall: new every day, and of no use to whoever reads one. Plain Python.

Staff find the same code on their own board, beside the reference.
"""

import hashlib
import hmac
from collections.abc import Iterable
from datetime import date

_LETTERS = "BCDFGHJKMNPQRSTVWXZ"
_DIGITS = "23456789"


def of_day(keys: Iterable[int], *, day: date, secret: bytes) -> dict[int, str]:
    """Return a code such as "K7" for each episode, by its key. Within a day an episode keeps its code.

    Where two episodes would share a code, the one with the higher key takes a longer one.
    """
    found: dict[int, str] = {}
    taken: set[str] = set()
    for key in sorted(set(keys)):
        digest = hmac.digest(secret, f"slot {day.isoformat()} {key}".encode(), hashlib.sha256)
        code = _LETTERS[digest[0] % len(_LETTERS)] + _DIGITS[digest[1] % len(_DIGITS)]
        for more in digest[2:]:
            if code not in taken:
                break
            code += _DIGITS[more % len(_DIGITS)]
        taken.add(code)
        found[key] = code
    return found
