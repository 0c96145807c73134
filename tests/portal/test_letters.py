"""The patron's choices about letters, and the link that stops reminders."""

import re

import pytest
from django.test import Client

from letters import outbox, sending
from letters.models import Letter
from letters.occasions import DECLINABLE, OCCASIONS, Group
from members import sign_ins
from members.models import Patron
from newsroom.models import Newsroom
from tests.signing_in import patron, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def olena() -> Patron:
    Newsroom.objects.update(public_name="Bereg")
    return patron("olena@example.org")


def letter(to: Patron, occasion: str, key: str = "") -> Letter | None:
    to.refresh_from_db()
    return outbox.write(
        occasion=occasion, key=key or occasion, to=to.email, language=to.language, patron=to,
        context=OCCASIONS[occasion].example(to.language),
    )  # fmt: skip


def test_choices_are_kept_and_the_letters_that_must_come_come(olena: Patron, client: Client) -> None:
    sign_in(client, olena)
    assert "Reminders" in client.get("/account/letters/").content.decode()
    answer = client.post("/account/letters/", {"wanted": []})
    assert answer.status_code == 302
    olena.refresh_from_db()
    assert (olena.declined_letters, olena.wants_neutral_letters) == (["reminders", "rounds"], False)
    for occasion in OCCASIONS.values():
        assert (letter(olena, occasion.name) is None) == (occasion.group in DECLINABLE)
    client.post("/account/letters/", {"wanted": ["reminders"]})
    assert letter(olena, "card_expiring")


def test_what_nobody_may_decline_cannot_be_declined(olena: Patron, client: Client) -> None:
    sign_in(client, olena)
    assert client.post("/account/letters/", {"wanted": ["money"]}).status_code == 200
    olena.refresh_from_db()
    assert olena.declined_letters == []


@pytest.mark.parametrize("language", ["en", "uk"])
def test_neutral_letters_say_nothing_from_outside(olena: Patron, client: Client, language: str) -> None:
    Patron.objects.update(language=language)
    sign_in(client, olena)
    client.post("/account/letters/", {"wanted": ["reminders", "rounds"], "neutral": "on"})
    client.logout()
    client.post("/account/login/", {"login": olena.email})
    sign_ins.answer_due()
    code = Letter.objects.filter(patron=olena, is_neutral=True).get()
    written = [code, *filter(None, (letter(olena, occasion) for occasion in OCCASIONS if occasion != code.occasion))]
    assert len(written) == len(OCCASIONS)
    for one in written:
        message = sending.compose(one).message()
        outside = f"{message['From']} {message['Subject']} {one.subject}".casefold()
        assert not re.search(r"bereg|patron|donat|support|підтрим|патрон|внес", outside)
        assert "Bereg" in one.text


def test_link_stops_reminders_and_a_scanner_that_looks_does_not(olena: Patron, client: Client) -> None:
    reminder = letter(olena, "card_expiring")
    assert reminder
    message = sending.compose(reminder).message()
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = message["List-Unsubscribe"].strip("<>")
    # What is sealed again when the letter is sent may have another second in it.
    said, _moment, _seal = link.rsplit(":", 2)
    assert said in reminder.text
    assert f'href="{said}:' in reminder.html
    assert olena.email not in link
    path = link.partition("/account/")[2]
    for _scan in range(2):
        assert client.get(f"/account/{path}").status_code == 200
        assert client.head(f"/account/{path}").status_code == 200
    olena.refresh_from_db()
    assert olena.declined_letters == []
    strict = Client(enforce_csrf_checks=True)
    for _again in range(2):
        answer = strict.post(f"/account/{path}", {"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
    olena.refresh_from_db()
    assert olena.declined_letters == ["reminders"]
    assert letter(olena, "card_expiring", "next") is None


def test_letters_that_must_come_have_no_such_link(olena: Patron) -> None:
    receipt = letter(olena, "welcome")
    assert receipt
    assert sending.compose(receipt).message()["List-Unsubscribe"] is None
    assert "/letters/stop/" not in receipt.text


@pytest.mark.parametrize("token", ["x", "WzEsInJlbWluZGVycyJd:1abc:forged"])
def test_forged_link_is_no_page_and_changes_nothing(olena: Patron, client: Client, token: str) -> None:
    assert client.get(f"/account/letters/stop/{token}/").status_code == 404
    assert client.post(f"/account/letters/stop/{token}/").status_code == 404


def test_link_of_a_patron_who_is_gone_is_answered_like_any(client: Client) -> None:
    token = outbox.stop_token(999_999, Group.REMINDERS)
    assert client.post(f"/account/letters/stop/{token}/").status_code == 200
