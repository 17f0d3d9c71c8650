"""Versions that forms carry: of what was read when somebody began to type."""

VERSION_MOST = 2**31 - 1
"""The largest that PostgreSQL stores."""
