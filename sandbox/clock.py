"""The one clock of the sandbox and of the product beside it: the database's time plus an offset, moved forward only.

Reached by SQL alone (function `newsroom_now()`, table `newsroom_clock`), since the sandbox imports no room."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from . import timers


class Backwards(ValueError):
    """The clock was asked to go back."""

    def __init__(self) -> None:
        super().__init__("The clock moves forward only.")


def now() -> int:
    """Unix seconds."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT floor(extract(epoch FROM newsroom_now()))::bigint")
        return int(cursor.fetchone()[0])


def move(to: int) -> None:
    """Go forward to the Unix second `to`, stopping at every timer on the way to run it at its own time.

    Must not be called inside a transaction. Other runners of timers stand aside until it has arrived."""
    if to < now():
        raise Backwards
    with _alone():
        while (due := timers.next_due()) is not None and due <= to:
            _set(due)
            timers.run_due()
        _set(to)


def _set(to: int) -> None:
    """Set the clock, unless it is already past that second."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE newsroom_clock SET offset_seconds = offset_seconds"
            " + greatest(0, %s - extract(epoch FROM newsroom_now()))",
            [to],
        )


@contextmanager
def _alone() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [timers.LOCK])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [timers.LOCK])
