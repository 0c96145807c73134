"""One worker at a time for one Stripe object.

The lock lives in the session of the database connection, not in a transaction, so it can be held while Stripe is asked:
lock first, then fetch, then write in one transaction. Whoever writes last has then also read last. If the connection is
lost, PostgreSQL lets the lock go and the next statement on it fails, so nothing is written without the lock.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError, OperationalError, connection


class Busy(Exception):
    """Another worker holds this object; try again a little later."""


@contextmanager
def exclusive(name: str, *, wait: bool = False) -> Iterator[None]:
    """Holds `name` for the block. Raises Busy at once, or with `wait` after the connection's lock_timeout.

    Re-entrant within one connection.
    """
    with connection.cursor() as cursor:
        if wait:
            try:
                cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [name])
            except OperationalError as error:
                raise Busy(name) from error
        else:
            cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [name])
            if not cursor.fetchone()[0]:
                raise Busy(name)
    try:
        yield
    finally:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [name])
        except DatabaseError:
            connection.close()  # closing lets every lock of the session go
