"""A patron changes what they give on the account's own pages; each change is read back from Stripe and the page."""

import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.core import mail
from django.db import connections
from pytest_django import Settings

from letters.models import Letter
from members.models import Patron
from members.sessions import SessionStore
from newsroom import clock
from payments import gateway
from payments.models import Donation, Leaving, Operation
from tests.journeys.conftest import Reader, World

MASTERCARD = "5555555555554444"


def sign_in(reader: Reader, patron: Patron) -> None:
    """As after a code from a letter."""
    session = SessionStore()
    session[SESSION_KEY] = str(patron.pk)
    session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
    session[HASH_SESSION_KEY] = patron.get_session_auth_hash()
    session.create()
    reader.session.cookies.set("session", str(session.session_key), domain="127.0.0.1")


def words(page: str) -> str:
    """What a page says, without its markup."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.replace("&#x27;", "'")))


@dataclass
class Account:
    """A patron's browser, without JavaScript, behind the sign-in."""

    reader: Reader
    donation: Donation

    def path(self, screen: str) -> str:
        return f"donations/{self.donation.reference}/{screen}/"

    def home(self) -> str:
        return words(self.open("").text)

    def open(self, path: str) -> requests.Response:
        return self.reader.session.get(f"{self.reader.world.url}/account/{path}", timeout=60)

    def filled(self, screen: str, page: str | None = None, **fields: str) -> dict[str, str]:
        """The form of a screen with its hidden fields."""
        text = self.open(self.path(screen) if page is None else page).text
        hidden = dict(re.findall(r'name="(csrfmiddlewaretoken|wish)" value="([^"]+)"', text))
        assert hidden, text[:2000]
        return hidden | fields

    def post(self, path: str, data: dict[str, str]) -> requests.Response:
        return self.reader.session.post(f"{self.reader.world.url}/account/{path}", data=data, timeout=60)

    def send(self, screen: str, page: str | None = None, **fields: str) -> str:
        """Fills a screen, presses its button, and reads where that leads."""
        answer = self.post(self.path(screen), self.filled(screen, page, **fields))
        assert answer.status_code == 200, (answer.status_code, answer.text[:3000])
        self.reader.world.settle()
        return words(answer.text)

    def at_stripe(self) -> Any:
        return self.reader.world.sandbox.client.v1.subscriptions.retrieve(str(self.donation.subscription))

    def letter(self) -> Letter:
        assert self.donation.patron
        letter: Letter = Letter.objects.filter(to=self.donation.patron.email).latest("id")
        return letter


@pytest.fixture
def account(story: World) -> Account:
    """Somebody who gives five euro a month since the tenth, signed in."""
    reader = story.reader()
    donation = reader.give()
    assert donation.patron
    sign_in(reader, donation.patron)
    return Account(reader, donation)


@pytest.fixture
def no_stripe(settings: Settings) -> Any:
    """Stripe stops to answer, and answers again."""
    address = settings.STRIPE_API_BASE

    def turn(*, away: bool) -> None:
        settings.STRIPE_API_BASE = "http://127.0.0.1:9" if away else address
        gateway.forget_client()

    yield turn
    turn(away=False)


def day(moment: Any) -> str:
    from letters import printing

    return printing.day(moment, "en")


@pytest.mark.parametrize(("amount", "minor"), [("8", 800), ("2.50", 250)])
def test_patron_gives_more_or_less_from_the_next_charge_on(story: World, account: Account, amount: str, minor: int):
    told = story.model.joins(500)
    due = day(account.donation.period_end)
    before = words(account.open(account.path("amount")).text)
    assert f"Next charge as it is now: €5.00, {due}, Visa ····4242. From then on the new amount is charged." in before
    said = account.send("amount", amount=amount)
    told.changes(minor)
    shown = f"€{minor / 100:.2f}"
    assert f"From now on you give {shown} a month. Next charge: {shown}, {due}, Visa ····4242." in said
    assert account.at_stripe()["items"].data[0].price.unit_amount == minor
    assert f"Next charge: {shown}, {due}, Visa ····4242" in account.letter().text
    story.leap(days=33)
    assert story.prove()["received"]["EUR"]["payments"] == 500 + minor
    assert story.letters() == ["welcome", "receipt", "raised", "receipt"]


def test_covered_fee_can_be_left_off(story: World, account: Account):
    story.model.joins(500)
    account.send("amount", amount="10", cover_fee="on")
    assert account.at_stripe()["items"].data[0].price.unit_amount == 1061
    account.send("amount", amount="10")
    assert account.at_stripe()["items"].data[0].price.unit_amount == 1000


@pytest.mark.parametrize(
    ("amount", "sentence"),
    [
        ("", "This field is required"),
        ("five", "Write the amount in digits"),
        ("0", "more than zero"),
        ("0.01", "The smallest gift is"),
        ("9999999", "That is more than this form can take"),
        ("-5", "Write the amount in digits"),
        ("5.005", "at most 2 digits"),
        ("5\x00", "Null characters are not allowed"),
    ],
)
def test_amount_that_cannot_be_given_changes_nothing_and_says_why(account: Account, amount: str, sentence: str):
    answer = account.post(account.path("amount"), account.filled("amount", amount=amount))
    assert (answer.status_code, sentence in words(answer.text)) == (422, True), words(answer.text)
    assert not Operation.objects.filter(kind="change").exists()


def test_rhythm_is_changed_and_charged_at_once_as_the_page_says_before(story: World, account: Account):
    told = story.model.joins(500)
    story.leap(days=5)
    before = words(account.open(account.path("rhythm")).text)
    in_a_year = day(clock.months_later(clock.today(), 12))
    assert "This amount is charged today, at once." in before
    assert f"the next charge is on {in_a_year}" in before
    assert f"What you have paid until {day(account.donation.period_end)} is not counted towards it." in before
    said = account.send("rhythm", amount="60")
    told.changes(6000, months=12)
    assert f"From now on you give €60.00 a year. Next charge: €60.00, {in_a_year}, Visa ····4242." in said
    assert account.at_stripe()["items"].data[0].price.recurring.interval == "year"
    assert story.prove()["received"]["EUR"]["payments"] == 6500
    assert story.letters() == ["welcome", "receipt", "raised", "receipt"] or sorted(story.letters()) == [
        "raised", "receipt", "receipt", "welcome",
    ]  # fmt: skip


def test_declined_card_leaves_rhythm_and_amount_as_they_were(story: World, account: Account):
    story.model.joins(500)
    story.press(f"customers/{account.donation.customer}/card", number="4000000000000341")
    said = account.send("rhythm", amount="60")
    assert "The card was declined. Nothing was changed and nothing was charged." in said
    item = account.at_stripe()["items"].data[0]
    assert (item.price.unit_amount, item.price.recurring.interval) == (500, "month")
    assert story.prove()["received"]["EUR"]["payments"] == 500


def test_patron_pauses_changes_the_pause_and_resumes(story: World, account: Account):
    told = story.model.joins(500)
    story.leap(days=5)
    due = account.donation.period_end
    assert due
    months = [clock.months_later(due, count) for count in range(13)]
    page = words(account.open(account.path("pause")).text)
    assert f" 1: {day(months[1])}" in page
    assert f" 12: {day(months[12])}" in page
    said = account.send("pause", months="2")
    told.skips_charges()
    until = clock.months_later(clock.now(), 2)
    charge = f"Next charge: €5.00, {day(months[2])}, Visa ····4242"
    assert f"Your support is paused until {day(until)}. {charge}." in said
    assert account.at_stripe().pause_collection.behavior == "void"
    assert f"paused until {day(until)}" in words(account.letter().text)
    assert charge in account.letter().text
    said = account.send("pause", months="1")
    assert f"Next charge: €5.00, {day(months[1])}" in said
    assert "Resume now" in account.home()
    said = account.send("resume", page="")
    told.goes_on()
    assert f"The pause is over. Next charge: €5.00, {day(months[0])}, Visa ····4242." in said
    assert account.at_stripe().pause_collection is None
    assert story.letters() == ["welcome", "receipt", *["giving_changed"] * 3]
    story.leap(days=33)
    assert story.prove()["received"]["EUR"]["payments"] == 1000


@pytest.mark.parametrize("months", ["0", "13", "-1", "x", "", "99999999999999999999"])
def test_pause_of_another_length_is_refused_in_words(account: Account, months: str):
    answer = account.post(account.path("pause"), account.filled("pause", months=months))
    assert (answer.status_code, "Choose from 1 to 12 months." in answer.text) == (422, True)
    assert account.at_stripe().pause_collection is None


def test_patron_leaves_in_one_screen_says_why_and_comes_back_with_the_old_amount(story: World, account: Account):
    told = story.model.joins(500)
    due = day(account.donation.period_end)
    said = account.send("cancel", reason="money", words="After the new year again.")
    told.leaves_with_the_period()
    assert f"Your support ends on {due}. Nothing more will be charged." in said
    assert account.at_stripe().cancel_at_period_end
    assert list(Leaving.objects.values_list("reason", "words")) == [("money", "After the new year again.")]
    assert f"/account/donations/{account.donation.reference}/return/" in account.letter().text
    assert "Stay after all" in account.home()
    said = account.send("return")
    told.stays()
    assert f"Good to have you. Next charge: €5.00, {due}, Visa ····4242." in said
    assert not account.at_stripe().cancel_at_period_end
    assert story.letters() == ["welcome", "receipt", "cancelled", "giving_changed"]

    account.send("cancel")
    told.leaves_with_the_period()
    assert Leaving.objects.count() == 1
    story.leap(days=32)
    assert story.prove()["memberships"]["ended"] == 1
    assert f"You gave €5.00 a month until {due}." in account.home()
    form = account.open(account.path("return"))
    assert form.url.endswith("/support/?amount=5.00&currency=EUR&interval=monthly")
    story.reader().give()
    story.model.joins(500)
    assert story.prove()["memberships"]["active"] == 1


def test_end_set_on_stripes_own_page_is_taken_back_on_ours(story: World, account: Account):
    portal = story.sandbox.client.v1.billing_portal.sessions.create({"customer": account.donation.customer})
    data = {"action": "cancel", "subscription": str(account.donation.subscription)}
    assert account.reader.session.post(portal.url, data=data, timeout=30).status_code == 200
    story.settle()
    assert account.at_stripe().cancel_at
    assert "Next charge: €5.00" in account.send("return")
    assert account.at_stripe().cancel_at is None


def test_who_owes_and_leaves_is_never_charged_again(story: World, account: Account):
    story.press(f"customers/{account.donation.customer}/card", number="4000000000000341")
    story.leap(days=33)
    assert "did not go through" in account.home()
    assert "Your support has ended. Nothing more will be charged." in account.send("cancel")
    assert account.at_stripe().status == "canceled"
    story.leap(days=40)
    assert story.books()["received"]["EUR"]["payments"] == 500


def test_patron_changes_the_card_on_stripes_page_and_reads_it_back(story: World, account: Account):
    told = story.model.joins(500)
    answer = account.reader.session.post(
        f"{story.url}/account/{account.path('card')}", data=account.filled("card", page=""), allow_redirects=False
    )
    assert answer.status_code == 303
    card = {"action": "card", "number": MASTERCARD, "exp": "11/33", "cvc": "123"}
    back = account.reader.session.post(answer.headers["Location"], data=card, timeout=60)
    due = day(account.donation.period_end)
    said = f"Your support is charged to Mastercard ····4444. Next charge: €5.00, {due}, Mastercard ····4444."
    assert said in words(back.text)
    story.settle()
    assert story.letters() == ["welcome", "receipt", "giving_changed"]
    assert "From now on your support is charged to Mastercard ····4444." in account.letter().text
    assert card_at_stripe(account) == "4444"
    assert told.card == "good"
    story.prove()


def card_at_stripe(account: Account) -> str:
    """The last digits of what the next charge goes to."""
    client = account.reader.world.sandbox.client.v1
    customer = client.customers.retrieve(account.donation.customer)
    assert customer.invoice_settings
    method = account.at_stripe().default_payment_method or customer.invoice_settings.default_payment_method
    return str(client.payment_methods.retrieve(str(method)).card.last4)


def change_card(account: Account, number: str) -> None:
    """On Stripe's own page, which leads back."""
    answer = account.reader.session.post(
        f"{account.reader.world.url}/account/{account.path('card')}", data=account.filled("card", page=""),
        allow_redirects=False,
    )  # fmt: skip
    card = {"action": "card", "number": number, "exp": "11/33", "cvc": "123"}
    assert account.reader.session.post(answer.headers["Location"], data=card, timeout=60).status_code == 200
    account.reader.world.settle()


def test_every_change_is_read_back_and_told_once_in_ukrainian_however_deliveries_come(story: World):
    story.sandbox.post("chaos", duplicate=1, shuffle=1)
    reader = story.reader()
    reader.session.headers["Accept-Language"] = "uk"
    donation = reader.give(language="uk")
    told = story.model.joins(500)
    assert donation.patron
    sign_in(reader, donation.patron)
    account = Account(reader, donation)

    def price() -> tuple[int, str]:
        item = account.at_stripe()["items"].data[0]
        return item.price.unit_amount, item.price.recurring.interval

    for screen, amount, months, expected in [
        ("amount", "8", 0, (800, "month")),
        ("amount", "3", 0, (300, "month")),
        ("rhythm", "60", 12, (6000, "year")),
        ("rhythm", "5", 1, (500, "month")),
    ]:
        said = account.send(screen, amount=amount)
        told.changes(expected[0], months=months)
        assert "Відтепер Ви даєте" in said
        assert price() == expected
    account.send("pause", months="3")
    told.skips_charges()
    assert account.at_stripe().pause_collection.behavior == "void"
    account.send("resume", page="")
    told.goes_on()
    assert account.at_stripe().pause_collection is None
    change_card(account, MASTERCARD)
    assert card_at_stripe(account) == "4444"
    account.send("cancel")
    told.leaves_with_the_period()
    assert account.at_stripe().cancel_at_period_end
    account.send("return")
    told.stays()
    assert not account.at_stripe().cancel_at_period_end
    assert price() == (500, "month")
    story.leap(days=33)
    assert story.prove()["received"]["EUR"]["payments"] == 500 + 6000 + 500 + 500
    letters = {"welcome": 1, "receipt": 4, "raised": 4, "giving_changed": 4, "cancelled": 1}
    assert Counter(story.letters()) == letters
    assert Letter.objects.filter(language="uk", state="sent").count() == sum(letters.values()) == len(mail.outbox)


def test_failed_payment_is_paid_from_the_account_page_with_another_card(story: World, account: Account):
    told = story.model.joins(500)
    story.press(f"customers/{account.donation.customer}/card", number="4000000000000341")
    told.card_becomes("bad")
    story.leap(days=33)
    home = account.open("").text
    assert "The payment of €5.00 did not go through: the bank declined it and gave no reason." in words(home)
    page = re.search(r'href="(http[^"]+/invoice/[^"]+)"', home)
    assert page
    account.reader.pay(page[1], MASTERCARD)
    story.settle()
    told.pays_what_is_owed()
    assert "did not go through" not in account.home()
    assert "Mastercard ····4444" in account.home()
    story.prove()


SCREENS: list[tuple[str, dict[str, str]]] = [
    ("amount", {"amount": "8"}),
    ("rhythm", {"amount": "60"}),
    ("pause", {"months": "3"}),
    ("cancel", {"reason": "other"}),
]


@pytest.mark.parametrize(("screen", "fields"), SCREENS)
def test_nothing_is_pretended_while_stripe_is_away(
    account: Account, no_stripe: Any, screen: str, fields: dict[str, str]
):
    data = account.filled(screen, **fields)
    before = account.at_stripe().to_dict()
    no_stripe(away=True)
    said = words(account.post(account.path(screen), data).text)
    no_stripe(away=False)
    assert "Next charge: €5.00" not in said
    assert ("A change waits for Stripe's answer." in said) != ("Nothing was changed and nothing was charged." in said)
    assert account.at_stripe().to_dict() == before
    if "waits" in said:
        story = account.reader.world
        story.advance(minutes=10)
        assert "A change waits" not in account.home()
        assert account.at_stripe().to_dict() != before


def test_pause_end_and_card_wait_for_stripe_too(story: World, account: Account, no_stripe: Any):
    account.send("pause", months="2")
    resume, card = account.filled("resume", page=""), account.filled("card", page="")
    no_stripe(away=True)
    assert "A change waits for Stripe's answer." in words(account.post(account.path("resume"), resume).text)
    assert "The payment page cannot be reached at the moment." in words(account.post(account.path("card"), card).text)
    assert "Nothing was changed and nothing was charged." in words(account.open(account.path("card")).text)
    no_stripe(away=False)
    assert account.at_stripe().pause_collection
    story.advance(minutes=10)
    assert account.at_stripe().pause_collection is None
    account.send("cancel")
    back = account.filled("return")
    no_stripe(away=True)
    assert "Nothing was changed and nothing was charged." in words(account.post(account.path("return"), back).text)
    no_stripe(away=False)
    assert account.at_stripe().cancel_at_period_end


def test_newer_wish_is_not_overtaken_by_one_that_waits(story: World, account: Account, no_stripe: Any):
    longer, shorter = account.filled("pause", months="6"), account.filled("pause", months="1")
    no_stripe(away=True)
    account.post(account.path("pause"), longer)
    no_stripe(away=False)
    account.post(account.path("pause"), shorter)
    ends = account.at_stripe().pause_collection.resumes_at
    story.advance(minutes=30)
    assert account.at_stripe().pause_collection.resumes_at == ends


@pytest.mark.parametrize(("screen", "fields"), SCREENS)
def test_button_pressed_twice_at_once_has_one_effect(account: Account, screen: str, fields: dict[str, str]):
    data = account.filled(screen, **fields)
    operations = Operation.objects.count()

    def press(_time: int) -> int:
        try:
            return account.post(account.path(screen), data).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(press, range(4)))
    assert answers == [200] * 4
    account.reader.world.settle()
    assert Operation.objects.count() == operations + 1
    letters = account.reader.world.letters()
    assert len(letters) == len(set(letters)) + (screen == "rhythm"), letters
    assert account.reader.world.books()["received"]["EUR"]["payments"] == (6500 if screen == "rhythm" else 500)


def test_without_a_common_name_each_press_has_its_effect(account: Account):
    """The control of the test above: it is the name that makes one wish of several presses."""
    data, operations = account.filled("pause", months="3"), Operation.objects.filter(kind="pause")
    for time in range(3):
        account.post(account.path("pause"), data | {"wish": f"wish-{time}"})
    assert operations.count() == 3


def test_two_different_wishes_under_one_name_both_count(account: Account):
    data = account.filled("amount", amount="8")
    account.post(account.path("amount"), data)
    account.post(account.path("amount"), data | {"amount": "9"})
    assert account.at_stripe()["items"].data[0].price.unit_amount == 900


def test_anothers_donation_is_answered_like_one_that_does_not_exist(story: World, account: Account):
    other = story.reader().give(email="other@example.org")
    token = account.filled("amount")["csrfmiddlewaretoken"]
    for screen in ("amount", "rhythm", "pause", "resume", "cancel", "return", "card"):
        for method in ("get", "post"):
            if (method, screen) == ("get", "resume"):
                continue
            answers = []
            for reference in (other.reference, "00000000-0000-4000-8000-000000000000"):
                url = f"{story.url}/account/donations/{reference}/{screen}/?customer={other.customer}"
                data = {"csrfmiddlewaretoken": token, "wish": "w", "amount": "9", "months": "3"}
                answers.append(getattr(account.reader.session, method)(url, data=data if method == "post" else None))
            assert [answer.status_code for answer in answers] == [404, 404], screen
            first, second = [re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "", answer.text) for answer in answers]
            assert first == second
    assert story.sandbox.client.v1.subscriptions.retrieve(str(other.subscription)).cancel_at is None
