"""The staff's log: it only grows, never forks, and shows where somebody has altered it."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import DatabaseError, connection, transaction

from audit import invariants, log
from audit.models import StaffAction
from members.models import Patron
from newsroom import clock
from tests.conftest import WorldDatabase


@pytest.fixture
def admin(db: None) -> Patron:
    return Patron.objects.create(email="admin@newsroom.example", role="admin")


def _some_links(actor: Patron) -> list[StaffAction]:
    links = [
        log.record(actor, "payment.view", target="payment:1", reason="asked by the patron", language="uk"),
        log.record(actor, "newsroom.change", grace_days=[14, 7], price="1.0", when=clock.now(), share=0.1),
        log.record(actor, "refund.issue", target="payment:1", amount_minor=500, currency="EUR", name="Ґанок \u202e"),
    ]
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    return links


def test_each_link_holds_the_one_before_it(admin: Patron) -> None:
    first, second, third = _some_links(admin)
    assert first.previous_hash == log.FIRST
    assert (second.previous_hash, third.previous_hash) == (first.hash, second.hash)
    assert invariants.chain() == ""


@pytest.mark.database
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_staffaction SET reason = 'other'",
        "DELETE FROM audit_staffaction",
        "TRUNCATE audit_staffaction",
        "SET LOCAL session_replication_role = replica; DELETE FROM audit_staffaction",
    ],
)
def test_the_database_refuses_to_change_the_log(admin: Patron, statement: str) -> None:
    _some_links(admin)
    with pytest.raises(DatabaseError, match="only grows"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert StaffAction.objects.count() == 3


@pytest.mark.database
@pytest.mark.parametrize(
    ("tampering", "found"),
    [
        ("UPDATE audit_staffaction SET reason = 'other' WHERE id = {1}", "staff action {1} was changed"),
        ("UPDATE audit_staffaction SET facts = '{{}}' WHERE id = {2}", "staff action {2} was changed"),
        ("UPDATE audit_staffaction SET at = at - interval '1 second' WHERE id = {0}", "staff action {0} was changed"),
        ("DELETE FROM audit_staffaction WHERE id = {0}", "before staff action {1} is missing"),
        ("DELETE FROM audit_staffaction WHERE id = {1}", "before staff action {2} is missing"),
        (
            """INSERT INTO audit_staffaction (actor_id, action, target, reason, facts, at, previous_hash, hash)
            SELECT actor_id, 'invented', '', '', '{{}}', at, 'x', 'y' FROM audit_staffaction WHERE id = {2}""",
            "is missing or was put in",
        ),
    ],
)
def test_what_a_superuser_alters_is_found(admin: Patron, tampering: str, found: str) -> None:
    ids = [link.pk for link in _some_links(admin)]
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_staffaction DISABLE TRIGGER ALL")
        cursor.execute(tampering.format(*ids))
    assert found.format(*ids) in invariants.chain()


def test_a_link_stands_or_falls_with_the_act(admin: Patron) -> None:
    with transaction.atomic():
        log.record(admin, "refund.issue")
        transaction.set_rollback(True)
    assert not StaffAction.objects.exists()


@pytest.mark.database
def test_parallel_writers_make_one_chain(world_db: WorldDatabase) -> None:
    admin = Patron.objects.create(email="admin@newsroom.example", role="admin")
    start = threading.Barrier(8)

    def write(number: int) -> None:
        try:
            start.wait(30)
            for turn in range(5):
                log.record(admin, "payment.view", target=f"payment:{number}-{turn}")
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    assert StaffAction.objects.count() == 40
    assert invariants.chain() == ""


@pytest.mark.database
def test_control_writers_that_do_not_wait_fork_the_chain_and_the_database_refuses(world_db: WorldDatabase) -> None:
    admin = Patron.objects.create(email="admin@newsroom.example", role="admin")
    log.record(admin, "first")
    everyone_has_looked = threading.Barrier(4)

    def write(_number: int) -> bool:
        try:
            last = StaffAction.objects.latest("id")
            everyone_has_looked.wait(30)
            link = StaffAction(actor=admin, action="naive", at=clock.now(), previous_hash=last.hash)
            link.target = str(_number)
            link.hash = link.computed_hash()
            try:
                link.save()
            except DatabaseError:
                return False
            return True
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(write, range(4))).count(True) == 1
