"""The form as it is shown: presets, the sentences for every choice, and the way of a choice to the payment page."""

import re

import pytest
from pytest_django import Settings

from newsroom.models import GivingCurrency, Newsroom
from payments import gateway
from payments.models import Donation
from tests.journeys.conftest import World
from tests.public.conftest import Reader


def checked(page: str) -> list[str]:
    return [
        value
        for tag in re.findall(r"<input[^>]*>", page)
        if " checked" in tag and (found := re.search(r'value="([^"]*)"', tag))
        for value in [found[1]]
    ]


def printed(page: str, place: str, kind: str) -> set[str]:
    """What the sentences say for one place of the amounts."""
    return set(re.findall(rf'at-{place}">(?:<span class="plain">[^<]*</span>)?<span class="{kind}">([^<]*)<', page))


def test_without_preset_it_offers_monthly_euros_and_stays_anonymous(reader: Reader) -> None:
    page = reader.get().content.decode()
    assert checked(page) == ["monthly", "5.00", "anonymous"]


def test_the_address_presets_amount_currency_and_interval(reader: Reader) -> None:
    page = reader.get("/support/?amount=50&currency=usd&interval=once").content.decode()
    assert checked(page)[:2] == ["once", "50.00"]
    assert '<input type="hidden" name="currency" value="USD">' in page


def test_an_amount_of_the_address_that_is_not_suggested_is_offered_beside_the_others(reader: Reader) -> None:
    page = reader.get("/support/?amount=7,50").content.decode()
    assert checked(page)[:2] == ["monthly", "7.50"]
    assert printed(page, "6", "plain") == {"€7.50"}


def test_an_amount_of_the_address_outside_the_limits_is_left_out(reader: Reader) -> None:
    assert checked(reader.get("/support/?amount=1").content.decode())[:2] == ["monthly", "5.00"]


def test_where_the_reader_came_from_is_carried_along(reader: Reader) -> None:
    page = reader.get("/support/?story=https://example.org/a%3Fb%26c&ask=footer&campaign=x%22y").content.decode()
    assert page.count('name="story" value="https://example.org/a?b&amp;c"') == 2
    assert page.count('name="ask" value="footer"') == 2
    assert 'value="x&quot;y"' in page


def test_every_choice_has_its_sentence_without_a_script(reader: Reader) -> None:
    page = reader.get().content.decode()
    for place, plain, covered in (("0", "€3.00", "€3.40"), ("1", "€5.00", "€5.46"), ("3", "€20.00", "€20.91")):
        assert printed(page, place, "plain") == {plain}
        assert printed(page, place, "covered") == {covered}
    assert printed(page, "other", "plain") == {"the amount you typed"}
    for kind in ("once", "monthly", "yearly"):
        assert page.count(f"of-{kind}") >= 3
    assert "Stop any time: every letter leads to the page for it." in page


def test_currencies_print_with_their_own_digits(reader: Reader) -> None:
    page = reader.get("/support/?currency=JPY").content.decode()
    assert printed(page, "0", "plain") == {"¥500"}
    assert 'value="500"' in page


def test_a_currency_that_is_no_longer_offered_is_not_on_the_page(reader: Reader) -> None:
    GivingCurrency.objects.filter(code="GBP").update(is_offered=False)
    page = reader.get("/support/?currency=GBP").content.decode()
    assert 'value="GBP"' not in page
    assert reader.send(currency="GBP").status_code == 422


@pytest.mark.parametrize(
    ("fields", "total", "interval"),
    [
        ({"amount": "5"}, 500, "monthly"),
        ({"amount": "12.34", "interval": "once"}, 1234, "once"),
        ({"amount": "other", "other_amount": "7,5", "interval": "yearly"}, 750, "yearly"),
        ({"amount": "5", "other_amount": "99"}, 500, "monthly"),
        ({"amount": "5", "cover_fee": "on"}, 546, "monthly"),
        ({"amount": "5", "cover_fee": "0"}, 500, "monthly"),
        ({"amount": "1500", "currency": "JPY"}, 1500, "monthly"),
    ],
)
def test_one_plain_post_leads_to_the_payment_page(
    world: World, fields: dict[str, str], total: int, interval: str
) -> None:
    answer = world.reader().send(**fields)
    donation = Donation.objects.get()
    assert answer.status_code == 303
    assert answer.headers["Location"] == donation.checkout_url
    assert (donation.total.minor, donation.interval) == (total, interval)
    assert "reader@" not in answer.headers["Location"]


def test_the_fewest_fields_suffice(world: World) -> None:
    reader = world.reader()
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', reader.form())
    assert found
    data = {"interval": "once", "currency": "EUR", "amount": "9", "csrfmiddlewaretoken": found[1]}
    answer = reader.session.post(f"{world.url}/support/", data=data, allow_redirects=False, timeout=60)
    assert answer.status_code == 303
    assert (Donation.objects.get().display, Donation.objects.get().language) == ("anonymous", "en")


def test_everything_said_and_the_origin_are_kept(world: World) -> None:
    world.reader().send(
        name="Олена", display="named", message="Дякую\r\nза роботу", language="uk",
        story="https://example.org/story?utm=1", campaign="winter",
    )  # fmt: skip
    donation = Donation.objects.get()
    assert (donation.name, donation.display, donation.language) == ("Олена", "named", "uk")
    assert donation.message.split() == ["Дякую", "за", "роботу"]
    assert donation.origin
    assert donation.origin.story
    assert (donation.origin.story.url, donation.origin.campaign) == ("https://example.org/story", "winter")


def test_pressing_twice_leads_to_the_same_page(world: World) -> None:
    reader = world.reader()
    assert reader.start() == reader.start()
    assert Donation.objects.count() == 1
    assert world.reader().start() != reader.start()


def test_too_many_starts_from_one_address_are_told_so(world: World) -> None:
    Newsroom.objects.update(starts_per_address=2)
    answers = [world.reader().send().status_code for _ in range(3)]
    assert answers == [303, 303, 429]
    assert Donation.objects.count() == 2


def test_when_stripe_is_away_the_page_says_so_and_keeps_the_fields(world: World, settings: Settings) -> None:
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    gateway.forget_client()
    answer = world.reader().send(message="keep this")
    assert answer.status_code == 503
    assert "Nothing was charged" in answer.text
    assert "keep this" in answer.text
