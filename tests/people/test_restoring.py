"""An older copy of the database comes back: whoever was erased since is erased again. And two workers, and a kill."""

from collections.abc import Iterator
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path
from threading import Barrier, Thread

import pytest
from django.core.management import call_command
from django.db import connections
from pytest_django import Settings

from letters.models import Letter
from members import tombstones
from members.models import Patron, Tombstone
from money.money import Money
from newsroom import clock
from payments import locks, offline
from people import erased_file, erasure
from people.models import Erasure
from tests import everywhere
from tests.conftest import WorldDatabase
from tests.worlds import administer

ADDRESS, NAME = "zhozefina.kanarkova@quill.example.net", "Жозефіна Канаркова-Quill"


@pytest.fixture(autouse=True)
def file(settings: Settings, tmp_path: Path) -> Path:
    place = tmp_path / "erased.txt"
    settings.ERASED_FILE = str(place)
    return place


@pytest.fixture
def giver(world_db: WorldDatabase) -> Patron:
    payment = offline.record(
        email=ADDRESS, name=NAME, amount=Money(500, "EUR"), received_on=clock.today(), reference="T-1"
    )
    patron = payment.donation.patron
    assert patron
    return patron


def restored(world: WorldDatabase) -> Iterator[None]:
    """Keeps a copy of the database; on the second step, puts it in the place of the present one."""
    connections.close_all()
    administer("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY", copy := f"{world.name}_older", world.name)
    yield
    connections.close_all()
    administer("DROP DATABASE {} WITH (FORCE)", world.name)
    administer("ALTER DATABASE {} RENAME TO {}", copy, world.name)
    yield


@pytest.mark.database
def test_restored_copy_forgets_again_who_was_erased(giver: Patron, world_db: WorldDatabase, file: Path) -> None:
    backup = restored(world_db)
    next(backup)
    erasure.ask(giver)
    assert erasure.erase(giver).erased_at
    assert everywhere.found(NAME) == []
    next(backup)
    assert everywhere.found(ADDRESS, NAME) != []  # the restore brought them back
    assert erasure.carry_on() == 1
    assert everywhere.found(ADDRESS, NAME) == []
    assert Patron.objects.get().erased_at
    assert not Letter.objects.filter(occasion="erased").exists()  # they were told the first time
    assert len(file.read_text().splitlines()) == 1
    assert erasure.carry_on() == 0


@pytest.mark.database
def test_command_without_a_worker_forgets_again_too(giver: Patron, world_db: WorldDatabase) -> None:
    backup = restored(world_db)
    next(backup)
    erasure.ask(giver)
    erasure.erase(giver)
    next(backup)
    call_command("drain")
    assert everywhere.found(ADDRESS, NAME) == []


def test_without_the_file_a_restore_brings_them_back(
    giver: Patron, world_db: WorldDatabase, settings: Settings
) -> None:
    """The control: it is the file that forgets again."""
    settings.ERASED_FILE = ""
    backup = restored(world_db)
    next(backup)
    erasure.ask(giver)
    erasure.erase(giver)
    next(backup)
    assert erasure.carry_on() == 0
    assert everywhere.found(ADDRESS) != []


def test_tombstones_come_back_for_those_the_restored_copy_never_knew(db: None) -> None:
    unknown = Patron(pk=77, email=ADDRESS)
    line = erased_file.Line(clock.now(), tombstones.person_hash(unknown), tombstones.address_hash(ADDRESS))
    erased_file.add(line)
    assert erasure.remember() == 0
    assert Tombstone.objects.get().patron is None
    nameless = tombstones.stands_for(ADDRESS.upper(), since=line.erased_at - timedelta(days=1))
    assert nameless
    assert nameless.erased_at
    assert tombstones.stands_for(ADDRESS, since=line.erased_at) is None
    assert tombstones.stands_for("other@example.org", since=line.erased_at - timedelta(days=1)) is None


def test_erasing_in_parallel_happens_once(giver: Patron, file: Path) -> None:
    erasure.ask(giver)
    together = Barrier(4)

    def work() -> None:
        together.wait()
        erasure.erase(giver)
        connections.close_all()

    workers = [Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    erasure.carry_on()
    assert Erasure.objects.get().erased_at
    assert Letter.objects.filter(occasion="erased").count() == 1
    assert len(file.read_text().splitlines()) == 1
    assert everywhere.found(NAME) == []


def test_while_another_worker_holds_it_nothing_is_done(giver: Patron) -> None:
    erasure.ask(giver)
    held = Barrier(2)

    def hold() -> None:
        with locks.exclusive(f"erasure:{giver.pk}"):
            held.wait()
            held.wait()
        connections.close_all()

    other = Thread(target=hold)
    other.start()
    held.wait()
    assert erasure.erase(giver).erased_at is None
    held.wait()
    other.join()
    assert erasure.erase(giver).erased_at


def _dies(pk: int) -> None:
    """A worker that is killed when the file has its line and the database has not."""
    import os
    import signal

    connections.close_all()
    write = erased_file.add

    def add(line: erased_file.Line) -> None:
        write(line)
        os.kill(os.getpid(), signal.SIGKILL)

    erased_file.add = add
    erasure.erase(Patron.objects.get(pk=pk))


def test_worker_killed_midway_is_taken_up_again(giver: Patron, file: Path) -> None:
    erasure.ask(giver)
    connections.close_all()
    worker = get_context("fork").Process(target=_dies, args=(giver.pk,))
    worker.start()
    worker.join()
    assert worker.exitcode == -9
    row = Erasure.objects.get()
    assert row.stripe_deleted_at
    assert row.erased_at is None
    assert Patron.objects.get().email == ADDRESS
    assert erasure.carry_on() == 1
    assert len(file.read_text().splitlines()) == 1
    assert everywhere.found(NAME) == []
    assert Letter.objects.filter(occasion="erased", to=ADDRESS).count() == 1


def test_file_that_cannot_be_written_refuses_the_erasure(db: None, settings: Settings, tmp_path: Path) -> None:
    settings.ERASED_FILE = str(tmp_path / "no such folder" / "erased.txt")
    patron = Patron.objects.create(email=ADDRESS)
    with pytest.raises(erased_file.Unwritable) as refused:
        erasure.ask(patron)
    assert "cannot be erased just now" in refused.value.sentence
    assert not Erasure.objects.exists()


def test_staff_are_not_erased_while_they_work_here(db: None) -> None:
    with pytest.raises(erasure.WorksHere):
        erasure.ask(Patron.objects.create(email=ADDRESS, role="support"))


def test_line_cut_short_is_passed_over(db: None, file: Path) -> None:
    whole = erased_file.Line(clock.now(), "a" * 64, "b" * 64)
    erased_file.add(whole)
    with file.open("a") as end:
        end.write("2026-11-25T03:0")
    assert erased_file.lines() == [whole]
    next_one = erased_file.Line(clock.now(), "c" * 64, "d" * 64)
    erased_file.add(next_one)
    assert erased_file.lines() == [whole, next_one]
