"""What was received and what stands at Stripe, in plain Python; from docs/metrics.md like tests/reports/model.py."""

from collections import defaultdict
from datetime import date

from tests.reports.model import BACK, History

# Recurring: sum and number; single: sum and number; what went back; of grants and institutions.
Received = tuple[int, int, int, int, int, int]


def received(history: History, month: date) -> dict[str, Received]:
    """By the currency that givers saw, by the day each line happened. A mistake was never received."""
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0, 0, 0])
    for line in history.lines:
        if not line.seen or history.month(line.at) != month:
            continue
        row, (_, recurs) = found[line.seen_currency], history.payers[line.payment]
        if line.kind in {"payment", "mistake"}:
            row[0 if recurs else 2] += line.seen
            row[1 if recurs else 3] += 1 if line.kind == "payment" else -1
        elif line.kind in BACK:
            row[4] += line.seen
        elif line.kind == "institutional":
            row[5] += line.seen
    return {currency: (a, b, c, d, e, f) for currency, (a, b, c, d, e, f) in found.items()}


def went_back(history: History, payment: int) -> bool:
    """The whole of it was sent back, or a bank has it, or it failed after all."""
    lines = [line for line in history.lines if line.payment == payment]
    sums = {kind: sum(line.seen for line in lines if line.kind == kind) for kind in {line.kind for line in lines}}
    refunded = sums.get("refund", 0) + sums.get("refund_reversal", 0) + sums.get("mistake", 0)
    taken = sums.get("dispute", 0) + sums.get("dispute_reversal", 0)
    return bool(refunded + sums["payment"] <= 0 or taken or sums.get("return"))


Close = tuple[int, dict[str, int], int]


def closes(history: History, month: date) -> dict[str, Close]:
    """By currency of settlement: the balance at Stripe before, what moved it by kind, and what was recorded by hand."""
    opening: dict[str, int] = defaultdict(int)
    moved: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    by_hand: dict[str, int] = defaultdict(int)
    for line in history.lines:
        when, is_by_hand = history.month(line.at), line.payment in history.by_hand
        if is_by_hand and when == month:
            by_hand[line.currency] += line.amount
        elif not is_by_hand and when < month:
            opening[line.currency] += line.amount
        elif not is_by_hand and when == month:
            moved[line.currency][line.kind] += line.amount
    return {
        currency: (opening[currency], dict(moved[currency]), by_hand[currency])
        for currency in {*opening, *moved, *by_hand}
    }
