"""Signing in as a person does it: letters read, codes typed, buttons clicked, in Chromium, on a phone and on a desk."""

import re
from collections.abc import Iterator

import pytest
from allauth.mfa.models import Authenticator
from django.core.servers.basehttp import ThreadedWSGIServer
from playwright.sync_api import Browser, Page, expect

from config.wsgi import application
from letters.models import Letter
from members.accounts import MFAAdapter
from members.models import Session
from members.sessions import SessionStore
from tests.browser.test_accessible import faults
from tests.conftest import WorldDatabase
from tests.house.authorization import PAGES
from tests.reports.places import NO_PAGES, STAFF, rows_to_look_at
from tests.sandbox.conftest import QuietHandler, serve
from tests.signing_in import SECRET, app_code, at_once, letter_code, patron, recovery_code

pytestmark = pytest.mark.browser
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}


@pytest.fixture
def site(world_db: WorldDatabase) -> Iterator[str]:
    """The product, served under a name: passkeys do not work on bare addresses."""
    server = ThreadedWSGIServer(("127.0.0.1", 0), QuietHandler)
    server.set_app(application)
    for _ in serve(server):
        yield f"http://localhost:{server.server_port}"


def _look(page: Page) -> None:
    """Axe finds nothing, and nothing sticks out of the screen."""
    assert faults(page) == []


def _type_code(page: Page, site: str, email: str) -> None:
    page.goto(f"{site}/account/login/")
    _look(page)
    page.get_by_label("E-mail").fill(email)
    page.get_by_role("button", name="Send me a code").click()
    expect(page.get_by_role("heading", name="Type the code")).to_be_visible()
    _look(page)
    page.get_by_label("Code").fill(letter_code(email))
    page.get_by_role("button", name="Sign in").click()


def test_new_staff_set_up_an_app_and_come_in(site: str, page: Page) -> None:
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]  # its own kind of dictionary
    _type_code(page, site, patron("eve@newsroom.example", "admin").email)
    expect(page.get_by_text("until then no other page opens")).to_be_visible()
    _look(page)
    page.get_by_role("link", name="Set up").click()
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    _look(page)
    page.get_by_label("Authenticator code").fill(app_code(page.get_by_label("The same as text").input_value()))
    page.get_by_role("button", name="Set up").click()
    expect(page.get_by_role("button", name="Confirm")).to_be_visible()
    _look(page)
    page.get_by_label("Code").fill(
        app_code(MFAAdapter().decrypt(Authenticator.objects.get(type="totp").data["secret"]))
    )
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    _look(page)
    assert len(page.get_by_label("10 unused codes").input_value().split()) == 10
    page.goto(f"{site}/account/second-factor/")
    _look(page)
    page.get_by_role("link", name="Go on").click()
    expect(page.get_by_role("heading", level=1, name="so far")).to_be_visible()
    _look(page)


@pytest.mark.parametrize(("width", "language"), [(320, "uk"), (1280, "en")])
def test_the_pages_of_staff_and_patrons_are_in_order(site: str, browser: Browser, width: int, language: str) -> None:
    with browser.new_context(viewport={"width": width, "height": 800}, locale=language) as context:
        page, who = context.new_page(), patron("eve@newsroom.example", "admin", second_factor=True)
        places = rows_to_look_at(who)
        context.add_cookies([{"name": "session", "value": at_once(who).cookies["session"].value, "url": site}])
        routes = {route.removeprefix("reports/") for route in PAGES if route.startswith("reports/")} - NO_PAGES
        assert {route for route in routes if "<" in route} == set(STAFF), "look at these pages too"
        pages = sorted(STAFF.get(route, route) for route in routes)
        found = []
        for path in [f"reports/{path}".format(**places) for path in pages] + ["account/", "account/logout/"]:
            page.goto(f"{site}/{path}")
            expect(page.get_by_role("heading", level=1)).to_be_visible()
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)
                found += faults(page)
        assert found == []


def test_staff_come_in_by_letter_and_app(site: str, page: Page) -> None:
    who = patron("eve@newsroom.example", "finance", second_factor=True)
    _type_code(page, site, who.email)
    expect(page.get_by_role("heading", name="Second step")).to_be_visible()
    _look(page)
    page.get_by_label("Code").fill(app_code(SECRET))
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1, name="so far")).to_be_visible()


def _with_passkeys(page: Page) -> None:
    """Gives the browser a device that holds passkeys and knows its owner."""
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    device.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def _add_passkey(page: Page, site: str, name: str) -> None:
    page.goto(f"{site}/account/security/")
    _look(page)
    page.get_by_role("link", name="Add a passkey").click()
    _look(page)
    page.get_by_label("A name for it").fill(name)
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text(name).first).to_be_visible()  # the device answers in its own time


def test_a_passkey_alone_is_enough_for_staff_at_the_next_sign_in(site: str, page: Page) -> None:
    who = patron("eve@newsroom.example", "admin", second_factor=True)
    _with_passkeys(page)
    _type_code(page, site, who.email)
    page.get_by_label("Code").fill(recovery_code(who))
    page.get_by_role("button", name="Sign in").click()
    _add_passkey(page, site, "Key of the newsroom")
    page.goto(f"{site}/account/second-factor/")
    expect(page.get_by_text("1 key is set up")).to_be_visible()
    _look(page)
    page.goto(f"{site}/account/logout/")
    page.locator("main").get_by_role("button", name="Sign out").click()
    page.goto(f"{site}/account/login/")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", level=1, name="so far")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_patron_adds_names_uses_and_removes_a_passkey(site: str, browser: Browser, scheme: str) -> None:
    with browser.new_context(
        viewport={"width": 320, "height": 720}, color_scheme=scheme, locale="en-GB"  # type: ignore[arg-type]  # one of its words
    ) as context:  # fmt: skip
        page = context.new_page()
        _with_passkeys(page)
        _type_code(page, site, patron().email)
        _add_passkey(page, site, "My phone")
        expect(page.get_by_text("Not used yet")).to_be_visible()
        told = Letter.objects.get(occasion="security_changed")
        assert told.subject.endswith(": a passkey was added to your account")
        page.get_by_role("link", name="Rename My phone").click()
        _look(page)
        page.get_by_label("A name for it").fill("Old phone")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Old phone").first).to_be_visible()
        _look(page)
        page.get_by_role("button", name="Sign out", exact=True).click()
        page.goto(f"{site}/account/login/?next=/account/security/")
        page.get_by_role("button", name="Use a passkey").click()
        expect(page.get_by_text("Last used on").first).to_be_visible()
        page.get_by_role("link", name="Remove Old phone").click()
        _look(page)
        page.get_by_role("button", name="Remove").click()
        expect(page.get_by_text("You have none yet.")).to_be_visible()
        page.get_by_role("button", name="Sign out", exact=True).click()
        page.goto(f"{site}/account/login/")
        page.get_by_role("button", name="Use a passkey").click()
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        expect(page.locator("[role=alert]:visible, .messages")).to_be_visible()


def test_who_has_a_passkey_still_comes_in_by_letter_and_proves_by_passkey(site: str, page: Page) -> None:
    who = patron()
    _with_passkeys(page)
    _type_code(page, site, who.email)
    _add_passkey(page, site, "My phone")
    page.get_by_role("button", name="Sign out", exact=True).click()
    _type_code(page, site, who.email)
    expect(page.get_by_role("heading", name="Your account", exact=True)).to_be_visible()
    row = Session.objects.get(patron=who)
    store = SessionStore(row.session_key)
    for record in store["account_authentication_methods"]:
        record["at"] -= 660
    store.modified = True
    store.save()
    page.goto(f"{site}/account/second-factor/passkeys/add/")
    expect(page.get_by_role("heading", name="Is it you?")).to_be_visible()
    _look(page)
    page.get_by_role("link", name="Use a passkey").click()
    _look(page)
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", name="Add a passkey")).to_be_visible()


def test_signing_in_needs_no_script(site: str, browser: Browser) -> None:
    with browser.new_context(java_script_enabled=False, viewport={"width": 320, "height": 720}) as context:
        page = context.new_page()
        who = patron()
        page.goto(f"{site}/account/login/")
        expect(page.get_by_role("button", name="Use a passkey")).to_be_hidden()
        page.get_by_label("E-mail").fill(who.email)
        page.get_by_role("button", name="Send me a code").click()
        page.get_by_label("Code").fill("0000-0000")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_text("This code does not work.")).to_be_visible()
        page.get_by_label("Code").fill(letter_code(who.email))
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", name="Your account", exact=True)).to_be_visible()
        page.get_by_role("link", name="Security").click()
        expect(page.get_by_text("this one")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_address_is_changed_and_undone_on_the_narrowest_phone(site: str, browser: Browser, scheme: str) -> None:
    with browser.new_context(
        viewport={"width": 320, "height": 720}, color_scheme=scheme, locale="uk-UA"  # type: ignore[arg-type]  # one of its words
    ) as context:  # fmt: skip
        page, who = context.new_page(), patron()
        context.add_cookies([{"name": "session", "value": at_once(who).cookies["session"].value, "url": site}])
        page.goto(f"{site}/account/security/")
        _look(page)
        page.get_by_role("link", name="Змінити адресу").click()
        _look(page)
        page.get_by_label("Нова адреса").fill("olena@new.example")
        page.get_by_role("button", name="Надіслати туди код").click()
        expect(page.get_by_label("Код")).to_be_visible()
        _look(page)
        code = re.search(r"\d{4}-\d{4}", Letter.objects.get(to="olena@new.example").text)
        page.get_by_label("Код").fill(code[0] if code else "")
        page.get_by_role("button", name="Змінити мою адресу").click()
        expect(page.get_by_text("Віднині листи надходять на нову адресу.")).to_be_visible()
        link = re.search(r"/account/address/undo/\S+", Letter.objects.get(occasion="address_changed").text)
        page.goto(f"{site}{link[0] if link else ''}")
        _look(page)
        page.get_by_role("button", name="Скасувати зміну").click()
        expect(page.get_by_role("heading", name="Скасовано")).to_be_visible()
        _look(page)
