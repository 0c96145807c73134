"""A name that a giver lets us show, from the giving form to the supporters' page and off it again."""

from django.test import Client
from django.utils import translation

from members import consents
from members.models import Consent, Consented, Patron
from payments import names
from payments.models import Payment
from tests.journeys.conftest import World
from tests.signing_in import at_once


def supporters(browser: Client) -> str:
    return browser.get("/supporters/").content.decode()


def test_a_name_given_with_a_gift_stands_by_consent_until_it_is_withdrawn(world: World) -> None:
    reader = world.reader()
    assert str(names.AGREED) in reader.form()
    olena = reader.give(name="Olenka", display="named").patron
    assert olena
    browser = at_once(olena)
    assert "Olenka" in supporters(browser)
    page = browser.get("/account/privacy/").content.decode()
    assert f"<blockquote>{names.AGREED}</blockquote>" in page
    assert 'value="name"' in page
    browser.post("/account/privacy/withdraw/", {"purpose": "name"})
    assert "Olenka" not in supporters(browser)
    assert not consents.stands(olena, Consented.NAME)
    world.advance(days=33)
    assert Payment.objects.count() == 2
    assert "Olenka" not in supporters(browser)
    assert Consent.objects.get().withdrawn_at  # the next payment renews nothing


def test_the_yes_is_kept_in_the_language_of_the_gift_also_of_who_is_signed_in(world: World) -> None:
    reader = world.reader()
    olena = reader.give(interval="once", amount="9", name="Olenka").patron
    assert olena
    assert not Consent.objects.exists()  # a name alone lets nobody show it
    client = Client()
    client.force_login(Patron.objects.get())
    reader.session.cookies.set("session", client.cookies["session"].value)
    again = reader.give(interval="once", amount="9", name="Оленка", display="named", language="uk")
    assert again.patron == olena
    given = Consent.objects.get()
    with translation.override("uk"):
        assert (given.text, given.language) == (str(names.AGREED), "uk")
    assert "Оленка" in supporters(client)
