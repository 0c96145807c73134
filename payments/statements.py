"""Statements: what a patron gave and got back in a range of days, numbered and frozen when it is issued."""

from datetime import date, datetime, timedelta
from typing import Any, ClassVar

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from members.models import Patron
from money.money import Money
from newsroom import clock
from newsroom.models import Newsroom
from payments import names, paper, wording
from payments.models import Dispute, Payment, Refund, Statement

LONGEST_YEARS = 10


class Refusal(Exception):
    """No statement was issued. `sentence` is for the page, `field` the day that is meant."""

    field: ClassVar[str] = "last"

    @property
    def sentence(self) -> str:
        raise NotImplementedError


class Backwards(Refusal):
    @property
    def sentence(self) -> str:
        return _("The last day lies before the first.")


class NotOver(Refusal):
    @property
    def sentence(self) -> str:
        return _("The last day has not come yet: a statement can go up to today.")


class TooLong(Refusal):
    field = "first"

    @property
    def sentence(self) -> str:
        return _("A statement covers at most ten years.")


class TooMany(Refusal):
    @property
    def sentence(self) -> str:
        return _("Many statements were made within an hour. Those below can be opened at any time; try again later.")


def issue(patron: Patron, *, first: date, last: date, language: str) -> Statement:
    """The statement of days from `first` through `last` in the newsroom's zone. Raises a Refusal.

    The newest one of the same days and language is handed out again while it still says what is true: a double click
    makes one. What is refunded later is on a later statement, under another number.
    """
    today = clock.today()
    if last < first:
        raise Backwards
    if last > today:
        raise NotOver
    if last.year - first.year > LONGEST_YEARS:
        raise TooLong
    with transaction.atomic():
        Patron.objects.select_for_update().get(pk=patron.pk)
        with translation.override(language):
            said = {"giver": names.of(patron, names.Audience.RECEIPT), "content": _content(patron, first, last)}
        same = Statement.objects.filter(patron=patron, first_on=first, last_on=last, language=language)
        newest: Statement | None = same.first()
        if newest and (newest.giver, newest.content) == (said["giver"], said["content"]):
            return newest
        made: Statement = Statement.objects.create(
            patron=patron, first_on=first, last_on=last, language=language, issued_on=today, **said
        )
        return made


def _content(patron: Patron, first: date, last: date) -> dict[str, Any]:
    newsroom = Newsroom.current()
    return {
        "name": newsroom.public_name,
        "accent": newsroom.accent,
        "issuer": paper.issuer(newsroom),
        "lines": [line for _moment, line in sorted(_lines(patron, first, last), key=lambda pair: pair[0])],
    }


def _lines(patron: Patron, first: date, last: date) -> list[tuple[datetime, dict[str, Any]]]:
    """What happened on these days, with its moment: payments, refunds, and what banks took back and kept."""
    days = (clock.start_of(first), clock.start_of(last + timedelta(days=1)))
    payments = Payment.objects.received().filter(donation__patron=patron, paid_at__gte=days[0], paid_at__lt=days[1])
    within = {"created_at__gte": days[0], "created_at__lt": days[1], "payment__donation__patron": patron}
    refunds = Refund.objects.filter(**within).exclude(status__in=("failed", "canceled")).select_related("payment")
    taken = Dispute.objects.filter(payment__disputed_minor__gt=0, **within).select_related("payment")
    # What the bank has kept of a payment is one sum, however often it asked.
    disputes = {dispute.payment_id: dispute for dispute in taken.order_by("created_at") if not dispute.is_inquiry}
    found = [(at, _line("payment", one, at, one.amount)) for one in payments if (at := one.paid_at)]
    found += [
        (refund.created_at, _line("refund", refund.payment, refund.created_at, -refund.amount)) for refund in refunds
    ]
    found += [
        (dispute.created_at, _line("taken_back", dispute.payment, dispute.created_at, _kept(dispute.payment)))
        for dispute in disputes.values()
    ]
    return found


def _kept(payment: Payment) -> Money:
    return Money(-payment.disputed_minor, payment.currency)


def _line(kind: str, payment: Payment, at: datetime, amount: Money) -> dict[str, Any]:
    receipt = getattr(payment, "receipt", None)
    return {
        "kind": kind,
        "on": clock.day(at).isoformat(),
        "amount_minor": amount.minor,
        "currency": amount.currency,
        "method": wording.method(payment, translation.get_language() or "en"),
        "receipt": str(receipt) if receipt else "",
    }


def totals(statement: Statement) -> list[tuple[Money, Money, Money]]:
    """By currency, in alphabetical order: given, returned (negative), and what remains."""
    sums: dict[str, list[int]] = {}
    for line in statement.content["lines"]:
        pair = sums.setdefault(line["currency"], [0, 0])
        pair[line["kind"] != "payment"] += line["amount_minor"]
    return [
        (Money(given, code), Money(returned, code), Money(given + returned, code))
        for code, (given, returned) in sorted(sums.items())
    ]
