"""The worker's and the beat's assembly. Messages are only a bell: what is due stands in the database.

Beat runs as its own process; every job here is safe to run twice at the same time.
"""

import os

from celery import Celery
from celery.schedules import crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("hromada")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    task_serializer="json",
    accept_content=["json"],
    task_ignore_result=True,
    # A message is taken off as its task begins: what a killed worker leaves stands in rows, and the next ring finds it.
    # While one is held, kombu 5.7 cannot close a line to a Redis that has gone, and the worker would end with it.
    task_acks_late=False,
    task_time_limit=600,
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
    broker_connection_timeout=1,
    timezone="UTC",
    # Kept in memory: a file that a power cut left half written would keep beat from starting ever again.
    beat_scheduler="celery.beat:Scheduler",
    beat_schedule={
        "apply-events": {"task": "payments.apply_events", "schedule": 60},
        "run-operations": {"task": "payments.run_operations", "schedule": 60},
        "answer-sign-ins": {"task": "members.answer_sign_ins", "schedule": 60},
        "send-letters": {"task": "letters.send_due", "schedule": 60},
        "catch-up": {"task": "payments.catch_up", "schedule": crontab(minute=17)},
        "reconcile": {"task": "payments.reconcile", "schedule": crontab(minute=41)},  # looks itself whether it is time
        "lapse-memberships": {"task": "payments.lapse_memberships", "schedule": crontab(minute=7)},
        "warn-of-ends": {"task": "payments.warn_of_ends", "schedule": crontab(minute=13)},
        "write-reminders": {"task": "payments.write_reminders", "schedule": crontab(hour=9, minute=3)},
        "deliver-gift-memberships": {"task": "members.deliver_gift_memberships", "schedule": crontab(minute="*/15")},
        "end-gift-memberships": {"task": "members.end_gift_memberships", "schedule": crontab(minute=11)},
        "follow-figures": {"task": "reports.follow", "schedule": 60},
        "figures-of-the-night": {"task": "reports.night", "schedule": crontab(hour=2, minute=23)},
        "prove-books": {"task": "config.prove_books", "schedule": crontab(hour=4, minute=19)},
        "write-on-monday": {"task": "reports.write_on_monday", "schedule": crontab(minute=5)},
        "erase": {"task": "people.carry_on", "schedule": 60},
        "make-exports": {"task": "people.make_exports", "schedule": 60},
        "make-tables": {"task": "reports.make_exports", "schedule": 60},
        "retain": {"task": "people.retain", "schedule": crontab(hour=3, minute=37)},
        "keep-time-of-rounds": {"task": "voting.keep_time", "schedule": 20},
        "count-rounds": {"task": "voting.count_rounds", "schedule": 60},
        "mix-ballots": {"task": "voting.mix_ballots", "schedule": crontab(minute="*/10")},
        "write-letters-of-rounds": {"task": "voting.write_round_letters", "schedule": 60},
        "announce": {"task": "voting.announce", "schedule": 60},
        "expire-suggestions": {"task": "voting.expire_suggestions", "schedule": crontab(hour=6, minute=23)},
        "forget-hits": {"task": "limits.forget_old_hits", "schedule": crontab(hour=3, minute=29)},
        "forget-codes-and-sessions": {"task": "members.forget_old", "schedule": crontab(hour=3, minute=31)},
    },
)
app.autodiscover_tasks()
