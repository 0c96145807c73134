"""From the form to the payment page and not always to its end: double clicks, tabs, going back, giving up."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

from django.db import connections

from members.models import Membership
from payments import reminders
from payments.models import Donation, Payment
from sandbox.models import Thing
from tests.journeys.conftest import VISA, World
from tests.journeys.test_changing import kinds


def sessions(status: str) -> int:
    """How many sessions of a status Stripe has."""
    return Thing.objects.filter(kind="checkout.session", body__status=status).count()


def test_double_click_and_a_second_tab_with_the_same_choice_meet_in_one_session(story: World) -> None:
    reader = story.reader()
    reader.form()

    def click(_number: int) -> str:
        try:
            return reader.start(amount="5")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as clicks:
        urls = set(clicks.map(click, range(4)))
    urls.add(reader.start(amount="5"))
    assert len(urls) == 1
    assert (sessions("open"), Donation.objects.count()) == (1, 1)
    reader.pay(urls.pop())
    story.settle()
    story.model.joins(500)
    story.prove()


def test_another_choice_in_a_second_tab_closes_the_first_page(story: World) -> None:
    reader = story.reader()
    first = reader.start(amount="5")
    second = reader.start(amount="9", interval="once")
    assert first != second
    assert (sessions("open"), sessions("expired"), Donation.objects.count()) == (1, 1, 1)
    assert reader.pay(first).status_code == 410
    reader.pay(second)
    story.settle()
    story.model.gives(900)
    assert Donation.objects.get().state == "given"
    story.prove()


def test_going_back_after_paying_begins_a_new_gift(story: World) -> None:
    reader = story.reader()
    reader.pay(reader.start(amount="5", interval="once"))
    reader.pay(reader.start(amount="7", interval="once"))
    story.settle()
    story.model.gives(500)
    story.model.gives(700)
    story.prove()
    assert Donation.objects.filter(state="given").count() == 2


def test_page_that_nobody_pays_on_expires_and_the_form_starts_anew(story: World) -> None:
    reader = story.reader()
    first = reader.start(amount="5")
    story.leap(hours=2)
    assert Donation.objects.get().state == "abandoned"
    second = reader.start(amount="5")
    assert first != second
    assert reader.pay(first).status_code == 410
    reader.pay(second)
    story.settle()
    story.model.joins(500)
    story.prove()
    assert sorted(Donation.objects.values_list("state", flat=True)) == ["abandoned", "live"]


def test_card_that_is_declined_can_be_followed_by_another_on_the_same_page(story: World) -> None:
    reader = story.reader()
    url = reader.start(amount="5")
    assert reader.pay(url, "4000000000009995").status_code == 402
    story.settle()
    assert Payment.objects.count() == 0
    story.prove()
    assert reader.pay(url, VISA).status_code == 303
    story.settle()
    story.model.joins(500)
    story.prove()
    assert story.letters() == ["welcome", "receipt"]


def test_joining_by_bank_debit_makes_a_member_only_when_the_money_is_there(story: World) -> None:
    reader, other = story.reader(), story.reader()
    url = reader.start(amount="5")
    reader.pay(url, method="sepa_debit", iban="AT321904300235473204")
    bad = other.start(amount="5", email="other@example.org")
    other.pay(bad, method="sepa_debit", iban="AT861904300235473202", email="other@example.org")
    story.work()
    story.sandbox.post("tick")
    story.work()
    assert Membership.objects.count() == 0
    told = story.model.joins(500, arrived=False)
    story.settle()
    told.arrives()
    assert Membership.objects.count() == 1
    assert Donation.objects.get(checkout_url=url).state == "live"
    assert Donation.objects.get(checkout_url=bad).state != "live"
    story.press(f"subscriptions/{Donation.objects.get(checkout_url=bad).subscription}", action="cancel")
    story.prove()
    story.advance(days=32)
    assert story.prove()["received"]["EUR"]["count"] == 2


def second_subscription(story: World) -> str:
    """The same address joins again from another browser; the path of the page in the letter."""
    story.reader().give(amount="5")
    later = story.reader().give(amount="8")
    assert later.is_second
    assert later.membership is None
    assert story.letters() == ["welcome", "receipt", "second_subscription", "receipt"]
    from letters.models import Letter

    text = Letter.objects.get(occasion="second_subscription").text
    return next(word for word in text.split() if "/support/second/" in word)


def decide(story: World, page: str, choice: str) -> None:
    """Presses one of the two buttons."""
    import re

    line = story.reader().session
    shown = line.get(page, timeout=30).text
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', shown)
    assert token
    for _click in range(2):
        answer = line.post(page, data={"csrfmiddlewaretoken": token[1], "choice": choice}, timeout=60)
        assert answer.status_code == 200, answer.text[:2000]
    story.settle()


def test_second_subscription_is_merged_as_a_raise(story: World) -> None:
    page = second_subscription(story)
    first, later = story.model.joins(500), story.model.joins(800)
    assert story.prove()["memberships"]["active"] == 1
    decide(story, page, "merge")
    later.ends()
    first.changes(1300)
    story.prove()
    story.leap(days=33)
    assert story.prove()["received"]["EUR"]["payments"] == 500 + 800 + 1300
    assert kinds() == ["joined", "changed", "renewed"]


def test_second_subscription_is_given_back(story: World) -> None:
    page = second_subscription(story)
    story.model.joins(500)
    later = story.model.joins(800)
    decide(story, page, "give_back")
    later.paid[0][0].refunded(800)
    later.ends()
    assert story.prove()["received"]["EUR"]["refunds"] == 800
    story.leap(days=33)
    assert story.prove()["memberships"] == {"active": 1, "past_due": 0, "paused": 0, "ended": 0}
    assert story.letters().count("refunded") == 1


def test_second_subscription_carries_the_membership_when_the_first_ends(story: World) -> None:
    second_subscription(story)
    first, _later = story.model.joins(500), story.model.joins(800)
    earlier = Donation.objects.order_by("id").first()
    assert earlier
    story.press(f"subscriptions/{earlier.subscription}", action="cancel")
    first.ends()
    assert story.prove()["memberships"] == {"active": 1, "past_due": 0, "paused": 0, "ended": 1}
    story.leap(days=33)
    story.prove()


def test_patron_is_told_once_before_the_card_expires_and_not_again_after_changing_it(story: World) -> None:
    reader = story.reader()
    url = reader.start(amount="5")
    year, month = Donation.objects.get().created_at.year, Donation.objects.get().created_at.month
    ends = date(year + month // 12, month % 12 + 1, 1)
    reader.pay(url, exp=f"{ends.month:02}/{ends.year % 100}")
    story.settle()
    told = story.model.joins(500)
    reminders.write_due()
    assert story.letters().count("card_expiring") == 0
    story.leap(days=25)
    for _night in range(2):
        reminders.write_due()
    assert story.letters().count("card_expiring") == 1
    donation = Donation.objects.get()
    story.press(f"customers/{donation.customer}/card", number="5555555555554444")
    donation.refresh_from_db()
    assert (donation.card_brand, donation.card_last4) == ("mastercard", "4444")
    reminders.write_due()
    story.leap(days=30)
    assert len(told.paid) <= 2
    story.prove()
    assert story.letters().count("card_expiring") == 1
