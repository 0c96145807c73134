"""Sending letters over real SMTP: nothing lost, nothing doubled that need not be, and what each answer means."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from django.db import connection

from letters import outbox, sending
from letters.models import CLAIM_LASTS, Letter
from newsroom import clock
from newsroom.models import Newsroom
from tests.conftest import WorldDatabase
from tests.letters.conftest import Sink

pytestmark = [pytest.mark.database, pytest.mark.usefixtures("world_db")]


RHYTHM = "5,00 € на місяць"


def write(*addresses: str) -> list[Letter]:
    """A letter to each, in this order."""
    return [
        outbox.write(
            occasion="raised",
            key=f"raised:{address}",
            to=address,
            language="uk",
            context={"rhythm": RHYTHM},
        )
        or pytest.fail("not written")
        for address in addresses
    ]


def states() -> dict[str, str]:
    return dict(Letter.objects.values_list("to", "state"))


def test_letters_go_out_over_one_connection_with_their_headers(sink: Sink) -> None:
    newsroom = Newsroom.current()
    newsroom.public_name, newsroom.reply_to = "Берег", "hello@bereg.example"
    newsroom.save()
    letters = write("a@example.org", "b@example.org", "c@example.org")
    assert sending.send_due() == 3
    assert sink.recipients == ["a@example.org", "b@example.org", "c@example.org"]
    assert sink.lines == 1
    message, letter = sink.messages[0], letters[0]
    letter.refresh_from_db()
    assert message["Message-ID"] == letter.message_id
    assert parsedate_to_datetime(message["Date"]) == letter.created_at.replace(microsecond=0)
    assert message["From"] == "Берег <hello@bereg.example>"
    assert message["Reply-To"] == "hello@bereg.example"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "uk"
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert letter.state == "sent"
    assert letter.sent_at is not None


def test_attachment_is_made_when_the_letter_goes(sink: Sink, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(
        outbox.attachments, "file", lambda rest: outbox.Attachment(f"{rest}.txt", b"content", "text/plain")
    )
    Letter.objects.filter(pk=write("a@example.org")[0].pk).update(attachment="file:12")
    assert sending.send_due() == 1
    (made,) = sink.messages[0].iter_attachments()
    assert (made.get_filename(), made.get_content_type()) == ("12.txt", "text/plain")


def test_nothing_due_opens_no_connection(sink: Sink) -> None:
    assert sending.send_due() == 0
    assert sink.lines == 0


def test_temporary_refusal_waits_and_then_goes(sink: Sink) -> None:
    sink.on_rcpt["a@example.org"] = ["451 4.3.0 later, please"]
    write("a@example.org", "b@example.org")
    now = clock.now()
    assert sending.send_due() == 1
    late = Letter.objects.get(to="a@example.org")
    assert (late.state, late.attempts, late.error) == ("queued", 1, "451 4.3.0 later, please")
    assert timedelta(seconds=30) <= late.due_at - now <= timedelta(seconds=75)
    assert sending.send_due() == 0
    clock.move(timedelta(minutes=2))
    assert sending.send_due() == 1
    assert sink.recipients == ["b@example.org", "a@example.org"]
    assert set(states().values()) == {"sent"}


@pytest.mark.parametrize("door", ["on_rcpt", "on_data"])
def test_final_refusal_fails_the_letter_alone(sink: Sink, door: str) -> None:
    getattr(sink, door)["a@example.org"] = ["550 5.1.1 nobody of that name"]
    write("a@example.org", "b@example.org")
    assert sending.send_due() == 1
    assert states() == {"a@example.org": "failed", "b@example.org": "sent"}
    refused = Letter.objects.failed().get()
    assert refused.error == "550 5.1.1 nobody of that name"
    clock.move(timedelta(days=2))
    assert sending.send_due() == 0


def test_refused_sender_is_not_the_letters_fault(sink: Sink) -> None:
    sink.on_mail = ["550 5.7.1 who are you", "530 5.7.0 sign in first"]
    write("a@example.org", "b@example.org", "c@example.org")
    assert sending.send_due() == 0
    assert set(states().values()) == {"queued"}
    assert sink.on_mail == []  # two tries, then all wait
    clock.move(timedelta(minutes=5))
    assert sending.send_due() == 3


def test_line_dropped_after_the_text_repeats_one_letter_with_the_same_id(sink: Sink) -> None:
    sink.on_data["a@example.org"] = ["drop"]
    write("a@example.org", "b@example.org")
    assert sending.send_due() == 1
    assert states() == {"a@example.org": "queued", "b@example.org": "sent"}
    assert sink.lines == 2
    clock.move(timedelta(minutes=2))
    assert sending.send_due() == 1
    assert Counter(sink.recipients) == {"a@example.org": 2, "b@example.org": 1}
    assert len({message["Message-ID"] for message in sink.messages}) == 2
    assert len({message["Date"] for message in sink.messages if message["To"] == "a@example.org"}) == 1


def test_server_that_is_away_loses_nothing(sink: Sink, settings: Any) -> None:
    settings.EMAIL_PORT = 9
    write("a@example.org", "b@example.org", "c@example.org")
    assert sending.send_due() == 0
    assert set(states().values()) == {"queued"}
    settings.EMAIL_PORT = sink.port
    clock.move(timedelta(minutes=2))
    assert sending.send_due() == 3


def test_letter_refused_too_often_is_given_up_and_shown(sink: Sink) -> None:
    (letter,) = write("a@example.org")
    sink.on_rcpt["a@example.org"] = ["451 not today"] * sending.MOST_ATTEMPTS
    for _ in range(sending.MOST_ATTEMPTS):
        assert Letter.objects.failed().count() == 0
        clock.move(timedelta(hours=7))
        sending.send_due()
    assert list(Letter.objects.failed()) == [letter]
    assert sink.on_rcpt["a@example.org"] == []


def test_letter_that_cannot_be_put_together_holds_up_no_other(sink: Sink, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(rest: str) -> outbox.Attachment:
        raise LookupError("a secret of olena@example.org")

    monkeypatch.setitem(outbox.attachments, "file", broken)
    letters = write("a@example.org", "b@example.org", "c@example.org")
    Letter.objects.filter(pk=letters[0].pk).update(attachment="file:1")
    Letter.objects.filter(pk=letters[1].pk).update(to="b@example.org\r\nBcc: eve@example.org")
    assert sending.send_due() == 1
    assert sink.recipients == ["c@example.org"]
    errors = set(Letter.objects.filter(state="queued").values_list("error", flat=True))
    assert errors == {"could not be put together: LookupError", "could not be put together: BadHeaderError"}


def test_sender_whose_claim_was_taken_over_marks_nothing(sink: Sink) -> None:
    write("a@example.org")
    slow = sending._claim()
    assert slow is not None
    assert sending.send_due() == 0
    clock.move(CLAIM_LASTS + timedelta(minutes=1))
    assert sending.send_due() == 1
    sending._mark(slow, sending.Refusal("550 too late", is_final=True))
    assert states() == {"a@example.org": "sent"}


def send_in_parallel(senders: int) -> None:
    together, failures = threading.Barrier(senders), []

    def run() -> None:
        try:
            together.wait(20)
            sending.send_due()
        except Exception as error:  # noqa: BLE001  carried to the test's own thread
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(senders)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failures


def test_senders_in_parallel_send_each_letter_once(sink: Sink) -> None:
    addresses = [f"reader{number}@example.org" for number in range(60)]
    write(*addresses)
    send_in_parallel(4)
    assert sorted(sink.recipients) == sorted(addresses)
    assert sink.lines > 1


def test_control_senders_that_do_not_claim_send_letters_twice(sink: Sink, monkeypatch: pytest.MonkeyPatch) -> None:
    all_looked, been_here = threading.Barrier(4), threading.local()

    def look_without_claiming() -> Letter | None:
        """What `_claim` would be without its lock: look, then write. At their first look all look at once."""
        letter: Letter | None = Letter.objects.filter(state="queued").order_by("due_at", "id").first()
        if not hasattr(been_here, "yes"):
            been_here.yes = True
            all_looked.wait(20)
        if letter:
            letter.state, letter.claimed_at, letter.attempts = "sending", clock.now(), letter.attempts + 1
            letter.save()
        return letter

    monkeypatch.setattr(sending, "_claim", look_without_claiming)
    write(*(f"reader{number}@example.org" for number in range(8)))
    send_in_parallel(4)
    assert Counter(sink.recipients)["reader0@example.org"] == 4


def start_sender(world: WorldDatabase, sink: Sink) -> "subprocess.Popen[str]":
    """A sender as a process of its own."""
    program = "import django; django.setup(); from letters import sending; sending.send_due()"
    environment = world.environment(DJANGO_SETTINGS_MODULE="config.settings", EMAIL_URL=f"smtp://127.0.0.1:{sink.port}")
    return subprocess.Popen([sys.executable, "-c", program], env=environment, stderr=subprocess.PIPE, text=True)


def wait_until(holds: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end, what
        time.sleep(0.02)


def kill(sender: "subprocess.Popen[str]") -> None:
    os.kill(sender.pid, signal.SIGKILL)
    sender.communicate(timeout=20)


def waiting_for_a_lock(what: str) -> list[tuple[object, ...]]:
    """`what` of each connection to this database that waits for a row's lock to change it."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {what} FROM pg_stat_activity "
            "WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE 'UPDATE%'"
        )
        return list(cursor.fetchall())


def test_sender_killed_between_acceptance_and_mark_doubles_one_letter_only(world_db: WorldDatabase, sink: Sink) -> None:
    """The letter's row is locked from outside while the server accepts, so the sender hangs exactly in the window."""
    write("a@example.org", "b@example.org", "c@example.org")
    kills = 3
    for _ in range(kills):
        with connection.get_new_connection(connection.get_connection_params()) as outside:

            def accept_and_lock(outside: Any = outside) -> str:
                outside.execute("SELECT 1 FROM letters_letter WHERE \"to\" = 'a@example.org' FOR UPDATE")
                return "250 OK"

            sink.on_data["a@example.org"] = [accept_and_lock]
            sender = start_sender(world_db, sink)
            wait_until(lambda: bool(waiting_for_a_lock("pid")), "the sender never came to its mark")
            kill(sender)
            # The statement itself dies with the sender's machine; else the server would carry it out for a dead client.
            waiting_for_a_lock("pg_terminate_backend(pid)")
            wait_until(lambda: not waiting_for_a_lock("pid"), "the sender's statement outlived it")
        assert sending.send_due() in {0, 2}  # what was claimed stays claimed, the others go
        clock.move(CLAIM_LASTS + timedelta(minutes=1))
    assert sending.send_due() == 1
    assert Counter(sink.recipients) == {"a@example.org": 1 + kills, "b@example.org": 1, "c@example.org": 1}
    assert len({message["Message-ID"] for message in sink.messages}) == 3
    assert set(states().values()) == {"sent"}


def test_sender_killed_before_acceptance_loses_and_doubles_nothing(world_db: WorldDatabase, sink: Sink) -> None:
    write("a@example.org")
    reached, dead = threading.Event(), threading.Event()

    def hold() -> str:
        reached.set()
        dead.wait(30)
        return "451 nobody hears this"

    sink.on_data["a@example.org"] = [hold]
    sender = start_sender(world_db, sink)
    assert reached.wait(60)
    kill(sender)
    dead.set()
    assert states() == {"a@example.org": "sending"}
    clock.move(CLAIM_LASTS + timedelta(minutes=1))
    assert sending.send_due() == 1
    assert sink.recipients == ["a@example.org"]


def test_logs_name_the_letter_and_never_the_person(world_db: WorldDatabase, sink: Sink) -> None:
    (letter,) = write("olena.bondar@example.org")
    sink.on_rcpt["olena.bondar@example.org"] = ["550 5.1.1 <olena.bondar@example.org>: unknown"]
    _, said = start_sender(world_db, sink).communicate(timeout=60)
    assert f'"letter": {letter.pk}' in said
    assert '"event": "letter_failed"' in said
    assert "olena" not in said
    assert "olena.bondar@example.org" in Letter.objects.get().error
