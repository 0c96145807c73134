"""Reminders: who is due for one is read page by page, and the letters of a page are written together.

Not a task for each person: at some hundred thousand patrons that would fill the broker and take many times as long.
`python -m bench.letters` measures both.
"""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import structlog
from django.db import models, transaction
from django.db.models import Exists, OuterRef

from letters import outbox
from letters.outbox import Draft
from members.models import Patron
from newsroom import clock
from newsroom.models import Newsroom
from payments import reminder_emails
from payments.models import Donation, Payment
from payments.models.payment import PaymentState

log = structlog.get_logger(__name__)

# Of letters with their HTML, so few megabytes.
PAGE = 200
# Of a charge that comes once a year: early enough to decide (and the law of some countries asks for a month), and again
# when it is near.
RENEWAL_DAYS, RENEWAL_SOON_DAYS = 30, 7
# Of the end of a pause: a weekend to think about it in, and near enough not to be forgotten again.
PAUSE_DAYS = 3
CARD_DAYS = 30

Due = Iterator[tuple[models.QuerySet[Any], Callable[[Any], Draft]]]


def write_due() -> int:
    """Writes every reminder that is due and has not been written. Returns how many.

    Safe to run twice, also at the same time: a row that another run holds is passed over, and each letter's key names
    its object and its day. A missed day is made up on the next, since each looks at all days up to its last. Memory
    does not grow with the number of people. Call it outside a transaction.
    """
    return sum(_write(due, draft) for due, draft in _kinds(clock.today(), Newsroom.current()))


def _kinds(today: date, newsroom: Newsroom) -> Due:
    """What may be due today, and how each is told."""
    zone = newsroom.zone_info

    def between(first: int, last: int) -> tuple[Any, Any]:
        """From the beginning of a day to the end of another, both counted from today."""
        end = clock.start_of(today + timedelta(days=last + 1))
        return clock.start_of(today + timedelta(days=first)), end - timedelta(microseconds=1)

    running = Donation.objects.running().filter(cancels_at=None, patron__isnull=False).select_related("patron")
    charged = running.filter(paused_at=None)
    yearly = charged.filter(interval="yearly")
    expiring = running.filter(card_expires_on__range=(today, today + timedelta(days=CARD_DAYS)))
    yield expiring, lambda donation: reminder_emails.card_expiring(donation, zone)
    early = yearly.filter(period_end__range=between(RENEWAL_SOON_DAYS + 1, RENEWAL_DAYS))
    yield early, lambda donation: reminder_emails.renewal(donation, zone)
    soon = yearly.filter(period_end__range=between(1, RENEWAL_SOON_DAYS))
    yield soon, lambda donation: reminder_emails.renewal(donation, zone, is_soon=True)
    resuming = running.filter(paused_at__isnull=False, resumes_at__range=between(1, PAUSE_DAYS))
    yield resuming, lambda donation: reminder_emails.pause_ending(donation, zone)
    if today.month == 1:
        year = today.year - 1
        yield _gave_in(year), lambda patron: reminder_emails.statement_ready(patron, year)


def _gave_in(year: int) -> models.QuerySet[Patron]:
    """Patrons of whom money arrived in that year."""
    span = (clock.start_of(date(year, 1, 1)), clock.start_of(date(year + 1, 1, 1)) - timedelta(microseconds=1))
    paid = Payment.objects.filter(donation__patron=OuterRef("pk"), state=PaymentState.SUCCEEDED, paid_at__range=span)
    return Patron.objects.filter(Exists(paid), is_active=True)


def _write(due: models.QuerySet[Any], draft: Callable[[Any], Draft]) -> int:
    written, last = 0, 0
    while True:
        with transaction.atomic():
            following = due.filter(pk__gt=last).order_by("pk")
            page = list(following.select_for_update(of=("self",), skip_locked=True, no_key=True)[:PAGE])
            written += len(outbox.write_many(list(_drafts(page, draft))))
        if not page:
            return written
        last = page[-1].pk


def _drafts(page: list[Any], draft: Callable[[Any], Draft]) -> Iterator[Draft]:
    """One that cannot be put into words is logged, and holds up no other."""
    for row in page:
        try:
            yield draft(row)
        except Exception as error:  # noqa: BLE001  whatever a strange row raises, the others are due too
            log.error("reminder_not_written", error=type(error).__name__, **{type(row).__name__.lower(): row.pk})
