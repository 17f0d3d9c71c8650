"""Fixtures of the dashboard's tests."""

import pytest

from tests import cast
from tests.cast import Cast


@pytest.fixture
def people() -> Cast:
    """Store the cast."""
    return cast.gather()
