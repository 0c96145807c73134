"""Money day by day, in Chromium: dragging over days and buttons zoom, and the form takes the days over."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from newsroom import clock
from reports.models import MoneyDay, SeenDay
from tests.browser.test_accessible import faults
from tests.members.test_signing_in_browser import site
from tests.signing_in import at_once, patron

__all__ = ["site"]
pytestmark = pytest.mark.browser
DAYS = 900


def fill(today: date) -> None:
    """A newsroom of so many days: recurring gifts each day, a single one each third, and at times some goes back."""
    rows = [
        SeenDay(
            day=today - timedelta(number), currency="EUR", kind=kind, is_recurring=recurs, amount_minor=minor, lines=1
        )
        for number in range(DAYS)
        for kind, recurs, minor, every in (
            ("payment", True, 20_000 + (DAYS - number) * 40 + number * 7919 % 9000, 1),
            ("payment", False, 4_000 + number * 104_729 % 30_000, 3), ("refund", False, -3_000, 17),
        )
        if number % every == 0
    ]  # fmt: skip
    SeenDay.objects.bulk_create(rows)
    SeenDay.objects.bulk_create(
        SeenDay(
            day=today - timedelta(number), currency=currency, kind=kind, is_recurring=False, amount_minor=minor, lines=1
        )
        for number in range(20)
        for currency in ("JPY", "KWD")
        for kind, minor in (("payment", 1_234_567 + number), ("refund", -1_005))
    )
    MoneyDay.objects.bulk_create(
        MoneyDay(
            day=today - timedelta(number), source="stripe", currency="EUR", kind="payment", lines=1,
            amount_minor=sum(row.amount_minor for row in rows if row.day == today - timedelta(number)) * 95 // 100,
        )
        for number in range(DAYS)
    )  # fmt: skip


@pytest.fixture
def today(site: str) -> date:
    fill(clock.today())
    return clock.today()


@pytest.fixture
def context(site: str, today: date, browser: Browser) -> Iterator[BrowserContext]:
    """An accountant's, whose own clock goes otherwise than the newsroom's."""
    who = patron("eve@newsroom.example", "finance", second_factor=True)
    with browser.new_context(
        viewport={"width": 1280, "height": 900}, locale="en-GB", has_touch=True, timezone_id="America/St_Johns"
    ) as context:
        context.add_cookies([{"name": "session", "value": at_once(who).cookies["session"].value, "url": site}])
        yield context


@pytest.fixture
def page(site: str, context: BrowserContext) -> Iterator[Page]:
    """The page of days; afterwards nothing stood in its console, and nobody else was asked for anything."""
    said, asked = list[str](), list[str]()

    def note(message: ConsoleMessage) -> None:
        said.append(message.text)

    page = context.new_page()
    page.on("console", note)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{site}/reports/days/")
    expect(page.get_by_role("img", name="Money day by day in EUR")).to_be_visible()
    yield page
    assert said == []
    assert any("uPlot" in address for address in asked)
    assert [address for address in asked if not address.startswith(f"{site}/")] == []


def days_of(page: Page) -> tuple[str, str]:
    return page.get_by_label("First day").input_value(), page.get_by_label("Last day").input_value()


def shown(page: Page) -> str:
    return page.get_by_role("status").inner_text().replace("\N{NO-BREAK SPACE}", " ")


def value(page: Page, name: str) -> str:
    return page.locator(f".zoom .{name} .value").inner_text()


def said(first: date, last: date) -> str:
    return f"{first.day} {first:%b %Y} – {last.day} {last:%b %Y}"


def drag(page: Page, left: float, right: float) -> None:
    """From one place of the chart to another, as shares of its width."""
    over = page.locator(".u-over").bounding_box()
    assert over
    page.mouse.move(over["x"] + over["width"] * left, over["y"] + 50)
    page.mouse.down()
    page.mouse.move(over["x"] + over["width"] * (left + right) / 2, over["y"] + 60)
    page.mouse.move(over["x"] + over["width"] * right, over["y"] + 70)
    page.mouse.up()


def test_dragging_zooms_and_the_form_takes_the_days_over(page: Page, today: date) -> None:
    begin, before = today - timedelta(DAYS - 1), days_of(page)
    assert before == (str(today - timedelta(30)), str(today))
    assert shown(page) == said(begin, today)
    whole = value(page, "received")
    drag(page, 0.5, 0.75)
    expect(page.get_by_label("Last day")).not_to_have_value(before[1])
    first, last = map(date.fromisoformat, days_of(page))
    # Within a day of what was dragged over.
    assert abs((first - begin).days - DAYS * 0.5) <= 2
    assert abs((last - begin).days - DAYS * 0.75) <= 2
    assert shown(page) == said(first, last)
    expect(page.locator(".zoom .received .value")).not_to_have_text(whole)
    drag(page, 0.1, 0.2)
    closer = tuple(map(date.fromisoformat, days_of(page)))
    assert first < closer[0] < closer[1] < last
    page.locator(".u-over").dblclick()
    expect(page.get_by_label("First day")).to_have_value(str(begin))
    assert shown(page) == said(begin, today)
    page.mouse.move(5, 5)
    expect(page.locator(".zoom .received .value")).to_have_text(whole)


def test_the_table_shows_what_was_zoomed_to_and_the_chart_stays_there(page: Page, today: date) -> None:
    page.get_by_role("button", name="Last 3 months").click()
    first, last = days_of(page)
    assert (first, last) == (str(clock.months_later(today, -3) + timedelta(1)), str(today))
    received, net = value(page, "received"), value(page, "net")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url(f"**/reports/days/?first={first}&last={last}&currency=EUR")
    sums = page.locator("main tfoot").inner_text().split()
    assert (sums[3], sums[6]) == (received, net), "the chart and the table say the same"
    assert page.locator("main tbody").nth(1).locator("tr").count() == (today - date.fromisoformat(first)).days + 1
    assert shown(page) == said(date.fromisoformat(first), today)
    assert days_of(page) == (first, last)


def test_the_keyboard_zooms_chooses_lines_and_opens_the_table(page: Page, today: date) -> None:
    page.get_by_role("button", name="Whole time").focus()
    for _ in range(3):
        page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Last month")).to_be_focused()
    page.keyboard.press("Enter")
    assert days_of(page) == (str(clock.months_later(today, -1) + timedelta(1)), str(today))
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.get_by_role("checkbox", name="Together")).not_to_be_checked()
    page.get_by_label("First day").fill(str(today - timedelta(9)))
    assert shown(page) == said(today - timedelta(9), today), "the chart follows the form, too"
    page.get_by_label("First day").fill(str(today + timedelta(9)))
    assert shown(page) == said(today - timedelta(9), today), "to where there is something"


def test_a_finger_zooms_and_two_taps_lead_back(page: Page, context: BrowserContext, today: date) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    over = page.locator(".u-over")
    over.scroll_into_view_if_needed()
    box = over.bounding_box()
    assert box
    finger = context.new_cdp_session(page)

    def touch(kind: str, *places: float) -> None:
        points = [{"x": box["x"] + box["width"] * place, "y": box["y"] + 60} for place in places]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", 0.3)
    for step in range(1, 9):
        touch("touchMove", 0.3 + step * 0.05)
    touch("touchEnd")
    expect(page.get_by_label("Last day")).not_to_have_value(str(today))
    expect(page.locator(".zoom .day")).to_be_empty()
    first, last = map(date.fromisoformat, days_of(page))
    assert 300 < (last - first).days < 420
    for _ in range(2):
        over.tap(position={"x": 90, "y": 60})
    expect(page.get_by_label("Last day")).to_have_value(str(today))
    expect(page.get_by_label("First day")).to_have_value(str(today - timedelta(DAYS - 1)))


def test_the_day_under_the_mouse_is_told_as_the_table_tells_it(page: Page, today: date) -> None:
    page.get_by_role("button", name="Last month").click()
    page.locator(".u-over").hover(position={"x": 300, "y": 100})
    day = page.locator(".zoom .day")
    expect(day).not_to_be_empty()
    head = page.get_by_role("rowheader", name=day.inner_text(), exact=True)
    row = page.locator("main tbody").nth(1).locator("tr", has=head)
    cells = [cell.replace("–", "€0.00") for cell in row.locator("td").all_inner_texts()]
    assert [value(page, name) for name in ("recurring", "single", "received", "back")] == cells[:4]
    assert value(page, "net") == cells[5]
    page.mouse.move(5, 5)
    expect(day).to_be_empty()


@pytest.mark.parametrize(("width", "scheme", "language"), [(1280, "light", "uk"), (360, "dark", "en")])
def test_axe_finds_nothing_and_signs_are_as_on_the_page(
    site: str, page: Page, context: BrowserContext, width: int, scheme: str, language: str
) -> None:
    page.set_viewport_size({"width": width, "height": 740})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of its words
    context.set_extra_http_headers({"Accept-Language": language})
    looked = context.new_page()  # axe itself writes styles, which the console then tells of
    looked.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    looked.set_viewport_size({"width": width, "height": 740})
    for currency in ("EUR", "JPY", "KWD"):
        looked.goto(f"{site}/reports/days/?first={clock.today() - timedelta(20)}&currency={currency}")
        assert faults(looked) == []
        sums = looked.locator("main tfoot td").all_inner_texts()
        told = [value(looked, name) for name in ("single", "received", "back")]
        assert told == sums[1:4]
        assert "\N{MINUS SIGN}" in told[2]


def test_paper_and_a_page_without_script_have_the_months(site: str, page: Page, browser: Browser) -> None:
    months = page.locator("figure.chart")
    expect(months).to_be_hidden()
    page.emulate_media(media="print")
    expect(months).to_be_visible()
    expect(page.locator(".zoom")).to_be_hidden()
    cookies = page.context.cookies()
    with browser.new_context(java_script_enabled=False) as still:
        still.add_cookies([{"name": one["name"], "value": one["value"], "url": site} for one in cookies])
        plain = still.new_page()
        plain.goto(f"{site}/reports/days/")
        expect(plain.locator("figure.chart")).to_be_visible()
        expect(plain.locator(".zoom")).to_be_hidden()
        plain.get_by_label("First day").fill(str(clock.today()))
        plain.get_by_role("button", name="Show").click()
        expect(plain.locator("main tbody").nth(1).locator("tr")).to_have_count(1)
