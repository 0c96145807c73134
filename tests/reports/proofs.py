"""What staff are told of a whole past, against the same told by plain Python over the rows, which never saw the SQL.

For whatever newsroom the database holds, such as an invented one of twenty thousand patrons. Each proof says how many
figures it compared, so that nobody is content with none.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from operator import itemgetter
from typing import Any
from zoneinfo import ZoneInfo

from members.models import MembershipChange
from newsroom.models import Newsroom
from payments.models import LedgerEntry, Payout
from reports import invariants
from reports.figures import closing, money, monthly, months

# Of a history's changes those that can move a sum.
MOVING = ("joined", "changed", "paused", "resumed", "ended", "returned")
BACK = ("mistake", "return", "refund", "refund_reversal", "dispute", "dispute_reversal")
KEPT = ("payment", "fee", "dispute_fee", *BACK)


def proofs(last: date) -> dict[str, int]:
    """All of them, of every month up to `last` and every currency."""
    book = Book.read(Newsroom.current().zone_info)
    return {
        "opening + movements = closing": opening_and_movements_are_closing(last),
        "sums = ledger": sums_are_the_ledger(book),
        "month close = ledger": month_close_is_the_ledger(book, last),
        "month close = payouts": month_close_is_the_payouts(last),
        "invariants": invariants_hold(),
    }


def opening_and_movements_are_closing(last: date) -> int:
    """And opening and closing are what those give who are members at a month's first and last moment."""
    stood = {(month, currency): minor for month, sums in _standing(last) for currency, minor in sums.items()}
    compared = 0
    for currency, steps in monthly.steps(last).items():
        opening = Fraction(0)
        for step in steps:
            assert step.opening == opening, (currency, step)
            opening += sum(step.moved.values())
            assert step.closing == opening == stood.pop((step.month, currency), 0), (currency, step)
            compared += 1
    assert not any(stood.values())
    return compared


def _standing(last: date) -> Iterator[tuple[date, dict[str, Fraction]]]:
    """The monthly sum at the end of every month by currency, from the history of memberships."""
    here, sums = Newsroom.current().zone_info, defaultdict[str, Fraction](Fraction)
    gives: dict[int, tuple[str, Fraction]] = {}
    month: date | None = None
    for membership, after, at in _changes():
        now = _month(at, here)
        for over in months.between(month, now)[:-1] if month else ():
            yield over, dict(sums)
        month = now
        currency, minor = gives.pop(membership, ("EUR", Fraction(0)))
        sums[currency] -= minor
        if not after["ended_at"] and not after["paused_at"]:
            gives[membership] = after["currency"], Fraction(after["amount_minor"], after["interval_months"])
            sums[after["currency"]] += gives[membership][1]
    for over in months.between(month, last) if month else ():
        yield over, dict(sums)


def _changes() -> Iterator[tuple[int, dict[str, Any], datetime]]:
    """What moves, dated: no person's later word before an earlier one, and no ending of who is back within a day."""
    latest: dict[int, datetime] = {}
    live, gone = defaultdict[int, set[int]](set), defaultdict[int, list[int]](list)
    found = list[tuple[int, dict[str, Any], datetime]]()
    rows = MembershipChange.objects.filter(kind__in=MOVING, membership__source="recurring").order_by("pk")
    for person, membership, after, said in rows.values_list("membership__patron", "membership", "after", "occurred_at"):
        at = latest[person] = max(said, latest.get(person, said))
        if not after["ended_at"] and not after["paused_at"]:
            for place in (place for place in gone.pop(person, []) if at - found[place][2] < timedelta(days=1)):
                found[place] = (*found[place][:2], at)
            live[person].add(membership)
        else:
            live[person].discard(membership)
        if after["ended_at"] and after["end_reason"] != "merged" and not live[person]:
            gone[person].append(len(found))
        found.append((membership, after, at))
    yield from sorted(found, key=itemgetter(2))


@dataclass
class Book:
    """The ledger added up: by day, source, currency and kind; and what givers saw, by month, currency and kind."""

    days: dict[tuple[date, str, str, str], int]
    seen: dict[tuple[date, str, str, bool], int]

    @classmethod
    def read(cls, here: ZoneInfo) -> "Book":
        book = cls(defaultdict(int), defaultdict(int))
        rows = LedgerEntry.objects.values_list(
            "occurred_at", "source", "currency", "kind", "amount_minor", "seen_currency", "seen_minor",
            "payment", "payment__donation__interval", "payment__donation__giver", "note",
        )  # fmt: skip
        for at, source, currency, kind, minor, seen_currency, seen, payment, interval, giver, note in rows.iterator():
            named = "return" if kind == "adjustment" and payment else kind
            if source == "offline":
                named = "institutional" if giver != "reader" else "mistake" if note == "mistake" else kind
            day = at.astimezone(here).date()
            book.days[day, source, currency, named] += minor
            if seen is not None:
                book.seen[day.replace(day=1), seen_currency, named, interval != "once"] += seen
        return book


def sums_are_the_ledger(book: Book) -> int:
    """Money settled, net income and what givers saw, month by month."""
    settled: dict[tuple[date, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for (day, _, currency, kind), minor in book.days.items():
        settled[day.replace(day=1), currency][kind] += minor
    compared = 0
    for month in sorted({month for month, _ in settled}):
        until, here = months.after(month), {name: sums for (at, name), sums in settled.items() if at == month}
        assert money.settled(month, until) == here
        net = {name: sum(minor for kind, minor in sums.items() if kind in KEPT) for name, sums in here.items()}
        assert money.net_income(month, until) == net
        for one in money.seen(month, until):
            assert one.recurring_minor == book.seen.get((month, one.currency, "payment", True), 0)
            assert one.single_minor == sum(
                book.seen.get((month, one.currency, kind, False), 0) for kind in ("payment", "mistake")
            )
            assert one.institutional_minor == book.seen.get((month, one.currency, "institutional", False), 0)
            assert one.received_minor + one.institutional_minor + one.back_minor == sum(
                minor for (at, currency, *_), minor in book.seen.items() if (at, currency) == (month, one.currency)
            )
            compared += 4
        compared += sum(len(sums) + 1 for sums in here.values())
    return compared


def month_close_is_the_ledger(book: Book, last: date) -> int:
    """Opening, each kind, each day and closing of the balance at Stripe, and what was recorded by hand."""
    sums: dict[tuple[date, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    days: dict[tuple[date, str], dict[date, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
    for (day, source, currency, kind), minor in book.days.items():
        key = day.replace(day=1), currency
        sums[key][kind if source == "stripe" else "by hand"] += minor
        if source == "stripe":
            days[key][day][kind] = minor
    opening: dict[str, int] = defaultdict(int)
    compared = 0
    for month in months.between(min(month for month, _ in sums), last):
        for currency, balance in closing.balances(month).items():
            here = dict(sums.pop((month, currency), {}))
            assert balance.by_hand == here.pop("by hand", 0)
            assert balance.opening == opening[currency]
            assert balance.kinds == here
            assert balance.days == days.pop((month, currency), {})
            opening[currency] += sum(here.values())
            assert balance.closing == opening[currency]
            compared += 3 + len(here) + sum(map(len, balance.days.values()))
    assert not sums, sums
    assert not days, days
    return compared


def month_close_is_the_payouts(last: date) -> int:
    """Every transfer stands in one month, and what left the balance there is what the transfers of the month carry."""
    left: dict[int | None, Payout] = {payout.pk: payout for payout in Payout.objects.all()}
    compared = 0
    for month in months.between(
        _month(min(one.created_at for one in left.values()), Newsroom.current().zone_info), last
    ):
        for balance in closing.balances(month).values():
            carried = 0
            for line in balance.payouts:
                payout = left.pop(line.payout_id)
                assert (payout.currency, -payout.amount_minor) == (balance.currency, line.amount_minor)
                carried += payout.amount_minor
            assert balance.is_tied
            assert balance.transferred == balance.paid_out == -carried
            compared += 1 + len(balance.payouts)
    assert not left
    return compared


def invariants_hold() -> int:
    """The nightly proof of this project says the same."""
    assert {name: said for name, check in invariants.INVARIANTS.items() if (said := check())} == {}
    return len(invariants.INVARIANTS)


def _month(moment: datetime, here: ZoneInfo) -> date:
    return moment.astimezone(here).date().replace(day=1)
