"""PostgreSQL and Redis for a machine that has neither running: demonstration, development and tests only.

Imports nothing but the standard library, because `manage.py` uses it before settings are loaded.
"""

from nhc.embedded.disposable import Throwaway, throwaway
from nhc.embedded.failure import EmbeddedServiceError, last_lines
from nhc.embedded.lease import Lease, ensure

__all__ = ["EmbeddedServiceError", "Lease", "Throwaway", "ensure", "last_lines", "throwaway"]
