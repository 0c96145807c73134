"""Background work that needs several rooms."""

import structlog
from celery import shared_task

from config import books

log = structlog.get_logger(__name__)


# The whole ledger is read, and Stripe's subscriptions are listed.
@shared_task(name="config.prove_books", time_limit=3600)
def prove_books() -> None:
    """Each check that does not hold is an error in the log; `manage.py books` says the same at any time."""
    for check in books.prove()["checks"]:
        if not check["ok"]:
            log.error("books_do_not_hold", check=check["id"], detail=check["detail"])
