"""The clock, which otherwise only goes forward."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import connection


@contextmanager
def any_time() -> Iterator[None]:
    """Within the block, which nobody else sees before the transaction ends, the clock may stand in the past."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE newsroom_clock DROP CONSTRAINT newsroom_clock_offset_seconds_check")
        yield
        cursor.execute(
            "ALTER TABLE newsroom_clock ADD CONSTRAINT newsroom_clock_offset_seconds_check CHECK (offset_seconds >= 0)"
        )


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """As if it were then."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT offset_seconds FROM newsroom_clock")
        (before,) = cursor.fetchone()
        cursor.execute(
            "UPDATE newsroom_clock SET offset_seconds = extract(epoch FROM %s - clock_timestamp())", [moment]
        )
        yield
        cursor.execute("UPDATE newsroom_clock SET offset_seconds = %s", [before])
