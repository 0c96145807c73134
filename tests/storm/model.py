"""What the book must say after a storm, by plain arithmetic from what happened; it knows nothing of the product."""

from collections import Counter
from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """One movement of a giver's money. What arrived or left (signed, settled), and what the giver saw of it."""

    giver: str
    movement: str
    kind: str
    amount: int
    currency: str
    seen: int | None
    seen_currency: str


@dataclass(frozen=True)
class Payment:
    """A giver paid `seen` of their currency; `settled` arrived, less a fee. Parts went back, or the bank took it."""

    giver: str
    name: str
    seen: int
    seen_currency: str
    settled: int
    fee: int
    currency: str
    refunds: tuple[int, ...] = ()
    dispute: str = ""  # "", "lost" or "won"


DISPUTE_FEE = 1500


def settled_part(payment: Payment, seen: int) -> int:
    """What leaves the balance when `seen` goes back."""
    return max(1, payment.settled * seen // payment.seen)


def lines(payment: Payment) -> list[Line]:
    """All lines of a payment, when everything has happened."""
    found = []

    def add(movement: str, kind: str, amount: int, seen: int | None = None) -> None:
        their = payment.seen_currency if seen is not None else ""
        found.append(Line(payment.giver, f"txn_{movement}", kind, amount, payment.currency, seen, their))

    add(payment.name, "payment", payment.settled, payment.seen)
    add(payment.name, "fee", -payment.fee)
    for number, part in enumerate(payment.refunds):
        add(f"{payment.name}r{number}", "refund", -settled_part(payment, part), -part)
    if payment.dispute:
        add(f"{payment.name}d", "dispute", -payment.settled, -payment.seen)
        add(f"{payment.name}d", "dispute_fee", -DISPUTE_FEE)
    if payment.dispute == "won":
        add(f"{payment.name}w", "dispute_reversal", payment.settled, payment.seen)
    return found


def balances(payments: list[Payment]) -> dict[str, int]:
    """Stripe's balance, by settlement currency."""
    sums: Counter[str] = Counter()
    for payment in payments:
        for line in lines(payment):
            sums[line.currency] += line.amount
    return dict(sums)


def kept(payments: list[Payment]) -> dict[str, int]:
    """What givers paid less what was refunded, by the currency they saw; the naive way counts no more than this."""
    sums: Counter[str] = Counter()
    for payment in payments:
        sums[payment.seen_currency] += payment.seen - sum(payment.refunds)
    return dict(sums)
