"""Asking for a code: the request looks at no account, and a worker answers each who asked, once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from letters.models import Letter
from members import privacy, sign_ins
from members.models import MailedCode, Patron
from newsroom import clock
from tests.conftest import WorldDatabase
from tests.signing_in import letter_code, patron

LOGIN, CONFIRM = "/account/login/", "/account/login/code/confirm/"
OLENA, NOBODY = "olena@example.org", "nobody@example.org"


def _ask(*addresses: str) -> None:
    for address in addresses:
        Client().post(LOGIN, {"login": address})


@pytest.mark.parametrize("address", [OLENA, NOBODY])
def test_the_request_looks_at_no_account_and_writes_no_letter(db: None, client: Client, address: str) -> None:
    patron(OLENA)
    with CaptureQueriesContext(connection) as queries:
        client.post(LOGIN, {"login": address})
    said = " ".join(query["sql"] for query in queries)
    assert "members_mailedcode" in said
    assert not [table for table in ("members_patron", "letters_letter") if table in said]
    assert not Letter.objects.exists()


def test_control_a_look_at_an_account_is_seen(db: None) -> None:
    with CaptureQueriesContext(connection) as queries:
        Patron.objects.known_by(OLENA)
    assert "members_patron" in queries[0]["sql"]


def test_each_who_asked_is_answered_once_in_their_language(db: None) -> None:
    Patron.objects.filter(pk=patron(OLENA).pk).update(language="uk")
    Client(headers={"accept-language": "uk"}).post(LOGIN, {"login": NOBODY})
    _ask(OLENA)
    assert sign_ins.answer_due() == 2
    assert sign_ins.answer_due() == 0
    assert set(Letter.objects.values_list("to", "occasion", "language")) == {
        (OLENA, "sign_in_code", "uk"), (NOBODY, "unknown_address", "uk"),
    }  # fmt: skip


def test_what_waits_says_nothing_to_a_reader_of_the_table(db: None) -> None:
    _ask(OLENA)
    waits = MailedCode.objects.get()
    assert waits.asked
    assert not [word for word in ("olena", "example") if word in str(vars(waits))]
    sign_ins.answer_due()
    waits.refresh_from_db()
    assert waits.asked == ""


def test_asked_twice_before_the_answer_the_newest_code_goes(db: None, client: Client) -> None:
    patron(OLENA)
    client.post(LOGIN, {"login": OLENA})
    client.post(LOGIN, {"login": OLENA})
    code = letter_code(OLENA)
    assert Letter.objects.count() == 1
    assert client.post(CONFIRM, {"code": code}).headers["Location"] == "/account/"


@pytest.mark.parametrize(("seconds", "answered"), [(595, 1), (600, 0)])
def test_a_code_past_its_time_has_no_letter(db: None, seconds: int, answered: int) -> None:
    _ask(OLENA)
    MailedCode.objects.update(made_at=clock.now() - timedelta(seconds=seconds))
    assert sign_ins.answer_due() == answered == Letter.objects.count()


def test_what_another_key_sealed_is_let_go(db: None) -> None:
    _ask(OLENA, NOBODY)
    MailedCode.objects.filter(pk=MailedCode.objects.earliest("pk").pk).update(asked="sealed elsewhere")
    assert sign_ins.answer_due() == 2
    assert [letter.to for letter in Letter.objects.all()] == [NOBODY]
    assert not MailedCode.objects.exclude(asked="").exists()


def test_whoever_was_erased_meanwhile_is_written_nothing(db: None) -> None:
    who = patron(OLENA)
    _ask(OLENA)
    privacy.erase(who, clock.now())
    assert sign_ins.answer_due() == 0
    assert not Letter.objects.exists()


def _both(count: int) -> int:
    """Two workers answer at the same moment; how many letters there are."""
    _ask(*(f"reader{number}@example.org" for number in range(count)))
    together = threading.Barrier(2)

    def work() -> None:
        together.wait()
        try:
            sign_ins.answer_due()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: work(), range(2)))
    return Letter.objects.count()


def test_two_workers_answer_each_once(world_db: WorldDatabase) -> None:
    assert _both(30) == 30
