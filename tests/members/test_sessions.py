"""Where one is signed in: seen by its patron alone, ended by them, and kept without network address or user agent."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from members import sessions, tasks
from members.models import Patron, Session
from tests.signing_in import patron, sign_in

SECURITY, END = "/account/security/", "/account/security/sessions/end/"
PHONE = "Mozilla/5.0 (Android 14; Mobile; rv:133.0) Gecko/133.0 Firefox/133.0"
DESK = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 "
    "Safari/537.36 Edg/131.0.0.0"
)


def _browser(who: Patron, agent: str = PHONE) -> Client:
    return sign_in(Client(headers={"user-agent": agent}), who)


def _handles(browser: Client) -> list[str]:
    """The handles of the other sessions, as the page's forms hold them."""
    return [one["handle"] for one in browser.get(SECURITY).context["sessions"] if not one["is_this"]]


def test_a_patron_sees_their_sessions_in_plain_words(db: None) -> None:
    who = patron()
    here, _there = _browser(who, DESK), _browser(who, PHONE)
    page = here.get(SECURITY)
    assert [(one["browser"], one["is_this"]) for one in page.context["sessions"]] == [
        ("Edge on Windows", True),
        ("Firefox on Android", False),
    ]
    assert "no-store" in page.headers["Cache-Control"]


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Version/18 Safari/604", "Safari on iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64) (KHTML, like Gecko) Chrome/131 Safari/537", "Chrome on Linux"),
        ("curl/8.0", "another browser on another device"),
        ("", "another browser on another device"),
        ("<script>alert(1)</script>", "another browser on another device"),
    ],
)  # fmt: skip
def test_browsers_have_names(db: None, agent: str, words: str) -> None:
    assert _browser(patron(), agent).get(SECURITY).context["sessions"][0]["browser"] == words


def test_neither_user_agent_nor_address_is_kept(db: None) -> None:
    who = patron()
    _browser(who).get(SECURITY)
    kept = json.dumps(Session.objects.get(patron=who).get_decoded())
    assert "Mozilla" not in kept
    assert "127.0.0.1" not in kept
    assert who.email not in kept


def test_one_session_is_ended_at_once_and_no_other(db: None) -> None:
    who = patron()
    here, there, third = (_browser(who) for _ in range(3))
    ended = sessions._handle(Session.objects.get(session_key=there.session.session_key))
    assert ended in _handles(here)
    assert here.post(END, {"session": ended}).headers["Location"] == SECURITY
    assert there.get("/account/").headers["Location"].startswith("/account/login/")
    assert third.get("/account/").status_code == here.get("/account/").status_code == 200


def test_all_others_are_ended(db: None) -> None:
    who, stranger = patron(), _browser(patron("marko@example.org"))
    here, *others = (_browser(who) for _ in range(3))
    here.post(END)
    assert [browser.get("/account/").status_code for browser in (here, *others)] == [200, 302, 302]
    assert stranger.get("/account/").status_code == 200


def test_anothers_session_is_answered_as_if_there_were_none(db: None) -> None:
    here, stranger = _browser(patron()), _browser(patron("marko@example.org"))
    theirs = sessions._handle(Session.objects.get(session_key=stranger.session.session_key))
    unknown, forbidden = (here.post(END, {"session": handle}) for handle in ("0" * 32, theirs))
    assert unknown.status_code == forbidden.status_code == 404
    assert unknown.content == forbidden.content
    assert stranger.get("/account/").status_code == 200


def test_a_handle_is_not_the_sessions_key(db: None) -> None:
    here = _browser(patron())
    assert str(here.session.session_key) not in here.get(SECURITY).content.decode()


def test_signing_out_and_being_disabled_end_the_session_at_once(db: None) -> None:
    who = patron()
    one, two = _browser(who), _browser(who)
    one.post("/account/logout/")
    assert Session.objects.filter(patron=who).count() == 1
    Patron.objects.filter(pk=who.pk).update(is_active=False)
    assert two.get("/account/").status_code == 302


def test_a_sign_in_that_was_begun_and_left_is_forgotten_after_an_hour(db: None, client: Client) -> None:
    client.post("/account/login/", {"login": "nobody@example.org"})
    left = Session.objects.get()
    assert left.expire_date < timezone.now() + timedelta(hours=1, seconds=5)
    signed_in = _browser(patron()).session.session_key
    assert Session.objects.get(pk=signed_in).expire_date > timezone.now() + timedelta(days=13)
    Session.objects.filter(pk=left.pk).update(expire_date=timezone.now() - timedelta(seconds=1))
    tasks.forget_old()
    assert [row.session_key for row in Session.objects.all()] == [signed_in]


def test_the_day_of_use_is_written_once_a_day(db: None) -> None:
    here = _browser(patron())
    here.get("/account/")
    before = here.session["used_on"]
    assert "session" not in here.get("/account/").cookies, "nothing was written"
    session = here.session
    session["used_on"] = "2020-01-01"
    session.save()
    here.get("/account/")
    assert here.session["used_on"] == before
