"""A reader becomes a patron on a phone: with a script, without one, by keyboard."""

import json
import random
import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Response, expect

from money import money
from money.currencies import exponent
from money.money import Money
from newsroom.models import GivingCurrency
from payments.models import Donation
from tests.browser.conftest import pay
from tests.journeys.conftest import World

pytestmark = pytest.mark.browser
PAYMENT_PAGE = re.compile("/pay/cs_")


def phone(browser: Browser, *, script: bool, language: str = "en-GB") -> BrowserContext:
    return browser.new_context(
        viewport={"width": 390, "height": 844}, java_script_enabled=script, locale=language, has_touch=True
    )


def promise(page: Page) -> str:
    """The line above the button as it is seen."""
    return page.locator("#promise").inner_text()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_reader_joins_on_a_phone(browser: Browser, world: World, script: bool) -> None:
    with phone(browser, script=script) as context:
        page = context.new_page()
        page.goto(world.url)
        page.get_by_role("link", name="Become a patron").click()
        page.get_by_role("radio", name="€10", exact=True).check()
        page.get_by_label("E-mail").fill("reader@example.org")
        button = page.get_by_role("button", name="Give €10.00 each month")
        expect(button).to_be_visible()
        assert "Stop any time: every letter leads to the page for it" in promise(page)
        button.click()
        expect(page).to_have_url(PAYMENT_PAGE)
        pay(page)
        expect(page.get_by_role("heading", level=1)).to_have_text("Your payment is being confirmed")
        expect(page.get_by_role("link", name="Look again")).to_be_visible()
        world.settle()  # the page looks again by itself, more and more seldom
        expect(page.get_by_text("€10.00 each month has begun.")).to_be_visible(timeout=60_000)
    donation = Donation.objects.get()
    assert (donation.total, donation.interval, donation.state) == (Money(1000, "EUR"), "monthly", "live")
    world.books()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_the_line_and_the_button_follow_every_choice(browser: Browser, world: World, script: bool) -> None:
    words = {"Once": "once", "Monthly": "each month", "Yearly": "each year"}
    with phone(browser, script=script) as context:
        page = context.new_page()
        page.goto(f"{world.url}/support/?amount=7.5")
        for label, said in words.items():
            page.get_by_role("radio", name=label).check()
            shown = page.locator("input[name=amount]:visible:not([value=other])")
            assert shown.count() == 5
            for place in range(shown.count()):
                radio = shown.nth(place)
                radio.check()
                amount = Money(round(float(radio.input_value()) * 100), "EUR")
                for covered in (False, True):
                    page.locator("#cover_fee").set_checked(covered)
                    total = _covered(amount) if covered else amount
                    expect(page.locator(".go")).to_have_text(f"Give {total.format('en')} {said}", use_inner_text=True)
                    assert promise(page).startswith(f"{total.format('en')} {said}")


def _covered(gift: Money) -> Money:
    row = GivingCurrency.objects.get(code=gift.currency)
    gross = money.gross_up(gift.minor, gift.currency, basis_points=row.fee_basis_points, fixed=row.fee_fixed_minor)
    return Money(gross, gift.currency)


def test_without_a_script_a_typed_amount_is_not_promised_as_another(browser: Browser, world: World) -> None:
    with phone(browser, script=False) as context:
        page = context.new_page()
        page.goto(f"{world.url}/support/")
        page.get_by_role("radio", name="Another amount").check()
        page.get_by_label("Amount in EUR").fill("8.40")
        assert "the amount you typed each month" in promise(page).lower()
        page.locator(".go").click()
        expect(page).to_have_url(PAYMENT_PAGE)
        expect(page.locator(".summary")).to_contain_text("8.40")
    assert Donation.objects.get().total == Money(840, "EUR")


def test_without_a_script_another_currency_is_shown_before_it_is_given(browser: Browser, world: World) -> None:
    with phone(browser, script=False) as context:
        page = context.new_page()
        page.goto(f"{world.url}/support/?interval=yearly&campaign=winter")
        page.get_by_label("Currency").select_option("UAH")
        page.get_by_role("button", name="Show").click()
        expect(page.locator(".go")).to_have_text("Give ₴2,400.00 each year", use_inner_text=True)
        expect(page.locator(".giving input[name=campaign]")).to_have_value("winter")


@pytest.mark.parametrize("language", ["en", "uk"])
def test_the_script_counts_and_prints_as_the_server_does(browser: Browser, world: World, language: str) -> None:
    dice = random.Random(7)
    with phone(browser, script=True, language=language) as context:
        page = context.new_page()
        page.goto(f"{world.url}/support/")
        page.locator("#amount-other").check()
        page.locator("#cover_fee").check()
        for row in GivingCurrency.objects.all():
            page.locator("#currency").select_option(row.code)
            for _ in range(12):
                gift = Money(dice.randint(row.minimum_minor, min(row.maximum_minor, 5_000_000)), row.code)
                page.locator("#other_amount").fill(f"{gift.decimal:.{exponent(row.code)}f}")
                total = _covered(gift)
                said = page.locator(".arithmetic").inner_text()
                assert said == f"{gift.format(language)} + {(total - gift).format(language)} = {total.format(language)}"
                assert total.format(language) in page.locator(".go").inner_text()


def test_the_script_changes_currency_and_interval_at_once(browser: Browser, world: World) -> None:
    with phone(browser, script=True) as context:
        page = context.new_page()
        page.goto(f"{world.url}/support/")
        expect(page.get_by_role("button", name="Show")).to_be_hidden()
        page.get_by_label("Currency").select_option("JPY")
        page.get_by_role("radio", name="Yearly").check()
        expect(page.locator(".go")).to_have_text("Give ¥12,000 each year", use_inner_text=True)
        expect(page.get_by_role("status")).to_contain_text("¥12,000 each year")
        page.locator(".go").click()
        expect(page).to_have_url(PAYMENT_PAGE)
        page.go_back()  # nothing of the form is kept in the browser, and the line says what the form now holds
        expect(page.locator(".go")).to_have_text("Give €5.00 each month", use_inner_text=True)
    assert Donation.objects.get().total == Money(12_000, "JPY")


def test_the_form_can_be_filled_and_sent_by_keyboard_alone(browser: Browser, world: World) -> None:
    with phone(browser, script=True) as context:
        page = context.new_page()
        page.goto(f"{world.url}/support/")
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
        page.keyboard.press("Enter")
        reached = [_tab(page) for _ in range(9)]
        assert "currency" in reached
        page.get_by_role("radio", name="Monthly").focus()
        page.keyboard.press("ArrowRight")
        assert _tab(page) == "amount"
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        expect(page.locator(".go")).to_have_text("Give €240.00 each year", use_inner_text=True)
        page.locator(".go").focus()
        page.keyboard.press("Enter")
        expect(page).to_have_url(PAYMENT_PAGE)


def _tab(page: Page) -> str:
    page.keyboard.press("Tab")
    return str(
        page.evaluate("document.activeElement.name || document.activeElement.id || document.activeElement.tagName")
    )


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_what_is_wrong_gets_the_focus_and_leads_to_its_field(browser: Browser, world: World, script: bool) -> None:
    with phone(browser, script=script) as context:
        page = context.new_page()
        page.goto(f"{world.url}/support/")
        page.get_by_role("radio", name="Another amount").check()
        page.get_by_label("Amount in EUR").fill("1,000")
        page.locator(".go").click()
        expect(page.get_by_role("alert")).to_be_focused()
        page.get_by_role("alert").get_by_role("link").click()
        expect(page.get_by_label("Amount in EUR")).to_have_value("1,000")
        assert urlsplit(page.url).fragment == "other_amount"
        expect(page.get_by_label("Amount in EUR")).to_have_accessible_description(re.compile("digits"))
    assert not Donation.objects.exists()


def test_the_page_is_light_and_asks_nobody_else(browser: Browser, world: World) -> None:
    answers: list[Response] = []

    def note(answer: Response) -> None:
        answers.append(answer)

    with phone(browser, script=True, language="uk") as context:
        page = context.new_page()
        page.on("response", note)
        page.goto(f"{world.url}/support/", wait_until="networkidle")
        weights = {answer.url: len(_compressed(answer.url, answer.body())) for answer in answers}
        assert json.loads(page.locator(".giving").get_attribute("data-currencies") or "")["EUR"]["digits"] == 2
    assert {urlsplit(url).netloc for url in weights} == {urlsplit(world.url).netloc}
    assert sum(weights.values()) < 60_000, weights


def _compressed(url: str, body: bytes) -> bytes:
    import gzip

    return body if url.endswith(".woff2") else gzip.compress(body)
