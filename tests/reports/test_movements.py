"""What a person's history is told as, where that is not what first meets the eye."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from reports import movements
from reports.models import parts
from reports.movements import Change, Moved

LAST_EVENING = datetime(2026, 1, 31, 23, 30, tzinfo=UTC)
LIVE = {"amount_minor": 500, "currency": "EUR", "interval_months": 1, "paused_at": None, "ended_at": None,
        "end_reason": "", "leaves_at": None}  # fmt: skip
PAUSED = LIVE | {"paused_at": "2026-01-10T10:00:00Z"}
ENDED = LIVE | {"ended_at": "2026-01-31T23:30:00Z", "end_reason": "cancelled"}
NEVER: dict[str, Any] = {}


def told(*changes: tuple[str, int, dict[str, Any], dict[str, Any], timedelta]) -> list[Moved]:
    """Of changes as kind, membership, before, after, and how long after the last evening of January."""
    return movements.of(
        Change(number, membership, kind, before, after, LAST_EVENING + later)
        for number, (kind, membership, before, after, later) in enumerate(changes)
    )


def summed(rows: list[Moved], month: int) -> int:
    return sum(row.monthly_parts for row in rows if row.at.month == month)


JOINED = ("joined", 1, NEVER, LIVE, -timedelta(days=20))
LEFT = ("ended", 1, LIVE, ENDED, timedelta(0))


def test_a_switch_over_the_edge_of_a_month_moves_neither_month() -> None:
    rows = told(JOINED, LEFT, ("joined", 2, NEVER, LIVE, timedelta(hours=23)))
    assert [(row.kind, row.at.month) for row in rows] == [("new", 1), ("contraction", 2), ("expansion", 2)]
    assert (summed(rows, 1), summed(rows, 2)) == (parts.of(500, 1), 0)
    assert [row.persons for row in rows] == [row.givers for row in rows] == [1, -1, 1]


def test_who_is_back_after_a_day_had_left_on_the_day_of_the_end() -> None:
    rows = told(JOINED, LEFT, ("joined", 2, NEVER, LIVE, timedelta(days=1)))
    assert [(row.kind, row.at.month) for row in rows] == [("new", 1), ("voluntary", 1), ("reactivated", 2)]


@pytest.mark.parametrize(
    ("later", "kinds"),
    [
        (timedelta(0), ["new", "paused", "resumed"]),
        (timedelta(hours=23), ["new", "paused", "resumed"]),
        (timedelta(days=1), ["new", "paused", "voluntary", "reactivated"]),
    ],
)
def test_a_gift_that_takes_the_place_of_a_paused_one_resumes_it(later: timedelta, kinds: list[str]) -> None:
    rows = told(
        JOINED, ("paused", 1, LIVE, PAUSED, -timedelta(days=10)), ("ended", 1, PAUSED, ENDED, timedelta(0)),
        ("joined", 2, NEVER, LIVE, later),
    )  # fmt: skip
    assert [row.kind for row in rows] == kinds


def test_ten_a_month_made_a_hundred_and_twenty_a_year_by_a_second_gift_moves_nothing_in_sum() -> None:
    yearly = LIVE | {"amount_minor": 6000, "interval_months": 12}
    rows = told(JOINED, LEFT, ("joined", 2, NEVER, yearly, -timedelta(days=3)))
    assert [(row.kind, row.was, row.becomes) for row in rows] == [
        ("new", 0, 1), ("contraction", 1, 0), ("expansion", 0, 12)
    ]  # fmt: skip
    assert sum(row.monthly_parts for row in rows[1:]) == 0
    assert rows[1].at == rows[2].at == LAST_EVENING
