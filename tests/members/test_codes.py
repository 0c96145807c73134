"""Codes in letters: single use, ten minutes, one browser, the newest only; a mail scanner uses nothing up."""

import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http.cookies import SimpleCookie
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.test import Client

from letters.models import Letter
from members import codes, sign_ins, tasks
from members.models import MailedCode
from newsroom import clock
from tests.conftest import WorldDatabase
from tests.signing_in import letter_code, patron

LOGIN, CONFIRM = "/account/login/", "/account/login/code/confirm/"
OLENA = "olena@example.org"


def _asked(browser: Client) -> str:
    """A code asked for in this browser, as the letter holds it."""
    browser.post(LOGIN, {"login": OLENA})
    return letter_code(OLENA)


def _is_in(browser: Client) -> bool:
    return "_auth_user_id" in browser.session


@pytest.fixture
def olena(db: None) -> None:
    patron(OLENA)


def test_a_code_works_once_and_only_in_the_browser_that_asked(olena: None, client: Client) -> None:
    code, elsewhere = _asked(client), Client()
    _asked_elsewhere = elsewhere.post(CONFIRM, {"code": code})
    assert _asked_elsewhere.headers["Location"] == LOGIN
    assert not _is_in(elsewhere)
    assert client.post(CONFIRM, {"code": code}).headers["Location"] == "/account/"
    client.post("/account/logout/")
    client.post(LOGIN, {"login": OLENA})
    assert b"This code does not work." in client.post(CONFIRM, {"code": code}).content
    assert not _is_in(client)


def test_a_code_works_however_it_is_typed(olena: None, client: Client) -> None:
    code = _asked(client)
    client.post(CONFIRM, {"code": f" {code.replace('-', ' ')} "})
    assert _is_in(client)


def test_a_newer_code_voids_the_older_even_from_another_browser(olena: None, client: Client) -> None:
    older, newer = _asked(client), Client()
    code = _asked(newer)
    client.post(CONFIRM, {"code": older})
    client.post(CONFIRM, {"code": code})
    assert not _is_in(client)
    newer.post(CONFIRM, {"code": code})
    assert _is_in(newer)


@pytest.mark.parametrize(("seconds", "works"), [(599, True), (600, False)])
def test_a_code_works_for_ten_minutes_of_the_products_clock(
    olena: None, client: Client, seconds: int, works: bool
) -> None:
    code = _asked(client)
    made = MailedCode.objects.get()
    MailedCode.objects.update(made_at=made.made_at - timedelta(seconds=seconds))
    client.post(CONFIRM, {"code": code})
    assert _is_in(client) is works


def test_the_third_wrong_try_voids_the_code(olena: None, client: Client) -> None:
    code = _asked(client)
    for _ in range(2):
        client.post(CONFIRM, {"code": "0000-0000"})
    assert MailedCode.objects.get().tries == 2
    client.post(CONFIRM, {"code": "0000-0000"})
    client.post(CONFIRM, {"code": code})
    assert not _is_in(client)


def test_the_letter_holds_a_code_and_a_link_that_only_opens_the_page_for_it(olena: None, client: Client) -> None:
    code = _asked(client)
    letter = Letter.objects.get()
    links = {urlsplit(link) for link in re.findall(r"https?://[^\s\"<]+", letter.text + letter.html)}
    paths = {link.path for link in links}
    assert CONFIRM in paths
    assert not [link for link in links if link.query or link.fragment or code in link.geturl()]
    page = client.get(CONFIRM)
    assert b'name="code"' in page.content
    assert not _is_in(client)


@pytest.mark.parametrize("cookies", [False, True], ids=["a stranger's", "with somebody else's cookie"])
def test_a_scanner_of_mail_uses_nothing_up(olena: None, client: Client, cookies: bool) -> None:
    code, scanner = _asked(client), Client()
    if cookies:
        scanner.post(LOGIN, {"login": "scanner@example.org"})
    letter = Letter.objects.filter(to=OLENA).get()
    for link in set(re.findall(r"https?://[^\s\"<]+", letter.text + letter.html)):
        path = urlsplit(link).path or "/"
        for _ in range(5):
            scanner.head(path)
            scanner.get(path)
            scanner.options(path)
            scanner.post(path, {"code": code})
            scanner.post(path)
    assert MailedCode.objects.get(used_at=None, browser_hash=_browser_hash(client)).tries == 0
    client.post(CONFIRM, {"code": code})
    assert _is_in(client)


def _browser_hash(browser: Client) -> str:
    return codes._hash("browser", browser.session[codes._BROWSER])


def test_a_forged_host_does_not_reach_the_letter(olena: None, client: Client) -> None:
    for header in ("HTTP_HOST", "HTTP_X_FORWARDED_HOST", "HTTP_FORWARDED"):
        client.post(LOGIN, {"login": OLENA}, **{header: "evil.example"})  # type: ignore[arg-type]  # an environ's key
        sign_ins.answer_due()
    letters = Letter.objects.all()
    assert letters
    for letter in letters:
        assert f"http://127.0.0.1:8000{CONFIRM}" in letter.text
        assert "evil.example" not in letter.text + letter.html + letter.subject


def test_old_codes_are_forgotten(olena: None, client: Client) -> None:
    _asked(client)
    tasks.forget_old()
    assert MailedCode.objects.count() == 1
    clock.move(timedelta(minutes=11))
    tasks.forget_old()
    assert not MailedCode.objects.exists()


def _in_parallel(browser: Client, code: str, tries: int = 6) -> int:
    """How many of several posts of one code, sent with one cookie at the same time, are let in."""
    start, cookie = threading.Barrier(tries), browser.cookies["session"].value

    def one(_number: int) -> bool:
        try:
            same = Client()
            same.cookies = SimpleCookie({"session": cookie})
            start.wait(30)
            return same.post(CONFIRM, {"code": code}).headers.get("Location") == "/account/"
        finally:
            connection.close()

    with ThreadPoolExecutor(tries) as pool:
        return sum(pool.map(one, range(tries)))


@pytest.mark.database
def test_of_parallel_posts_of_one_code_one_is_let_in(world_db: WorldDatabase) -> None:
    patron(OLENA)
    browser = Client()
    assert _in_parallel(browser, _asked(browser)) == 1


@pytest.mark.database
def test_control_without_the_rows_lock_several_are_let_in(
    world_db: WorldDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    patron(OLENA)
    browser = Client()
    code, everyone_has_looked = _asked(browser), threading.Barrier(6)

    def unlocked(rows: "QuerySet[MailedCode]", *_args: object, **_kwargs: object) -> "QuerySet[MailedCode]":
        return rows

    looked: Callable[[], object] = clock.now

    def now_once_everyone_has_looked() -> object:
        everyone_has_looked.wait(30)
        return looked()

    monkeypatch.setattr(QuerySet, "select_for_update", unlocked)
    monkeypatch.setattr(clock, "now", now_once_everyone_has_looked)
    assert _in_parallel(browser, code) > 1
