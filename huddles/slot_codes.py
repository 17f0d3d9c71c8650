"""Codes that stand for people on a wall: new every day, and of no use to whoever reads one. Plain Python.

Staff find the same code on their own board, beside the reference.
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import date
from math import gcd

_LETTERS = "BCDFGHJKMNPQRSTVWXZ"
_DIGITS = "23456789"
_PLACES = (_LETTERS, _DIGITS, _LETTERS, _DIGITS)
_CODES = (len(_LETTERS) * len(_DIGITS)) ** 2


def of_day(keys: Mapping[str, int], *, day: date, secret: bytes) -> dict[str, str]:
    """Return a code such as "K7B3" for each episode's reference, from its key.

    Within a day an episode keeps its code, and two episodes whose keys are less than 23,104 apart never share one.
    """
    digest = hmac.digest(secret, f"slot codes of {day.isoformat()}".encode(), hashlib.sha256)
    step = int.from_bytes(digest[:8]) % _CODES
    while gcd(step, _CODES) != 1:
        step += 1
    start = int.from_bytes(digest[8:16])
    return {reference: _code((start + key * step) % _CODES) for reference, key in keys.items()}


def _code(number: int) -> str:
    found = ""
    for signs in _PLACES:
        number, place = divmod(number, len(signs))
        found += signs[place]
    return found
