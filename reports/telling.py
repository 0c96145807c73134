"""Puts the movements of persons into their table: each person's whole history is told anew when it has grown."""

import json
from collections.abc import Iterable, Iterator
from datetime import date
from functools import partial
from itertools import chain, groupby
from operator import itemgetter
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.backends.utils import CursorWrapper

from newsroom.models import Newsroom
from reports import movements

CHUNK = 20_000

_CHANGES = """
SELECT m.patron_id, c.id, c.membership_id, c.kind, c.before, c.after, c.occurred_at
FROM members_membershipchange c JOIN members_membership m ON m.id = c.membership_id
WHERE m.source = 'recurring' AND c.kind = ANY(%(kinds)s) AND c.written_in < %(through)s::text::xid8
  AND (%(patrons)s::bigint[] IS NULL OR m.patron_id = ANY(%(patrons)s))
ORDER BY m.patron_id, c.id
"""
_INTO_MOVEMENTS = """
COPY reports_movement (change_id, patron_id, at, month, currency, kind, counted_as, monthly_parts, persons, givers,
                       was, becomes, is_paused, cohort, cohort_payer) FROM STDIN
"""


def tell(cursor: CursorWrapper, zone: str, through: int, patrons: list[int] | None) -> set[date]:
    """The movements of these patrons (None: of all), from the beginning, of what was written below `through`.

    Returns the months that they touch now or touched before.
    """
    facts = {"patrons": patrons, "kinds": list(movements.MOVING), "through": through}
    months: set[date] = set()
    if patrons is None:
        cursor.execute("DELETE FROM reports_movement")
    else:
        cursor.execute("DELETE FROM reports_movement WHERE patron_id = ANY(%(patrons)s) RETURNING month", facts)
        months = {row[0] for row in cursor.fetchall()}
    in_zone = Newsroom(zone=zone).zone_info
    with connection.chunked_cursor() as reading:
        reading.execute(_CHANGES, facts)
        for chunk in _chunks(_persons(reading)):
            rows = [row for patron, changes in chunk for row in _rows(patron, changes, in_zone)]
            months |= {month for _, _, _, month, *_ in rows}
            with cursor.copy(_INTO_MOVEMENTS) as copy:
                for row in rows:
                    copy.write_row(row)
    if patrons is None:
        # What is made of them next is planned by how many there are now.
        cursor.execute("ANALYZE reports_movement")
    return months


Changes = list[movements.Change]


def _rows(patron: int, changes: Changes, zone: ZoneInfo) -> Iterator[tuple[Any, ...]]:
    """A person's movements, as they are copied."""
    told = [(one.at.astimezone(zone).date().replace(day=1), one) for one in movements.of(changes)]
    for (month, one), figure in zip(told, movements.counted_as(told), strict=True):
        yield (
            one.change, patron, one.at, month, one.currency, str(one.kind), str(figure), one.monthly_parts, one.persons,
            one.givers, one.was, one.becomes, one.is_paused, told[0][0], told[0][1].becomes,
        )  # fmt: skip


def _persons(reading: Any) -> Iterator[tuple[int, Changes]]:
    """Each patron with their moving changes, in the order in which they were recorded."""
    found = chain.from_iterable(iter(partial(reading.fetchmany, CHUNK), []))
    for patron, rows in groupby(found, key=itemgetter(0)):
        yield (
            patron,
            [
                movements.Change(number, membership, kind, json.loads(before), json.loads(after), at)
                for _, number, membership, kind, before, after, at in rows
            ],
        )


def _chunks(persons: Iterable[tuple[int, Changes]]) -> Iterator[list[tuple[int, Changes]]]:
    """Some thousand changes at a time: rows are not written while others are being read."""
    chunk: list[tuple[int, Changes]] = []
    size = 0
    for patron, changes in persons:
        chunk.append((patron, changes))
        size += len(changes)
        if size >= CHUNK:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk
