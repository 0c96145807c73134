"""The list of payments, receipts sent again, names in public, and the language."""

import re

import pytest
from django.test import Client

from letters.models import Letter
from members import consents
from members.models import Consent, Consented, Patron
from money.money import Money
from newsroom import clock
from payments import emails, names, offline
from payments.models import Donation, Payment
from tests.signing_in import patron, sign_in


@pytest.fixture
def olena(db: None) -> Patron:
    return patron("olena@example.org")


def give(giver: Patron, minor: int = 2500, reference: str = "B-1") -> Payment:
    money = Money(minor, "EUR")
    return offline.record(email=giver.email, amount=money, received_on=clock.today(), reference=reference)


def test_long_list_comes_in_pages_and_odd_pages_are_the_nearest(olena: Patron, client: Client) -> None:
    sign_in(client, olena)
    for number in range(26):
        give(olena, 100 + number, f"B-{number}")
    first = client.get("/account/payments/").content.decode()
    assert (first.count("(PDF)"), "1 of 2" in first) == (25, True)
    for odd in ("2", "999", "-1"):
        assert client.get("/account/payments/", {"page": odd}).content.decode().count("(PDF)") == 1
    for odd in ("x", "1.5", "'", ""):
        assert client.get("/account/payments/", {"page": odd}).content.decode().count("(PDF)") == 25


def test_what_was_sent_back_stands_beside_its_payment_and_is_not_counted(olena: Patron, client: Client) -> None:
    sign_in(client, olena)
    give(olena)
    Payment.objects.update(refunded_minor=1000)
    assert "€10.00 sent back" in client.get("/account/payments/").content.decode()
    assert "€15.00" in client.get("/account/").content.decode()


def test_receipt_is_sent_again_once_for_a_double_click_and_five_times_an_hour(olena: Patron, client: Client) -> None:
    sign_in(client, olena)
    payment = give(olena)
    Letter.objects.all().delete()
    path = f"/account/receipts/{payment.receipt}/send/"
    answers = [client.post(path, {"wish": "same"}, follow=True).content.decode() for _click in range(2)]
    assert all(f"The receipt {payment.receipt} is on its way to olena@example.org." in answer for answer in answers)
    letter = Letter.objects.get()
    assert (letter.occasion, letter.attachment) == ("receipt", f"receipt:{payment.receipt.pk}")
    last = [client.post(path, {"wish": f"w{number}"}, follow=True).content.decode() for number in range(4)][-1]
    assert "Several receipts were sent within an hour." in last
    assert Letter.objects.count() == 4
    assert client.post(path, {"wish": "not a slug!"}).status_code == 302
    assert Letter.objects.count() == 4


def test_anothers_receipt_cannot_be_sent_and_anothers_payment_not_named(olena: Patron, client: Client) -> None:
    payment = give(olena)
    written = Letter.objects.count()
    sign_in(client, patron("marko@example.org"))
    signed_in = Letter.objects.count()
    for path in (
        f"/account/receipts/{payment.receipt}/send/", "/account/receipts/2001-000001/send/",
        f"/account/payments/{payment.pk}/name/", "/account/payments/99999999999/name/",
    ):  # fmt: skip
        assert client.post(path, {"wish": "w", "display": "named", "name": "Eve"}).status_code == 404
    assert (written, Letter.objects.count()) == (written, signed_in)
    payment.refresh_from_db()
    assert payment.display == ""


def on_page(client: Client) -> list[str]:
    return re.findall(r'<li dir="auto">([^<]*)</li>', client.get("/supporters/").content.decode())


def test_nobody_is_named_before_they_say_so_and_a_later_gift_stays_unnamed(olena: Patron, client: Client) -> None:
    Patron.objects.update(name="Olena Bondar")
    first = give(olena)
    sign_in(client, olena)
    assert on_page(client) == []
    page = client.get("/supporters/").content.decode()
    assert "Nobody has chosen to be named yet" in page
    answer = client.post("/account/name/", {"display": "named", "name": "Olenka"}, follow=True)
    assert "You are thanked in public as Olenka." in answer.content.decode()
    assert on_page(client) == ["Olenka"]
    assert "€" not in client.get("/supporters/").content.decode()
    later = give(olena, reference="B-2")
    assert names.of(later, names.Audience.PUBLIC) == ""
    first.refresh_from_db()
    first.donation.refresh_from_db()
    assert names.of(first, names.Audience.PUBLIC) == "Olenka"
    assert names.of(first, names.Audience.RECEIPT) == "Olena Bondar"
    agreed = Consent.objects.get()
    assert (agreed.purpose, agreed.withdrawn_at) == ("name", None)
    assert agreed.text in client.get("/account/name/").content.decode()
    client.post("/account/name/", {"display": "anonymous", "name": "Olenka"})
    assert on_page(client) == []
    assert not consents.stands(olena, Consented.NAME)


def test_withdrawn_consent_takes_the_name_from_the_page(olena: Patron, client: Client) -> None:
    sign_in(client, olena)
    payment = give(olena)
    client.post("/account/name/", {"display": "named", "name": "Olenka"})
    client.post(f"/account/payments/{payment.pk}/name/", {"display": "named", "name": "О. Б"})
    client.post("/account/privacy/withdraw/", {"purpose": "name"})
    assert on_page(client) == []


def test_one_payment_can_be_named_or_unnamed_alone(olena: Patron, client: Client) -> None:
    sign_in(client, olena)
    first, second = give(olena), give(olena, reference="B-2")
    client.post(f"/account/payments/{first.pk}/name/", {"display": "named", "name": "О. Б"})
    assert on_page(client) == ["О. Б"]
    client.post("/account/name/", {"display": "named", "name": "Olena"})
    client.post(f"/account/payments/{second.pk}/name/", {"display": "anonymous"})
    assert on_page(client) == ["Olena"]
    client.post(f"/account/payments/{first.pk}/name/", {"display": "anonymous"})
    assert on_page(client) == []


def test_money_that_went_back_names_nobody(olena: Patron, client: Client) -> None:
    give(olena)
    names.show(olena, "Olena")
    Payment.objects.update(refunded_minor=2500)
    assert on_page(client) == []


@pytest.mark.parametrize(
    "name", ["", "www.casino.example", "a@b.c", "5 euro", "x/y", "<b>Olena</b>", "a\u200bb", "\x07", "N" * 101]
)
def test_what_is_no_name_is_refused_in_words_and_never_shown(olena: Patron, client: Client, name: str) -> None:
    sign_in(client, olena)
    give(olena)
    answer = client.post("/account/name/", {"display": "named", "name": name})
    assert (answer.status_code, 'role="alert"' in answer.content.decode()) == (422, True)
    Donation.objects.update(display="named", name=name[:100].replace("\x00", ""))
    assert on_page(client) in ([], ["N" * 100])


def test_each_audience_sees_its_own_name(olena: Patron) -> None:
    payment = give(olena)
    seen = {audience: names.of(payment, audience) for audience in names.Audience}
    address = {names.Audience.RECEIPT: olena.email, names.Audience.PEOPLE: olena.email}
    assert seen == dict.fromkeys(names.Audience, "") | address
    assert names.of(olena, names.Audience.PUBLIC) == ""


@pytest.mark.parametrize(("language", "said"), [("uk", "Відтепер"), ("en", "Pages and letters are in English")])
def test_language_is_chosen_for_pages_and_letters(olena: Patron, client: Client, language: str, said: str) -> None:
    sign_in(client, olena)
    answer = client.post("/account/language/", {"language": language}, follow=True)
    assert said in answer.content.decode()
    assert f'<html lang="{language}">' in client.get("/account/").content.decode()
    payment = give(olena)
    letter = emails.receipt(payment, again="x")
    assert letter is not None
    assert letter.language == language


@pytest.mark.parametrize("language", ["", "xx", "en-GB", "../uk"])
def test_unknown_language_changes_nothing(olena: Patron, client: Client, language: str) -> None:
    sign_in(client, olena)
    assert client.post("/account/language/", {"language": language}).status_code == 422
    olena.refresh_from_db()
    assert olena.language == "en"
