"""The time of everything: the database's clock, plus an offset that counts only under DEBUG.

SQL and Python read the same function, so tests, the demo and the sandbox move one clock. With DEBUG off the offset is
not even looked at. (Signatures of webhooks are checked against the machine's real time.)
"""

import calendar
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.db import connection
from django.db.models import DateTimeField, Func

from newsroom.models import Newsroom

Day = TypeVar("Day", bound=date)


def sql() -> str:
    """The SQL expression of the present moment, for statements written by hand."""
    return "newsroom_now()" if settings.DEBUG else "clock_timestamp()"


class Now(Func):
    """The present moment as a database expression."""

    output_field = DateTimeField()

    def as_sql(self, *_args: Any, **_kwargs: Any) -> tuple[str, tuple[str | int, ...]]:
        return sql(), ()


def now() -> datetime:
    """The present moment (aware, UTC), read after whatever locks the caller already holds."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {sql()}")
        moment: datetime = cursor.fetchone()[0]
    return moment


def day(moment: datetime) -> date:
    """The day in the newsroom's zone in which `moment` lies."""
    return moment.astimezone(Newsroom.current().zone_info).date()


def today() -> date:
    """Today in the newsroom's zone."""
    return day(now())


def move(by: timedelta) -> None:
    """Moves the clock forward. Only under DEBUG."""
    if not settings.DEBUG:
        raise RuntimeError("the clock can be moved only under DEBUG")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE newsroom_clock SET offset_seconds = offset_seconds + %s", [by.total_seconds()])


def start_of(day: date) -> datetime:
    """The moment (UTC) at which a day begins in the newsroom's zone."""
    return datetime.combine(day, time.min, Newsroom.current().zone_info).astimezone(UTC)


def months_later(day: Day, months: int) -> Day:
    """The same day (and time, of a moment) of a later month; its last day where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return day.replace(year=year, month=month + 1, day=min(day.day, last))
