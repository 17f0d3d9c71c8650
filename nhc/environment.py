"""Typed readers of environment variables. A bad or missing value stops the start and says what to do."""

import base64
import binascii
import fcntl
import json
import os
import secrets
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
