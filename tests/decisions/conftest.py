"""Fixtures that tests of decisions share, with those of partners."""

from datetime import timedelta

import pytest

from tests.decisions.grids import Place, make_place
from tests.partners.conftest import at_noon, people

__all__ = ["at_noon", "people"]


@pytest.fixture
def place(request: pytest.FixtureRequest) -> Place:
    """Return a centre with its rota and partners, made 60 days before the `NOW` of the test's module."""
    return make_place(at=request.module.NOW - timedelta(days=60))
