"""Fixtures of the tests of huddles."""

from collections.abc import Iterator

import pytest
import time_machine

from tests.huddles import circle
from tests.huddles.circle import Circle


@pytest.fixture
def around() -> Circle:
    """Store somebody who is supported and everybody around them."""
    return circle.gather()


@pytest.fixture
def at_noon() -> Iterator[None]:
    """Let the clock stand where the tests act."""
    with time_machine.travel(circle.NOW, tick=False):
        yield
