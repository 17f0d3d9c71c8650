"""Identifiers that sort by the time they were made (UUID version 7, RFC 9562)."""

import secrets
import time
from uuid import UUID


def uuid7() -> UUID:
    """Return a new UUID: 48 bits of Unix milliseconds, then random bits.

    The standard library has it from Python 3.14; this product supports 3.12.
    """
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds & 0xFFFF_FFFF_FFFF) << 80 | secrets.randbits(76)
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)
