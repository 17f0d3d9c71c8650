"""Bytes at rest, unreadable without a key that is not in the database (AES-256-GCM, NIST SP 800-38D)."""

import secrets
import zlib

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

_NONCE = 12


class UnreadableError(ValueError):
    """The bytes were made with another key or for another purpose, or were changed."""


def seal(content: bytes, *, purpose: str) -> bytes:
    """Compress and encrypt. Only `open_sealed` with the same purpose reads it back."""
    nonce = secrets.token_bytes(_NONCE)
    return nonce + AESGCM(settings.BODY_KEY).encrypt(nonce, zlib.compress(content, 1), purpose.encode())


def open_sealed(sealed: bytes, *, purpose: str) -> bytes:
    """Return the content. Raises UnreadableError."""
    try:
        packed = AESGCM(settings.BODY_KEY).decrypt(sealed[:_NONCE], sealed[_NONCE:], purpose.encode())
    except InvalidTag as error:
        raise UnreadableError("The stored bytes cannot be read with this key.") from error
    return zlib.decompress(packed)
