"""After the payment page: thanks, a raise, and the choice between two subscriptions."""

import re
import time
from datetime import timedelta

import pytest
from django.core import signing
from django.test import Client

from members.models import Patron
from newsroom import clock
from payments.models import Donation
from public.views import LOOK_AGAIN
from tests.journeys.conftest import Reader, World
from tests.public.conftest import Reader as Browser

DECLINED = "4000000000000002"


def thanks(reader: Reader, donation: Donation, **more: str) -> "tuple[int, str, str]":
    answer = reader.session.get(
        f"{reader.world.url}/support/thanks/",
        params={"session_id": donation.checkout_session or "", **more},
        timeout=30,
    )
    return answer.status_code, answer.text, answer.headers.get("Refresh", "")


def signed_in(world: World, patron: Patron) -> Reader:
    client, reader = Client(), world.reader()
    client.force_login(patron)
    reader.session.cookies.set("session", client.cookies["session"].value)
    return reader


def fields(page: str, action: str) -> dict[str, str]:
    """The hidden fields of the form that leads to an address."""
    form = page.split(f'action="{action}"')[1].split("</form>", maxsplit=1)[0]
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))


def test_thanks_for_a_monthly_gift_names_amount_and_next_charge_and_nobody(world: World) -> None:
    reader = world.reader()
    donation = reader.give(name="Olha", amount="5")
    status, page, refresh = thanks(reader, donation)
    assert (status, refresh) == (200, "")
    assert "€5.00 each month has begun." in page
    assert "The next charge is €5.00 on" in page
    assert "reader@example.org" not in page
    assert "Olha" not in page


def test_thanks_for_one_payment_promises_no_other(world: World) -> None:
    reader = world.reader()
    status, page, _ = thanks(reader, reader.give(interval="once", amount="25"))
    assert status == 200
    assert "€25.00 has arrived." in page
    assert "Nothing more will be charged." in page


def test_before_the_news_has_come_it_says_so_and_looks_again_a_few_times(world: World) -> None:
    reader = world.reader()
    url = reader.start()
    assert reader.pay(url).status_code == 303
    donation = Donation.objects.get()
    status, page, refresh = thanks(reader, donation)
    assert status == 200
    assert "being confirmed" in page
    assert refresh.startswith(f"{LOOK_AGAIN[0]};url=/support/thanks/?session_id=cs_")
    assert refresh.endswith("look=1")
    assert thanks(reader, donation, look=str(len(LOOK_AGAIN)))[2] == ""
    assert thanks(reader, donation, look="99999999999")[2].endswith("look=1")
    world.settle()
    assert "has begun" in thanks(reader, donation)[1]


def test_a_session_given_up_was_not_charged_and_can_be_tried_again(world: World) -> None:
    reader = world.reader()
    reader.start(amount="12")
    world.advance(hours=2)
    donation = Donation.objects.get()
    status, page, _ = thanks(reader, donation)
    assert status == 200
    assert "Nothing was charged" in page
    assert "/support/?amount=12.00&amp;currency=EUR&amp;interval=monthly" in page


@pytest.mark.parametrize("session", ["", "cs_unknown", "../../etc", "cs_%00", "cs_" + "x" * 300, "%ED%A0%80"])
def test_an_unknown_session_is_told_honestly(reader: Browser, session: str) -> None:
    answer = reader.get(f"/support/thanks/?session_id={session}")
    assert answer.status_code == 404
    assert "We do not know this payment" in answer.content.decode()


def test_a_patron_who_gives_is_offered_a_raise_and_gets_one(world: World) -> None:
    donation = world.reader().give(amount="5")
    assert donation.patron
    reader = signed_in(world, donation.patron)
    offer = reader.send(amount="9", email="")
    assert offer.status_code == 200
    assert "You give €5.00 a month." in offer.text
    assert "Nothing is charged today." in offer.text
    assert Donation.objects.count() == 1
    data = fields(offer.text, "/support/raise/") | {"amount": "9"}
    answer = reader.session.post(f"{world.url}/support/raise/", data=data, timeout=60)
    assert answer.status_code == 200
    assert "The next charge is €9.00 on" in answer.text
    donation.refresh_from_db()
    assert donation.total.minor == 900
    again = reader.session.post(f"{world.url}/support/raise/", data=data | {"amount": "9"}, timeout=60)
    assert again.status_code == 422
    world.settle()
    assert world.letters().count("raised") == 1
    world.books()


def test_a_raise_that_is_none_is_refused(world: World) -> None:
    donation = world.reader().give(amount="5")
    assert donation.patron
    reader = signed_in(world, donation.patron)
    data = fields(reader.send(amount="9", email="").text, "/support/raise/")
    for amount in ("5", "4.99", "NaN", "", "-9"):
        answer = reader.session.post(f"{world.url}/support/raise/", data=data | {"amount": amount}, timeout=60)
        assert answer.status_code == 422
    donation.refresh_from_db()
    assert donation.total.minor == 500


def test_a_raise_beyond_the_currencys_maximum_is_refused_in_words(world: World) -> None:
    donation = world.reader().give(amount="5")
    assert donation.patron
    reader = signed_in(world, donation.patron)
    data = fields(reader.send(amount="9", email="").text, "/support/raise/")
    answer = reader.session.post(f"{world.url}/support/raise/", data=data | {"amount": "20000"}, timeout=60)
    assert answer.status_code == 422
    assert "The largest gift here is" in answer.text
    donation.refresh_from_db()
    assert donation.total.minor == 500


def test_a_patron_who_gives_monthly_may_still_give_once(world: World) -> None:
    donation = world.reader().give(amount="5")
    assert donation.patron
    assert signed_in(world, donation.patron).send(interval="once", amount="20", email="").status_code == 303


def second_of(world: World) -> tuple[Donation, Donation]:
    first = world.reader().give(amount="5")
    return first, world.reader().give(amount="7")


def second_page(donation: Donation) -> str:
    return f"/support/second/{signing.dumps(str(donation.reference), salt='payments.second')}/"


def test_the_letter_about_a_second_subscription_leads_to_the_choice(world: World) -> None:
    _first, second = second_of(world)
    assert "second_subscription" in world.letters()
    page = Client().get(second_page(second)).content.decode()
    assert "€5.00 a month" in page
    assert "€7.00 a month" in page
    assert 'value="merge"' in page
    assert 'value="give_back"' in page


def decide(world: World, donation: Donation, choice: str, status: int = 200) -> str:
    session = world.reader().session
    url = world.url + second_page(donation)
    data = dict(
        re.findall(r'name="(csrfmiddlewaretoken)" value="([^"]*)"', session.get(url, timeout=30).text.split("<main")[1])
    )
    answer = session.post(url, data=data | {"choice": choice}, timeout=60)
    assert answer.status_code == status
    world.settle()
    return answer.text


def test_two_become_one_larger_gift(world: World) -> None:
    first, second = second_of(world)
    assert "They become one." in decide(world, second, "merge")
    first.refresh_from_db()
    second.refresh_from_db()
    assert first.total.minor == 1200
    assert not second.has_live_subscription
    assert "settled already" in Client().get(second_page(second)).content.decode()
    world.books()


def test_the_second_is_given_back(world: World) -> None:
    first, second = second_of(world)
    assert "on its way back" in decide(world, second, "give_back")
    first.refresh_from_db()
    second.refresh_from_db()
    assert first.total.minor == 500
    assert not second.has_live_subscription
    assert second.payments.get().refunded_minor == 700
    world.books()


def test_what_began_long_ago_is_not_given_back_by_a_click(world: World) -> None:
    _first, second = second_of(world)
    Donation.objects.filter(pk=second.pk).update(created_at=clock.now() - timedelta(days=46))
    assert "Write to us" in decide(world, second, "give_back", 422)
    second.refresh_from_db()
    assert second.has_live_subscription
    assert second.payments.get().refunded_minor == 0


def test_what_is_still_being_confirmed_is_not_given_back_yet(world: World) -> None:
    _first, second = second_of(world)
    second.payments.update(state="confirming", paid_at=None)
    assert "Try again when it has arrived" in decide(world, second, "give_back", 422)
    second.refresh_from_db()
    assert second.has_live_subscription


def test_two_that_differ_are_not_merged(world: World) -> None:
    world.reader().give(amount="5")
    second = world.reader().give(amount="7", currency="USD")
    assert "differ in currency or interval" in decide(world, second, "merge", 422)


def test_the_letters_link_leads_to_the_choice_for_45_days(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    _first, second = second_of(world)
    now = time.time()
    for days, status in ((44, 200), (46, 404)):
        with monkeypatch.context() as patch:
            patch.setattr(time, "time", lambda age=days: now - age * 86_400)
            page = second_page(second)
        assert Client().get(page).status_code == status


def test_looking_at_the_choice_decides_nothing(world: World) -> None:
    _first, second = second_of(world)
    Client().get(second_page(second))
    second.refresh_from_db()
    assert second.has_live_subscription
    assert Client().get(second_page(second)[:-3] + "xx/").status_code == 404
