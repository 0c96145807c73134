"""The pages of figures on a phone, in Chromium: what is wide scrolls in its own box, and charts can be read."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page

from members import memberships
from members.memberships import Facts
from newsroom import clock
from reports import rollups
from reports.figures import months
from tests.members.test_signing_in_browser import site
from tests.payments import rows
from tests.signing_in import at_once, patron

__all__ = ["site"]
pytestmark = pytest.mark.browser
# Words of a chart that are cut off, too small to read, or written over one another.
WORDS = """() => {
  const found = [], shown = [...document.querySelectorAll('.chart text')].filter(one => one.checkVisibility());
  const boxes = shown.map(one => one.getBoundingClientRect());
  shown.forEach((one, n) => {
    const frame = one.ownerSVGElement.getBoundingClientRect(), box = boxes[n];
    if (parseFloat(getComputedStyle(one).fontSize) < 12) found.push('small: ' + one.textContent);
    if (box.left < frame.left - 1 || box.right > frame.right + 1) found.push('cut off: ' + one.textContent);
    boxes.slice(n + 1).forEach(other => {
      if (box.left < other.right && other.left < box.right && box.top < other.bottom && other.top < box.bottom)
        found.push('under another: ' + one.textContent);
    });
  });
  return [shown.length, found];
}"""
# Boxes wider inside than outside, and whether a shade says so.
WIDE = """() => [...document.querySelectorAll('.scroll, .masthead ul, .tabs ul')]
  .filter(one => one.scrollWidth > one.clientWidth + 1)
  .map(one => getComputedStyle(one).backgroundImage.includes('gradient'))"""


@pytest.fixture
def page(site: str, browser: Browser) -> Iterator[Page]:
    """An admin's, of a newsroom that somebody has given to for three years."""
    month = months.after(months.this(), -36)
    gift, at = rows.monthly(), clock.start_of(month) + timedelta(days=9)
    assert gift.patron
    memberships.start(gift.patron, Facts(
        amount_minor=12_345_678, currency="UAH", interval_months=1, first_paid_at=at,
        paid_through=clock.today() + timedelta(days=20),
    ))  # fmt: skip
    rollups.rebuild(with_own=True)
    who = patron("eve@newsroom.example", "admin", second_factor=True)
    with browser.new_context(viewport={"width": 360, "height": 740}, locale="uk") as context:
        context.add_cookies([{"name": "session", "value": at_once(who).cookies["session"].value, "url": site}])
        yield context.new_page()


def test_charts_are_read_on_a_desk_and_on_a_phone(site: str, page: Page) -> None:
    page.goto(f"{site}/reports/")
    for width in (1280, 760, 360):
        page.set_viewport_size({"width": width, "height": 740})
        shown, faults = page.evaluate(WORDS)
        assert shown > 8
        assert faults == [], width
    page.evaluate("document.querySelectorAll('.chart text').forEach(one => { one.style.fontSize = '40px'; })")
    assert len(page.evaluate(WORDS)[1]) > 4, "a control: larger words have no room there"


def test_what_is_wide_scrolls_in_its_own_box_under_a_shade(site: str, page: Page) -> None:
    for path in ("", "days/", "retention/", "failed/", "close/", "log/"):
        page.goto(f"{site}/reports/{path}")
        assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth"), path
        shades = page.evaluate(WIDE)
        assert shades, path
        assert all(shades), path


def test_the_navigation_begins_with_where_one_is(site: str, page: Page) -> None:
    page.goto(f"{site}/reports/log/")
    inside = """() => {
      const item = document.querySelector('.masthead [aria-current]').getBoundingClientRect();
      return item.left >= 0 && item.right <= innerWidth;
    }"""
    assert page.evaluate("CSS.supports('scroll-initial-target', 'nearest')") is page.evaluate(inside)
