"""How far the book can be read: up to the first transaction that is not over.

Each row of the book and the history names the transaction that wrote it. Numbers are given when a transaction first
writes, and commits come in any order; so a number is read up to only once all smaller ones are over.
"""

from django.db import connection

# A snapshot knows the running transactions of the whole server. Left out are those that write nothing here: of other
# databases, and of autovacuum (whoever is in a database without a user); then, looked at afterwards and so complete,
# those that have ended since the snapshot. What comes after this statement sees what they wrote.
_SETTLED = """
WITH elsewhere AS MATERIALIZED (
    SELECT a.backend_xid::text::bigint AS short FROM pg_stat_activity a, pg_database d
    WHERE d.datname = current_database() AND a.backend_xid IS NOT NULL AND (a.datid <> d.oid OR a.usesysid IS NULL)
)
SELECT LEAST(pg_snapshot_xmax(pg_current_snapshot()), (
    SELECT MIN(running) FROM pg_snapshot_xip(pg_current_snapshot()) running
    WHERE CASE WHEN running::text::bigint & 4294967295 IN (SELECT short FROM elsewhere) THEN false
               ELSE pg_xact_status(running) = 'in progress' END
))::text::bigint
"""


def settled() -> int:
    """The first transaction in this database that is not over: all below it are.

    What they wrote is seen by the caller's next statement, in a transaction that is READ COMMITTED as all here are.
    """
    return _number(_SETTLED)


def behind_own() -> int:
    """The number after the caller's own transaction."""
    return _number("SELECT pg_current_xact_id()::text::bigint") + 1


def _number(statement: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return int(cursor.fetchone()[0])
