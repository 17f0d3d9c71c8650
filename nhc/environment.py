"""Typed readers of environment variables. A bad or missing value stops the start and says what to do."""

import base64
import binascii
import fcntl
import json
import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlparse

from django.core.exceptions import ImproperlyConfigured


def text(name: str, default: str | None = None) -> str:
    """Return the variable, or the content of the file that `NAME_FILE` points at (container secrets)."""
    file_name = os.environ.get(f"{name}_FILE")
    if file_name:
        path = Path(file_name)
        if not path.is_file():
            raise ImproperlyConfigured(f"{name}_FILE names {file_name}, which cannot be read. Correct the path.")
        return path.read_text(encoding="utf-8").strip()
    value = os.environ.get(name, "")
    if value:
        return value
    if default is None:
        raise ImproperlyConfigured(f"Set {name} in the environment. See 'Operations' in README.md for what it holds.")
    return default


def boolean(name: str, *, default: bool) -> bool:
    """Read 1/0, true/false, yes/no or on/off."""
    value = text(name, "1" if default else "0").lower()
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name} is '{value}'. Set it to 1 or 0.")


def whole_number(name: str, default: int, *, least: int = 0) -> int:
    """Read a whole number of at least `least`."""
    value = text(name, str(default))
    if not value.isascii() or not value.isdigit() or int(value) < least:
        raise ImproperlyConfigured(f"{name} is '{value}'. Set it to a whole number of {least} or more.")
    return int(value)


def choice(name: str, options: tuple[str, ...], default: str) -> str:
    """Read one of a few words."""
    value = text(name, default)
    if value not in options:
        raise ImproperlyConfigured(f"{name} is '{value}'. Set it to one of: {', '.join(options)}.")
    return value


def word_list(name: str, default: str = "") -> list[str]:
    """Read a comma-separated list, without empty words."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def database(name: str, default: str | None = None) -> dict[str, object]:
    """Turn `postgresql://user:password@host:port/name` into Django's settings for one database.

    A `host` query parameter names a socket directory. Any other engine is refused: PostgreSQL is the only dialect.
    """
    parsed = urlparse(text(name, default))
    if parsed.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured(f"{name} must start with postgresql://. No other database is supported.")
    query = dict(part.split("=", 1) for part in parsed.query.split("&") if "=" in part)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parsed.path.lstrip("/")),
        "USER": unquote(parsed.username or ""),
        "PASSWORD": unquote(parsed.password or ""),
        "HOST": unquote(query.get("host", parsed.hostname or "")),
        "PORT": str(parsed.port or ""),
    }


_MAIL_PORTS = {"smtp": 25, "smtp+tls": 587, "smtps": 465}


def mailer(name: str, default: str) -> dict[str, object]:
    """Turn an address for outgoing e-mail into one of Django's MAILERS.

    `smtp://user:password@host:port`, `smtp+tls://` (upgraded to TLS), `smtps://` (TLS from the first byte),
    `file:///directory` (one file a message), `console://` (standard output) and `none://` (nothing is sent).
    """
    parsed = urlparse(text(name, default))
    backends = "django.core.mail.backends"
    if parsed.scheme in _MAIL_PORTS and parsed.hostname:
        return {
            "BACKEND": f"{backends}.smtp.EmailBackend",
            "OPTIONS": {
                "host": parsed.hostname,
                "port": parsed.port or _MAIL_PORTS[parsed.scheme],
                "username": unquote(parsed.username or ""),
                "password": unquote(parsed.password or ""),
                "use_tls": parsed.scheme == "smtp+tls",
                "use_ssl": parsed.scheme == "smtps",
                "timeout": 10,
            },
        }
    if parsed.scheme == "file" and not parsed.netloc and parsed.path:
        return {"BACKEND": f"{backends}.filebased.EmailBackend", "OPTIONS": {"file_path": unquote(parsed.path)}}
    if parsed.scheme in {"console", "none"}:
        return {"BACKEND": f"{backends}.{'console' if parsed.scheme == 'console' else 'dummy'}.EmailBackend"}
    raise ImproperlyConfigured(
        f"{name} must look like smtp+tls://user:password@host:587; or set it to console:// or none://."
    )


def kept_secret(home: Path, name: str, *, production: bool) -> str:
    """Return a secret from the environment; outside production make one up once and keep it under NHC_HOME.

    Raises ImproperlyConfigured in production when the variable is absent.
    """
    if production or os.environ.get(name) or os.environ.get(f"{name}_FILE"):
        return text(name)
    home.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(home / "secrets.json", os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+", encoding="utf-8") as store:
        fcntl.flock(store, fcntl.LOCK_EX)  # two first commands at once must agree
        kept: dict[str, str] = json.loads(store.read() or "{}")
        if name not in kept:
            kept[name] = base64.b64encode(secrets.token_bytes(32)).decode("ascii")
            store.seek(0)
            store.write(json.dumps(kept, indent=2))
    return kept[name]


def key_bytes(value: str, name: str) -> bytes:
    """Decode a base64 key of exactly 32 bytes."""
    try:
        key = base64.b64decode(value, validate=True)
    except binascii.Error:
        key = b""
    if len(key) != 32:
        raise ImproperlyConfigured(f"{name} must be 32 random bytes in base64, as `openssl rand -base64 32` prints.")
    return key


@dataclass(frozen=True, slots=True)
class IdentityProvider:
    """An OpenID Connect provider: an employer's own, or NHS CIS2.

    `domains` are those whose e-mail addresses it speaks for. `strong` holds the values of the claims `acr` and `amr`
    that stand for a second factor at the provider; without them people use their own factor here. `origins` are where
    a browser is sent: the server's own, and others if it signs people in elsewhere.
    """

    id: str
    name: str
    server_url: str
    client_id: str
    secret: str
    domains: frozenset[str]
    strong: frozenset[str]
    origins: tuple[str, ...]


def identity_providers(name: str, *, production: bool) -> list[IdentityProvider]:
    """Read a JSON list of providers: id, name, server_url, client_id, secret, domains; strong and origins if wanted."""
    try:
        entries = json.loads(text(name, "[]"))
        if not isinstance(entries, list):
            raise TypeError
        found = [_identity_provider(entry) for entry in entries]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ImproperlyConfigured(
            f"{name} is not a JSON list of providers, each with id, name, server_url, client_id, secret and domains."
        ) from error
    if len({provider.id for provider in found}) < len(found):
        raise ImproperlyConfigured(f"{name} names two providers alike. Give each an id of its own.")
    if production and any(not provider.server_url.startswith("https://") for provider in found):
        raise ImproperlyConfigured(f"{name} has a server_url without https://.")
    return found


def _identity_provider(entry: dict[str, object]) -> IdentityProvider:
    words = {key: str(entry[key]) for key in ("id", "name", "server_url", "client_id", "secret")}
    lists = {key: entry.get(key, []) for key in ("domains", "strong", "origins")}
    if not re.fullmatch(r"[a-z0-9-]{1,40}", words["id"]) or not all(isinstance(each, list) for each in lists.values()):
        raise ValueError
    domains, strong, origins = (
        [str(word) for word in each] if isinstance(each, list) else [] for each in lists.values()
    )
    parsed = urlparse(words["server_url"])
    return IdentityProvider(
        **words,
        domains=frozenset(domain.lower() for domain in domains),
        strong=frozenset(strong),
        origins=(f"{parsed.scheme}://{parsed.netloc}", *origins),
    )
