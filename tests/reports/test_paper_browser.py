"""The pages of figures on paper, as Chromium prints them."""

import pytest
from playwright.sync_api import Browser, Page

from newsroom import clock
from payments.models import LedgerEntry
from reports import rollups
from reports.figures import months
from tests.members.test_signing_in_browser import site
from tests.reports.places import rows_to_look_at
from tests.signing_in import at_once, patron

__all__ = ["site"]
pytestmark = pytest.mark.browser
PAGES = (
    "", "days/", "retention/", "failed/", "origins/", "participation/", "close/", "close/differences/", "goal/",
    "health/",
)  # fmt: skip
# A4 on its side, without its margins.
SHEET = {"width": 1032, "height": 688}
# What is folded in, what can only be pressed, links in another colour than their text, and what is cut at the edge.
FAULTS = """() => [
  ...document.querySelectorAll('nav, main form, button'),
  ...[...document.querySelectorAll('main a')].filter(one =>
    getComputedStyle(one).color != getComputedStyle(one.parentElement).color),
  ...[...document.querySelectorAll('main table, main svg')].filter(one =>
    one.getBoundingClientRect().right > document.documentElement.clientWidth + 1),
].filter(one => one.checkVisibility()).concat(
  [...document.querySelectorAll('.history table')].filter(one => !one.checkVisibility())
).map(one => one.outerHTML.slice(0, 160))"""


def open_all(page: Page, site: str) -> list[str]:
    found = []
    for path in PAGES:
        page.goto(f"{site}/reports/{path}")
        found += [f"{path}: {fault}" for fault in page.evaluate(FAULTS)]
    return found


def test_figures_are_printed_whole_without_what_can_only_be_pressed(site: str, browser: Browser) -> None:
    """In Ukrainian, whose words are longer, and asked for by a dark screen."""
    with browser.new_context(viewport=SHEET, locale="uk", color_scheme="dark") as context:  # type: ignore[arg-type]  # its own kind of dictionary
        page, who = context.new_page(), patron("eve@newsroom.example", "admin", second_factor=True)
        rows_to_look_at(who)
        LedgerEntry.objects.create(
            kind="adjustment", balance_transaction="txn_1", amount_minor=100, currency="EUR",
            occurred_at=clock.start_of(months.after(months.this(), -1)),
        )  # fmt: skip
        rollups.rebuild(with_own=True)
        context.add_cookies([{"name": "session", "value": at_once(who).cookies["session"].value, "url": site}])
        page.emulate_media(media="print")
        assert open_all(page, site) == []
        page.emulate_media(media="screen")
        on_the_screen = open_all(page, site)
        assert any("<nav" in fault for fault in on_the_screen), "on the screen there is something to press"
        assert any("close/: <table" in fault for fault in on_the_screen), "on the screen the days are folded in"
