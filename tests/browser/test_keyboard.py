"""Every page by keyboard alone: one comes to everything, in the order of the page, sees where one is, and gets out."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from payments.models import Donation
from tests.browser.pages import READER, account
from tests.browser.test_account import donation, signed_in
from tests.journeys.conftest import World

__all__ = ["donation"]
pytestmark = pytest.mark.browser

# What the Tab key should come to, in order: of radios with one name, the one that is chosen, or else the first.
STOPS = """() => {
  const all = [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex="0"]')]
    .filter(one => one.checkVisibility({visibilityProperty: true}) && !one.disabled && one.tabIndex >= 0)
  const group = one => all.filter(it => it.type === 'radio' && it.name === one.name && it.form === one.form)
  const chosen = one => group(one).find(it => it.checked) || group(one)[0]
  window.stops = all.filter(one => one.type !== 'radio' || one === chosen(one))
  return window.stops.length
}"""
# Where the focus is, and whether it can be seen: an outline (of a choice, around what stands for it), in the window.
HERE = """() => {
  const one = document.activeElement, place = window.stops.indexOf(one)
  const outlined = [one, one.nextElementSibling].some(it => {
    const style = it && getComputedStyle(it)
    return style && style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2
  })
  const box = one.getBoundingClientRect()
  const inside = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth
  return {place, seen: place < 0 || (outlined && inside), what: one.outerHTML.slice(0, 120)}
}"""


def walk(page: Page) -> list[str]:
    """Faults of a page that was just opened."""
    count: int = page.evaluate(STOPS)
    faults: list[str] = []
    reached: list[int] = []
    page.evaluate("document.activeElement.blur()")
    for _ in range(count + 12):  # a date has several stops of its own
        page.keyboard.press("Tab")
        here: dict[str, Any] = page.evaluate(HERE)
        if here["place"] < 0 or (here["place"] == 0 and len(reached) == count):
            break  # out of the page, or around it
        if not here["seen"]:
            faults.append(f"{page.url}: the focus is not seen on {here['what']}")
        if here["place"] not in reached[-1:]:
            reached.append(here["place"])
    else:
        faults.append(f"{page.url}: no way out")
    return faults if reached == list(range(count)) else [*faults, f"{page.url}: {reached} of {count}"]


def test_every_page_is_walked_by_keyboard_alone(browser: Browser, world: World, donation: Donation) -> None:
    found = []
    with signed_in(browser, world, donation) as page:
        for path in [*READER, *account(donation.reference)]:
            answer = page.goto(world.url + path)
            assert answer
            assert answer.status == (404 if path == "/support/thanks/" else 200), path
            found += walk(page)
        page.goto(f"{world.url}/account/privacy/")
        page.keyboard.press("Tab")
        skip = page.locator(".skip")
        assert skip.evaluate("one => one === document.activeElement && one.getBoundingClientRect().left >= 0")
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        assert page.evaluate("document.querySelector('main').contains(document.activeElement)"), (
            "past the head of the page"
        )
    assert not found, "\n".join(found)
