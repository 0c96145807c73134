"""One clock for SQL and Python, which moves only under DEBUG."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from pytest_django import Settings

from newsroom import clock
from newsroom.models import Newsroom


def database_now() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT newsroom_now()")
        moment: datetime = cursor.fetchone()[0]
        return moment


def test_sql_and_python_move_together(db: None) -> None:
    before = clock.now()
    clock.move(timedelta(days=40))
    assert before + timedelta(days=40) <= clock.now() <= database_now() < before + timedelta(days=41)


def test_without_debug_the_clock_is_the_databases_own_and_cannot_be_moved(db: None, settings: Settings) -> None:
    clock.move(timedelta(days=40))
    settings.DEBUG = False
    assert clock.now() < database_now() - timedelta(days=39)
    with pytest.raises(RuntimeError):
        clock.move(timedelta(days=1))


def test_days_begin_and_end_in_the_newsrooms_zone(db: None) -> None:
    Newsroom.objects.update(zone="Europe/Kyiv")
    assert clock.day(datetime(2027, 3, 27, 22, 30, tzinfo=UTC)) == date(2027, 3, 28)
    assert clock.start_of(date(2027, 3, 28)) == datetime(2027, 3, 27, 22, tzinfo=UTC)
    # The night in which Kyiv puts its clocks forward has 23 hours.
    assert clock.start_of(date(2027, 3, 29)) - clock.start_of(date(2027, 3, 28)) == timedelta(hours=23)
    Newsroom.objects.update(zone="America/New_York")
    assert clock.day(datetime(2027, 3, 27, 22, 30, tzinfo=UTC)) == date(2027, 3, 27)


def test_there_is_one_newsroom(db: None) -> None:
    with pytest.raises(Exception, match="newsroom_is_one_row"):
        Newsroom.objects.create(id=2)
