"""The worker's and the beat's assembly with every job each second."""

from config.celery import app

app.conf.beat_schedule = {name: {**entry, "schedule": 1.0} for name, entry in app.conf.beat_schedule.items()}
