"""Months of the newsroom's calendar: named by their first day."""

from collections.abc import Iterator
from datetime import date, timedelta

from newsroom import clock

# Nothing here is older than computers, or further off than a pension.
FIRST, LAST = date(1990, 1, 1), date(2200, 1, 1)


def this() -> date:
    return clock.today().replace(day=1)


def after(month: date, by: int = 1) -> date:
    """So many months later; earlier with a negative number."""
    return clock.months_later(month, by)


def between(first: date, last: date) -> list[date]:
    """All from the first to the last, both with."""
    return list(_walk(first, last))


def _walk(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first = after(first)


def last_day(month: date) -> date:
    return after(month) - timedelta(days=1)


def is_known(month: date, today: date) -> bool:
    """Whether 30 days have passed since its last one: what becomes of things is waited for that long."""
    return last_day(month) + timedelta(days=30) < today


def age(month: date, later: date) -> int:
    """How many months lie between two."""
    return (later.year - month.year) * 12 + later.month - month.month
