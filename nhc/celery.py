"""The Celery application. Beat only nudges: what must happen is a row in PostgreSQL (design section 3, rule 5)."""

import os
from logging.config import dictConfig

from celery import Celery
from celery.signals import setup_logging
from django.conf import settings

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
    "plan-huddles": {"task": "huddles.tasks.plan_huddles", "schedule": 60.0},
    "remind-of-disposal": {"task": "huddles.tasks.remind_of_disposal", "schedule": 86400.0},
    "release-leavers": {"task": "huddles.tasks.release_leavers", "schedule": 900.0},
    "write-downtime-sheets": {"task": "huddles.tasks.write_downtime_sheets", "schedule": 3600.0},
    "send-huddle-figures": {"task": "huddles.tasks.send_huddle_figures", "schedule": 21600.0},
    "nudge-referrals": {"task": "huddles.tasks.nudge_referrals", "schedule": 300.0},
    "pin-signals": {"task": "dashboard.tasks.pin_signals", "schedule": 3600.0},
    "drain-rollups": {"task": "dashboard.tasks.drain", "schedule": 60.0},
    "ensure-night-runs": {"task": "dashboard.tasks.ensure_night_runs", "schedule": 60.0},
}


@setup_logging.connect
def log_as_everywhere(**_: object) -> None:
    """Let workers and the scheduler write the lines that every other process writes, in place of Celery's own."""
    dictConfig(settings.LOGGING)
