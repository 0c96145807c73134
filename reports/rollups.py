"""Keeps the sums equal to the book and the history.

Both only grow, and the rooms below know nothing of this one: what is new is found by reading in the order of commits.
Each row names the transaction that wrote it. A row is taken up once every transaction that began before some moment is
over, so that none that commits late is passed by. A day or a month that a new row touches is made anew as a whole;
reading a row twice therefore does no harm, and a late line, a correction and a reversal need no rule of their own.
"""

from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper

from members.models import MembershipChange
from newsroom import clock, patience
from newsroom.models import Newsroom
from reports import movements, telling
from reports.failing_sums import FAILING
from reports.models import Progress
from reports.models.parts import PARTS
from reports.movement_sums import MOVEMENTS, STANDING
from reports.origin_sums import ORIGINS
from reports.pause_sums import PAUSES
from reports.round_sums import ROUNDS
from reports.settled import behind_own, settled
from reports.sums import MONEY, NIGHT, Sum

EVER = ("-infinity", "infinity")
# So many days or months at once cost more than everything.
MANY = 400
ALMOST_A_DAY = timedelta(hours=20)

_NEW_DAYS = """
SELECT DISTINCT (e.occurred_at AT TIME ZONE %(zone)s)::date FROM payments_ledgerentry e
WHERE e.written_in >= %(since)s::text::xid8 AND e.written_in < %(through)s::text::xid8
"""
_NEW_MONTHS = """
SELECT DISTINCT date_trunc('month', p.occurred_at AT TIME ZONE %(zone)s)::date
FROM payments_ledgerentry e JOIN payments_ledgerentry p ON p.payment_id = e.payment_id AND p.kind = 'payment'
WHERE e.written_in >= %(since)s::text::xid8 AND e.written_in < %(through)s::text::xid8
"""
_NEW_PATRONS = """
SELECT DISTINCT m.patron_id FROM members_membershipchange c JOIN members_membership m ON m.id = c.membership_id
WHERE c.written_in >= %(since)s::text::xid8 AND c.written_in < %(through)s::text::xid8
  AND c.kind = ANY(%(kinds)s) AND m.source = 'recurring'
"""
# Whoever else is still told of these patrons' memberships: a record with which they were merged, or are no more.
_TOLD_OF_OTHERS = """
SELECT DISTINCT v.patron_id FROM members_membership m JOIN members_membershipchange c ON c.membership_id = m.id
JOIN reports_movement v ON v.change_id = c.id WHERE m.patron_id = ANY(%(patrons)s) AND v.patron_id <> m.patron_id
"""
_MERGED = """
SELECT DISTINCT unnest(ARRAY[v.patron_id, m.patron_id])
FROM reports_movement v JOIN members_membershipchange c ON c.id = v.change_id
JOIN members_membership m ON m.id = c.membership_id WHERE m.patron_id <> v.patron_id
"""


def follow() -> bool:
    """Takes up what has been written since the last time. False if another worker is at it. Safe to run twice.

    Begins anew if the newsroom's zone has changed, or if the database was restored from a copy and counts its
    transactions from elsewhere.
    """
    with patience.without_limit():
        progress = Progress.objects.select_for_update(skip_locked=True).filter(id=1).first()
        if progress is None:
            return False
        through, zone = settled(), Newsroom.current().zone
        if not progress.through or progress.zone != zone or progress.through > behind_own():
            _rebuild(progress, through, zone)
        else:
            _take_up(progress, max(through, progress.through))
    return True


def rebuild(*, with_own: bool = False) -> None:
    """Makes all sums anew, in one transaction; pages read the old ones meanwhile.

    `with_own` reads the caller's own uncommitted rows too: for whoever is alone in the database.
    """
    with patience.without_limit():
        progress = Progress.objects.select_for_update().get(id=1)
        _rebuild(progress, behind_own() if with_own else settled(), Newsroom.current().zone)


def make_night() -> None:
    """Makes anew what hangs on rows that can change (invoices, origins, rolls, what is at risk, what cohorts brought),
    or on days that pass (pauses).

    And the movements of persons who were merged: their history did not grow, it is told of another patron.
    """
    with patience.without_limit(), connection.cursor() as cursor:
        progress = Progress.objects.select_for_update().get(id=1)
        facts = {"zone": progress.zone, "through": progress.through}
        merged = _column(cursor, _MERGED, facts)
        for month in telling.tell(cursor, progress.zone, progress.through, merged) if merged else ():
            for row in MOVEMENTS:
                _make(cursor, row, facts, *_span("month", month))
        _night(progress)
        progress.save()


def run_due() -> None:
    """Everything: what is new, and once a day the sums of the night and the proof."""
    follow()
    made = Progress.objects.get(id=1).night_at
    if made is None or clock.now() - made > ALMOST_A_DAY:
        make_night()
    proved = Progress.objects.get(id=1).proved_at
    if proved is None or clock.now() - proved > ALMOST_A_DAY:
        prove()


def _take_up(progress: Progress, through: int) -> None:
    kinds = [*movements.MOVING, MembershipChange.Kind.MOVED]
    facts: dict[str, Any] = {"zone": progress.zone, "since": progress.through, "through": through, "kinds": kinds}
    with connection.cursor() as cursor:
        days, months, patrons = (_column(cursor, found, facts) for found in (_NEW_DAYS, _NEW_MONTHS, _NEW_PATRONS))
        patrons = sorted({*patrons, *_column(cursor, _TOLD_OF_OTHERS, {"patrons": patrons})})
        if len(days) > MANY or len(months) > MANY:
            _rebuild(progress, through, progress.zone)
            return
        for row in MONEY:
            for unit in days if row.unit == "day" else months:
                _make(cursor, row, facts, *_span(row.unit, unit))
        for month in telling.tell(cursor, progress.zone, through, patrons) if patrons else ():
            for row in MOVEMENTS:
                _make(cursor, row, facts, *_span("month", month))
    progress.through, progress.followed_at = through, clock.now()
    progress.save()


def _rebuild(progress: Progress, through: int, zone: str) -> None:
    progress.through, progress.zone = through, zone
    progress.followed_at = progress.rebuilt_at = clock.now()
    facts = {"zone": zone, "through": through}
    with connection.cursor() as cursor:
        telling.tell(cursor, zone, through, None)
        for row in (*MONEY, *MOVEMENTS):
            _make(cursor, row, facts, *EVER)
    _night(progress)
    progress.save()


def _night(progress: Progress) -> None:
    progress.night_at = clock.now()
    facts = {"zone": progress.zone, "through": progress.through, "now": progress.night_at}
    with connection.cursor() as cursor:
        for row in (*NIGHT, *FAILING, *PAUSES, *ORIGINS, *ROUNDS):
            _make(cursor, row, facts, *EVER)


def _make(cursor: CursorWrapper, row: Sum, facts: dict[str, Any], first: date | str, until: date | str) -> None:
    """The rows of a table whose unit lies in the span (the second day exclusive), or all where it has none."""
    facts = facts | {"first": str(first), "until": str(until)}
    where = f"WHERE {row.unit} >= %(first)s::date AND {row.unit} < %(until)s::date" if row.unit else ""
    cursor.execute(f"DELETE FROM {row.table} {where}", facts)  # noqa: S608  our own statements
    cursor.execute(f"INSERT INTO {row.table} ({row.columns}) {row.select}", facts)


def _span(unit: str, first: date) -> tuple[date, date]:
    return first, clock.months_later(first, 1) if unit == "month" else date.fromordinal(first.toordinal() + 1)


def _column(cursor: CursorWrapper, statement: str, facts: dict[str, Any]) -> list[Any]:
    cursor.execute(statement, facts)
    return sorted(row[0] for row in cursor.fetchall())


# -- proof -----------------------------------------------------------------------------------------------------------


_DIFFERENCES = """
WITH have AS (SELECT {0.columns} FROM {0.table}), want AS (SELECT * FROM ({0.select}) made)
SELECT COUNT(*), MIN(found::text) FROM (
    (SELECT * FROM have EXCEPT ALL SELECT * FROM want) UNION ALL (SELECT * FROM want EXCEPT ALL SELECT * FROM have)
) found
"""


def differences(row: Sum) -> str:
    """What a table holds and its statement does not give, or the reverse; empty if they are equal."""
    progress = Progress.objects.get(id=1)
    facts: dict[str, Any] = {
        "zone": progress.zone or "UTC",
        "through": progress.through,
        "first": EVER[0],
        "until": EVER[1],
    }
    with patience.without_limit(), connection.cursor() as cursor:
        cursor.execute(_DIFFERENCES.format(row), facts)
        count, example = cursor.fetchone()
    return f"{row.table} differs in {count} rows, for example {example}" if count else ""


def standing_difference() -> str:
    """The movements of all time, added up, give what the history's last words give: sums and persons, by currency."""
    facts = {"through": Progress.objects.get(id=1).through, "parts": PARTS}
    with patience.without_limit(), connection.cursor() as cursor:
        cursor.execute(STANDING, facts)
        want = {currency: (int(monthly), persons) for currency, monthly, persons in cursor.fetchall() if monthly}
        cursor.execute("SELECT currency, SUM(monthly_parts) FROM reports_movementmonth GROUP BY 1")
        have = {currency: int(monthly) for currency, monthly in cursor.fetchall() if monthly}
        cursor.execute("SELECT currency, SUM(persons) FROM reports_givermonth GROUP BY 1")
        give = {currency: persons for currency, persons in cursor.fetchall() if persons}
        cursor.execute("SELECT COALESCE(SUM(persons), 0) FROM reports_movement")
        persons = cursor.fetchone()[0]
    if have != {currency: monthly for currency, (monthly, _) in want.items()}:
        return f"movements add up to {have}, the history says {want}"
    if give != {currency: count for currency, (_, count) in want.items()}:
        return f"movements leave {give} persons who give, the history says {want}"
    return "" if persons == sum(give.values()) else f"movements leave {persons} persons"


def prove() -> bool:
    """Compares all sums with the book and the history, and keeps what came of it for the page of health."""
    found = [differences(row) for row in (*MONEY, *MOVEMENTS)] + [standing_difference()]
    words = "\n".join(word for word in found if word)
    Progress.objects.filter(id=1).update(proved_at=clock.now(), differences=words)
    return not words
