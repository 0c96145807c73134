"""Persons: how many are live, who came and left, what became of those who joined together."""

import math
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from django.db.models import Count, Sum, Value
from django.db.models.functions import Coalesce

from members.models import Membership
from newsroom import clock
from reports.figures import months
from reports.models import CohortMoney, CohortMonth, PersonMonth, RenewalMonth
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
        return self.opening + self.counts.get(Outcome.CAME, 0)

    @property
    def churn(self) -> Fraction | None:
        return Fraction(self.left, self.opening) if self.opening else None


def crowds(last: date) -> dict[int, list[Crowd]]:
    """By payer and, under 0, together: every month from the first to `last`. One query."""
    rows: dict[tuple[int, date], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    first = last
    for row in PersonMonth.objects.filter(month__lte=last):
        first = min(first, row.month)
        for payer in (0, row.payer):
            rows[payer, row.month][row.outcome] += row.persons
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
    flows: dict[date, dict[date, int]] = defaultdict(lambda: defaultdict(int))
    sizes: dict[date, int] = defaultdict(int)
    kept = {"payer": payer} if payer else {}
    for row in CohortMonth.objects.filter(month__lte=last, **kept):
        flows[row.cohort][row.month] += row.persons
    for person in PersonMonth.objects.filter(outcome=Outcome.NEW, month__lte=last, **kept):
        sizes[person.month] += person.persons
    return [Cohort(month, size, _live(flows[month], month, last)) for month, size in sorted(sizes.items())]


def _live(flows: dict[date, int], first: date, last: date) -> list[int]:
    told, live = [], 0
    for month in months.between(first, last):
        live += flows.get(month, 0)
        told.append(live)
    return told


def apart() -> dict[str, int]:
    """Who is a member today without giving: by gift memberships, and by kind of granted ones. Distinct persons."""
    live = Membership.objects.live().filter(paid_through__gte=clock.today()).exclude(source=Membership.Source.RECURRING)
    rows = live.annotate(by=Coalesce("granted__kind", Value("gift"))).values_list("by").order_by()
    return dict(rows.annotate(Count("patron", distinct=True)))


VALUE_AGES = (6, 12, 24, 36)


def values(today_month: date) -> dict[tuple[date, str], dict[int, int]]:
    """By cohort and currency: what came net in its first 6, 12, 24 and 36 months, of cohorts that are old enough.

    Cumulative, of the whole cohort. One query.
    """
    found: dict[tuple[date, str], dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for row in CohortMoney.objects.filter(age__lt=VALUE_AGES[-1]):
        for age in VALUE_AGES:
            if row.age < age <= months.age(row.cohort, today_month):
                found[row.cohort, row.currency][age] += row.net_minor
    return {key: dict(sums) for key, sums in sorted(found.items())}


def renewals(first: date, last: date) -> dict[date, tuple[int, int]]:
    """Paid years that ended in a month, and how many of them went on; shown once 30 days have passed."""
    rows = RenewalMonth.objects.filter(month__range=(first, last)).values_list("month")
    return {month: (ended, renewed) for month, ended, renewed in rows.annotate(Sum("ended"), Sum("renewed"))}


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
    found: dict[str, int] = defaultdict(int)
    for row in CohortMoney.objects.all():
        if first <= months.after(row.cohort, row.age) <= last:
            found[row.currency] += row.net_minor
    return dict(found)


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
