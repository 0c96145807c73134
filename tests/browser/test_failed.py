"""The page of failed payments on the narrowest phone: on light and dark screens, in both languages."""

import pytest
from playwright.sync_api import Browser

from tests.browser.test_accessible import faults
from tests.browser.test_account import signed_in
from tests.journeys.conftest import World

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("language", "title"), [("en", "Failed payments"), ("uk", "Невдалі платежі")])
def test_page_of_failed_payments_is_without_fault(browser: Browser, world: World, language: str, title: str) -> None:
    world.begin()
    donation = world.reader().give(language=language)
    world.press(f"customers/{donation.customer}/card/turn", number="4000000000009995")
    world.advance(days=36)  # tried twice, told, and the last notice is out
    with signed_in(browser, world, donation, locale=language) as page:
        found = []
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.goto(f"{world.url}/account/donations/{donation.reference}/failed/")
            assert page.locator("h1").inner_text() == title
            assert page.locator(".timeline li").count() == 6
            assert page.locator("a.button").is_visible()
            found += faults(page)
        assert found == []
