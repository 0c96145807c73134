"""Money received, net income, what went back, and what single gifts are like. Whole minor units."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from django.db.models import Sum

from reports.models import GiftAmount, GiftMonth, MoneyDay, ReturnMonth, SeenDay
from reports.sums import NET


def settled(first: date, until: date) -> dict[str, dict[str, int]]:
    """By currency of settlement and kind of line, of the days from `first` to before `until`. One query."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    rows = MoneyDay.objects.filter(day__gte=first, day__lt=until).values_list("currency", "kind").order_by("currency")
    for currency, kind, minor in rows.annotate(Sum("amount_minor")):
        found[currency][kind] = minor
    return dict(found)


def net(kinds: dict[str, int]) -> int:
    return sum(minor for kind, minor in kinds.items() if kind in NET)


def net_income(first: date, until: date) -> dict[str, int]:
    """Succeeded charges less refunds, disputes and fees, by the day each happened."""
    return {currency: net(kinds) for currency, kinds in settled(first, until).items()}


def by_gift_month(month: date) -> dict[str, int]:
    """The same money in the month of the gift."""
    found: dict[str, int] = defaultdict(int)
    for row in GiftMonth.objects.filter(month=month, kind__in=NET):
        found[row.currency] += row.amount_minor
    return dict(found)


# By kind of line and whether the gift recurs: the sum, and of how many lines.
Kinds = dict[tuple[str, bool], tuple[int, int]]


@dataclass(frozen=True)
class Seen:
    """What givers saw in a span, in one of their currencies."""

    currency: str
    recurring_minor: int
    recurring: int
    single_minor: int
    single: int
    back_minor: int
    # Of grants and institutions, less what was sent back to them; in none of the others.
    institutional_minor: int

    @property
    def received_minor(self) -> int:
        return self.recurring_minor + self.single_minor


def seen(first: date, until: date) -> list[Seen]:
    """By the currency that givers saw. One query."""
    rows = SeenDay.objects.filter(day__gte=first, day__lt=until).order_by("currency")
    sums: dict[str, Kinds] = defaultdict(dict)
    for currency, kind, recurs, minor, lines in rows.values_list("currency", "kind", "is_recurring").annotate(
        Sum("amount_minor"), Sum("lines")
    ):
        sums[currency][kind, recurs] = minor, lines
    return [seen_of(currency, kinds) for currency, kinds in sums.items()]


def seen_of(currency: str, kinds: Kinds) -> Seen:
    """Of sums by kind."""
    recurring, single = kinds.get(("payment", True), (0, 0)), kinds.get(("payment", False), (0, 0))
    # What was recorded by mistake was never received.
    undone, mistakes = kinds.get(("mistake", False), (0, 0))
    institutional, _lines = kinds.get(("institutional", False), (0, 0))
    apart = {"payment", "mistake", "institutional"}
    back = sum(minor for (kind, _), (minor, _lines) in kinds.items() if kind not in apart)
    return Seen(currency, *recurring, single[0] + undone, single[1] - mistakes, back, institutional)


def returns(month: date) -> dict[str, ReturnMonth]:
    """What went back of a month's payments, by the currency givers saw."""
    return {row.currency: row for row in ReturnMonth.objects.filter(month=month).order_by("currency")}


@dataclass(frozen=True)
class Gifts:
    """Single gifts of which nothing went back."""

    currency: str
    count: int
    mean: Fraction
    median: Fraction


def gifts(first: date, last: date) -> list[Gifts]:
    """Of the months from `first` to `last`, by currency. One query."""
    amounts: dict[str, dict[int, int]] = defaultdict(dict)
    rows = GiftAmount.objects.filter(month__range=(first, last)).values_list("currency", "amount_minor")
    for currency, minor, count in rows.annotate(Sum("gifts")).order_by("currency", "amount_minor"):
        amounts[currency][minor] = count
    return [_gifts(currency, counts) for currency, counts in amounts.items()]


def _gifts(currency: str, counts: dict[int, int]) -> Gifts:
    size = sum(counts.values())
    mean = Fraction(sum(minor * count for minor, count in counts.items()), size)
    middle = Fraction(_nth(counts, (size - 1) // 2) + _nth(counts, size // 2), 2)
    return Gifts(currency, size, mean, middle)


def _nth(counts: dict[int, int], place: int) -> int:
    """The amount at a place among all, counted from the smallest."""
    for minor, count in sorted(counts.items()):
        if place < count:
            return minor
        place -= count
    raise IndexError(place)
