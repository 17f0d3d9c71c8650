"""Fixtures of the REST API's tests."""

from collections.abc import Iterator

import pytest
import time_machine
from django.test import Client

from tests import cast
from tests.cast import Cast


@pytest.fixture
def people() -> Cast:
    """Store the cast."""
    return cast.gather()


@pytest.fixture
def at_noon() -> Iterator[None]:
    """Let the clock stand where the cast acts."""
    with time_machine.travel(cast.NOW, tick=False):
        yield


@pytest.fixture
def by_key(people: Cast) -> Client:
    """Return a client that calls with the trust's key, for both scopes."""
    return client(people.trust_key)


def client(key: str) -> Client:
    """Return a client that calls with a key."""
    return Client(headers={"Authorization": f"Bearer {key}"})
