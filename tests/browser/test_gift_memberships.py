"""A membership is given and claimed on the narrowest phone, without a script; axe finds nothing on the way."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from letters.models import Letter
from members.models import GiftMembership, GiftState
from tests.browser.conftest import pay
from tests.browser.test_accessible import faults
from tests.journeys.conftest import World
from tests.journeys.test_gift_memberships import BUYER, FRIEND, buy, link
from tests.signing_in import letter_code

pytestmark = pytest.mark.browser


def test_given_and_claimed_on_a_phone_without_a_script(browser: Browser, story: World) -> None:
    with browser.new_context(viewport={"width": 320, "height": 640}, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{story.url}/support/")
        page.get_by_role("link", name="Give a membership").click()
        page.get_by_role("radio", name="12 months").check()
        page.get_by_role("radio", name="€10", exact=True).check()
        expect(page.locator("#promise .sum")).to_have_text("12 months × €10.00 = €120.00", use_inner_text=True)
        page.get_by_label("For whom").fill("Mariia")
        page.get_by_label("Their e-mail").fill(FRIEND)
        page.get_by_label("Day of the letter").fill("2020-01-01")
        page.get_by_role("button", name="Go to the payment page").click()
        expect(page.get_by_role("alert")).to_be_focused()
        page.get_by_role("alert").get_by_role("link").click()
        page.get_by_label("Day of the letter").fill("")
        expect(page.get_by_label("For whom")).to_have_value("Mariia")
        expect(page.locator("#promise .sum")).to_have_text("12 months × €10.00 = €120.00", use_inner_text=True)
        page.get_by_role("button", name="Go to the payment page").click()
        pay(page, email=BUYER)
        story.settle()  # the page looks again by itself, more and more seldom
        expect(page.get_by_text("Another letter has the link of the gift membership")).to_be_visible(timeout=60_000)

    with browser.new_context(viewport={"width": 320, "height": 640}, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(link())
        page.get_by_label("Your e-mail").fill(FRIEND)
        page.get_by_role("button", name="Send me the code").click()
        expect(page.get_by_label("Code")).to_be_visible()
        page.get_by_label("Code").fill(code())
        page.get_by_role("button", name="Claim the membership").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("The membership is yours")
    assert GiftMembership.objects.get().state == GiftState.CLAIMED
    story.books()


@pytest.mark.parametrize(("scheme", "language"), [("light", "uk"), ("dark", "en")])
def test_every_page_on_the_way_is_without_fault(browser: Browser, story: World, scheme: str, language: str) -> None:
    buy(story.reader())
    address = link()
    with browser.new_context(
        viewport={"width": 320, "height": 640}, color_scheme=scheme, locale=language  # type: ignore[arg-type]  # one of its words
    ) as context:  # fmt: skip
        page, found = context.new_page(), []
        page.goto(f"{story.url}/support/gift/")
        page.locator("#amount-other").check()
        found += faults(page)
        page.locator(".go").click()
        page.locator("[role=alert]").wait_for()
        found += faults(page)
        page.goto(address)
        found += faults(page)
        page.locator("#email").fill(FRIEND)
        page.locator("main button").click()
        page.locator("#code").wait_for()
        page.locator("#code").fill(code())
        found += faults(page)
        page.locator("main button").click()
        page.get_by_role("heading", level=1).wait_for()
        found += faults(page)
        page.goto(address)
        found += faults(page)
        found += _account(page, story)
        assert found == []


def _account(page: Page, story: World) -> list[str]:
    """The buyer's pages, with one that is open and one that is claimed."""
    buy(story.reader(), recipient_email="second@example.org")
    page.goto(f"{story.url}/account/gift-memberships/")
    page.locator("main [type=email]").fill(BUYER)
    page.locator("main form button").first.click()
    page.locator("[name=code]").wait_for()
    page.locator("[name=code]").fill(letter_code(BUYER))
    page.locator("main form button").first.click()
    page.wait_for_url("**/account/gift-memberships/")
    found = faults(page)
    for number in range(2):
        page.locator(".card a").nth(number).click()
        page.wait_for_url(re.compile("gift-memberships/.+"))
        found += faults(page)
        page.go_back()
    return found


def code(to: str = FRIEND, occasion: str = "gift_claim_code") -> str:
    """The code in the newest letter."""
    found = re.search(r"\d{4}-\d{4}", Letter.objects.filter(to=to, occasion=occasion).latest("id").text)
    assert found
    return found[0]
