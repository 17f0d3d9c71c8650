"""The platform that every app stands on: settings, users, audit, clock, jobs and problem details."""

from nhc.celery import app as celery_app

__all__ = ["celery_app"]
