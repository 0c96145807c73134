"""The whole account on a phone: without a script, by keyboard alone, in both languages, on light and dark screens."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from letters import outbox
from letters.occasions import Group
from newsroom.models import Newsroom
from payments.models import Donation, Leaving, Statement
from tests.browser.pages import account
from tests.browser.test_accessible import faults
from tests.journeys.conftest import World
from tests.journeys.test_portal import sign_in

pytestmark = pytest.mark.browser


@pytest.fixture
def donation(world: World) -> Donation:
    """Ten euro a month with the fee, and somebody who gives them."""
    world.begin()
    return world.reader().give(amount="10", cover_fee="on")


@contextmanager
def signed_in(browser: Browser, world: World, donation: Donation, **options: Any) -> Iterator[Page]:
    """A phone in which the donation's patron is signed in."""
    reader = world.reader()
    assert donation.patron
    sign_in(reader, donation.patron)
    phone = {"viewport": {"width": 320, "height": 640}, "locale": "en-GB"}
    with browser.new_context(**(phone | options)) as context:
        cookie = str(reader.session.cookies.get("session"))
        context.add_cookies([{"name": "session", "value": cookie, "url": world.url}])
        page = context.new_page()
        page.goto(f"{world.url}/account/")
        yield page


def home(page: Page) -> None:
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Your account").click()


def test_everything_is_done_on_a_phone_without_a_script(browser: Browser, world: World, donation: Donation) -> None:
    with signed_in(browser, world, donation, java_script_enabled=False) as page:
        page.get_by_role("link", name="Change the amount").click()
        expect(page.get_by_text("Nothing is charged today.")).to_be_visible()
        page.get_by_label("Amount in EUR").fill("7")
        page.get_by_label("I also cover the fee").uncheck()
        page.get_by_role("button", name="Give this amount").click()
        expect(page.get_by_text(re.compile("From now on you give €7.00 a month. Next charge: €7.00, "))).to_be_visible()

        page.get_by_role("link", name="Pause", exact=True).click()
        page.get_by_label("Months, and the next charge").select_option("1")
        page.get_by_role("button", name="Pause").click()
        expect(page.get_by_text("then it goes on by itself")).to_be_visible()
        page.get_by_role("button", name="Resume now").click()
        expect(page.get_by_text("The pause is over.")).to_be_visible()

        page.get_by_role("button", name="Change the card").click()
        page.locator("[name=number]").fill("5555 5555 5555 4444")
        page.locator("[name=exp]").fill("12/34")
        page.locator("[name=cvc]").fill("123")
        page.get_by_role("button", name="Use this card from now on").click()
        expect(page.get_by_text("Your support is charged to Mastercard ····4444.")).to_be_visible()

        page.get_by_role("link", name="Stop giving").click()
        page.get_by_label("Would you tell us why?").select_option("reading")
        page.get_by_role("button", name="Stop giving").click()
        expect(page.get_by_text("Nothing more will be charged.")).to_be_visible()
        page.get_by_role("link", name="Stay after all").click()
        page.get_by_role("button", name="Go on giving").click()
        expect(page.get_by_text("Good to have you.")).to_be_visible()

        page.get_by_role("link", name="Payments and receipts").first.click()
        page.get_by_role("button", name="Send receipt").click()
        expect(page.get_by_text("is on its way to reader@example.org")).to_be_visible()
        page.get_by_role("link", name="Statements").click()
        page.get_by_role("button", name="Make the statement").click()
        expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(r"Statement S\d{4}-\d{6}"))
        page.get_by_role("link", name="Your name in public").click()
        page.get_by_label("You may show this name").check()
        page.get_by_label("Name", exact=True).fill("Olenka")
        page.get_by_role("button", name="Save").click()
        page.goto(f"{world.url}/supporters/")
        expect(page.get_by_text("Olenka")).to_be_visible()
        home(page)
        page.get_by_role("link", name="Language").click()
        page.get_by_label("Українська").check()
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Мова")
    world.settle()
    donation.refresh_from_db()
    assert (donation.total.minor, donation.cancels_at, donation.card_last4) == (700, None, "4444")
    assert (Leaving.objects.get().reason, Statement.objects.count()) == ("reading", 1)
    world.books()


def test_a_gift_is_changed_and_ended_by_keyboard_alone(browser: Browser, world: World, donation: Donation) -> None:
    with signed_in(browser, world, donation) as page:
        reach(page, "Change the amount")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Change the amount")
        reach(page, "amount")
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.type("0")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_be_focused()
        reach(page, "amount")
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.type("12")
        page.keyboard.press("Enter")
        expect(page.get_by_text("From now on you give €12.67 a month.")).to_be_visible()
        reach(page, "Stop giving")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Stop giving")
        reach(page, "Stop giving")
        page.keyboard.press("Enter")
        expect(page.get_by_text("Nothing more will be charged.")).to_be_visible()


def reach(page: Page, name: str) -> None:
    """Tabs until the focus stands on what has this name or text; on a page that is there to its end."""
    page.wait_for_load_state("load")
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name || document.activeElement.innerText.trim()") == name:
            return
    raise AssertionError(f"the keyboard does not reach {name}")


def _stop(donation: Donation) -> str:
    """The path of the link in reminders that stops them."""
    assert donation.patron_id
    return f"account/letters/stop/{outbox.stop_token(donation.patron_id, Group.REMINDERS)}/"


@pytest.mark.parametrize(("scheme", "language"), [("light", "uk"), ("dark", "en")])
def test_account_is_without_fault(
    browser: Browser, world: World, donation: Donation, scheme: str, language: str
) -> None:
    Newsroom.objects.update(public_name="Незалежна спілка журналістів Придніпров’я")
    with signed_in(browser, world, donation, color_scheme=scheme, locale=language) as page:
        found = []
        for path in account(donation.reference):
            page.goto(world.url + path)
            found += faults(page)
        page.goto(f"{world.url}/account/donations/{donation.reference}/amount/")
        page.locator("#amount").fill("x")
        page.locator(".go").click()
        page.get_by_role("alert").wait_for()
        found += faults(page)
        page.goto(f"{world.url}/account/statements/")
        page.locator(".go").click()
        page.wait_for_url(re.compile("/statements/S"))
        found += faults(page)
        for screen in ("pause", "cancel", "return"):
            page.goto(f"{world.url}/account/donations/{donation.reference}/{screen}/")
            found += faults(page) if screen == "return" else []
            page.locator(".go").click()
            page.wait_for_url(f"{world.url}/account/")
            found += faults(page)
        page.goto(f"{world.url}/account/payments/")
        page.locator("a[href$='/name/']").first.click()
        found += faults(page)
        for path in ("supporters/", "privacy/", "cookies/", _stop(donation)):
            page.goto(f"{world.url}/{path}")
            found += faults(page)
        page.locator("main button").click()
        page.locator("main a.button").wait_for()
        found += faults(page)
        assert found == []
