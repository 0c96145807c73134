"""Persons: how many are live, who came and left, what became of those who joined together."""

import math
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce, ExtractMonth, ExtractYear

from members.models import Membership
from newsroom import clock
from reports.figures import months
from reports.models import CohortMoney, CohortMonth, PauseMonth, PersonMonth, RenewalMonth
from reports.models.movement import ENDINGS

# Of whom there are enough to be shown apart; every other rhythm is in the figure for all.
PAYERS = (1, 12)
Outcome = PersonMonth.Outcome


@dataclass
class Crowd:
    """The persons of one month who pay by so many months (0: all)."""

    month: date
    payer: int
    opening: int = 0
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def left(self) -> int:
        """Live when the month began, neither live nor paused when it ended."""
        return sum(self.counts.get(kind, 0) for kind in ENDINGS)

    @property
    def closing(self) -> int:
        came, moved, paused, merged = (
            self.counts.get(kind, 0) for kind in (Outcome.CAME, Outcome.MOVED, Outcome.PAUSED, Outcome.MERGED)
        )
        return self.opening + came + moved - self.left - paused - merged

    @property
    def raised(self) -> Fraction | None:
        """The share of those live when it began who give more."""
        return self._share(Outcome.RAISED)

    @property
    def lowered(self) -> Fraction | None:
        """The share of those live when it began who give less."""
        return self._share(Outcome.LOWERED)

    def _share(self, outcome: str) -> Fraction | None:
        return Fraction(self.counts.get(outcome, 0), self.opening) if self.opening else None


def crowds(last: date) -> dict[int, list[Crowd]]:
    """By payer and, under 0, together: every month from the first to `last`. One query."""
    rows: dict[tuple[int, date], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    first = last
    found = PersonMonth.objects.filter(month__lte=last).values_list("month", "payer", "outcome", "persons")
    for month, payer, outcome, count in found:
        first = min(first, month)
        for whose in (0, payer):
            rows[whose, month][outcome] += count
    return {payer: _crowds(payer, rows, first, last) for payer in (0, *PAYERS)}


def _crowds(payer: int, rows: dict[tuple[int, date], dict[str, int]], first: date, last: date) -> list[Crowd]:
    told, opening = [], 0
    for month in months.between(first, last):
        told.append(Crowd(month, payer, opening, dict(rows.get((payer, month), {}))))
        opening = told[-1].closing
    return told


@dataclass(frozen=True)
class Cohort:
    """Those who joined in a month: how many, and how many were live at the end of that month and of each after it."""

    month: date
    size: int
    live: list[int]

    @property
    def shares(self) -> list[Fraction]:
        return [Fraction(count, self.size) for count in self.live] if self.size else []


def cohorts(last: date, payer: int = 0) -> list[Cohort]:
    """Oldest first, up to the end of `last`; of one kind of payer, by how they paid when they joined. Two queries."""
    flows: dict[date, dict[date, int]] = defaultdict(dict)
    kept = {"payer": payer} if payer else {}
    moved = CohortMonth.objects.filter(month__lte=last, **kept).values_list("cohort", "month")
    for cohort, month, count in moved.annotate(Sum("persons")):
        flows[cohort][month] = count
    joined = PersonMonth.objects.filter(outcome=Outcome.NEW, month__lte=last, **kept).values_list("month")
    sizes = joined.annotate(Sum("persons")).order_by("month")
    return [Cohort(month, size, _live(flows[month], month, last)) for month, size in sizes]


def _live(flows: dict[date, int], first: date, last: date) -> list[int]:
    told, live = [], 0
    for month in months.between(first, last):
        live += flows.get(month, 0)
        told.append(live)
    return told


def given() -> "QuerySet[Any]":
    """Memberships of today whose members do not give, each with what it is `by`: a gift, or a kind of grant."""
    live = Membership.objects.live().filter(paid_through__gte=clock.today()).exclude(source=Membership.Source.RECURRING)
    found: QuerySet[Any] = live.annotate(by=Coalesce("granted__kind", Value("gift")))
    return found


def apart() -> dict[str, int]:
    """Who is a member today without giving: by gift memberships, and by kind of granted ones. Distinct persons."""
    return dict(given().values_list("by").order_by().annotate(Count("patron", distinct=True)))


VALUE_AGES = (6, 12, 24, 36)


def values(today_month: date) -> dict[tuple[date, str], dict[int, int]]:
    """By cohort and currency: what came net in its first 6, 12, 24 and 36 months, of cohorts that are old enough.

    Cumulative, of the whole cohort. One query.
    """
    by_age = {f"until_{age}": Sum("net_minor", filter=Q(age__lt=age)) for age in VALUE_AGES}
    found = {}
    for cohort, currency, *sums in CohortMoney.objects.values_list("cohort", "currency").annotate(**by_age):
        old = months.age(cohort, today_month)
        here = {age: net for age, net in zip(VALUE_AGES, sums, strict=True) if net is not None and age <= old}
        if here:
            found[cohort, currency] = here
    return dict(sorted(found.items()))


def renewals(first: date, last: date) -> dict[date, tuple[int, int]]:
    """Paid years that ended in a month, and how many of them went on; shown once 30 days have passed."""
    rows = RenewalMonth.objects.filter(month__range=(first, last)).values_list("month")
    return {month: (ended, renewed) for month, ended, renewed in rows.annotate(Sum("ended"), Sum("renewed"))}


def pauses(first: date, last: date) -> dict[date, tuple[int, int]]:
    """Pauses that were to end in a month, and after how many the person went on; shown once 30 days have passed."""
    rows = PauseMonth.objects.filter(month__range=(first, last)).values_list("month", "due", "resumed")
    return {month: (due, resumed) for month, due, resumed in rows}


# Fewer departures, and a projection says nothing.
ENOUGH_LEFT = 50
Z95 = 1.96


def interval(left: int, exposed: int) -> tuple[Fraction, Fraction]:
    """Between which monthly rates of leaving the true one lies, at 95 % (Wilson's score interval)."""
    share, square = left / exposed, Z95**2
    middle = (share + square / (2 * exposed)) / (1 + square / exposed)
    half = Z95 / (1 + square / exposed) * math.sqrt(share * (1 - share) / exposed + square / (4 * exposed**2))
    return Fraction(max(middle - half, 1e-9)), Fraction(middle + half)


def monthly_net(first: date, last: date) -> dict[str, int]:
    """By currency, what recurring payments brought net in these months."""
    counted = ExtractYear("cohort") * 12 + ExtractMonth("cohort") + F("age")
    span = [month.year * 12 + month.month for month in (first, last)]
    rows = CohortMoney.objects.alias(counted=counted).filter(counted__range=span).values_list("currency")
    return dict(rows.annotate(Sum("net_minor")).order_by("currency"))


def projections(crowd: list[Crowd], chosen: date) -> list[tuple[str, Fraction, Fraction, Fraction]]:
    """Of the twelve months up to the chosen one, by currency: mean, low and high; nothing where the rule forbids it."""
    rows = [one for one in crowd if one.month <= chosen][-12:]
    left, exposed = sum(one.left for one in rows), sum(one.opening for one in rows)
    if len([one for one in rows if one.opening]) < 12 or left < ENOUGH_LEFT:
        return []
    low, high = interval(left, exposed)
    net = monthly_net(rows[0].month, chosen)
    mean = {currency: Fraction(minor, exposed) for currency, minor in net.items() if minor > 0}
    return [(currency, each * exposed / left, each / high, each / low) for currency, each in mean.items()]
