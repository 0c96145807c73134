"""Failed payments: how many, what mended them, and what is at risk."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from reports.figures import months
from reports.models import Exposure, InvoiceMonth, RecoveryMonth, parts


def shown(chosen: date) -> list[date]:
    """The months on the page of one: it, and the twelve before it."""
    return months.between(months.after(chosen, -12), chosen)


@dataclass(frozen=True)
class Rate:
    """Invoices of a month in one currency, and those whose first attempt failed."""

    month: date
    currency: str
    due: int
    due_minor: int
    failed: int
    failed_minor: int

    @property
    def share(self) -> Fraction | None:
        return Fraction(self.failed, self.due) if self.due else None

    @property
    def share_of_value(self) -> Fraction | None:
        return Fraction(self.failed_minor, self.due_minor) if self.due_minor else None


def rates(first: date, last: date) -> list[Rate]:
    """By month, newest first, and currency. One query."""
    rows = InvoiceMonth.objects.filter(month__range=(first, last)).order_by("-month", "currency")
    return [Rate(row.month, row.currency, row.due, row.due_minor, row.failed, row.failed_minor) for row in rows]


def together(found: Sequence[Rate]) -> Rate:
    """All months of one currency as one, under the month of the first."""
    sums = {name: sum(getattr(rate, name) for rate in found) for name in ("due", "due_minor", "failed", "failed_minor")}
    return replace(found[0], **sums)


Recoveries = dict[tuple[date, str, str, str], tuple[int, int]]


def recoveries(first: date, last: date) -> Recoveries:
    """(month of first failure, currency, the bank's code, by whom; empty: not) → invoices, their value. One query."""
    found: dict[tuple[date, str, str, str], tuple[int, int]] = defaultdict(lambda: (0, 0))
    for row in RecoveryMonth.objects.filter(month__range=(first, last)):
        found[row.month, row.currency, row.code, row.recovered_by] = row.invoices, row.amount_minor
    return dict(found)


def exposure() -> dict[str, dict[str, tuple[Fraction, int]]]:
    """Currency → what it hangs on → the monthly sum, persons. As of last night. One query."""
    found: dict[str, dict[str, tuple[Fraction, int]]] = defaultdict(dict)
    for row in Exposure.objects.order_by("currency"):
        found[row.currency][row.what] = parts.monthly(row.monthly_parts), row.persons
    return dict(found)
