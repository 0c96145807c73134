"""How long a statement may take. Settings set a limit for those whom somebody waits for; some read the whole book."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def without_limit() -> Iterator[None]:
    """One transaction, whose statements may take as long as they need; for those that read everything.

    They sort in memory what a page would not have, and are not compiled: that takes seconds and gains less.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        cursor.execute("SET LOCAL work_mem = '64MB'")
        cursor.execute("SET LOCAL jit = off")
        yield


def count_rows() -> None:
    """What follows in this transaction is planned by the rows that there are now, its own too.

    The server's own tables are left alone: whoever else looks at them would wait for the end of this transaction.
    """
    with connection.cursor() as cursor:
        tables = connection.introspection.django_table_names(only_existing=True)
        cursor.execute(f"ANALYZE {', '.join(map(connection.ops.quote_name, tables))}")
