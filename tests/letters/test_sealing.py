"""Sealed letters: the table does not say to whom they go or what they tell; their readers notice nothing."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core import serializers

from letters import outbox, sending
from letters.models import Letter, StoppedAddress
from letters.outbox import Draft
from members.models import Patron
from newsroom import clock
from tests.letters.conftest import Sink

pytestmark = [pytest.mark.database, pytest.mark.usefixtures("world_db")]


def seal(*readers: Patron, **more: Any) -> list[Letter]:
    return outbox.write_many(
        [
            Draft(
                "round_result", f"{reader.pk}", reader.email, reader.language,
                {"greeting": reader.name, "title": "Rivers", "is_chosen": True}, reader, is_sealed=True, **more,
            )
            for reader in readers
        ]
    )  # fmt: skip


@pytest.fixture
def olena() -> Patron:
    return Patron.objects.create(email="olena@example.org", name="Olena", language="uk")


def dumped() -> str:
    return str(serializers.serialize("json", Letter.objects.all()))


def test_the_row_says_nothing_while_it_waits_and_keeps_nothing_once_it_is_sent(sink: Sink, olena: Patron) -> None:
    taras = Patron.objects.create(email="t@example.org", wants_neutral_letters=True)
    seal(olena, taras)
    row = dumped()
    for word in ("olena", "Olena", "example.org", "Rivers", '"uk"', "stop/"):
        assert word not in row
    rows = [fields["fields"] for fields in json.loads(row)]
    assert {(one["patron"], one["to"], one["is_neutral"], len(one["sealed"])) for one in rows} == {
        (None, "sealed@letters.invalid", False, len(rows[0]["sealed"]))
    }
    assert sending.send_due() == 2
    assert sorted(sink.recipients) == ["olena@example.org", "t@example.org"]
    message = next(one for one in sink.messages if one["To"] == "olena@example.org")
    assert "Rivers" in message["Subject"]
    assert message["Content-Language"] == "uk"
    assert "/account/letters/stop/" in message["List-Unsubscribe"]
    neutral = next(one for one in sink.messages if one["To"] == "t@example.org")
    assert neutral["Subject"] == "A letter for you"
    assert set(Letter.objects.values_list("state", "sealed")) == {("sent", "")}


def test_declined_and_written_twice_as_any_other(olena: Patron) -> None:
    assert len(seal(olena)) == 1
    assert seal(olena) == []
    other = Patron.objects.create(email="o@example.org", declined_letters=["rounds"])
    assert seal(other) == []


def test_no_answer_of_a_mail_server_names_its_reader(sink: Sink, olena: Patron) -> None:
    seal(olena)
    sink.on_rcpt[olena.email] = ["450 later, olena@example.org", "550 no such olena@example.org"]
    assert sending.send_due() == 0
    assert "olena" not in dumped()
    Letter.objects.update(due_at=clock.now() - timedelta(minutes=1))
    assert sending.send_due() == 0
    assert set(Letter.objects.values_list("state", "error")) == {("failed", "550")}
    assert StoppedAddress.objects.get().address == olena.email


def test_it_does_not_follow_somebody_who_is_gone(sink: Sink, olena: Patron) -> None:
    seal(olena)
    Patron.objects.update(email="1@erased.invalid", name="", is_active=False)
    assert sending.send_due() == 0
    assert sink.accepted == []
    letter = Letter.objects.get()
    assert (letter.state, letter.sealed) == ("unsent", "")


def test_another_secret_opens_none(sink: Sink, olena: Patron, settings: Any) -> None:
    seal(olena)
    settings.SECRET_KEY = "another-secret-0123456789-abcdefghijklmnopqrstuvwxyz-0123"
    assert sending.send_due() == 0
    letter = Letter.objects.get()
    assert (letter.state, "SECRET_KEY" in letter.error) == ("failed", True)
