"""The worker of the storm of letters. With STORM_SENDING it sends in one of the careless ways: the controls.

It is less patient than the product's, so that a server which never answers costs little, and greets a mail server with
its process's number.
"""

import os

from celery.signals import worker_process_init

from config.celery import app

PATIENCE = 0.8

__all__ = ["PATIENCE", "app"]


@worker_process_init.connect
def begin(**_more: object) -> None:
    """In each process that sends."""
    from django.conf import settings
    from django.core.mail import DNS_NAME

    from letters import sending
    from tests.storm import careless

    settings.EMAIL_TIMEOUT = PATIENCE
    DNS_NAME._fqdn = f"sender-{os.getpid()}"  # where Django keeps this machine's name
    if way := os.environ.get("STORM_SENDING"):
        sending.send_due = careless.WAYS[way]
