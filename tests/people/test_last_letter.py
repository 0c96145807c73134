"""The last letter to somebody erased is refused: its address is not kept for that."""

from pathlib import Path

import pytest
from pytest_django import Settings

from letters import sending, stops
from letters.models import StoppedAddress, StopReason
from members.models import Patron
from people import erasure
from people.models import Erasure
from tests import everywhere
from tests.conftest import WorldDatabase
from tests.letters.conftest import Sink, sink

__all__ = ["sink"]

ADDRESS = "zhozefina.kanarkova@quill.example.net"


@pytest.mark.parametrize("door", ["on_rcpt", "on_data"])
def test_address_that_refuses_the_last_letter_or_bounces_later_is_forgotten_all_the_same(
    world_db: WorldDatabase, sink: Sink, settings: Settings, tmp_path: Path, door: str
) -> None:
    settings.ERASED_FILE = str(tmp_path / "erased.txt")
    patron = Patron.objects.create(email=ADDRESS, name="Zhozefina")
    stops.stop("somebody@example.org", StopReason.REFUSED, "550 5.1.1 nobody there")
    erasure.ask(patron)
    assert erasure.erase(patron).erased_at
    getattr(sink, door)[ADDRESS] = [f"550 5.1.1 <{ADDRESS}> unknown"]
    assert sending.send_due() == 0
    assert stops.of(ADDRESS)
    erasure.carry_on()
    assert Erasure.objects.get().told_at
    assert everywhere.found(ADDRESS) == []
    stops.stop(ADDRESS, StopReason.REFUSED, f"550 5.1.1 <{ADDRESS}> unknown")  # a provider's late word
    erasure.carry_on()
    assert everywhere.found(ADDRESS) == []
    assert StoppedAddress.objects.get().address == "somebody@example.org"
