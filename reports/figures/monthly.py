"""The monthly sum (MRR) in each currency: opening, movements, closing. Exact."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction

from reports.figures import months
from reports.models import GiverMonth, MovementKind, MovementMonth, parts


@dataclass
class Step:
    """One month of one currency. Fractions of minor units."""

    month: date
    currency: str
    opening: Fraction
    # Persons who give in this currency at the month's end.
    givers: int = 0
    moved: dict[str, Fraction] = field(default_factory=dict)
    changes: dict[str, int] = field(default_factory=dict)

    @property
    def closing(self) -> Fraction:
        return self.opening + sum(self.moved.values())

    @property
    def average(self) -> Fraction | None:
        """What one of them gives a month."""
        return self.closing / self.givers if self.givers else None

    @property
    def gross_churn(self) -> Fraction | None:
        """What was lost and lowered, of the opening."""
        lost = sum(self.moved.get(kind, Fraction(0)) for kind in LOSSES)
        return -lost / self.opening if self.opening else None

    @property
    def net_churn(self) -> Fraction | None:
        """The same less what was raised."""
        gross = self.gross_churn
        return None if gross is None else gross - self.moved.get(MovementKind.EXPANSION, Fraction(0)) / self.opening


LOSSES = (MovementKind.VOLUNTARY, MovementKind.INVOLUNTARY, MovementKind.DISPUTED, MovementKind.CONTRACTION)


# A kind, its parts, and how many changes they are.
_Row = tuple[str, Decimal, int]


def steps(last: date) -> dict[str, list[Step]]:
    """By currency, every month from the first movement to `last`. Two queries."""
    found: dict[str, dict[date, list[_Row]]] = defaultdict(lambda: defaultdict(list))
    rows = MovementMonth.objects.filter(month__lte=last).order_by("month")
    for currency, month, *row in rows.values_list("currency", "month", "kind", "monthly_parts", "changes"):
        found[currency][month].append(tuple(row))
    givers: dict[str, dict[date, int]] = defaultdict(dict)
    for currency, month, persons in GiverMonth.objects.values_list("currency", "month", "persons"):
        givers[currency][month] = persons
    return {currency: _steps(currency, rows, givers[currency], last) for currency, rows in sorted(found.items())}


def _steps(currency: str, rows: dict[date, list[_Row]], givers: dict[date, int], last: date) -> list[Step]:
    told, opening, give = [], Fraction(0), 0
    for month in months.between(min(rows), last):
        here = rows.get(month, [])
        moved = {kind: parts.monthly(monthly) for kind, monthly, _ in here}
        give += givers.get(month, 0)
        told.append(Step(month, currency, opening, give, moved, {kind: changes for kind, _, changes in here}))
        opening = told[-1].closing
    return told
