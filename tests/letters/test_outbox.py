"""Writing letters: exactly one for a key, in the caller's transaction, clean in every header."""

import threading
from email.utils import parseaddr
from typing import Any

import pytest
from django.db import connection, transaction

from letters import outbox, sending
from letters.models import Letter
from newsroom.models import Newsroom


def write(key: str = "raised:1", **more: Any) -> Letter | None:
    return outbox.write(
        **{"occasion": "raised", "key": key, "to": "olena@example.org", "language": "en",
           "context": {"rhythm": "€5.00 a month"}} | more
    )  # fmt: skip


@pytest.mark.django_db
def test_letter_is_written_whole_and_waits() -> None:
    letter = write()
    assert letter is not None
    assert (letter.state, letter.attempts, letter.subject) == ("queued", 0, "Your support is now €5.00 a month")
    assert "from now on you give €5.00 a month" in letter.text
    assert "from now on you give €5.00 a month" in letter.html
    assert Letter.objects.counts() == {"queued": 1, "sent": 0, "failed": 0}


@pytest.mark.django_db
def test_second_letter_of_a_key_is_not_written() -> None:
    first = write()
    assert write(context={"rhythm": "€9.00 a month"}) is None
    assert list(Letter.objects.all()) == [first]


@pytest.mark.django_db
def test_letter_goes_with_the_transaction_that_is_rolled_back() -> None:
    with transaction.atomic():
        assert write() is not None
        transaction.set_rollback(True)
    assert not Letter.objects.exists()


@pytest.mark.django_db
def test_muted_outbox_writes_nothing_and_speaks_again_afterwards() -> None:
    with outbox.muted():
        assert write() is None
    assert write() is not None


@pytest.mark.database
@pytest.mark.usefixtures("world_db")
def test_writers_at_the_same_time_write_one_letter() -> None:
    together, written = threading.Barrier(6), []

    def run() -> None:
        try:
            with transaction.atomic():
                assert not Letter.objects.exists()
                together.wait(20)
                written.append(write())
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(written) == 6
    assert sum(letter is not None for letter in written) == 1
    assert Letter.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("break_", ["\r\n", "\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\u2029"])
def test_line_breaks_in_names_reach_no_header(break_: str) -> None:
    newsroom = Newsroom.current()
    newsroom.public_name = f"Bereg{break_}Bcc: eve@example.org"
    newsroom.save()
    letter = write(context={"rhythm": f"€5{break_}Bcc: eve@example.org{break_}{break_}Hello"})
    assert letter is not None
    message = sending.compose(letter).message()
    assert letter.subject == "Your support is now €5 Bcc: eve@example.org Hello"
    assert message["Bcc"] is None
    assert message.get_all("To") == ["olena@example.org"]
    # One header line each, folded ones beginning with white space.
    head = message.as_bytes().partition(b"\n\n")[0]
    assert all(line[:1] in b" \t" or b":" in line for line in head.splitlines())
    assert not any(line.lower().startswith(b"bcc") for line in head.splitlines())


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("reply_to", "site", "sender"),
    [
        ("hello@bereg.example", "https://support.bereg.example", "hello@bereg.example"),
        ("", "https://support.bereg.example", "letters@support.bereg.example"),
        ("", "http://127.0.0.1:8000", "letters@localhost"),
    ],
)
def test_letters_come_from_the_newsroom(reply_to: str, site: str, sender: str, settings: Any) -> None:
    settings.SITE_URL = site
    newsroom = Newsroom.current()
    newsroom.public_name, newsroom.reply_to = "Берег, «новини»", reply_to
    newsroom.save()
    letter = write()
    assert letter is not None
    message = sending.compose(letter)
    assert parseaddr(str(message.message()["From"]))[1] == sender
    assert message.reply_to == ([reply_to] if reply_to else [])
