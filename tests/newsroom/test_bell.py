"""The bell: it never keeps anybody waiting, never rings more than it must, and never fails."""

import socket
import time
from collections.abc import Iterator

import pytest
from celery import Celery, current_app
from kombu.connection import Connection

from newsroom import bell


@pytest.fixture
def broker() -> Iterator[Connection]:
    """Celery's broker of the tests, emptied; a message waits in it until somebody takes it."""
    with current_app.connection() as connection:
        connection.default_channel.queue_declare("celery")
        connection.default_channel.queue_purge("celery")
        yield connection


def rings(broker: Connection, name: str, seconds: float) -> int:
    """How many messages of that task come until, after the first, none has come for so many seconds."""
    found = 0
    queue = broker.SimpleQueue("celery")
    while True:
        try:
            message = queue.get(timeout=seconds if found else 60)
        except queue.Empty:
            return found
        message.ack()
        found += message.headers["task"] == name


def test_many_rings_at_once_are_few_messages_and_at_least_one(broker: Connection) -> None:
    begun = time.monotonic()
    for _ in range(500):
        bell.ring("tests.many")
    pauses = (time.monotonic() - begun) / bell.PAUSE_SECONDS  # on a busy machine it is not at once
    assert 1 <= rings(broker, "tests.many", 1) <= 3 + pauses


def test_a_ring_ahead_of_time_comes_later_and_the_earliest_counts(broker: Connection) -> None:
    begun = time.monotonic()
    bell.ring("tests.later", after=30)
    bell.ring("tests.later", after=0.5)
    assert rings(broker, "tests.later", 2) == 1
    assert time.monotonic() - begun >= 0.5


@pytest.mark.parametrize("answers", [True, False], ids=["accepts and is silent", "refuses"])
def test_a_broker_that_is_away_keeps_nobody_waiting(monkeypatch: pytest.MonkeyPatch, *, answers: bool) -> None:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        if answers:
            door.listen()
        app = Celery(broker=f"redis://127.0.0.1:{door.getsockname()[1]}/0", set_as_current=False)
        app.conf.broker_transport_options = {"socket_timeout": 10, "socket_connect_timeout": 10}
        monkeypatch.setattr(bell, "current_app", app)
        begun = time.monotonic()
        bell.ring("tests.away")
        assert time.monotonic() - begun < 5  # whoever waited for the broker would have waited for ten seconds
