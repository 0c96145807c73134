"""One's own data: taken away, agreed to or not, erased; and nobody else's."""

import json
import re
import uuid
from datetime import timedelta
from io import BytesIO
from zipfile import ZipFile

import pytest
from django.test import Client
from pytest_django import Settings

from letters.models import Letter
from members import consents
from members.models import Consented, Patron
from money.money import Money
from newsroom import clock
from payments import offline, statements
from payments.models import BankAccount, Operation, StripeEvent
from people import erasure, exports
from people.models import Erasure, Export
from tests.signing_in import at_once, patron

EVIL = '=HYPERLINK("https://evil.example")'


@pytest.fixture
def olena(db: None) -> Patron:
    payment = offline.record(
        email="olena@example.org", name=EVIL, amount=Money(500, "EUR"), received_on=clock.today(), reference="T-1"
    )
    consents.give(payment.donation.patron, Consented.NAME, "Show my name.")  # type: ignore[arg-type]
    return Patron.objects.get()


@pytest.fixture
def browser(olena: Patron) -> Client:
    return at_once(olena)


def box(browser: Client) -> ZipFile:
    export = Export.objects.latest("pk")
    answer = browser.get(f"/account/privacy/export/{export.reference}.zip")
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]
    return ZipFile(BytesIO(answer.content))


def test_copy_holds_everything_and_no_key(browser: Client, olena: Patron) -> None:
    statement = statements.issue(olena, first=clock.today(), last=clock.today(), language="uk")
    assert browser.post("/account/privacy/export/").status_code == 302
    assert exports.make_due() == 1
    packed = box(browser)
    data = json.loads(packed.read("data.json"))
    assert data["account"][0]["email"] == "olena@example.org"
    assert data["consents"][0]["text"] == "Show my name."
    assert data["payments"][0]["amount_minor"] == 500
    assert data["letters"][0]["occasion"] == "receipt"
    assert len(data["sessions"]) == 1
    assert any(name.startswith("receipts/receipt-") for name in packed.namelist())
    file = browser.get(f"/account/statements/{statement}.pdf")
    assert packed.read(f"statements/statement-{statement}.pdf") == file.content
    everything = b"".join(packed.read(name) for name in packed.namelist()).decode(errors="replace")
    assert olena.session_nonce not in everything
    assert str(browser.session.session_key) not in everything


def told(number: int, **said: object) -> None:
    """Something that Stripe told."""
    body = json.dumps({"id": f"evt_{number}", "data": {"object": said}}).encode()
    StripeEvent.objects.create(
        event_id=f"evt_{number}",
        type="charge.succeeded",
        livemode=False,
        aggregate="a",
        body=body,
        created_at=clock.now(),
    )


def test_copy_holds_what_stripe_told_and_is_asked_and_the_remembered_account(browser: Client, olena: Patron) -> None:
    gift = olena.donations.get()
    olena.donations.update(customer="cus_1")
    told(1, customer="cus_1", name=EVIL, client_secret="opens", url="https://pay.example/opens")
    told(2, customer="cus_12", name=EVIL, email="another@example.org")
    for state in ("pending", "done"):
        Operation.objects.create(
            kind=state, key=state, path="/v1/customers/cus_1", params={"name": EVIL}, donation=gift, state=state
        )
    BankAccount.objects.create(mark="m" * 64, patron=olena)
    browser.post("/account/privacy/export/")
    assert exports.make_due() == 1
    packed = box(browser)
    text = packed.read("data.json").decode()
    data = json.loads(text)
    [event] = data["told_by_stripe"]
    assert (event["type"], event["body"]["data"]["object"]) == ("charge.succeeded", {"customer": "cus_1", "name": EVIL})
    assert event["at"]
    assert [(asked["kind"], asked["params"]) for asked in data["asked_of_stripe"]] == [("pending", {"name": EVIL})]
    assert [account["patron_id"] for account in data["remembered_bank_accounts"]] == [olena.pk]
    assert "cus_1" in packed.read("told_by_stripe.csv").decode()
    assert not [word for word in ("m" * 64, "opens", "another@example.org") if word in text]


def test_copy_tells_with_what_and_when_sessions_were_used(olena: Patron) -> None:
    browser = at_once(olena)
    session = browser.session
    session["with"], session["began_on"], session["used_on"] = ["Firefox", "Android"], "2026-03-01", "2026-03-02"
    session.save()
    [said] = exports.held(olena)["sessions"]
    assert said.pop("ends_at")
    assert said == {
        "browser": "Firefox", "system": "Android", "began_on": "2026-03-01", "used_on": "2026-03-02",
    }  # fmt: skip


def test_no_cell_of_a_table_is_a_formula(browser: Client) -> None:
    browser.post("/account/privacy/export/")
    exports.make_due()
    table = box(browser).read("donations.csv").decode("utf-8-sig")
    assert "\"'=HYPERLINK(" in table
    assert exports.as_csv([{"a": "\t=1", "b": -5, "c": "-5"}]).splitlines()[1] == '"\'\t\'=1",-5,"\'-5"'


def test_copy_is_gone_after_a_day_and_told_of_without_it(browser: Client) -> None:
    browser.post("/account/privacy/export/")
    exports.make_due()
    letter = Letter.objects.get(occasion="export_ready")
    export = Export.objects.get()
    assert str(export.reference) not in letter.text
    assert not letter.attachment
    clock.move(timedelta(hours=25))
    assert browser.get(f"/account/privacy/export/{export.reference}.zip").status_code == 404
    assert exports.forget_expired() == 1


def test_another_patrons_copy_is_answered_as_if_there_were_none(browser: Client, settings: Settings) -> None:
    browser.post("/account/privacy/export/")
    exports.make_due()
    other = at_once(patron("taras@example.org"))
    settings.DEBUG = False  # or Django's own page of a missing address is shown
    seen = []
    for reference in (Export.objects.get().reference, uuid.uuid4()):
        answer = other.get(f"/account/privacy/export/{reference}.zip")
        assert answer.status_code == 404
        page = re.sub(r'(csrfmiddlewaretoken" value=)"\w+"', r"\1", answer.content.decode())
        seen.append(page.replace(str(reference), "…"))
    assert seen[0] == seen[1]


@pytest.mark.parametrize("path", ["export/", "erase/", f"export/{uuid.UUID(int=1)}.zip"])
def test_session_left_open_does_not_suffice(olena: Patron, path: str) -> None:
    stale = Client()
    stale.force_login(olena)
    for answer in (stale.get(f"/account/privacy/{path}"), stale.post(f"/account/privacy/{path}", {"sure": "1"})):
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/account/prove/")
    assert not Export.objects.exists()
    assert not Erasure.objects.exists()


def test_asking_twice_makes_one_copy_and_at_most_three_a_day(olena: Patron) -> None:
    assert exports.ask(olena) == exports.ask(olena)
    for _ in range(2):
        exports.make_due()
        exports.ask(olena)
    exports.make_due()
    with pytest.raises(exports.TooMany):
        exports.ask(olena)


def test_consent_is_shown_with_its_words_and_withdrawn_by_a_button(browser: Client, olena: Patron) -> None:
    assert "Show my name." in browser.get("/account/privacy/").content.decode()
    browser.post("/account/privacy/withdraw/", {"purpose": "name"})
    assert not consents.stands(olena, Consented.NAME)
    assert "Withdrawn on" in browser.get("/account/privacy/").content.decode()


def test_plan_is_shown_first_and_nothing_happens_without_a_tick(browser: Client) -> None:
    page = browser.get("/account/privacy/erase/").content.decode()
    assert f"until 31 December {clock.today().year + 4}" in page
    assert "1 letter to you" in page
    refused = browser.post("/account/privacy/erase/").content.decode()
    assert "Tick that you have read" in refused
    assert not Erasure.objects.exists()


def test_newsroom_sets_another_number_of_years(browser: Client) -> None:
    from newsroom.models import Newsroom

    Newsroom.objects.update(country="DE")
    assert f"31 December {clock.today().year + 8}" in browser.get("/account/privacy/erase/").content.decode()
    Newsroom.objects.update(bookkeeping_years=2)
    assert f"31 December {clock.today().year + 2}" in browser.get("/account/privacy/erase/").content.decode()


def test_ticked_it_is_done_and_the_session_is_over(browser: Client, olena: Patron) -> None:
    asked = browser.post("/account/privacy/erase/", {"sure": "1"})
    assert "olena@example.org" in asked.content.decode()
    assert erasure.carry_on() == 1
    assert browser.get("/account/").status_code == 302
    olena.refresh_from_db()
    assert (olena.name, olena.is_active) == ("", False)
