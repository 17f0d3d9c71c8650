"""The product's own Celery application with a scheduler that nudges every half second instead of every minute."""

from nhc.celery import app

for entry in app.conf.beat_schedule.values():
    entry["schedule"] = min(entry["schedule"], 0.5)
