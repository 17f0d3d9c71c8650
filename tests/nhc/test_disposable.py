"""Throw-away services start on other ports where theirs were taken, and leave nothing behind where they cannot."""

import socket
import tempfile
from collections.abc import Iterator
from itertools import chain, repeat
from pathlib import Path

import pytest

from nhc import embedded
from nhc.embedded.processes import free_port

pytestmark = pytest.mark.fault


@pytest.fixture
def taken() -> Iterator[int]:
    """Return a port on which somebody else listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let temporary folders be made where they can be counted."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_ports_that_somebody_took_first_cost_one_more_attempt(taken: int, folder: Path) -> None:
    ports = chain([free_port(), taken], iter(free_port, None))
    with embedded.throwaway(fsync=False, free_port=lambda: next(ports)) as services:
        assert services.postgresql.answers()
        assert services.redis.answers()
        assert len(list(folder.glob("nhc-throwaway-*"))) == 1
    assert list(folder.glob("nhc-throwaway-*")) == []


def test_services_that_cannot_start_say_so_with_both_reasons(taken: int, folder: Path) -> None:
    ports = chain([free_port(), taken, free_port()], repeat(taken))
    with (
        pytest.raises(embedded.EmbeddedServiceError, match=r"(?s)did not start, twice.*First: Redis.*Then: Redis"),
        embedded.throwaway(fsync=False, free_port=lambda: next(ports)),
    ):
        pass
    assert list(folder.iterdir()) == []
