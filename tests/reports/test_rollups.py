"""The sums follow the book: late lines, corrections, rows that commit out of order, a database restored from a copy."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from members import memberships
from members.memberships import Facts
from members.models import Patron
from newsroom.models import Newsroom
from payments.models import LedgerEntry
from reports import invariants, rollups, settled
from reports.models import MoneyDay, Movement, MovementMonth, Progress, parts
from reports.sums import MONEY
from tests import worlds
from tests.conftest import WorldDatabase

pytestmark = pytest.mark.database

AT = datetime(2026, 3, 31, 22, 30, tzinfo=UTC)  # already 1 April in Kyiv
LINE = """
INSERT INTO payments_ledgerentry
    (source, kind, balance_transaction, amount_minor, currency, seen_currency, occurred_at, note)
VALUES ('stripe', 'adjustment', %s, %s, 'EUR', '', %s, '')
"""


def line(name: str, minor: int, at: datetime = AT) -> None:
    LedgerEntry.objects.create(
        kind="adjustment", balance_transaction=name, amount_minor=minor, currency="EUR", occurred_at=at
    )


@contextmanager
def another() -> Iterator[BaseDatabaseWrapper]:
    """A second connection, with a transaction open."""
    other = connection.copy()
    other.set_autocommit(False)
    try:
        yield other
    finally:
        other.rollback()
        other.close()


def write(other: BaseDatabaseWrapper, name: str, minor: int, at: datetime) -> None:
    with other.cursor() as cursor:
        cursor.execute(LINE, [name, minor, at])


def sums() -> dict[str, int]:
    return {str(row.day): row.amount_minor for row in MoneyDay.objects.all()}


def proofs() -> list[str]:
    return [word for check in invariants.INVARIANTS.values() if (word := check())]


def test_a_line_counts_on_its_day_in_the_newsrooms_zone(world_db: WorldDatabase) -> None:
    line("txn_1", 700)
    assert rollups.follow()
    assert sums() == {"2026-04-01": 700}


def test_a_late_line_and_a_correction_change_the_day_they_belong_to(world_db: WorldDatabase) -> None:
    line("txn_1", 700)
    rollups.follow()
    line("txn_2", -200, AT - timedelta(days=400))
    line("txn_3", -700)
    rollups.follow()
    assert sums() == {"2025-02-25": -200, "2026-04-01": 0}
    assert proofs() == []


def out_of_order(world_db: WorldDatabase) -> dict[str, int]:
    """A line is written first and commits last; the sums are followed in between, and afterwards."""
    rollups.follow()
    with another() as slow:
        write(slow, "txn_slow", 500, AT)
        line("txn_quick", 30)
        rollups.follow()
        slow.commit()
    line("txn_later", 7)
    rollups.follow()
    return sums()


def test_a_line_that_commits_after_later_ones_is_not_passed_by(world_db: WorldDatabase) -> None:
    assert out_of_order(world_db) == {"2026-04-01": 537}
    assert proofs() == []


def test_control_reading_up_to_the_newest_transaction_passes_it_by(
    world_db: WorldDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the rule. A day made anew for another reason would hide the loss; the proof does not."""
    newest = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
    monkeypatch.setattr(rollups, "settled", lambda: settled._number(newest))
    with another() as slow:
        line("txn_first", 1)
        rollups.follow()
        write(slow, "txn_slow", 500, AT - timedelta(days=9))
        line("txn_quick", 30)
        rollups.follow()
        slow.commit()
    line("txn_later", 7)
    rollups.follow()
    assert sums() == {"2026-04-01": 38}
    assert "reports_moneyday differs" in proofs()[0]


def test_what_runs_in_another_database_is_not_waited_for(world_db: WorldDatabase) -> None:
    with worlds.connect("postgres") as elsewhere, elsewhere.transaction():
        running = elsewhere.execute("SELECT pg_current_xact_id()::text::bigint").fetchone()
        line("txn_1", 700)
        rollups.follow()
        assert sums() == {"2026-04-01": 700}
        assert running
        assert settled.settled() > running[0]


def test_what_has_ended_since_the_look_is_not_waited_for(world_db: WorldDatabase) -> None:
    """A transaction of one snapshot stands for a statement that takes long between its looks."""
    with another() as other:
        write(other, "txn_1", 700, AT)
        line("txn_2", 5)  # so that the first is among those under way, and not behind the newest
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            running = settled.settled()
            other.commit()
            assert settled.settled() > running
    rollups.follow()
    assert sums() == {"2026-04-01": 705}


def test_a_database_that_counts_its_transactions_from_elsewhere_begins_anew(world_db: WorldDatabase) -> None:
    line("txn_1", 700)
    rollups.follow()
    MoneyDay.objects.all().delete()
    Progress.objects.update(through=2**60)
    rollups.follow()
    assert sums() == {"2026-04-01": 700}


def test_another_zone_makes_other_days(world_db: WorldDatabase) -> None:
    line("txn_1", 700)
    rollups.follow()
    Newsroom.objects.update(zone="America/New_York")
    rollups.follow()
    assert sums() == {"2026-03-31": 700}


def test_two_at_once_do_not_wait_for_each_other(world_db: WorldDatabase) -> None:
    rollups.follow()
    with another() as other, other.cursor() as cursor:
        cursor.execute("SELECT 1 FROM reports_progress WHERE id = 1 FOR UPDATE")
        assert rollups.follow() is False
    assert rollups.follow() is True


def test_following_step_by_step_gives_what_a_rebuild_gives(world_db: WorldDatabase) -> None:
    facts = Facts(
        amount_minor=500, currency="EUR", interval_months=1, first_paid_at=AT, paid_through=AT.date()
    )  # fmt: skip
    membership = memberships.start(Patron.objects.create(email="olena@example.org"), facts)
    rollups.follow()
    later = AT + timedelta(days=40)
    ended = Facts(
        amount_minor=500, currency="EUR", interval_months=1, first_paid_at=AT, paid_through=AT.date(),
        ended_at=later, end_reason="lapsed",
    )  # fmt: skip
    memberships.follow(membership, ended)
    rollups.follow()
    kinds = [
        (str(row.month), row.kind, int(parts.monthly(row.monthly_parts)))
        for row in MovementMonth.objects.order_by("month")
    ]
    assert kinds == [("2026-04-01", "new", 500), ("2026-05-01", "involuntary", -500)]
    assert proofs() == []
    before = list(Movement.objects.values_list("change_id", "kind", "monthly_parts"))
    rollups.rebuild()
    assert list(Movement.objects.values_list("change_id", "kind", "monthly_parts")) == before


def test_after_a_merge_the_night_tells_of_one_person(world_db: WorldDatabase) -> None:
    first, second = (Patron.objects.create(email=f"{name}@example.org") for name in ("olena", "olena.k"))
    facts = Facts(
        amount_minor=500, currency="EUR", interval_months=1, first_paid_at=AT, paid_through=AT.date()
    )  # fmt: skip
    ended = replace(facts, ended_at=AT + timedelta(days=40), end_reason="cancelled")
    memberships.start(first, ended)
    later = memberships.start(second, replace(facts, first_paid_at=AT + timedelta(days=90)))
    rollups.run_due()
    assert list(Movement.objects.values_list("kind", flat=True)) == ["new", "voluntary", "new"]
    later.patron = first
    later.save()
    rollups.make_night()
    assert list(Movement.objects.values_list("kind", flat=True)) == ["new", "voluntary", "reactivated"]
    assert proofs() == []


def test_the_proof_finds_a_sum_that_was_changed(world_db: WorldDatabase) -> None:
    line("txn_1", 700)
    rollups.follow()
    assert rollups.prove()
    MoneyDay.objects.update(amount_minor=701)
    assert not rollups.prove()
    assert "reports_moneyday differs in 2 rows" in Progress.objects.get(id=1).differences
    assert "reports_moneyday" in rollups.differences(MONEY[0])


def test_more_days_at_once_than_are_worth_it_are_made_as_a_whole(
    world_db: WorldDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    rollups.follow()
    monkeypatch.setattr(rollups, "MANY", 2)
    with transaction.atomic():
        for number in range(4):
            line(f"txn_{number}", 5, AT + timedelta(days=number))
    rollups.follow()
    assert sum(sums().values()) == 20


def test_reading_new_lines_looks_at_no_old_ones(world_db: WorldDatabase) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO payments_ledgerentry "
            "(source, kind, balance_transaction, amount_minor, currency, seen_currency, occurred_at, note) "
            "SELECT 'stripe', 'adjustment', 'txn_' || n, 1, 'EUR', '', now(), '' FROM generate_series(1, 5000) n"
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE payments_ledgerentry")
        facts: dict[str, Any] = {"zone": "UTC", "since": settled.settled(), "through": settled.settled() + 1}
        cursor.execute("EXPLAIN " + rollups._NEW_DAYS, facts)
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "payments_ledger_written_in" in plan
