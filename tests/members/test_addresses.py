"""A new address: confirmed by the new one, undone from the old one; whoever opens links by themselves does neither."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from letters.models import Letter
from members import addresses, tasks
from members.models import AddressChange, MailedCode, Patron, Session
from newsroom import clock
from tests.signing_in import patron, sign_in

OLD, NEW, OTHER = "olena@example.org", "olena@new.example", "marko@example.org"
ASK, CONFIRM = "/account/address/", "/account/address/confirm/"


def _ask(browser: Client, email: str = NEW) -> str:
    """The code in the letter to the new address; empty if none came."""
    answer = browser.post(ASK, {"email": email})
    assert answer.headers["Location"] == CONFIRM
    found = re.search(r"\b\d{4}-\d{4}\b", Letter.objects.filter(to=email.lower()).latest("id").text)
    return str(found[0]) if found else ""


def _undo_link() -> str:
    letter = Letter.objects.filter(occasion="address_changed").latest("id")
    return next(str(urlsplit(link).path) for link in re.findall(r"https?://\S+", letter.text) if "/undo/" in link)


def _moved(who: Patron) -> tuple[Client, str]:
    """A browser whose patron has moved, and the link that undoes it."""
    browser = sign_in(Client(), who)
    browser.post(CONFIRM, {"code": _ask(browser)})
    who.refresh_from_db()
    assert who.email == NEW
    return browser, _undo_link()


@pytest.fixture
def olena(db: None) -> Patron:
    return patron(OLD)


@pytest.fixture
def browser(olena: Patron) -> Client:
    return sign_in(Client(), olena)


def _email(who: Patron) -> str:
    return str(Patron.objects.values_list("email", flat=True).get(pk=who.pk))


def test_the_code_from_the_new_address_moves_the_account(olena: Patron, browser: Client) -> None:
    code = _ask(browser, NEW.upper())
    assert _email(olena) == OLD
    assert browser.post(CONFIRM, {"code": code}).headers["Location"] == "/account/security/"
    assert _email(olena) == NEW
    told = Letter.objects.get(occasion="address_changed")
    assert (told.to, told.patron_id) == (OLD, olena.pk)
    assert NEW not in told.text + told.html, "whoever reads the old address does not learn the new one"
    assert browser.get("/account/").status_code == 200


def test_it_is_asked_first_who_it_is(olena: Patron, browser: Client) -> None:
    session = browser.session
    for record in session["account_authentication_methods"]:
        record["at"] -= 660
    session.save()
    for page in (ASK, CONFIRM):
        assert browser.get(page).headers["Location"] == f"/account/prove/?next={page}"
        assert browser.post(page, {"email": NEW, "code": "1"}).headers["Location"].startswith("/account/prove/")
    assert not AddressChange.objects.exists()


def test_neither_the_old_code_nor_another_patrons_moves_it(olena: Patron, browser: Client) -> None:
    marko = patron(OTHER)
    theirs = sign_in(Client(), marko)
    their_code = _ask(theirs, "elsewhere@example.org")
    first = _ask(browser, "first@example.org")
    second = _ask(browser, NEW)
    for code in (first, their_code, "", "00000000"):
        assert b"This code does not work" in browser.post(CONFIRM, {"code": code}).content
    assert _email(olena) == OLD
    browser.post(CONFIRM, {"code": second})
    assert _email(olena) == OLD, "three tries were used up"
    browser.post(CONFIRM, {"code": _ask(browser, NEW)})
    assert _email(olena) == NEW


def test_an_address_asked_for_after_the_code_was_made_is_not_confirmed_by_it(olena: Patron, browser: Client) -> None:
    code = _ask(browser, "mine@example.org")
    AddressChange.objects.update(after="theirs@example.org")
    browser.post(CONFIRM, {"code": code})
    assert _email(olena) == OLD


def test_the_code_works_for_ten_minutes(olena: Patron, browser: Client) -> None:
    code = _ask(browser)
    clock.move(timedelta(minutes=10, seconds=1))
    browser.post(CONFIRM, {"code": code})
    assert _email(olena) == OLD


def test_anothers_address_is_answered_like_nobodys_and_gets_no_code(olena: Patron, browser: Client) -> None:
    patron(OTHER)
    said = []
    for email in (OTHER, "nobody@example.org"):
        asked = browser.post(ASK, {"email": email})
        page, wrong = browser.get(CONFIRM), browser.post(CONFIRM, {"code": "0000-0000"})
        texts = [
            re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", part.content.decode()).replace(email, "ADDRESS")
            for part in (page, wrong)
        ]
        said.append((asked.status_code, asked.headers["Location"], page.status_code, wrong.status_code, texts))
    assert said[0] == said[1]
    assert [letter.occasion for letter in Letter.objects.order_by("id")][-2:] == ["address_taken", "new_address"]
    taken = Letter.objects.get(occasion="address_taken")
    assert not re.search(r"\d{4}-\d{4}", taken.text)
    assert OLD not in taken.text + taken.html


def test_an_address_taken_meanwhile_is_refused_in_words(olena: Patron, browser: Client) -> None:
    code = _ask(browser)
    patron(NEW)
    assert b"Another account has this address by now" in browser.post(CONFIRM, {"code": code}).content
    assert _email(olena) == OLD


@pytest.mark.parametrize("typed", [OLD, OLD.upper(), "", "no address", "a@b", "x" * 300 + "@example.org"])
def test_what_is_no_new_address_is_told(olena: Patron, browser: Client, typed: str) -> None:
    assert browser.post(ASK, {"email": typed}).status_code == 200
    assert not AddressChange.objects.exists()


def test_more_than_five_wishes_an_hour_write_no_letter_and_are_answered_alike(olena: Patron, browser: Client) -> None:
    for number in range(5):
        _ask(browser, f"n{number}@example.org")
    assert browser.post(ASK, {"email": "sixth@example.org"}).headers["Location"] == CONFIRM
    assert not Letter.objects.filter(to="sixth@example.org").exists()


def test_a_scanner_neither_confirms_nor_undoes(olena: Patron, browser: Client) -> None:
    scanner = Client()
    code = _ask(browser)
    for letter in Letter.objects.filter(to=NEW):
        for link in re.findall(r"https?://[^\s\"<]+", letter.text + letter.html):
            scanner.head(urlsplit(link).path or "/")
            scanner.get(urlsplit(link).path or "/")
            scanner.post(urlsplit(link).path or "/", {"code": code})
    assert _email(olena) == OLD
    browser.post(CONFIRM, {"code": code})
    link = _undo_link()
    strict = Client(enforce_csrf_checks=True)
    for _ in range(3):
        assert strict.get(link).status_code == strict.head(link).status_code == 200
        assert strict.post(link).status_code == 403
    assert _email(olena) == NEW


def test_the_old_address_undoes_it_and_everybody_is_signed_out(olena: Patron) -> None:
    browser, link = _moved(olena)
    reader = Client()
    assert b"Undo it" in reader.get(link).content
    assert reader.post(link).status_code == 200
    assert _email(olena) == OLD
    assert browser.get("/account/").headers["Location"].startswith("/account/login/")
    assert not Session.objects.filter(patron=olena).exists()
    assert Letter.objects.get(occasion="address_restored").to == OLD
    sign_in(Client(), Patron.objects.get(pk=olena.pk))


def test_undoing_twice_does_it_once(olena: Patron) -> None:
    _browser, link = _moved(olena)
    Client().post(link)
    for answer in (Client().get(link), Client().post(link)):
        assert answer.status_code == 404
        assert b"undoes nothing any more" in answer.content
    assert Letter.objects.filter(occasion="address_restored").count() == 1


def test_a_link_nobody_was_sent_is_answered_like_one_that_is_over(olena: Patron) -> None:
    _browser, link = _moved(olena)
    clock.move(timedelta(hours=72, seconds=1))
    over, unknown = Client().get(link), Client().get(f"/account/address/undo/{'x' * 43}/")
    assert over.status_code == unknown.status_code == 404
    assert re.sub(r'value="[^"]*"', "", over.content.decode()) == re.sub(r'value="[^"]*"', "", unknown.content.decode())
    Client().post(link)
    assert _email(olena) == NEW


def test_it_can_be_undone_until_the_seventy_second_hour(olena: Patron) -> None:
    _browser, link = _moved(olena)
    clock.move(timedelta(hours=71, minutes=59))
    Client().post(link)
    assert _email(olena) == OLD


def test_a_thief_who_moves_on_does_not_outrun_the_undo(olena: Patron) -> None:
    """Whoever moved it a second time cannot keep it, nor come back with the link that their own second letter held."""
    browser, first = _moved(olena)
    browser.post(CONFIRM, {"code": _ask(browser, "further@thief.example")})
    assert _email(olena) == "further@thief.example"
    thiefs = _undo_link()
    Client().post(first)
    assert _email(olena) == OLD
    Client().post(thiefs)
    assert _email(olena) == OLD


def test_a_thief_who_gives_with_the_old_address_does_not_bar_the_way_back(olena: Patron) -> None:
    _browser, link = _moved(olena)
    assert Patron.objects.for_email(OLD.upper(), language="en") == olena
    Client().post(link)
    assert _email(olena) == OLD


def test_after_three_days_the_old_address_is_free(olena: Patron) -> None:
    _moved(olena)
    clock.move(timedelta(hours=73))
    assert Patron.objects.for_email(OLD, language="en") != olena
    tasks.forget_old()
    assert not AddressChange.objects.exists()


def test_passkeys_that_were_added_since_go_with_the_undo(olena: Patron) -> None:
    from allauth.mfa.models import Authenticator

    _browser, link = _moved(olena)
    Authenticator.objects.create(user=olena, type=Authenticator.Type.WEBAUTHN, data={})
    Client().post(link)
    assert not Authenticator.objects.filter(user=olena).exists()


def test_the_letters_are_in_the_patrons_language(olena: Patron, browser: Client) -> None:
    Patron.objects.update(language="uk")
    browser.post(CONFIRM, {"code": _ask(browser)})
    Client().post(_undo_link())
    letters = Letter.objects.filter(occasion__in=["new_address", "address_changed", "address_restored"])
    assert {letter.language for letter in letters} == {"uk"}
    assert letters.count() == 3
    for letter in letters:
        assert re.search("[а-яї]{4}", letter.subject.partition(": ")[2]), letter.subject


def test_no_token_is_kept_readable(olena: Patron) -> None:
    _browser, link = _moved(olena)
    token = link.rstrip("/").rpartition("/")[2]
    assert token not in str(AddressChange.objects.values())
    assert MailedCode.objects.filter(purpose="address", used_at__isnull=False).exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"after": OLD},
        {"after": "Upper@example.org"},
        {"undo_hash": "x"},
        {"undone_at": "2030-01-01T00:00:00Z"},
        {"confirmed_at": "2030-01-01T00:00:00Z"},
    ],
)
def test_the_database_refuses_what_must_not_be(olena: Patron, wrong: dict[str, str]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        AddressChange.objects.create(**{"patron": olena, "before": OLD, "after": NEW, **wrong})


def test_a_patron_has_one_pending_change(olena: Patron) -> None:
    AddressChange.objects.create(patron=olena, before=OLD, after=NEW)
    with pytest.raises(IntegrityError), transaction.atomic():
        AddressChange.objects.create(patron=olena, before=OLD, after="second@example.org")
    assert addresses.pending(olena)
