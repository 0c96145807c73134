"""Billing periods: calendar arithmetic from an anchor, in UTC, as Stripe's billing cycle does it.

An anchor on a day that a month does not have falls on that month's last day, and returns to its own day afterwards:
31 January, 28 February, 31 March."""

import calendar
from datetime import UTC, datetime, timedelta

SECONDS = {"day": 86_400, "week": 604_800}


def boundary(anchor: int, interval: str, count: int, n: int) -> int:
    """The start of the n-th period after the anchor's own (n may be negative)."""
    if interval in SECONDS:
        return anchor + n * count * SECONDS[interval]
    start = datetime.fromtimestamp(anchor, UTC)
    months = start.month - 1 + n * count * (12 if interval == "year" else 1)
    year, month = start.year + months // 12, months % 12 + 1
    day = min(start.day, calendar.monthrange(year, month)[1])
    return int(start.replace(year=year, month=month, day=day).timestamp())


def after(anchor: int, interval: str, count: int, moment: int) -> int:
    """The first boundary later than `moment`."""
    if interval in SECONDS:
        return boundary(anchor, interval, count, (moment - anchor) // (count * SECONDS[interval]) + 1)
    start, now = datetime.fromtimestamp(anchor, UTC), datetime.fromtimestamp(moment, UTC)
    months = (now.year - start.year) * 12 + now.month - start.month
    n = months // (count * (12 if interval == "year" else 1)) - 1
    while boundary(anchor, interval, count, n) <= moment:
        n += 1
    return boundary(anchor, interval, count, n)


def before(anchor: int, interval: str, count: int, end: int) -> int:
    """The start of the period that ends at the boundary `end`."""
    longest = {"day": 1, "week": 7, "month": 31, "year": 366}[interval] * count
    start = int((datetime.fromtimestamp(end, UTC) - timedelta(days=longest + 1)).timestamp())
    while (following := after(anchor, interval, count, start)) < end:
        start = following
    return start
