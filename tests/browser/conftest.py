"""A real Chromium, the size of a phone, on the served product and the served sandbox."""

import pytest
from playwright.sync_api import Page, Playwright, expect

from tests.journeys.conftest import sandbox, story, world

__all__ = ["sandbox", "story", "world"]

VISA = "4242 4242 4242 4242"


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, object]) -> dict[str, object]:
    """Chromium speaks with nobody but the test."""
    args = browser_type_launch_args.get("args")
    quiet = ["--disable-quic", "--disable-background-networking"]
    return browser_type_launch_args | {"args": [*(args if isinstance(args, list) else []), *quiet]}


@pytest.fixture(scope="session")
def playwright(world_template: str, playwright: Playwright) -> Playwright:
    """Started after the template of worlds was copied: beside Playwright's loop, Django no longer sees the connections
    that it opened before, and PostgreSQL copies no database that somebody still uses."""
    return playwright


def pay(page: Page, *, email: str = "reader@example.org", card: str = VISA) -> None:
    """Fills Stripe's page, as the sandbox shows it, and presses the button."""
    expect(page.locator("button.pay")).to_be_visible()  # until then nobody knows which fields the page has
    if page.get_by_label("Email").count():
        page.get_by_label("Email").fill(email)
    page.locator("[name=number]").fill(card)
    page.locator("[name=exp]").fill("12/34")
    page.locator("[name=cvc]").fill("123")
    page.get_by_label("Name on the card or account").fill("Reader")
    page.locator("button.pay").click()


def another(page: Page) -> Page:
    """Another page in the place of one that is on its way back from paying. That one looks again by itself after two
    seconds, and whatever a test does with it just then is interrupted."""
    page.wait_for_url("**/support/thanks/**")
    fresh = page.context.new_page()
    page.close()
    return fresh
