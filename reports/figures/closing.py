"""Closing a month: what moved the balance at Stripe, tied to payouts, kept as it was."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Sum

from newsroom import clock
from payments.models import LedgerEntry, Payout, StripeEvent
from reports.figures import months
from reports.models import MoneyDay

KINDS = (
    "payment", "fee", "refund", "refund_reversal", "return", "dispute", "dispute_reversal", "dispute_fee", "adjustment",
    "payout",
)  # fmt: skip


@dataclass
class Balance:
    """One currency's month at Stripe, in minor units; `days` by day and kind."""

    currency: str
    opening: int = 0
    kinds: dict[str, int] = field(default_factory=dict)
    days: dict[date, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    by_hand: int = 0
    payouts: list[LedgerEntry] = field(default_factory=list)

    @property
    def closing(self) -> int:
        return self.opening + sum(self.kinds.values())

    @property
    def paid_out(self) -> int:
        """What the lines of payouts say; what the transfers themselves say is `transferred`."""
        return self.kinds.get("payout", 0)

    @property
    def transferred(self) -> int:
        """Each transfer's own amount, away, or back where it failed."""
        amounts = [(line.amount_minor, line.payout.amount_minor) for line in self.payouts if line.payout]
        return sum(amount if line > 0 else -amount for line, amount in amounts)

    @property
    def is_tied(self) -> bool:
        return self.paid_out == self.transferred


def balances(month: date) -> dict[str, Balance]:
    """By currency of settlement. Three queries."""
    found: dict[str, Balance] = {}
    until = months.after(month)
    before = MoneyDay.objects.filter(source="stripe", day__lt=month).order_by("currency").values_list("currency")
    for currency, minor in before.annotate(Sum("amount_minor")):
        found[currency] = Balance(currency, opening=minor)
    for row in MoneyDay.objects.filter(day__gte=month, day__lt=until).order_by("day"):
        balance = found.setdefault(row.currency, Balance(row.currency))
        if row.source == "stripe":
            balance.kinds[row.kind] = balance.kinds.get(row.kind, 0) + row.amount_minor
            balance.days[row.day][row.kind] = row.amount_minor
        else:
            balance.by_hand += row.amount_minor
    span = (clock.start_of(month), clock.start_of(until))
    lines = LedgerEntry.objects.filter(occurred_at__gte=span[0], occurred_at__lt=span[1], kind="payout")
    for line in lines.select_related("payout").order_by("occurred_at", "pk"):
        found.setdefault(line.currency, Balance(line.currency)).payouts.append(line)
    return {currency: found[currency] for currency in sorted(found)}


def figures(month: date) -> dict[str, Any]:
    """A month in plain numbers, as they are kept when it is closed."""
    return {
        balance.currency: {
            "opening": balance.opening,
            **{kind: balance.kinds[kind] for kind in KINDS if balance.kinds.get(kind)},
            "closing": balance.closing,
            "by_hand": balance.by_hand,
        }
        for balance in balances(month).values()
    }


def transfers(month: date) -> list[Payout]:
    """What reached the bank in the month, or is to reach it."""
    return list(
        Payout.objects.filter(arrives_on__gte=month, arrives_on__lt=months.after(month)).order_by("arrives_on", "pk")
    )


def told(payouts: list[Payout]) -> dict[str, int]:
    """By Stripe's id of each, the number of the last event that told of it."""
    events = StripeEvent.objects.filter(aggregate__in={payout.stripe_id for payout in payouts})
    return dict(events.order_by("created_at", "pk").values_list("aggregate", "pk"))
