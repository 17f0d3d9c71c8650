"""Fixtures that tests of the dashboard share with those of partners."""

from tests.partners.conftest import at_noon, people

__all__ = ["at_noon", "people"]
