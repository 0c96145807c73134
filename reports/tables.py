"""The tables that staff take away. Columns are a contract with whoever reads the files: added, never renamed.

Amounts are numbers in the currency's main unit with all its digits, days and moments in the newsroom's zone.
docs/exports.md tells of every column; a test holds it to this module.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from members.models import Membership, Patron, Role
from money.money import Money
from newsroom import clock
from newsroom.models import Newsroom
from payments.models import LedgerEntry, Payment, Payout
from payments.models.ledger import Kind
from reports.models import MoneyDay

MONEY = frozenset({Role.FINANCE.value, Role.ADMIN.value})
PAGE = 2000
# Prints a moment in the newsroom's zone.
At = Callable[[Any], Any]


@dataclass(frozen=True)
class Filters:
    """Days are inclusive, in the newsroom's zone; empty is all."""

    first: date | None = None
    last: date | None = None
    currency: str = ""

    def moments(self, name: str) -> Q:
        """On the field `name`, a moment."""
        found = Q(currency=self.currency) if self.currency else Q()
        if self.first:
            found &= Q(**{f"{name}__gte": clock.start_of(self.first)})
        if self.last:
            found &= Q(**{f"{name}__lt": clock.start_of(self.last + timedelta(days=1))})
        return found

    def days(self, name: str) -> Q:
        """On the field `name`, a day."""
        found = Q(currency=self.currency) if self.currency else Q()
        if self.first:
            found &= Q(**{f"{name}__gte": self.first})
        if self.last:
            found &= Q(**{f"{name}__lte": self.last})
        return found


@dataclass(frozen=True)
class Table:
    """One kind of file. `is_personal`: it names people, so it asks for a reason and a fresh proof."""

    name: str
    title: str | Promise
    columns: tuple[str, ...]
    chosen: Callable[[Filters], "QuerySet[Any]"]
    # From a row, and what prints a moment.
    lines: Callable[[Any, At], Iterable[tuple[Any, ...]]]
    is_personal: bool = False
    roles: frozenset[str] = MONEY

    def count(self, filters: Filters) -> int:
        """How many rows are read for it."""
        return self.chosen(filters).count()

    def rows(self, filters: Filters) -> Iterator[tuple[Any, ...]]:
        """From a server-side cursor, never all at once in memory."""
        zone = Newsroom.current().zone_info

        def at(moment: Any) -> Any:
            return moment.astimezone(zone).replace(tzinfo=None) if moment else None

        for row in self.chosen(filters).iterator(PAGE):
            yield from self.lines(row, at)


def _amount(minor: int | None, currency: str) -> Any:
    return Money(minor, currency).decimal if minor is not None and currency else None


def _payments(filters: Filters) -> "QuerySet[Any]":
    rows = Payment.objects.filter(filters.moments("created_at")).order_by("id")
    return rows.select_related("donation__origin__story", "donation__origin__ask", "receipt")


def _payment(row: Payment, at: At) -> Iterator[tuple[Any, ...]]:
    donation, origin = row.donation, row.donation.origin
    yield (
        row.pk, at(row.created_at), at(row.paid_at), row.state, row.source, row.method,
        _amount(row.amount_minor, row.currency), row.currency, _amount(row.refunded_minor, row.currency),
        _amount(row.disputed_minor, row.currency), donation.interval, str(getattr(row, "receipt", "") or ""),
        donation.pk, donation.patron_id, row.payment_intent or "", row.charge or "", row.reference or "",
        origin.story.url if origin and origin.story else "", str(origin.ask or "") if origin else "",
        origin.campaign if origin else "", donation.giver,
    )  # fmt: skip


def _patrons(filters: Filters) -> "QuerySet[Any]":
    by_day = Filters(filters.first, filters.last)
    return Patron.objects.filter(by_day.moments("created_at"), erased_at=None, merged_into=None).order_by("id")


def _patron(row: Patron, at: At) -> Iterator[tuple[Any, ...]]:
    yield row.pk, row.email, row.name, row.language, at(row.created_at), row.wants_neutral_letters


def _memberships(filters: Filters) -> "QuerySet[Any]":
    standings = Membership.objects.with_standing(clock.today(), Newsroom.current().grace_days)
    return standings.filter(filters.moments("created_at")).select_related("granted").order_by("id")


def _membership(row: Any, at: At) -> Iterator[tuple[Any, ...]]:
    yield (
        row.pk, row.patron_id, row.source, row.standing_then, _amount(row.amount_minor, row.currency), row.currency,
        row.interval_months, at(row.first_paid_at), row.paid_through, at(row.paused_at), at(row.leaves_at),
        at(row.ended_at), row.end_reason, row.granted.kind if hasattr(row, "granted") else "",
    )  # fmt: skip


def _ledger(filters: Filters) -> "QuerySet[Any]":
    return LedgerEntry.objects.filter(filters.moments("occurred_at")).select_related("payout").order_by("id")


def _entry(row: LedgerEntry, at: At) -> Iterator[tuple[Any, ...]]:
    yield (
        row.pk, at(row.occurred_at), row.source, row.kind, _amount(row.amount_minor, row.currency), row.currency,
        _amount(row.seen_minor, row.seen_currency), row.seen_currency, row.rate, row.payment_id,
        row.payout.stripe_id if row.payout else "", row.balance_transaction or "", row.reference or "",
        at(row.available_at), row.note,
    )  # fmt: skip


def _payouts(filters: Filters) -> "QuerySet[Any]":
    return Payout.objects.filter(filters.days("arrives_on")).order_by("arrives_on", "id")


def _close(filters: Filters) -> "QuerySet[Any]":
    return MoneyDay.objects.filter(filters.days("day")).order_by("day", "currency", "source", "kind")


def _closed(row: MoneyDay, at: At) -> Iterator[tuple[Any, ...]]:
    """A day's sum; of payouts each by itself, with the day on which the bank has it."""
    del at  # a day has no moment
    facts = (row.day, row.source, row.kind, row.currency)
    if row.kind != Kind.PAYOUT:
        yield (*facts, _amount(row.amount_minor, row.currency), row.lines, "", None)
        return
    span = (clock.start_of(row.day), clock.start_of(row.day + timedelta(days=1)))
    lines = LedgerEntry.objects.filter(
        occurred_at__gte=span[0], occurred_at__lt=span[1], kind=row.kind, currency=row.currency, source=row.source
    )
    for line in lines.select_related("payout").order_by("id"):
        payout = line.payout
        yield (
            *facts, _amount(line.amount_minor, line.currency), 1, payout.stripe_id if payout else "",
            payout.arrives_on if payout else None,
        )  # fmt: skip


# What a kind of line is booked under.
ACCOUNTS = {
    "payment": "gifts", "refund": "refunds", "refund_reversal": "refunds", "dispute": "disputes",
    "dispute_reversal": "disputes", "fee": "fees", "dispute_fee": "fees", "adjustment": "adjustments",
}  # fmt: skip
# Stripe's words for it.
NEVER_ARRIVED = frozenset({"failed", "canceled"})


def _journal(row: Payout, at: At) -> Iterator[tuple[Any, ...]]:
    """A payout as entries of a journal that sum to nothing: the bank's debit, and what it is made of against it.

    One that never reached the bank is booked against what is still to be cleared: a later one brings its money.
    """
    del at  # a payout has a day
    sums: dict[str, int] = {}
    for line in row.lines.exclude(kind="payout"):
        sums[ACCOUNTS[line.kind]] = sums.get(ACCOUNTS[line.kind], 0) + line.amount_minor
    facts = (row.arrives_on, row.stripe_id, row.status, row.currency)
    yield (*facts, "clearing" if row.status in NEVER_ARRIVED else "bank", _amount(row.amount_minor, row.currency))
    for account, minor in sorted(sums.items()):
        yield (*facts, account, _amount(-minor, row.currency))
    if rest := row.amount_minor - sum(sums.values()):
        # Money of earlier or later days, where Stripe does not say which lines a payout is made of.
        yield (*facts, "clearing", _amount(-rest, row.currency))


TABLES = {
    table.name: table
    for table in (
        Table(
            "payments", _("Payments"),
            ("payment", "begun", "received", "state", "source", "method", "amount", "currency", "refunded", "disputed",
             "interval", "receipt", "donation", "patron", "payment_intent", "charge", "bank_reference", "story", "ask",
             "campaign", "giver"),
            _payments, _payment,
        ),
        Table(
            "patrons", _("Patrons"), ("patron", "email", "name", "language", "since", "neutral_letters"),
            _patrons, _patron, is_personal=True,
        ),
        Table(
            "memberships", _("Memberships"),
            ("membership", "patron", "source", "standing", "amount", "currency", "interval_months", "first_paid",
             "paid_through", "paused", "leaves", "ended", "end_reason", "granted_as"),
            _memberships, _membership,
        ),
        Table(
            "ledger", _("Ledger"),
            ("line", "occurred", "source", "kind", "amount", "currency", "seen_amount", "seen_currency", "rate",
             "payment", "payout", "balance_transaction", "bank_reference", "available", "note"),
            _ledger, _entry,
        ),
        Table(
            "close", _("Month close, by day and payout"),
            ("day", "source", "kind", "currency", "amount", "lines", "payout", "at_bank"), _close, _closed,
        ),
        Table(
            "journal", _("Journal of payouts, for bookkeeping"),
            ("day", "payout", "state", "currency", "account", "amount"), _payouts, _journal,
        ),
    )
}  # fmt: skip
