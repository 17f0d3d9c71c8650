"""A passkey in software: answers challenges as a browser's authenticator does, by WebAuthn level 2."""

import base64
import hashlib
import json
import secrets
import struct
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor
from fido2.cose import ES256

ORIGIN = "https://testserver"
_USER_PRESENT, _USER_VERIFIED, _ATTESTED = 0x01, 0x04, 0x40


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


class Passkey:
    """One key pair for one person at one site. `verifies` is whether it asks for a fingerprint or PIN."""

    def __init__(self, *, verifies: bool = True) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.identity = secrets.token_bytes(16)
        self.owner = ""
        self.flags = _USER_PRESENT | (_USER_VERIFIED if verifies else 0)

    def made(self, options: dict[str, Any], *, origin: str = ORIGIN) -> str:
        """Return the form's credential that answers a request for a new passkey."""
        asked = options["publicKey"]
        self.owner = asked["user"]["id"]
        public = cbor.encode(ES256.from_cryptography_key(self.key.public_key()))  # type: ignore[no-untyped-call]  # the library's own
        attested = bytes(16) + struct.pack(">H", len(self.identity)) + self.identity + public
        data = self._data(asked["rp"]["id"], _ATTESTED) + attested
        attestation = cbor.encode({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", asked["challenge"], origin)
        return self._credential({"clientDataJSON": _text(client), "attestationObject": _text(attestation)})

    def answer(self, options: dict[str, Any], *, origin: str = ORIGIN) -> str:
        """Return the form's credential that answers a challenge."""
        asked = options["publicKey"]
        data = self._data(asked["rpId"], 0)
        client = self._client("webauthn.get", asked["challenge"], origin)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._credential(
            {
                "clientDataJSON": _text(client),
                "authenticatorData": _text(data),
                "signature": _text(signature),
                "userHandle": self.owner,
            }
        )

    def _data(self, site: str, flags: int) -> bytes:
        return hashlib.sha256(site.encode()).digest() + bytes([self.flags | flags]) + bytes(4)

    def _client(self, kind: str, challenge: str, origin: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": origin, "crossOrigin": False}).encode()

    def _credential(self, response: dict[str, str]) -> str:
        identity = _text(self.identity)
        extensions = {"credProps": {"rk": True}}
        return json.dumps(
            {
                "id": identity,
                "rawId": identity,
                "type": "public-key",
                "response": response,
                "clientExtensionResults": extensions,
            }
        )
