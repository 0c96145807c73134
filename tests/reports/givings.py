"""What a past's money holds beside gifts by card, written as rows and told to the model at once.

By hand: of readers and of others, sent back, recorded by mistake. Debits that failed after all. Years whose payment
went back. Other business on the account, Stripe's own bills, and transfers to the bank.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count

from hypothesis import strategies as st

from asks.models import Origin
from members.models import Patron
from payments.models import Donation, Invoice, LedgerEntry, Payment, Payout
from tests.reports.lives import AMOUNTS, BEGINNINGS, CAMPAIGNS, PAUSES
from tests.reports.model import Due, History, Line

FIRST_NUMBER = 20_000
NOBODYS = -1
# What the book calls the model's kinds.
WORDS = {"return": "adjustment", "mistake": "refund"}
BY_HAND = ("kept", "sent back", "mistake")
FATES = {
    "kept": (), "half": (("refund", -2),), "halves": (("refund", -2), ("refund", -2)), "whole": (("refund", -1),),
    "failed": (("refund", -1), ("refund_reversal", 1)), "lost": (("dispute", -1),),
    "won": (("dispute", -1), ("dispute_reversal", 1)), "failed after all": (("return", -1),),
}  # fmt: skip


@dataclass(frozen=True)
class Giving:
    """A payment with its lines, the first one is the money; for a year if it has an invoice."""

    person: int
    lines: list[Line]
    giver: str = "reader"
    is_by_hand: bool = False
    recurs: bool = False
    invoice: Due | None = None

    @property
    def number(self) -> int:
        return self.lines[0].payment


@dataclass(frozen=True)
class More:
    """Writes it all, after the rest of the past."""

    givings: list[Giving] = field(default_factory=list)
    business: list[Line] = field(default_factory=list)

    def write(self, history: History) -> None:
        for giving in self.givings:
            _write(history, giving)
        history.payers[NOBODYS] = (NOBODYS, False)
        history.lines += self.business
        _book(self.business, None)


def _write(history: History, giving: Giving) -> None:
    patron, number, money = _patron(giving.person), giving.number, giving.lines[0]
    person, campaign = int(patron.email[1:].partition("@")[0]), CAMPAIGNS[number % 3]
    donation = Donation.objects.create(
        interval="yearly" if giving.recurs else "once", amount_minor=money.seen, currency=money.seen_currency,
        state="given", patron=patron, giver=giving.giver, subscription=f"sub_{number}" if giving.recurs else None,
        origin=Origin.objects.get_or_create(campaign=campaign)[0] if campaign else None,
    )  # fmt: skip
    invoice = giving.invoice and _bill(history, donation, replace(giving.invoice, person=person))
    seen = {kind: sum(line.seen for line in giving.lines if line.kind == kind) for kind in _kinds(giving)}
    has_failed = "return" in seen
    source = {"source": "offline", "reference": f"B-{number}"} if giving.is_by_hand else {}
    back = sum(minor for kind, minor in seen.items() if kind.startswith("refund") or kind == "mistake")
    payment = Payment.objects.create(
        donation=donation, invoice=invoice or None, amount_minor=money.seen, currency=money.seen_currency,
        state="failed" if has_failed else "succeeded", paid_at=None if has_failed else money.at,
        refunded_minor=-back if giving.giver == "reader" else -sum(line.seen for line in giving.lines[1:]),
        disputed_minor=-sum(minor for kind, minor in seen.items() if kind.startswith("dispute")),
        **(source or {"payment_intent": f"pi_{number}"}),
    )  # fmt: skip
    _book(giving.lines, payment)
    history.lines += giving.lines
    history.payers[number], history.paid_by[number] = (person, giving.recurs), campaign
    if giving.is_by_hand:
        history.by_hand.add(number)


def _kinds(giving: Giving) -> set[str]:
    return {line.kind for line in giving.lines}


def _patron(person: int) -> Patron:
    """Whoever the person is by now: the record into which theirs was merged."""
    found = Patron.objects.get_or_create(email=f"p{person}@example.org")[0]
    return found.merged_into or found


def _bill(history: History, donation: Donation, due: Due) -> Invoice:
    history.invoices.append(due)
    return Invoice.objects.create(
        donation=donation, stripe_id=f"in_{due.payment}", status="paid", amount_due_minor=due.amount,
        currency=due.currency, created_at=due.at, period_start=due.at, period_end=due.until, attempt_count=1,
        paid_at=due.paid_at,
    )  # fmt: skip


def _book(lines: list[Line], payment: Payment | None) -> None:
    for place, line in enumerate(lines):
        by_hand = payment is not None and payment.source == "offline"
        name = f"{payment.pk if payment else 'other'}_{place}"
        kind = WORDS.get(line.kind, line.kind)
        if kind == "institutional":
            kind = "payment" if line.amount > 0 else "refund"
        payout = None
        if kind == "payout":
            payout = Payout.objects.create(
                stripe_id=f"po_{name}", amount_minor=abs(line.amount), currency=line.currency, status="paid",
                arrives_on=line.at.date(), created_at=line.at,
            )  # fmt: skip
        LedgerEntry.objects.create(
            kind=kind, payment=payment, payout=payout, amount_minor=line.amount, currency=line.currency,
            seen_minor=line.seen or None, seen_currency=line.seen_currency, occurred_at=line.at,
            note="mistake" if line.kind == "mistake" else "",
            **({"source": "offline", "reference": f"B-{name}"} if by_hand else {"balance_transaction": f"txn_m{name}"}),
        )  # fmt: skip


@st.composite
def by_hand(draw: st.DrawFn, person: int, number: int) -> Giving:
    """A reader's transfer, a grant, an institution's; kept, sent back, or recorded by mistake."""
    at, currency = draw(st.sampled_from(BEGINNINGS)), draw(st.sampled_from(sorted(AMOUNTS)))
    giver, minor = draw(st.sampled_from(("reader", "reader", "grant", "institution"))), draw(st.integers(1, 5)) * 100
    then, later = draw(st.sampled_from(BY_HAND)), at + draw(st.sampled_from(PAUSES))
    is_reader = giver == "reader"
    lines = [Line(number, at, "payment" if is_reader else "institutional", minor, currency, minor, currency)]
    if then != "kept":
        kind = {"sent back": "refund", "mistake": "mistake"}[then] if is_reader else "institutional"
        lines.append(Line(number, later, kind, -minor, currency, -minor, currency))
    return Giving(person, lines, giver, is_by_hand=True)


def _of(number: int, at: datetime, minor: int, fate: str, wait: timedelta) -> list[Line]:
    """A payment in euros, as it was and as it went on."""
    lines = [Line(number, at, "payment", minor, "EUR", minor, "EUR")]
    for kind, part in FATES[fate]:
        at += wait
        lines.append(Line(number, at, kind, minor // part, "EUR", minor // part, "EUR"))
    return lines


@st.composite
def debits(draw: st.DrawFn, person: int, number: int) -> Giving:
    at, fate = draw(st.sampled_from(BEGINNINGS)), draw(st.sampled_from(("kept", "failed after all")))
    lines = _of(number, at, 700, fate, draw(st.sampled_from(PAUSES)))
    return Giving(person, lines, recurs=draw(st.booleans()))


@st.composite
def terms(draw: st.DrawFn, person: int, numbers: Iterator[int]) -> list[Giving]:
    """A year with its payment, and perhaps the next one; of either, something may have gone back. Or other terms."""
    at, length = draw(st.sampled_from(BEGINNINGS)), timedelta(days=draw(st.sampled_from((365, 365, 366, 334, 730))))
    found = []
    for begins in (at, at + length)[: draw(st.integers(1, 2))]:
        number, fate = next(numbers), draw(st.sampled_from(sorted(FATES)))
        due = Due(person, begins, begins + length, 6000, "EUR", paid_at=begins, payment=number)
        lines = _of(number, begins, 6000, fate, draw(st.sampled_from(PAUSES)))
        found.append(Giving(person, lines, recurs=True, invoice=due))
    return found


@st.composite
def business(draw: st.DrawFn) -> list[Line]:
    """Other business, Stripe's bills, and transfers, one of which may fail."""
    found = []
    for kind, minor in draw(
        st.lists(st.sampled_from((("adjustment", 900), ("adjustment", -40), ("fee", -7), ("payout", -300))), max_size=4)
    ):
        at = draw(st.sampled_from(BEGINNINGS)) + draw(st.sampled_from(PAUSES))
        currency = draw(st.sampled_from(sorted(AMOUNTS)))
        found.append(Line(NOBODYS, at, kind, minor, currency))
        if kind == "payout" and draw(st.booleans()):
            found.append(Line(NOBODYS, at + timedelta(days=2), kind, -minor, currency))
    return found


@st.composite
def more(draw: st.DrawFn) -> Callable[[History], None]:
    """What, when called with what was written before, writes such money and tells the model."""
    numbers, found = count(FIRST_NUMBER), list[Giving]()
    for person in range(draw(st.integers(0, 3))):
        found += [draw(by_hand(person, next(numbers))) for _ in range(draw(st.integers(0, 2)))]
        found += [draw(debits(person, next(numbers))) for _ in range(draw(st.integers(0, 1)))]
        found += draw(terms(person, numbers)) if draw(st.booleans()) else []
    return More(found, draw(business())).write
