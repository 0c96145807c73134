"""What the figures should be, in plain Python: written from docs/metrics.md and from what happened, not from the SQL.

It knows nothing of the product's tables. It looks at a person's state at a moment, by going through all that happened
until then, wherever the product adds up movements; so the two meet only if both are right.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from statistics import median
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Happened:
    """One thing in the life of a membership, in the order in which it became known."""

    person: int
    membership: int
    at: datetime
    what: str  # start, change, pause, plan (another end of the pause), resume, fail, renew, ask (to end), end, return
    amount: int = 0
    currency: str = ""
    months: int = 0
    reason: str = ""
    until: datetime | None = None  # when the pause is to end, as far as that is planned


@dataclass(frozen=True)
class Line:
    """One line of the book, of payment -1 if of none. Kinds of their own: `return`, `mistake`, `institutional`."""

    payment: int
    at: datetime
    kind: str
    amount: int
    currency: str
    seen: int = 0
    seen_currency: str = ""


@dataclass(frozen=True)
class Due:
    """One invoice, for the time from `at` to `until`."""

    person: int
    at: datetime
    until: datetime
    amount: int
    currency: str
    failed_at: datetime | None = None
    paid_at: datetime | None = None
    by: str = ""
    cause: str = ""
    payment: int | None = None


@dataclass
class Vote:
    """A counted round: who could vote when it opened, who could later, and whose ballot counted."""

    closes: datetime
    opening: set[int]
    later: set[int]
    voters: set[int]


@dataclass
class History:
    """A newsroom's past.

    `payers`: payment → (person, whether it recurs). `votes` in the order of their closes. `came_by` and `paid_by`: from
    where the gift behind a membership, and behind a payment, came. `cards`: membership → days until its card expires.
    `by_hand`: payments recorded by hand.
    """

    zone: ZoneInfo
    happened: list[Happened] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    payers: dict[int, tuple[int, bool]] = field(default_factory=dict)
    invoices: list[Due] = field(default_factory=list)
    votes: list[Vote] = field(default_factory=list)
    came_by: dict[int, str] = field(default_factory=dict)
    paid_by: dict[int, str] = field(default_factory=dict)
    cards: dict[int, int] = field(default_factory=dict)
    by_hand: set[int] = field(default_factory=set)

    def month(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date().replace(day=1)

    def day(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()

    def starts(self, month: date) -> datetime:
        return datetime.combine(month, time.min, self.zone).astimezone(UTC)


def following(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)


@dataclass
class Support:
    """How a membership stands."""

    amount: int = 0
    currency: str = ""
    months: int = 1
    is_over: bool = True
    is_paused: bool = False
    has_asked: bool = False
    is_failing: bool = False

    @property
    def is_live(self) -> bool:
        return not self.is_over and not self.is_paused

    @property
    def monthly(self) -> Fraction:
        return Fraction(self.amount, self.months) if self.is_live else Fraction(0)


# What may move something.
MOVING = {"start", "change", "pause", "resume", "end", "return"}


def people(history: History) -> Iterator[tuple[int, list[tuple[datetime, Happened]]]]:
    """Each person with what happened, dated: nothing that may move something before such that was known earlier."""
    lives: dict[int, list[tuple[datetime, Happened]]] = defaultdict(list)
    latest: dict[int, datetime] = {}
    for one in history.happened:
        at = one.at
        if one.what in MOVING:
            at = latest[one.person] = max(at, latest.get(one.person, at))
        lives[one.person].append((at, one))
    for person, life in lives.items():
        yield person, without_gaps(life)


def without_gaps(life: list[tuple[datetime, Happened]]) -> list[tuple[datetime, Happened]]:
    """Who is back within a day was not gone: what ended meanwhile is dated when they were back."""
    found, gone = list[tuple[datetime, Happened]](), list[tuple[datetime, Happened]]()
    for at, one, memberships in states(life):
        is_live = any(each.is_live for each in memberships.values())
        for ending in [ending for ending in gone if is_live and at - ending[0] < DAY]:
            found.remove(ending)
            found.append((at, ending[1]))
        found.append((at, one))
        if is_live:
            gone.clear()
        elif one.what == "end" and one.reason != "merged":
            gone.append((at, one))
    return found


def states(life: Iterable[tuple[datetime, Happened]]) -> Iterator[tuple[datetime, Happened, dict[int, Support]]]:
    """After each thing, how all the person's memberships stand."""
    now: dict[int, Support] = {}
    for at, one in life:
        old = now.get(one.membership, Support())
        new = replace(old)
        if one.what in {"start", "change"}:
            new.amount, new.currency, new.months = one.amount, one.currency, one.months
        if one.what in {"start", "return"}:
            new.is_over = new.is_paused = new.has_asked = new.is_failing = False
        new.is_over = new.is_over or one.what == "end"
        new.is_paused = (new.is_paused or one.what == "pause") and one.what not in {"resume", "end"}
        new.has_asked = new.has_asked or one.what == "ask"
        new.is_failing = (new.is_failing or one.what == "fail") and one.what != "renew"
        now = now | {one.membership: new}
        yield at, one, now


def standing(history: History, moment: datetime) -> dict[int, dict[int, Support]]:
    """Every person's memberships just before a moment."""
    found: dict[int, dict[int, Support]] = {}
    for person, life in people(history):
        found[person] = {}
        for at, _, memberships in states(life):
            if at < moment:
                found[person] = memberships
    return found


def mrr(history: History, moment: datetime) -> dict[str, Fraction]:
    sums: dict[str, Fraction] = defaultdict(Fraction)
    for memberships in standing(history, moment).values():
        for one in memberships.values():
            if one.is_live:
                sums[one.currency] += one.monthly
    return {currency: total for currency, total in sums.items() if total}


def live(history: History, moment: datetime) -> set[int]:
    found = standing(history, moment).items()
    return {person for person, memberships in found if any(one.is_live for one in memberships.values())}


Movements = dict[tuple[str, str], Fraction]


def movements(history: History, month: date) -> Movements:
    """Of a month, by currency and kind; what one person raised and lowered in the month is netted."""
    sums: Movements = defaultdict(Fraction)
    for _, life in people(history):
        changed: dict[str, Fraction] = defaultdict(Fraction)
        for at, currency, kind, delta in told(life):
            if history.month(at) == month and kind in {"expansion", "contraction"}:
                changed[currency] += delta
            elif history.month(at) == month:
                sums[currency, kind] += delta
        for currency, delta in changed.items():
            sums[currency, "expansion" if delta > 0 else "contraction"] += delta
    return {key: delta for key, delta in sums.items() if delta}


ENDS = {"cancelled": "voluntary", "lapsed": "involuntary", "disputed": "disputed"}


@dataclass
class Life:
    """What decides how the next thing of a person is called."""

    rows: list[tuple[datetime, str, str, Fraction]] = field(default_factory=list)
    was_live_ever: bool = False
    # The endings that left nothing: when, and which of the rows it is (none: it was paused).
    gone: list[tuple[datetime, int | None]] = field(default_factory=list)

    def begins(self, at: datetime, one: Happened, new: Support, *, has_others: bool) -> None:
        switched = [row for when, row in self.gone if when == at]
        for row in switched:
            if row is not None:
                self.rows[row] = (at, self.rows[row][1], "contraction", self.rows[row][3])
        kind = "reactivated"
        if one.what == "resume":
            kind = "resumed"
        elif has_others:
            kind = "expansion"
        elif not self.was_live_ever:
            kind = "new"
        elif switched:
            kind = "resumed" if set(switched) == {None} else "expansion"
        self.rows.append((at, new.currency, kind, new.monthly))
        self.was_live_ever = True
        self.gone.clear()

    def stops(self, at: datetime, one: Happened, old: Support, *, has_others: bool) -> None:
        kind = "paused" if one.what == "pause" else "contraction"
        if one.reason == "merged":
            kind = "correction"  # nobody left: it was found that two were one
        elif one.what != "pause" and not has_others:
            kind = "voluntary" if old.has_asked and one.reason == "lapsed" else ENDS[one.reason]
            self.gone.append((at, len(self.rows)))
        self.rows.append((at, old.currency, kind, -old.monthly))

    def changes(self, at: datetime, old: Support, new: Support) -> None:
        if old.currency != new.currency:
            self.rows.append((at, old.currency, "contraction", -old.monthly))
            self.rows.append((at, new.currency, "expansion", new.monthly))
        elif new.monthly != old.monthly:
            kind = "expansion" if new.monthly > old.monthly else "contraction"
            self.rows.append((at, new.currency, kind, new.monthly - old.monthly))


def told(life: list[tuple[datetime, Happened]]) -> list[tuple[datetime, str, str, Fraction]]:
    """A person's movements: when, currency, kind, by how much a month."""
    person, before = Life(), dict[int, Support]()
    for at, one, after in states(life):
        old, new = before.get(one.membership, Support()), after[one.membership]
        has_others = any(value.is_live for key, value in after.items() if key != one.membership)
        if new.is_live and not old.is_live:
            person.begins(at, one, new, has_others=has_others)
        elif old.is_live and not new.is_live:
            person.stops(at, one, old, has_others=has_others)
        elif old.is_live:
            person.changes(at, old, new)
        elif one.what == "end" and one.reason != "merged" and not any(
            value.is_live or value.is_paused for value in after.values()
        ):  # fmt: skip
            person.gone.append((at, None))
        before = after
    return person.rows


def payers(history: History, moment: datetime) -> dict[int, int]:
    """Every live person, and by how many months they pay: by the longest, if by several."""
    return {
        person: max(one.months for one in memberships.values() if one.is_live)
        for person, memberships in standing(history, moment).items()
        if any(one.is_live for one in memberships.values())
    }


def paused(history: History, moment: datetime) -> set[int]:
    """Who is not live, and something of theirs is paused."""
    found = standing(history, moment).items()
    waiting = {person for person, memberships in found if any(one.is_paused for one in memberships.values())}
    return waiting - live(history, moment)


def churn(history: History, month: date) -> dict[str, dict[int, int]]:
    """Persons of a month by the months they pay for, at its start if they were live then, else at its end: `start` and
    `end`, `left`, `paused` at its end, `came`, and `moved`: how many more pay by this rhythm who paid by another."""
    begins, ends = history.starts(month), history.starts(following(month))
    before, after, waiting = payers(history, begins), payers(history, ends), paused(history, ends)
    gone = before.keys() - after.keys()
    found = {
        "start": list(before.values()),
        "end": list(after.values()),
        "left": [before[person] for person in gone - waiting],
        "paused": [before[person] for person in gone & waiting],
        "came": [after[person] for person in after.keys() - before.keys()],
    }
    told = {name: dict(Counter(counted)) for name, counted in found.items()}
    both = [person for person in before.keys() & after.keys() if before[person] != after[person]]
    moved = Counter(after[person] for person in both)
    moved.subtract(before[person] for person in both)
    return told | {"moved": {payer: persons for payer, persons in moved.items() if persons}}


def lives_in(history: History, month: date) -> Iterator[tuple[int, bool]]:
    """Who was live neither when the month began nor when it ended, nor paused at its end; and whether between."""
    begins, ends = history.starts(month), history.starts(following(month))
    elsewhere = live(history, begins) | live(history, ends) | paused(history, ends)
    for person, life in people(history):
        if person not in elsewhere:
            here = [memberships for at, _, memberships in states(life) if begins <= at < ends]
            yield person, any(one.is_live for memberships in here for one in memberships.values())


def joined_and_left(history: History, month: date) -> int:
    """Live at some moment of the month, neither when it began nor when it ended, and not because of a pause."""
    return sum(was_live for _, was_live in lives_in(history, month))


def ended_paused(history: History, month: date) -> int:
    """Paused when the month began, never live in it, and not even paused when it ended."""
    waiting = paused(history, history.starts(month))
    return sum(person in waiting and not was_live for person, was_live in lives_in(history, month))


def changed(history: History, month: date) -> dict[str, dict[int, int]]:
    """Of those live when the month began, by the months they paid for: who gives more in it than then, and who less.

    What one person raised and lowered in a currency is netted. Who did both, in two currencies, did neither.
    """
    found: dict[str, dict[int, int]] = {"raised": defaultdict(int), "lowered": defaultdict(int)}
    before = payers(history, history.starts(month))
    for person, life in people(history):
        sums: dict[str, Fraction] = defaultdict(Fraction)
        for at, currency, kind, delta in told(life):
            if history.month(at) == month and kind in {"expansion", "contraction"}:
                sums[currency] += delta
        signs = {delta > 0 for delta in sums.values() if delta}
        if person in before and len(signs) == 1:
            found["raised" if True in signs else "lowered"][before[person]] += 1
    return {how: dict(counts) for how, counts in found.items()}


def givers(history: History, moment: datetime) -> dict[str, int]:
    """By currency, how many persons give in it."""
    found: dict[str, int] = defaultdict(int)
    for memberships in standing(history, moment).values():
        for currency in {one.currency for one in memberships.values() if one.is_live}:
            found[currency] += 1
    return dict(found)


def pauses(history: History, now: datetime) -> dict[date, tuple[int, int]]:
    """By the month in which a pause was to end, as was planned last: how many were, and after how many the person had
    resumed (by the same gift or by one in its place) before 30 days had passed."""
    found: dict[date, list[int]] = defaultdict(lambda: [0, 0])
    for _, life in people(history):
        resumed = _resumed(life)
        for place, until in _planned(life):
            if until <= now:
                row = found[history.month(until)]
                row[0] += 1
                since = len(_resumed(life[: place + 1]))  # what was known before the pause does not end it
                row[1] += any(at <= until + 30 * DAY for at in resumed[since:])
    return {month: (due, returned) for month, (due, returned) in found.items()}


def _resumed(life: list[tuple[datetime, Happened]]) -> list[datetime]:
    return [at for at, _, kind, _ in told(life) if kind == "resumed"]


def _planned(life: list[tuple[datetime, Happened]]) -> Iterator[tuple[int, datetime]]:
    """Every pause that had a planned end: which of the life's happenings it was, and its end as was said last."""
    paused: dict[int, tuple[int, datetime | None]] = {}
    for place, (_, one) in enumerate(life):
        if one.what == "pause":
            paused[one.membership] = place, one.until
        elif one.what == "plan":
            paused[one.membership] = paused[one.membership][0], one.until
        elif one.what in {"resume", "end"} and one.membership in paused:
            began, until = paused.pop(one.membership)
            if until:
                yield began, until
    for began, until in paused.values():
        if until:
            yield began, until


def cohorts(history: History, last: date) -> dict[tuple[date, date], int]:
    """(month of the first recurring payment, month) → how many of those are live at the month's end."""
    found: dict[tuple[date, date], int] = {}
    joined = {person: history.month(life[0][0]) for person, life in people(history) if life}
    for cohort in set(joined.values()):
        month = cohort
        while month <= last:
            alive = live(history, history.starts(following(month)))
            found[cohort, month] = len([who for who in alive if joined[who] == cohort])
            month = following(month)
    return found


BACK = {"refund", "refund_reversal", "dispute", "dispute_reversal", "return", "mistake"}
NET = {"payment", "fee", "dispute_fee"} | BACK


def net_income(history: History, month: date) -> dict[str, int]:
    """By currency of settlement, by the day each line happened."""
    sums: dict[str, int] = defaultdict(int)
    for line in history.lines:
        if line.kind in NET and history.month(line.at) == month:
            sums[line.currency] += line.amount
    return dict(sums)


def by_gift_month(history: History, month: date) -> dict[str, int]:
    """The same money, in the month of the payment that it belongs to."""
    paid = {line.payment: history.month(line.at) for line in history.lines if line.kind == "payment"}
    sums: dict[str, int] = defaultdict(int)
    for line in history.lines:
        if line.kind in NET and paid.get(line.payment) == month:
            sums[line.currency] += line.amount
    return dict(sums)


def returned(history: History, month: date) -> dict[str, tuple[int, int, int, int, int]]:
    """By the currency the giver saw, of a month's payments: payments, refunded ones, disputed ones, and both values."""
    paid = {line.payment: line for line in history.lines if line.kind == "payment" and history.month(line.at) == month}
    undone = {line.payment for line in history.lines if line.kind in {"return", "mistake"}}
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0, 0])
    for number, line in ((number, line) for number, line in paid.items() if number not in undone):
        row = found[line.seen_currency]
        row[0] += 1
        back = -sum(
            other.seen for other in history.lines
            if other.payment == number and other.kind in {"refund", "refund_reversal"}
        )  # fmt: skip
        # A dispute counts although it was won: networks judge by how many there were.
        taken = [other.seen for other in history.lines if other.payment == number and other.kind == "dispute"]
        row[1] += back > 0
        row[2] += bool(taken)
        row[3] += back
        row[4] -= sum(taken)
    return {currency: (a, b, c, d, e) for currency, (a, b, c, d, e) in found.items()}


def gifts(history: History, month: date) -> dict[str, tuple[Fraction, Fraction]]:
    """Mean and median of one-off gifts of a month of which nothing went back, by the currency the giver saw."""
    amounts: dict[str, list[int]] = defaultdict(list)
    for line in history.lines:
        if line.kind != "payment" or history.month(line.at) != month or history.payers[line.payment][1]:
            continue
        back = sum(other.seen for other in history.lines if other.payment == line.payment and other.kind in BACK)
        if not back:
            amounts[line.seen_currency].append(line.seen)
    return {
        currency: (Fraction(sum(all_), len(all_)), Fraction(median(map(Fraction, all_))))
        for currency, all_ in amounts.items()
    }


def value(history: History, months: int, last: date) -> dict[tuple[date, str], int]:
    """What came, net, of each cohort's recurring payments in its first months; of cohorts that are old enough."""
    joined = {person: history.month(life[0][0]) for person, life in people(history) if life}
    found: dict[tuple[date, str], int] = defaultdict(int)
    for line in history.lines:
        person, recurs = history.payers[line.payment]
        if not recurs or person not in joined or line.kind not in NET:
            continue
        cohort, when = joined[person], history.month(line.at)
        age = (when.year - cohort.year) * 12 + when.month - cohort.month
        if 0 <= age < months and (last.year - cohort.year) * 12 + last.month - cohort.month >= months:
            found[cohort, line.currency] += line.amount
    return {key: total for key, total in found.items() if total}


def failures(history: History, month: date) -> dict[str, tuple[int, int, int, int]]:
    """By currency: invoices due in the month, those whose first attempt failed, and both values."""
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for one in history.invoices:
        if history.month(one.at) == month:
            row = found[one.currency]
            row[0] += 1
            row[2] += one.amount
            if one.failed_at:
                row[1] += 1
                row[3] += one.amount
    return {currency: (a, b, c, d) for currency, (a, b, c, d) in found.items()}


def recoveries(history: History, month: date) -> dict[tuple[str, str, str], int]:
    """Of invoices whose first failure was in the month: (currency, cause, by whom) → paid within 30 days; '' is not."""
    found: dict[tuple[str, str, str], int] = defaultdict(int)
    for one in history.invoices:
        if one.failed_at and history.month(one.failed_at) == month:
            in_time = one.paid_at is not None and one.paid_at <= one.failed_at + timedelta(days=30)
            found[one.currency, one.cause, one.by if in_time else ""] += 1
    return dict(found)
