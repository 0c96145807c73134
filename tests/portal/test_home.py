"""The patron's own page: what they give and gave, with receipts that nobody else can fetch."""

from typing import Any

import pytest
from django.test import Client

from members.models import Patron
from money.money import Money
from newsroom import clock
from payments import offline
from payments.models import Donation, Payment
from tests.signing_in import at_once, patron, sign_in
from tests.voting import world
from tests.voting.test_announcements import decided, publish
from voting import ballots


@pytest.fixture
def olena(db: None) -> Patron:
    return patron("olena@example.org")


@pytest.fixture
def payment(olena: Patron) -> Payment:
    money = Money(2500, "EUR")
    return offline.record(email=olena.email, amount=money, received_on=clock.today(), reference="B-1")


def test_a_patron_sees_what_they_gave_and_fetches_the_receipt(olena: Patron, payment: Payment, client: Client) -> None:
    sign_in(client, olena)
    assert "€25.00" in client.get("/account/").content.decode()
    page = client.get("/account/payments/").content.decode()
    assert "€25.00" in page
    assert str(payment.receipt) in page
    answer = client.get(f"/account/receipts/{payment.receipt}.pdf")
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")
    assert "no-store" in answer.headers["Cache-Control"]


def test_anothers_receipt_is_answered_as_if_there_were_none(payment: Payment, client: Client) -> None:
    sign_in(client, patron("marko@example.org"))
    assert client.get(f"/account/receipts/{payment.receipt}.pdf").status_code == 404
    assert client.get("/account/receipts/2001-000001.pdf").status_code == 404
    assert "€25.00" not in client.get("/account/").content.decode() + client.get("/account/payments/").content.decode()


def test_a_running_gift_is_shown_with_its_next_charge(olena: Patron, client: Client) -> None:
    Donation.objects.create(
        patron=olena, interval="monthly", amount_minor=500, fee_cover_minor=45, currency="EUR", state="live",
        subscription="sub_1", subscription_status="active", period_end="2031-05-17T12:00:00Z", card_brand="visa",
        card_last4="4242",
    )  # fmt: skip
    sign_in(client, olena)
    page = client.get("/account/").content.decode()
    assert "€5.45 a month" in page
    assert "17 May 2031" in page
    assert "Visa ····4242" in page


def test_who_gives_nothing_is_shown_the_way(olena: Patron, client: Client) -> None:
    sign_in(client, olena)
    assert 'href="/support/"' in client.get("/account/").content.decode()


def test_signing_out_needs_a_click_and_ends_the_session(olena: Patron, client: Client) -> None:
    sign_in(client, olena)
    assert client.get("/account/logout/").status_code == 200
    assert client.get("/account/").status_code == 200
    client.post("/account/logout/")
    assert client.get("/account/").headers["Location"] == "/account/login/?next=/account/"


@pytest.mark.django_db
def test_the_first_page_leads_to_an_open_vote_and_says_whether_one_has_voted() -> None:
    voter = world.member("voter@example.org")
    spring = world.opened()
    browser, reader = at_once(voter), at_once(patron("reader@example.org"))
    assert "You have not voted yet." in browser.get("/account/").content.decode()
    ballots.cast(spring, voter, choices=["roads"])
    text = browser.get("/account/").content.decode()
    assert "Your ballot is in. You can change it until" in text
    assert "roads" not in text.lower()
    assert "/rounds/spring/" not in reader.get("/account/").content.decode()
    world.close(spring)
    assert "/rounds/spring/" not in browser.get("/account/").content.decode()


@pytest.mark.django_db
def test_what_came_of_votes_is_told_with_its_newest_stories(django_assert_max_num_queries: Any) -> None:
    voter, reader = patron("voter@example.org"), patron("reader@example.org")
    browser = at_once(voter)
    _row, stand = decided("Rivers", "Roads", "Schools", "Mines", "Parks", voters=[voter], absent=[reader])
    assert "You voted in 1 round." in browser.get("/account/").content.decode()
    for topic in stand[:4]:
        publish(topic)
    text = browser.get("/account/").content.decode()
    assert "You voted in 1 round; 4 stories came of that." in text
    named = [text.find(f'href="https://example.org/{slug}"') for slug in ("mines", "schools", "roads")]
    assert -1 < named[0] < named[1] < named[2]
    assert "example.org/rivers" not in text
    assert "Parks" not in text
    for number in range(12):
        publish(decided(f"Waters {number}", voters=[voter])[1][0])
    with django_assert_max_num_queries(14):
        assert "You voted in 13 rounds; 16 stories came of that." in browser.get("/account/").content.decode()
    other = at_once(reader).get("/account/").content.decode()
    assert "You voted in" not in other
    assert "example.org/" not in other.replace(reader.email, "")
    assert 'href="/account/topics/"' in other
