"""What the books must say, worked out from what people did and from the published rules alone.

The model imports nothing of the product and looks at none of its rows. It is told who gave, renewed, refunded or
disputed what, reads the time, and predicts `books --json` to the minor unit. The rules it knows: Stripe keeps
2.9 % rounded half up and 30 minor units of each charge in the currency in which it settles, and 15 major units of each
dispute; euro, dollar and pound settle as they are, everything else in euro at a fixed rate; periods are calendar months
from their anchor; a renewal is charged an hour after its period begins, and three, five and seven days later again; a
membership lasts until its paid day and 14 days of grace, and a period in which nothing was asked counts as paid; a gift
membership lasts its calendar months from the day of its claim, without grace.
"""

import calendar
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

SETTLES_AS_IT_IS = {"EUR", "USD", "GBP"}
EURO_FOR_ONE = {"JPY": Decimal("0.0061"), "UAH": Decimal("0.022"), "PLN": Decimal("0.23")}
DECIMALS = {"JPY": 0}
FIXED_FEE = {"GBP": 20}
DISPUTE_FEE = 1500
DRAFT = timedelta(hours=1)
RETRIES = [timedelta(days=days) for days in (3, 5, 7)]
GRACE = timedelta(days=14)
ZONE = ZoneInfo("Europe/Kyiv")
PARTS = ("payment", "fee", "refund", "dispute", "adjustment", "payout")


def half_up(value: Decimal) -> int:
    return int(value.quantize(Decimal(1), ROUND_HALF_UP))


def settle(minor: int, currency: str) -> tuple[int, str]:
    """What an amount is in the balance, and in which currency."""
    if currency in SETTLES_AS_IT_IS:
        return minor, currency
    major = Decimal(minor).scaleb(-DECIMALS.get(currency, 2))
    return half_up(major * EURO_FOR_ONE[currency] * 100), "EUR"


def fee(minor: int, currency: str) -> int:
    return half_up(Decimal(minor) * Decimal("0.029")) + FIXED_FEE.get(currency, 30)


def months_later(anchor: datetime, months: int) -> datetime:
    """The same day and time that many calendar months on, or that month's last day if it has no such day."""
    whole = anchor.month - 1 + months
    year, month = anchor.year + whole // 12, whole % 12 + 1
    return anchor.replace(year=year, month=month, day=min(anchor.day, calendar.monthrange(year, month)[1]))


@dataclass
class Movement:
    """A part of the balance."""

    part: str
    minor: int
    currency: str
    available_at: datetime


@dataclass
class Paid:
    """Money that somebody gave, and what became of it."""

    model: "Model"
    minor: int
    currency: str
    refunds: list[int] = field(default_factory=list)
    disputed: int = 0

    @property
    def stands(self) -> bool:
        return sum(self.refunds) < self.minor and not self.disputed

    def refunded(self, minor: int) -> None:
        self.refunds.append(minor)
        self.model.moves("refund", -minor, self.currency)

    def refund_failed(self, minor: int) -> None:
        self.refunds.remove(minor)
        self.model.moves("refund", minor, self.currency)

    def taken_by_bank(self) -> None:
        """A dispute: what is left of the payment goes, and a fee that nobody returns."""
        self.disputed = self.minor - sum(self.refunds)
        self.model.moves("dispute", -self.disputed, self.currency)
        self.model.book("fee", -DISPUTE_FEE, settle(1, self.currency)[1])

    def given_back_by_bank(self) -> None:
        self.model.moves("dispute", self.disputed, self.currency)
        self.disputed = 0


@dataclass
class Owed:
    """A renewal that has not been paid."""

    minor: int
    period: tuple[datetime, datetime]
    due_at: datetime
    first_failed_at: datetime | None = None
    failures: int = 0


@dataclass
class Gift:
    """Somebody's recurring gift."""

    model: "Model"
    who: str
    minor: int
    currency: str
    months: int
    anchor: datetime
    period: tuple[datetime, datetime]
    turns: int = 1
    card: str = "good"
    paused: str = ""
    leaves_at: datetime | None = None
    has_ended: bool = False
    is_member: bool = False
    is_waiting: bool = False
    owed: Owed | None = None
    credit: int = 0
    paid: list[tuple[Paid, tuple[datetime, datetime]]] = field(default_factory=list)
    unasked: list[tuple[datetime, datetime]] = field(default_factory=list)

    # -- what people do ---------------------------------------------------------------------------------------------

    def arrives(self) -> None:
        """The first payment, by a method that takes its time, has come."""
        self.is_waiting = False
        self._receive(self.minor, self.period)

    def does_not_arrive(self) -> None:
        self.model.gifts.remove(self)

    def changes(self, minor: int, months: int = 0) -> None:
        """Another amount from the next charge on. Another interval begins, and is charged, at once."""
        self.model.catch_up()
        self.minor = minor
        if months and months != self.months:
            self.months, self.anchor, self.turns = months, self.model.now(), 0
            self._next_period()
            self._attempt(Owed(minor, self.period, self.model.now()))

    def card_becomes(self, card: str) -> None:
        """`good` pays; `bad` does not."""
        self.model.catch_up()
        self.card = card

    def pays_what_is_owed(self) -> None:
        """On the page of the open invoice, with a good card, which is kept."""
        self.card_becomes("good")
        assert self.owed
        self._attempt(self.owed)

    def skips_charges(self) -> None:
        """A pause in which periods pass and nothing is charged."""
        self.model.catch_up()
        self.paused = "skips"

    def stands_still(self) -> None:
        """A pause in which periods do not pass either; the unused part is credited."""
        self.model.catch_up()
        start, end = self.period
        length, left = int((end - start).total_seconds()), int((end - self.model.now()).total_seconds())
        self.credit = (2 * self.minor * left + length) // (2 * length)
        self.paused = "still"

    def goes_on(self) -> None:
        """The end of a pause; after standing still a new period begins, less the credit."""
        self.model.catch_up()
        was, self.paused = self.paused, ""
        if was == "still":
            self.anchor, self.turns = self.model.now(), 0
            self._next_period()
            self._attempt(Owed(self.minor - self.credit, self.period, self.model.now()))

    def leaves_with_the_period(self) -> None:
        self.model.catch_up()
        self.leaves_at = self.period[1]

    def stays(self) -> None:
        self.model.catch_up()
        self.leaves_at = None

    def ends(self) -> None:
        self.model.catch_up()
        self._end()

    # -- what time does ----------------------------------------------------------------------------------------------

    def next_at(self) -> datetime | None:
        """When something happens by itself the next time."""
        if self.has_ended or self.paused == "still" or self.is_waiting:
            return None
        return min(self.owed.due_at, self.period[1]) if self.owed else self.period[1]

    def happen(self, at: datetime) -> None:
        """What happens at that moment."""
        if self.owed and self.owed.due_at == at:
            if self.paused == "skips" and not self.owed.failures:
                self.unasked.append(self.owed.period)
                self.owed = None
            else:
                self._attempt(self.owed)
        elif self.leaves_at == at:
            self._end()
        else:
            self._next_period()
            self.owed = Owed(self.minor, self.period, at + DRAFT)

    def _next_period(self) -> None:
        start = months_later(self.anchor, self.turns * self.months)
        self.turns += 1
        self.period = (start, months_later(self.anchor, self.turns * self.months))

    def _attempt(self, owed: Owed) -> None:
        self.owed = owed
        if self.card == "good":
            self.owed = None
            if owed.minor:
                self._receive(owed.minor, owed.period)
            else:
                self.unasked.append(owed.period)
            return
        owed.first_failed_at = owed.first_failed_at or owed.due_at
        if owed.failures == len(RETRIES):
            self._end()
            return
        owed.due_at = owed.first_failed_at + RETRIES[owed.failures]
        owed.failures += 1

    def _receive(self, minor: int, period: tuple[datetime, datetime]) -> None:
        self.paid.append((self.model.receives(minor, self.currency), period))
        self.model.let_join(self)

    def _end(self) -> None:
        self.has_ended, self.owed = True, None
        for other in self.model.gifts:
            if other.who == self.who:
                self.model.let_join(other)

    # -- how the membership stands -----------------------------------------------------------------------------------

    def paid_through(self) -> date:
        ends = [period[1] for paid, period in self.paid if paid.stands] + [period[1] for period in self.unasked]
        last = max(ends) if ends else min(period[0] for _paid, period in self.paid)
        return last.astimezone(ZONE).date()

    def standing(self, today: date) -> str:
        if self.has_ended:
            return "ended"
        if self.paused:
            return "paused"
        if self.paid_through() + GRACE < today:
            return "ended"
        is_failing = self.owed is not None and self.owed.failures > 0
        return "past_due" if is_failing or self.paid_through() < today else "active"


@dataclass
class Present:
    """A membership of some months that somebody bought for somebody else."""

    model: "Model"
    paid: Paid
    months: int
    began_at: datetime | None = None

    def is_claimed(self, after: date | None = None) -> None:
        """Somebody claims it now; it counts from now, or from the last day of what that person has paid already."""
        today = self.model.now()
        self.began_at = datetime.combine(after, today.timetz()) if after else today

    def last_day(self) -> date:
        assert self.began_at
        return months_later(self.began_at.astimezone(ZONE), self.months).date()

    def standing(self, today: date) -> str:
        return "active" if self.paid.stands and today <= self.last_day() else "ended"


@dataclass
class Model:
    """The whole newsroom. `now` tells the time; what is due by then has happened."""

    now: Callable[[], datetime]
    movements: list[Movement] = field(default_factory=list)
    seen: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    gifts: list[Gift] = field(default_factory=list)
    presents: list[Present] = field(default_factory=list)

    def buys(self, monthly: int, months: int, currency: str = "EUR") -> Present:
        """Somebody pays at once for a membership of so many months that somebody else may claim."""
        self.presents.append(Present(self, self.receives(monthly * months, currency), months))
        return self.presents[-1]

    def gives(self, minor: int, currency: str = "EUR") -> Paid:
        """Somebody gives once."""
        return self.receives(minor, currency)

    def brings(self, minor: int, currency: str = "EUR") -> None:
        """Somebody gives without Stripe: its balance does not know of it."""
        self.seen[currency].update(payments=minor, count=1)

    def takes_back(self, minor: int, currency: str = "EUR") -> None:
        """What somebody gave without Stripe goes back without it, or had never come."""
        self.seen[currency].update(refunds=minor)

    def joins(
        self, minor: int, currency: str = "EUR", months: int = 1, who: str = "reader", *, arrived: bool = True
    ) -> Gift:
        """Somebody begins to give regularly; the first payment has arrived unless said otherwise."""
        start = self.now()
        gift = Gift(self, who, minor, currency, months, start, (start, months_later(start, months)), is_waiting=True)
        self.gifts.append(gift)
        if arrived:
            gift.arrives()
        return gift

    def pays_out(self) -> dict[str, int]:
        """What is available goes to the bank; by currency."""
        self.catch_up()
        sums: Counter[str] = Counter()
        for movement in self.movements:
            if movement.available_at <= self.now():
                sums[movement.currency] += movement.minor
        for currency, minor in sums.items():
            self.book("payout", -minor, currency)
        return dict(sums)

    def payout_failed(self, sums: dict[str, int]) -> None:
        for currency, minor in sums.items():
            self.book("payout", minor, currency)

    def catch_up(self) -> None:
        """What time brings has come."""
        while due := [(at, index) for index, gift in enumerate(self.gifts) if (at := gift.next_at())]:
            at, index = min(due)
            if at > self.now():
                return
            self.gifts[index].happen(at)

    def receives(self, minor: int, currency: str) -> Paid:
        self.seen[currency]["count"] += 1
        self.moves("payment", minor, currency)
        settled, into = settle(minor, currency)
        self.book("fee", -fee(settled, into), into, self.movements[-1].available_at)
        return Paid(self, minor, currency)

    def moves(self, part: str, minor: int, currency: str) -> None:
        """Money that a giver sees."""
        self.seen[currency][f"{part}s"] += minor if part == "payment" else -minor
        settled, into = settle(abs(minor), currency)
        in_two_days = datetime.combine(self.now().astimezone(UTC).date() + timedelta(days=2), datetime.min.time(), UTC)
        self.book(part, settled if minor > 0 else -settled, into, in_two_days if part == "payment" else None)

    def book(self, part: str, minor: int, currency: str, available_at: datetime | None = None) -> None:
        self.movements.append(Movement(part, minor, currency, available_at or self.now()))

    def let_join(self, gift: Gift) -> None:
        """Whoever has paid is a member, by one recurring gift at a time."""
        others = [one for one in self.gifts if one.who == gift.who and one.is_member and not one.has_ended]
        if gift.paid and not gift.has_ended and not others:
            gift.is_member = True

    def books(self) -> dict[str, Any]:
        """The figures that `books --json` must print."""
        self.catch_up()
        settled: dict[str, Counter[str]] = defaultdict(Counter)
        for movement in self.movements:
            settled[movement.currency][movement.part] += movement.minor
        today = self.now().astimezone(ZONE).date()
        standings = Counter(gift.standing(today) for gift in self.gifts if gift.is_member)
        standings.update(present.standing(today) for present in self.presents if present.began_at)
        return {
            "received": {currency: self._received(seen) for currency, seen in self.seen.items()},
            "settled": {
                currency: {part: sums[part] for part in PARTS} | {"balance": sum(sums.values())}
                for currency, sums in settled.items()
            },
            "memberships": {name: standings[name] for name in ("active", "past_due", "paused", "ended")},
        }

    @staticmethod
    def _received(seen: Counter[str]) -> dict[str, int]:
        net = seen["payments"] - seen["refunds"] - seen["disputes"]
        return {name: seen[name] for name in ("payments", "refunds", "disputes", "count")} | {"net_of_returns": net}


def together(books: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """The sum of several models' books."""
    whole: dict[str, Any] = {}
    for one in books:
        _add(whole, one)
    return whole


def _add(whole: dict[str, Any], one: dict[str, Any]) -> None:
    for name, value in one.items():
        if isinstance(value, dict):
            _add(whole.setdefault(name, {}), value)
        else:
            whole[name] = whole.get(name, 0) + value
