"""Derives everything that comes from Stripe again and compares it with what is there.

State columns and standings are written anew; the Stripe lines are derived anew beside the ledger: a missing line is
added, a surplus or different one is reported, nothing is deleted, no letter is sent.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from letters import outbox
from newsroom import clock
from payments import arrivals, gateway, ledger, locks, payouts, stripe_events, subscriptions
from payments.models import Donation, LedgerEntry, Payment, Payout
from payments.models.payment import Source

log = structlog.get_logger(__name__)

RECENT = timedelta(days=90)


@dataclass
class Report:
    """What a replay found. `missing` lines were added; `surplus` and `different` ones are for a person to look at."""

    looked_at: int = 0
    missing: list[str] = field(default_factory=list)
    surplus: list[str] = field(default_factory=list)
    different: list[str] = field(default_factory=list)
    unreachable: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether the second derivation came out equal to what was there."""
        return not (self.missing or self.surplus or self.different or self.unreachable)


def replay(*, everything: bool) -> Report:
    """Looks at every object again, or (without `everything`) at those that can still change: live and recent ones."""
    report = Report()
    stripe_events.apply_due()  # what has not been told yet is told by its event, not swallowed here
    before = _lines()
    with outbox.muted(), ledger.deriving() as derived:
        for name, refresh in _objects(everything):
            try:
                refresh(name)
            except (gateway.GatewayError, locks.Busy, arrivals.NotYet) as error:
                log.warning("replay_failed", object=name, error=type(error).__name__)
                report.unreachable.append(f"{name}: {type(error).__name__}")
            report.looked_at += 1
    for key, line in derived.items():
        if key not in before:
            report.missing.append(_say(key, line))
        elif before[key] != line:
            report.different.append(f"{_say(key, before[key])}, derived as {line[0]} {line[1]}")
    if everything:
        # Lines of no payment and no payout of ours come from the account's other business; reconcile compares those.
        foreign = set(
            LedgerEntry.objects.from_stripe()
            .filter(payment=None, payout=None)
            .values_list("balance_transaction", "kind")
        )
        report.surplus = [_say(key, line) for key, line in before.items() if key not in derived and key not in foreign]
    return report


def _objects(everything: bool) -> list[tuple[str, Callable[[str], None]]]:
    donations = Donation.objects.exclude(subscription=None)
    payments = Payment.objects.filter(source=Source.STRIPE)
    transfers = Payout.objects.all()
    if not everything:
        since = clock.now() - RECENT
        donations = donations.running()
        payments, transfers = payments.filter(created_at__gte=since), transfers.filter(created_at__gte=since)

    def every_invoice(name: str) -> None:
        subscriptions.refresh(name, every_invoice=everything)

    def with_returns(name: str) -> None:
        arrivals.refresh(name, {"refund", "dispute"})

    return [
        *((str(name), every_invoice) for name in donations.order_by("pk").values_list("subscription", flat=True)),
        *((str(name), with_returns) for name in payments.order_by("pk").values_list("payment_intent", flat=True)),
        *((str(name), payouts.refresh) for name in transfers.order_by("pk").values_list("stripe_id", flat=True)),
    ]


def _lines() -> dict[tuple[str, str], ledger.Line]:
    """The Stripe lines of the book by their key."""
    rows = LedgerEntry.objects.from_stripe().values_list(
        "balance_transaction", "kind", "amount_minor", "currency", "seen_minor", "seen_currency"
    )
    return {(str(row[0]), row[1]): (row[2], row[3], row[4], row[5]) for row in rows.iterator()}


def _say(key: tuple[str, str], line: ledger.Line) -> str:
    return f"{key[0]} {key[1]} {line[0]} {line[1]}"
