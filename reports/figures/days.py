"""Money day by day in one currency, as far back as it goes, and sums of some of these days. Whole minor units."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from django.db.models import Sum

from reports.figures import money
from reports.models import MoneyDay, SeenDay
from reports.sums import NET


class Day(NamedTuple):
    """A day, or several together: what givers saw and, apart, net income of what arrived in the same currency."""

    recurring_minor: int
    single_minor: int
    back_minor: int
    # Of grants and institutions, less what was sent back to them; in none of the others.
    institutional_minor: int
    net_minor: int

    @property
    def received_minor(self) -> int:
        return self.recurring_minor + self.single_minor


Days = dict[date, Day]


def currencies() -> list[str]:
    """Those that givers saw or that money arrived in. One query."""
    found = SeenDay.objects.values_list("currency").union(MoneyDay.objects.values_list("currency"))
    return sorted(code for (code,) in found)


def life(currency: str, today: date) -> Days:
    """Every day until today on which something happened, in their order. Two queries."""
    kinds: dict[date, money.Kinds] = defaultdict(dict)
    seen = SeenDay.objects.filter(currency=currency, day__lte=today)
    for day, kind, recurs, minor, lines in seen.values_list("day", "kind", "is_recurring", "amount_minor", "lines"):
        kinds[day][kind, recurs] = minor, lines
    arrived = MoneyDay.objects.filter(currency=currency, day__lte=today, kind__in=NET).values_list("day")
    net = dict(arrived.annotate(Sum("amount_minor")))
    return {day: _day(money.seen_of(currency, kinds[day]), net.get(day, 0)) for day in sorted({*kinds, *net})}


def _day(seen: money.Seen, net: int) -> Day:
    return Day(seen.recurring_minor, seen.single_minor, seen.back_minor, seen.institutional_minor, net)


def between(days: Days, first: date, last: date) -> Day | None:
    """Those from the first to the last together, both with; None if nothing happened on any of them."""
    return _together(day for when, day in days.items() if first <= when <= last)


def by_month(days: Days) -> Days:
    """By the first day of each month in which something happened."""
    found: dict[date, list[Day]] = defaultdict(list)
    for when, day in days.items():
        found[when.replace(day=1)].append(day)
    return {month: together for month, here in found.items() if (together := _together(here))}


def _together(days: Iterable[Day]) -> Day | None:
    columns = list(zip(*days, strict=True))
    return Day(*map(sum, columns)) if columns else None
