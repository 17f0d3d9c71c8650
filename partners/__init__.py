"""Organisations, centres and the people who work there; the shared data contract; partners' figures."""
