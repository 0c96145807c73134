"""What the letters of gift memberships say: all of it in both parts, in the reader's language."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.utils.html import strip_tags

from letters import sending
from letters.models import Letter
from members import gift_emails, gifts
from members.models import GiftMembership, Patron
from money.money import Money
from newsroom import clock
from newsroom.models import Newsroom

pytestmark = pytest.mark.django_db


def claimed(language: str, **chosen: Any) -> tuple[GiftMembership, Patron]:
    """A gift membership that is bought, paid and claimed, all in one language."""
    buyer = Patron.objects.create(email="olena@example.org", language=language)
    friend = Patron.objects.create(email="friend@example.org", language=language)
    terms = gifts.Terms(
        6, Money(500, "EUR"), clock.today(), recipient_email="friend@example.org", language=language, **chosen
    )
    gift = gifts.draft(terms)
    gifts.follow(gift, buyer=buyer, paid_at=clock.now(), returned_at=None, is_disputed=False)
    gift.refresh_from_db()
    return gift, friend


def given(language: str) -> Letter:
    claimed(language)
    return Letter.objects.get(occasion="gift_given")


def received(language: str, **chosen: Any) -> Letter:
    gift, _friend = claimed(language, **chosen)
    return gift_emails.gift_received([(gift, gifts.link(gift))])[0]


def begun(language: str) -> Letter:
    gift, friend = claimed(language)
    gifts.claim(gifts.token(gift), friend)
    return Letter.objects.get(occasion="gift_begun")


def ending(language: str) -> Letter:
    gift, friend = claimed(language)
    membership = gifts.claim(gifts.token(gift), friend).membership
    assert membership
    return gift_emails.gift_ending([membership])[0]


def unclaimed(language: str) -> Letter:
    letter = gift_emails.gift_unclaimed(claimed(language)[0])
    assert letter
    return letter


def code(language: str) -> Letter:
    letter = gift_emails.gift_claim_code("friend@example.org", "1234-5678", language=language)
    assert letter
    return letter


LETTERS: dict[str, Callable[[str], Letter]] = {
    "given": given,
    "received": lambda language: received(language, message="42", giver_name="!"),
    "received unsigned": received,
    "begun": begun,
    "ending": ending,
    "unclaimed": unclaimed,
    "code": code,
}


@pytest.mark.parametrize("language", ["en", "uk"])
@pytest.mark.parametrize("name", LETTERS)
def test_every_letter_says_all_of_it_in_both_parts(name: str, language: str, settings: Any) -> None:
    letter = LETTERS[name](language)
    seen = " ".join(strip_tags(letter.html).split())
    for line in letter.text.splitlines():
        for piece in line.split(": ", 1) if len(line) < 100 else [line]:
            for words in re.split(r"https?://\S+", piece):
                assert " ".join(words.split()).strip(": ") in seen
    assert f'<html lang="{language}">' in letter.html
    assert "%(" not in letter.text + letter.html
    links = re.findall(r"https?://\S+", letter.text) + re.findall(r'href="([^"]+)"', letter.html)
    assert links
    assert all(link.startswith((settings.SITE_URL, "mailto:")) for link in links)


@pytest.mark.parametrize("name", LETTERS)
def test_ukrainian_letters_are_ukrainian_throughout(name: str) -> None:
    Newsroom.objects.update(public_name="Берег")
    letter = LETTERS[name]("uk")
    assert not re.findall(r"[A-Za-z_]{2,}", re.sub(r"https?://\S+|\S+@\S+", "", letter.subject + letter.text))


@pytest.mark.parametrize("language", ["en", "uk"])
def test_from_outside_nobody_sees_which_newsroom_writes_to_the_recipient(language: str) -> None:
    Newsroom.objects.update(public_name="Bereg")
    letter = received(language, giver_name="Olena")
    letter.refresh_from_db()
    sent = sending.compose(letter)
    assert "Bereg" in letter.text
    assert "Olena" in sent.subject
    assert "Bereg" not in sent.subject + sent.from_email
