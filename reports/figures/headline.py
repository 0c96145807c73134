"""One figure for all currencies: at the newest stored daily rate not later than its day. Exact."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from money.currencies import exponent
from newsroom.models import DailyRate, GivingCurrency

Sums = Mapping[str, int | Fraction]


@dataclass(frozen=True)
class Headline:
    """A sum in the newsroom's own currency, the rates it was made with, and the currencies that have none."""

    currency: str
    minor: Fraction
    rates: tuple[DailyRate, ...]
    missing: tuple[str, ...]


def rates(home: str, on: date) -> dict[str, DailyRate]:
    """By currency, the newest rate into `home` that is not later than a day. One query."""
    rows = DailyRate.objects.filter(into=home, day__lte=on).order_by("currency", "-day").distinct("currency")
    return {row.currency: row for row in rows}


def of(sums: Sums, on: date, home: str | None = None) -> Headline | None:
    """None if the newsroom has set no currency."""
    home = GivingCurrency.home() if home is None else home
    return told(sums, home, rates(home, on)) if home else None


def told(sums: Sums, home: str, found: Mapping[str, DailyRate]) -> Headline:
    """The same with rates that were looked up already."""
    minor, used, missing = Fraction(0), [], []
    for currency, value in sorted(sums.items()):
        if currency == home:
            minor += value
        elif currency in found:
            minor += converted(Fraction(value), found[currency])
            used.append(found[currency])
        elif value:
            missing.append(currency)
    return Headline(home, minor, tuple(used), tuple(missing))


def converted(minor: Fraction, rate: DailyRate) -> Fraction:
    digits = exponent(rate.into) - exponent(rate.currency)
    return minor * Fraction(rate.rate) * Fraction(10) ** digits
