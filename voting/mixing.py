"""Mixing: while a round is open its ballots are written anew, so that soon nothing leads from one to its voter.

PostgreSQL keeps of every row which transaction wrote it (`xmin`) or held it last (`xmax`), and rows lie in the order in
which they were written. Casting writes a ballot and writes, or holds, its voter's line on the roll in one transaction,
so until it is mixed the two can be joined. Mixed, all ballots of a round are one transaction's, which touched no line
of the roll, and lie in the order of ids that were drawn. The roll stays as it is: there is no order to lay it beside.
"""

from django.db import connection, transaction

from voting.models import Round

# Held together with those who cast. While the round is closed, extended, or two records are merged it is somebody
# else's alone: then the next time does it. The other lock keeps two of these apart, whose deletes could meet crosswise.
HOLD = """
    SELECT pg_try_advisory_xact_lock(hashtextextended('voting.mixing', id)) FROM voting_round
    WHERE id = %s AND closed_at IS NULL
    FOR SHARE SKIP LOCKED
"""
# One transaction wrote all of them: it was this, or there is but one, and the roll says whose that is however it lies.
IS_MIXED = """
    SELECT NOT EXISTS (
        SELECT FROM voting_openballot WHERE round_id = %(round)s
        AND xmin <> (SELECT xmin FROM voting_openballot WHERE round_id = %(round)s LIMIT 1)
    )
"""
# The delete waits for who is changing a ballot and takes the changed one; who changes one meanwhile waits for the
# insert and changes what that has put.
MIX = """
    WITH taken AS (
        DELETE FROM voting_openballot WHERE round_id = %s RETURNING id, round_id, key, line, sealed_moment
    )
    INSERT INTO voting_openballot (id, round_id, key, line, sealed_moment)
    SELECT id, round_id, key, line, sealed_moment FROM taken ORDER BY id
"""
# Whoever has the table to itself is sweeping it, too.
SWEEP = "VACUUM (SKIP_LOCKED) voting_openballot"


def mix_due() -> int:
    """Mixes the ballots of each open round in which one was cast or changed since the last time; answers of how many.

    What they say, their keys and their sealed moments stay.
    """
    mixed = sum(_mix(of) for of in Round.objects.open().values_list("pk", flat=True))
    if mixed and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute(SWEEP)
    return mixed


def _mix(of: int) -> bool:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(HOLD, [of])
        if cursor.fetchone() != (True,):
            return False
        cursor.execute(IS_MIXED, {"round": of})
        if cursor.fetchone() == (True,):
            return False
        cursor.execute(MIX, [of])
    return True
