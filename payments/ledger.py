"""The book of money. Lines are added, never changed.

Every line that comes from Stripe is keyed by its balance transaction and its kind, so recording the same movement again
adds nothing. Signs: what arrives is positive, what leaves negative. Source: https://docs.stripe.com/reports/balance-transaction-types
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from decimal import Decimal

from money.money import Money
from payments.models import LedgerEntry, Payment, Payout
from payments.models.ledger import Kind
from payments.models.payment import Source
from payments.stripe_objects import BalanceTransaction

# Settled amount and currency, seen amount and currency.
Line = tuple[int, str, int | None, str]
Derived = dict[tuple[str, str], Line]

_derived: ContextVar[Derived | None] = ContextVar("derived", default=None)
_gathered: ContextVar[list[LedgerEntry] | None] = ContextVar("gathered", default=None)


@contextmanager
def deriving() -> Iterator[Derived]:
    """Notes every line that is recorded in the block, new or not, by balance transaction and kind; for `replay`."""
    derived: Derived = {}
    token = _derived.set(derived)
    try:
        yield derived
    finally:
        _derived.reset(token)


@contextmanager
def gathering() -> Iterator[list[LedgerEntry]]:
    """Lines that are recorded in the block are put into the list instead of the book; for `seed`."""
    lines: list[LedgerEntry] = []
    token = _gathered.set(lines)
    try:
        yield lines
    finally:
        _gathered.reset(token)


def record_payment(payment: Payment, movement: BalanceTransaction) -> None:
    """The money of a payment and the fee Stripe kept."""
    _add(_lines(movement, Kind.PAYMENT, Kind.FEE, payment=payment, seen=payment.amount))


def record_refund(payment: Payment, movement: BalanceTransaction, seen: Money) -> None:
    """Money sent back, and Stripe's fee for that if it takes one."""
    _add(_lines(movement, Kind.REFUND, Kind.FEE, payment=payment, seen=-seen))


def record_refund_reversal(payment: Payment, movement: BalanceTransaction, seen: Money) -> None:
    """Money of a failed refund, back in the balance."""
    _add(_lines(movement, Kind.REFUND_REVERSAL, Kind.FEE, payment=payment, seen=seen))


def record_return(payment: Payment, movement: BalanceTransaction) -> None:
    """Money of a delayed payment that was credited and then failed, taken out of the balance again."""
    _add(_lines(movement, Kind.ADJUSTMENT, Kind.FEE, payment=payment, seen=-payment.amount))


def record_dispute(payment: Payment, movement: BalanceTransaction, seen: Money) -> None:
    """Money that the bank took, or gave back, with the fee taken or returned with it."""
    if movement.amount_minor < 0:
        _add(_lines(movement, Kind.DISPUTE, Kind.DISPUTE_FEE, payment=payment, seen=-seen))
    else:
        _add(_lines(movement, Kind.DISPUTE_REVERSAL, Kind.DISPUTE_FEE, payment=payment, seen=seen))


def record_payout(payout: Payout, movement: BalanceTransaction) -> None:
    """Money transferred to the bank, or returned from a transfer that failed."""
    _add(_lines(movement, Kind.PAYOUT, Kind.FEE, payout=payout))


def record_other(movement: BalanceTransaction) -> None:
    """A movement that no payment of ours explains: Stripe's own bills, or other business on the same account."""
    kind = Kind.FEE if movement.type in {"stripe_fee", "tax_fee"} else Kind.ADJUSTMENT
    net = movement.amount_minor - movement.fee_minor
    _add([_line(movement, kind, net, note=f"{movement.type}: {movement.description}"[:200])] if net else [])


def has(movement_id: str) -> bool:
    """Whether a balance transaction is in the book."""
    return LedgerEntry.objects.filter(balance_transaction=movement_id).exists()


def _lines(
    movement: BalanceTransaction,
    kind: Kind,
    fee_kind: Kind,
    *,
    payment: Payment | None = None,
    payout: Payout | None = None,
    seen: Money | None = None,
) -> list[LedgerEntry]:
    lines = [_line(movement, kind, movement.amount_minor, payment=payment, payout=payout, seen=seen)]
    if movement.fee_minor:
        lines.append(_line(movement, fee_kind, -movement.fee_minor, payment=payment, payout=payout))
    return lines


def _line(
    movement: BalanceTransaction,
    kind: Kind,
    amount_minor: int,
    *,
    payment: Payment | None = None,
    payout: Payout | None = None,
    seen: Money | None = None,
    note: str = "",
) -> LedgerEntry:
    return LedgerEntry(
        source=Source.STRIPE,
        kind=kind,
        balance_transaction=movement.id,
        payment=payment,
        payout=payout,
        amount_minor=amount_minor,
        currency=movement.currency,
        seen_minor=seen.minor if seen else None,
        seen_currency=seen.currency if seen else "",
        rate=movement.rate.quantize(Decimal("1e-10")) if movement.rate is not None else None,
        available_at=movement.available_at,
        occurred_at=movement.created_at,
        note=note,
    )


def _add(lines: list[LedgerEntry]) -> None:
    derived = _derived.get()
    if derived is not None:
        for line in lines:
            key = (line.balance_transaction or "", str(line.kind))
            derived[key] = (line.amount_minor, line.currency, line.seen_minor, line.seen_currency)
    gathered = _gathered.get()
    if gathered is not None:
        gathered += lines
    else:
        LedgerEntry.objects.bulk_create(lines, ignore_conflicts=True)
