"""The Celery application. Beat only nudges: what must happen is a row in PostgreSQL (design section 3, rule 5)."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nhc.settings")

app = Celery("nhc")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_schedule = {
    "sweep-outbox": {"task": "nhc.tasks.sweep_outbox", "schedule": 10.0},
    "beat-heartbeat": {"task": "nhc.tasks.beat_heartbeat", "schedule": 20.0},
    "seal-audit": {"task": "nhc.tasks.seal_audit", "schedule": 10.0},
    "forget-sessions": {"task": "nhc.tasks.forget_sessions", "schedule": 3600.0},
    "resume-submissions": {"task": "partners.tasks.resume_submissions", "schedule": 30.0},
    "read-calendars": {"task": "partners.tasks.read_calendars", "schedule": 900.0},
    "lapse-swaps": {"task": "partners.tasks.lapse_swaps", "schedule": 60.0},
    "forget-bodies": {"task": "partners.tasks.forget_expired", "schedule": 900.0},
    "give-notices": {"task": "partners.tasks.give_notices", "schedule": 3600.0},
    "turn-pulse": {"task": "partners.tasks.turn_pulse", "schedule": 900.0},
    "close-rounds": {"task": "decisions.tasks.close_rounds", "schedule": 60.0},
    "give-grid-notices": {"task": "decisions.tasks.give_grid_notices", "schedule": 3600.0},
    "nudge-forums": {"task": "decisions.tasks.nudge_forums", "schedule": 3600.0},
    "drain-rollups": {"task": "dashboard.tasks.drain", "schedule": 60.0},
    "ensure-night-runs": {"task": "dashboard.tasks.ensure_night_runs", "schedule": 60.0},
}
