"""What is drawn of persons' recurring gifts: when they begin and end, and what happens to them between."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

from hypothesis import strategies as st

from tests.reports.model import Happened, History

# The ends of months, of a leap February and of a year; the hours at which clocks are turned.
BEGINNINGS = tuple(
    datetime.fromisoformat(moment).replace(tzinfo=UTC)
    for moment in (
        "2024-01-31T12:00", "2023-12-31T22:30", "2024-02-29T10:00", "2024-03-31T00:30", "2024-10-27T00:59",
        "2024-03-10T06:59", "2024-09-08T03:30", "2024-06-15T09:00",
    )
)  # fmt: skip
PAUSES = tuple(
    timedelta(**pause)
    for pause in (
        {"minutes": 0}, {"minutes": 20}, {"hours": 23, "minutes": 59}, {"hours": 9}, {"days": 1}, {"days": 3},
        {"days": 16}, {"days": 31}, {"days": 59}, {"days": 120}, {"days": 365},
    )
)  # fmt: skip
AMOUNTS = {"EUR": (500, 333, 10_000), "JPY": (500, 1, 12_000), "KWD": (1000, 3330, 70)}
CAMPAIGNS = ("", "spring", "war")
Op = tuple[datetime, Callable[[], None]]


class Writer(Protocol):
    """Who writes what is drawn."""

    history: History

    def start(self, one: Happened) -> None: ...

    def tell(self, one: Happened, known_at: datetime) -> None: ...


@dataclass
class Gift:
    """A recurring gift as it stands while a life is drawn."""

    number: int
    amount: int
    currency: str
    months: int
    is_paused: bool = False


@dataclass
class Life:
    """One person's gifts. Only one carries a membership at a time; a second one takes its place when it ends."""

    person: int
    gifts: list[Gift] = field(default_factory=list)
    running: Gift | None = None
    # What waits for the running one to end: since when, `start` or `return`, and of which gift.
    waiting: tuple[datetime, str, Gift] | None = None

    def can(self) -> list[str]:
        if self.running is None:
            return ["start", "return"] if self.gifts else ["start"]
        pause = ["resume", "plan"] if self.running.is_paused else ["pause"]
        common = ["change", "ask", "fail", "renew", "end", "end", *pause]
        return common if self.waiting else [*common, "second"]

    def happens(self, what: str, gift: Gift) -> None:
        if what in {"start", "return"}:
            self.running = gift
        elif what == "end":
            self.running = None
        gift.is_paused = what in {"pause", "plan"} or (gift.is_paused and what not in {"resume", "end"})


@st.composite
def lives(draw: st.DrawFn, past: Writer, person: int) -> list[Op]:
    """One person's memberships, one after the other or without a gap between, and what happened to them."""
    ops: list[Op] = []
    life, at = Life(person), draw(st.sampled_from(BEGINNINGS))

    def another() -> Gift:
        currency, number = draw(st.sampled_from(sorted(AMOUNTS))), person * 100 + len(life.gifts)
        months = draw(st.sampled_from((1, 1, 12, 12, 7, 36)))
        past.history.came_by[number] = draw(st.sampled_from(CAMPAIGNS))
        past.history.cards[number] = draw(st.sampled_from((-10, 59, 60, 400)))
        life.gifts.append(Gift(number, draw(st.sampled_from(AMOUNTS[currency])), currency, months))
        return life.gifts[-1]

    def happens(what: str, gift: Gift, moment: datetime) -> None:
        reason = draw(st.sampled_from(("cancelled", "lapsed", "disputed"))) if what == "end" else ""
        until = at + draw(st.sampled_from(PAUSES)) if what in {"pause", "plan"} and draw(st.booleans()) else None
        one = Happened(person, gift.number, moment, what, gift.amount, gift.currency, gift.months, reason, until)
        known_at = at
        ops.append((at, (lambda: past.start(one)) if what == "start" else (lambda: past.tell(one, known_at))))
        life.happens(what, gift)

    for _ in range(draw(st.integers(0, 12))):
        what = draw(st.sampled_from(life.can()))
        if what == "end" and draw(st.booleans()):
            at = max(at, eve(at))
        if what in {"start", "return"}:
            happens(what, another() if what == "start" else draw(st.sampled_from(life.gifts)), at)
        elif what == "second":
            ended = [gift for gift in life.gifts if gift is not life.running]
            is_new = not ended or draw(st.booleans())
            life.waiting = at, *(("start", another()) if is_new else ("return", draw(st.sampled_from(ended))))
        elif life.running:
            gift = life.running
            if what == "change":
                gift.currency = draw(st.sampled_from((gift.currency, gift.currency, *sorted(AMOUNTS))))
                gift.amount = draw(st.sampled_from(AMOUNTS[gift.currency]))
                gift.months = draw(st.sampled_from((gift.months, 1, 12, 3, 13)))
            # That unpaid time is over is known a little later than it happened.
            happens(what, gift, at - draw(st.sampled_from(PAUSES[:3])) if what == "end" else at)
            if what == "end" and life.waiting:
                since, begun, gift = life.waiting
                life.waiting = None
                happens(begun, gift, since)
        at += draw(st.sampled_from(PAUSES))
    return ops


def eve(at: datetime) -> datetime:
    """The last evening of the month: what follows within a day lies behind its edge."""
    first = (at.replace(day=1) + timedelta(days=31)).replace(day=1)
    return first.replace(hour=0, minute=0) - timedelta(hours=4)
