"""The letters of the past. Those of the last days are whole; older receipts were written once and are kept in brief."""

import uuid
from collections.abc import Callable, Iterator
from copy import copy
from datetime import datetime, timedelta
from functools import cache, partial
from operator import attrgetter, itemgetter

from config.seed import copying
from config.seed.stories import Story
from letters import outbox
from letters.models import Letter, LetterState
from money.money import Money
from payments import dunning, emails
from payments.disputes import WANTS_ANSWER
from payments.models import Payment

WHOLE = timedelta(days=10)
SUBJECT = {"en": "Receipt {number}", "uk": "Квитанція {number}"}
TEXT = {
    "en": "Thank you. Receipt {number} for {amount} is attached.",
    "uk": "Дякуємо. Квитанцію {number} на {amount} додано до листа.",
}


def write(stories: list[Story], until: datetime) -> None:
    """A letter for each receipt, and of the last days every other letter too; all of them sent at their time."""
    payments = [payment for story in stories for payment in story.payments]
    old = [payment for payment in payments if payment.receipt.issued_at < until - WHOLE]
    copying.write(map(_brief, sorted(old, key=attrgetter("receipt.issued_at"))))
    whole = [letter for story in stories for letter in _whole(story, until - WHOLE)]
    for moment, write_letter in sorted(whole, key=itemgetter(0)):
        _sent(write_letter(), moment)


@cache
def _written(amount: Money, language: str) -> str:
    return amount.format(language)


def _brief(payment: Payment) -> Letter:
    donation, receipt = payment.donation, payment.receipt
    words = {"number": str(receipt), "amount": _written(payment.amount, donation.language)}
    text = TEXT[donation.language].format(**words)
    return Letter(
        key=f"receipt:{payment.pk}", occasion="receipt", patron=donation.patron, to=donation.email,
        language=donation.language, subject=SUBJECT[donation.language].format(**words), text=f"{text}\n",
        html=f"<!doctype html><p>{text}</p>", attachment=f"receipt:{receipt.pk}",
        message_id=f"<{uuid.uuid4()}@{outbox.host()}>", state=LetterState.SENT, attempts=1, due_at=receipt.issued_at,
        created_at=receipt.issued_at, sent_at=receipt.issued_at,
    )  # fmt: skip


def _whole(story: Story, since: datetime) -> Iterator[tuple[datetime, Callable[[], Letter | list[Letter] | None]]]:
    """When the letters since a moment were written, and by whom."""
    donation = story.donation
    written: list[tuple[datetime | None, Callable[[], Letter | list[Letter] | None]]] = [
        (story.gift.started_at if story.membership else None, partial(emails.welcome, donation)),
        *((payment.receipt.issued_at, partial(emails.receipt, payment)) for payment in story.payments),
        *((refund.created_at, partial(emails.refunded, refund)) for refund, _ in story.refunds),
        *(
            (dispute.created_at, partial(emails.dispute_opened, dispute))
            for dispute, _ in story.disputes
            if dispute.status in WANTS_ANSWER
        ),
        *_about_failures(story),
        (donation.subscription_ended_at or donation.cancel_asked_at, partial(emails.cancelled, donation)),
    ]
    until = since + WHOLE
    yield from ((at, write_letter) for at, write_letter in written if at and since <= at <= until)


def _about_failures(story: Story) -> Iterator[tuple[datetime | None, Callable[[], Letter | None]]]:
    """What was written of invoices that failed, and of their recovery; the end has its own letter."""
    for invoice in story.invoices:
        if invoice.first_failed_at is None or not story.donation.has_live_subscription:
            continue
        then = copy(invoice)  # as it stood when it had failed for the first time
        then.next_attempt_at = next(one.next_attempt_at for one in story.attempts if one.invoice is invoice)
        yield invoice.first_failed_at, partial(emails.payment_failed, then)
        if invoice.paid_at:
            yield invoice.paid_at, partial(emails.recovered, invoice)
        elif stop := dunning.hard_stop(invoice, dunning.patience()):
            notice = partial(emails.last_notice, invoice, stop.at, is_sure=stop.is_sure)
            yield stop.at - dunning.NOTICE, notice


def _sent(letters: Letter | list[Letter] | None, moment: datetime) -> None:
    written = letters if isinstance(letters, list) else [letters] if letters else []
    Letter.objects.filter(pk__in=[letter.pk for letter in written]).update(
        state=LetterState.SENT, attempts=1, due_at=moment, created_at=moment, sent_at=moment
    )
