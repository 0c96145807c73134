"""A membership for somebody else: bought, delivered, claimed, over; and what a refund does before and after."""

import re
from datetime import timedelta

import pytest
import requests

from letters.models import Letter
from members.models import GiftMembership, GiftState, Membership, MembershipChange, Patron
from money.money import Money
from newsroom import clock
from payments import refunds
from payments.models import Donation, Payment
from tests.journeys.conftest import Reader, World

FRIEND = "friend@example.org"
BUYER = "reader@example.org"


def send(reader: Reader, **fields: str) -> requests.Response:
    """The form of /support/gift/, filled and sent."""
    page = reader.session.get(f"{reader.world.url}/support/gift/", timeout=30)
    said = {
        "months": "6", "currency": "EUR", "amount": "5", "other_amount": "", "recipient_name": "Mariia",
        "recipient_email": FRIEND, "deliver_on": clock.today().isoformat(), "message": "For the long evenings.",
        "giver_name": "Olena", "language": "en", "email": BUYER,
    }  # fmt: skip
    data = {**said, **fields, "csrfmiddlewaretoken": _token(page)}
    return reader.session.post(f"{reader.world.url}/support/gift/", data=data, allow_redirects=False, timeout=60)


def buy(reader: Reader, **fields: str) -> GiftMembership:
    """The whole way, to where the money has arrived and everything that is due has happened."""
    answer = send(reader, **fields)
    assert answer.status_code == 303, answer.text[:3000]
    paid = reader.pay(answer.headers["Location"], email=fields.get("email", BUYER))
    assert paid.status_code == 303, paid.text[:3000]
    reader.world.settle()
    return GiftMembership.objects.latest("id")


def link(to: str = FRIEND) -> str:
    """The link in the newest letter to an address that has one."""
    letter = Letter.objects.filter(to=to, text__contains="/support/gift/claim/").latest("id")
    found = re.search(r"http\S+/support/gift/claim/\S+/", letter.text)
    assert found
    return found[0]


def claim(reader: Reader, address: str, email: str = FRIEND) -> requests.Response:
    """Asks for the code and types it."""
    page = reader.session.get(address, timeout=30)
    if page.status_code != 200:
        return page
    data = {"email": email, "csrfmiddlewaretoken": _token(page)}
    waiting = reader.session.post(address, data=data, timeout=30)
    letter = Letter.objects.filter(to=email, occasion="gift_claim_code").latest("id")
    code = re.search(r"\d{4}-\d{4}", letter.text)
    assert code
    data = {"email": email, "code": code[0], "csrfmiddlewaretoken": _token(waiting)}
    return reader.session.post(address, data=data, timeout=30)


def _token(page: requests.Response) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    assert found, page.text[:2000]
    return found[1]


def kinds() -> list[str]:
    return list(MembershipChange.objects.order_by("id").values_list("kind", flat=True))


@pytest.mark.parametrize("language", ["en", "uk"])
def test_bought_today_claimed_and_over_after_its_months(story: World, language: str) -> None:
    reader = story.reader()
    reader.session.headers["Accept-Language"] = language
    gift = buy(reader, language=language)
    told = story.model.buys(500, 6)
    assert gift.state == GiftState.DELIVERED
    assert sorted(story.letters()) == ["gift_given", "receipt"]
    assert story.letters(FRIEND) == ["gift_received"]
    assert not Patron.objects.filter(email=FRIEND).exists()
    assert set(Letter.objects.values_list("language", flat=True)) == {language}
    assert story.prove()["memberships"]["active"] == 0

    story.advance(days=3)
    page = claim(story.reader(), link())
    told.is_claimed()
    assert page.status_code == 200, page.text
    gift.refresh_from_db()
    assert (gift.state, gift.recipient_email) == (GiftState.CLAIMED, "")
    assert gift.membership
    assert (gift.membership.patron.email, gift.membership.source) == (FRIEND, "gift")
    assert gift.membership.paid_through == clock.months_later(clock.today(), 6) == told.last_day()
    assert story.prove()["memberships"]["active"] == 1
    assert "gift_received" not in story.letters(FRIEND)
    assert "gift_begun" in story.letters(FRIEND)

    story.leap(days=175)
    assert story.prove()["memberships"]["active"] == 1
    assert story.letters(FRIEND).count("gift_ending") == 1
    story.leap(days=10)
    books = story.prove()
    assert (books["memberships"]["active"], books["memberships"]["ended"]) == (0, 1)
    assert kinds() == ["joined", "ended"]
    assert Membership.objects.get().end_reason == "expired"
    assert Donation.objects.count() == Payment.objects.count() == 1, "nothing was charged again"
    assert story.letters(FRIEND).count("gift_ending") == 1


def test_bought_for_a_later_day_it_is_delivered_on_that_morning(story: World) -> None:
    day = clock.today() + timedelta(days=20)
    gift = buy(story.reader(), deliver_on=day.isoformat())
    told = story.model.buys(500, 6)
    assert gift.state == GiftState.WAITING
    assert story.letters(FRIEND) == []
    story.leap(days=19, hours=13)  # an hour past midnight in the newsroom's zone
    assert clock.today() == day
    assert story.letters(FRIEND) == []
    story.leap(hours=8)
    assert story.letters(FRIEND) == ["gift_received"]
    assert claim(story.reader(), link()).status_code == 200
    told.is_claimed()
    story.prove()


def test_without_an_address_the_buyer_hands_the_link_over(story: World) -> None:
    gift = buy(story.reader(), recipient_email="", deliver_on="")
    told = story.model.buys(500, 6)
    assert gift.state == GiftState.DELIVERED
    assert story.letters("") == []
    assert claim(story.reader(), link(BUYER), "anybody@example.org").status_code == 200
    told.is_claimed()
    assert story.prove()["memberships"]["active"] == 1


def test_yen_have_no_cents_here_either(story: World) -> None:
    gift = buy(story.reader(), currency="JPY", amount="500", months="3")
    told = story.model.buys(500, 3, "JPY")
    assert gift.total == Money(1500, "JPY")
    claim(story.reader(), link())
    told.is_claimed()
    assert story.prove()["received"]["JPY"]["payments"] == 1500


def test_refunded_before_it_is_claimed_it_can_be_claimed_no_more(story: World) -> None:
    gift = buy(story.reader())
    told = story.model.buys(500, 6)
    refunds.issue(Payment.objects.get(), Money(3000, "EUR"), key="all")
    told.paid.refunded(3000)
    story.settle()
    gift.refresh_from_db()
    assert gift.state == GiftState.WITHDRAWN
    assert claim(story.reader(), link()).status_code == 404
    assert not Membership.objects.exists()
    story.prove()


def test_refunded_after_it_was_claimed_the_membership_ends(story: World) -> None:
    buy(story.reader())
    told = story.model.buys(500, 6)
    claim(story.reader(), link())
    told.is_claimed()
    payment = Payment.objects.get()
    refunds.issue(payment, Money(1000, "EUR"), key="a part")
    told.paid.refunded(1000)
    story.settle()
    assert story.prove()["memberships"]["active"] == 1, "a part of the money back takes nothing away"
    refunds.issue(payment, Money(2000, "EUR"), key="the rest")
    told.paid.refunded(2000)
    story.settle()
    assert story.prove()["memberships"]["ended"] == 1
    assert kinds() == ["joined", "forfeited", "ended"]


def test_disputed_and_won_the_membership_comes_back(story: World) -> None:
    gift = buy(story.reader())
    told = story.model.buys(500, 6)
    claim(story.reader(), link())
    told.is_claimed()
    opened = story.press("disputes", charge=story.charge(gift.donation), reason="fraudulent")
    told.paid.taken_by_bank()
    assert story.prove()["memberships"]["ended"] == 1
    assert Membership.objects.get().end_reason == "disputed"
    story.press(f"disputes/{opened['id']}", outcome="won")
    told.paid.given_back_by_bank()
    assert story.prove()["memberships"]["active"] == 1
    assert kinds() == ["joined", "forfeited", "ended", "returned", "restored"]


def test_whoever_is_a_member_already_gets_the_months_after_what_is_paid(story: World) -> None:
    friend = story.reader()
    friend.give(email=FRIEND)
    member = story.model.joins(500, who="friend")
    buy(story.reader())
    told = story.model.buys(500, 6)
    page = claim(story.reader(), link())
    told.is_claimed(after=member.paid_through())
    assert page.status_code == 200
    assert story.prove()["memberships"]["active"] == 2
    gift = GiftMembership.objects.get()
    assert gift.began_on == member.paid_through()


def test_not_claimed_within_a_year_its_recipient_is_forgotten_and_the_buyer_told(story: World) -> None:
    gift = buy(story.reader())
    story.model.buys(500, 6)
    old = link()
    story.leap(days=367)
    gift.refresh_from_db()
    assert gift.state == GiftState.LAPSED
    assert story.letters().count("gift_unclaimed") == 1
    assert story.letters(FRIEND) == []
    assert not Letter.objects.filter(text__contains=FRIEND).exclude(to=BUYER).exists()
    assert claim(story.reader(), old).status_code == 404
    story.prove()


def test_bank_debit_that_takes_its_time_is_delivered_once_it_has_arrived(story: World) -> None:
    reader = story.reader()
    url = send(reader).headers["Location"]
    reader.pay(url, method="sepa_debit", iban="AT321904300235473204")
    story.work()
    story.sandbox.post("tick")
    story.work()
    assert GiftMembership.objects.get().state == GiftState.UNPAID
    assert story.letters(FRIEND) == []
    story.settle()
    story.model.buys(500, 6)
    assert GiftMembership.objects.get().state == GiftState.DELIVERED
    assert story.letters(FRIEND) == ["gift_received"]
    story.prove()


def test_bank_debit_that_fails_delivers_nothing(story: World) -> None:
    reader = story.reader()
    reader.pay(send(reader).headers["Location"], method="sepa_debit", iban="AT861904300235473202")
    story.settle()
    assert GiftMembership.objects.get().state == GiftState.UNPAID
    assert Letter.objects.count() == 0
    story.prove()


def test_another_choice_takes_the_place_of_one_that_was_not_paid(story: World) -> None:
    reader = story.reader()
    assert send(reader).status_code == 303
    assert send(reader, months="12").status_code == 303
    assert send(reader, months="12").status_code == 303
    assert GiftMembership.objects.get().months == 12
    buy(reader, months="12")
    story.model.buys(500, 12)
    story.prove()


def test_what_was_typed_and_never_paid_is_forgotten_after_a_month(story: World) -> None:
    assert send(story.reader()).status_code == 303
    story.leap(days=32)
    gift = GiftMembership.objects.get()
    assert (gift.state, gift.recipient_name, gift.recipient_email, gift.message) == (GiftState.LAPSED, "", "", "")
    assert Letter.objects.count() == 0
