"""The monthly sum (MRR) in each currency: opening, movements, closing. Exact."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction

from reports.figures import months
from reports.models import MovementKind, MovementMonth, parts


@dataclass
class Step:
    """One month of one currency. Fractions of minor units."""

    month: date
    currency: str
    opening: Fraction
    moved: dict[str, Fraction] = field(default_factory=dict)
    changes: dict[str, int] = field(default_factory=dict)

    @property
    def closing(self) -> Fraction:
        return self.opening + sum(self.moved.values())

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
    """By currency, every month from the first movement to `last`. One query."""
    found: dict[str, dict[date, list[_Row]]] = defaultdict(lambda: defaultdict(list))
    rows = MovementMonth.objects.filter(month__lte=last).order_by("month")
    for currency, month, *row in rows.values_list("currency", "month", "kind", "monthly_parts", "changes"):
        found[currency][month].append(tuple(row))
    return {currency: _steps(currency, rows, last) for currency, rows in sorted(found.items())}


def _steps(currency: str, rows: dict[date, list[_Row]], last: date) -> list[Step]:
    told, opening = [], Fraction(0)
    for month in months.between(min(rows), last):
        here = rows.get(month, [])
        moved = {kind: parts.monthly(monthly) for kind, monthly, _ in here}
        told.append(Step(month, currency, opening, moved, {kind: changes for kind, _, changes in here}))
        opening = told[-1].closing
    return told
