"""The hosted pages as a person sees them: what they say, and what they refuse."""

import re
import threading

import pytest
import requests

from sandbox.hosted import pay as pay_page
from tests.sandbox import lifecycle
from tests.sandbox.conftest import Receiver, Sandbox
from tests.sandbox.lifecycle import DAY, HOUR


def see(sandbox: Sandbox, path: str) -> requests.Response:
    """A page, as a browser asks for it."""
    return requests.get(path if path.startswith("http") else sandbox.url + path, timeout=60, allow_redirects=False)


def test_checkout_says_what_is_paid_and_how_often(sandbox: Sandbox) -> None:
    seen = see(sandbox, lifecycle.session(sandbox, 1250, interval="month").url).text
    assert "12.50 EUR" in seen
    assert "every month" in seen
    assert "Sandbox newsroom" in seen
    assert "olena@example.org" in seen
    assert 'href="https://news.example/support/"' in seen
    for field in ("number", "exp", "cvc", "name", "iban"):
        assert f'<label for="{field}">' in seen, field
    assert 'value="4242424242424242"' in seen


def test_a_page_has_no_script_and_no_style_of_its_own(sandbox: Sandbox) -> None:
    subscription = lifecycle.subscribe(sandbox)
    portal = sandbox.client.v1.billing_portal.sessions.create({"customer": subscription.customer})
    invoice = sandbox.client.v1.invoices.list().data[0]
    for url in (lifecycle.session(sandbox).url, portal.url, invoice.hosted_invoice_url):
        answer = see(sandbox, url)
        assert answer.status_code == 200
        assert re.search(r"<script|style=|\son\w+=", answer.text) is None
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_a_test_card_is_one_press_away(sandbox: Sandbox) -> None:
    opened = lifecycle.session(sandbox)
    assert lifecycle.press(sandbox, opened.url, test_card=lifecycle.GOOD).status_code == 303


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"exp": "13/34"}, "expiration month is invalid"),
        ({"exp": "01/20"}, "expiration year is invalid"),
        ({"exp": ""}, "expiration month is invalid"),
        ({"cvc": "1"}, "security code is incorrect"),
        ({"method": "sepa_debit", "iban": "DE00"}, "declined"),
    ],
)
def test_a_slip_of_the_pen_is_said_and_nothing_is_charged(
    sandbox: Sandbox, fields: dict[str, str], message: str
) -> None:
    answer = lifecycle.pay(sandbox, lifecycle.session(sandbox), **fields)
    assert answer.status_code == 402
    assert message in answer.text
    assert sandbox.client.v1.charges.list().data == []


def test_a_session_without_an_address_asks_for_one(sandbox: Sandbox) -> None:
    opened = lifecycle.session(sandbox, customer_creation="always", customer_email=lifecycle.LEFT_OUT)
    assert lifecycle.pay(sandbox, opened).status_code == 400
    assert lifecycle.pay(sandbox, opened, email="new@example.org").status_code == 303
    done = sandbox.client.v1.checkout.sessions.retrieve(opened.id, {"expand": ["customer"]})
    assert (done.customer.email, done.customer_details.email) == ("new@example.org", "new@example.org")


def test_two_presses_at_once_charge_once(sandbox: Sandbox) -> None:
    opened = lifecycle.session(sandbox)
    answers: list[int] = []
    presses = [
        threading.Thread(target=lambda: answers.append(lifecycle.pay(sandbox, opened).status_code)) for _ in range(6)
    ]
    for press in presses:
        press.start()
    for press in presses:
        press.join()
    assert answers.count(303) == 1
    assert len(sandbox.client.v1.charges.list().data) == 1


def test_the_giver_waits_for_the_first_try_of_the_webhook(sandbox: Sandbox, receiver: Receiver) -> None:
    sandbox.client.v1.webhook_endpoints.create({"url": receiver.url, "enabled_events": ["checkout.session.completed"]})
    go_on = threading.Event()

    def clockwork() -> None:
        go_on.wait(30)
        sandbox.post("tick")

    runner = threading.Thread(target=clockwork, name="clockwork")
    runner.start()
    opened = lifecycle.session(sandbox)
    order: list[str] = []
    giver = threading.Thread(target=lambda: order.append(lifecycle.pay(sandbox, opened).headers["Location"]))
    giver.start()
    giver.join(1.5)
    assert order == [], "the giver went on before the webhook was tried"
    assert pay_page.runner_is_there()
    go_on.set()
    giver.join(30)
    runner.join(30)
    assert len(receiver.got) == 1
    assert order == [f"https://news.example/thanks/?session={opened.id}"]


def test_the_portal_shows_only_what_its_configuration_allows(sandbox: Sandbox) -> None:
    subscription = lifecycle.subscribe(sandbox)
    bare = sandbox.client.v1.billing_portal.configurations.create({"features": {"invoice_history": {"enabled": True}}})
    portal = sandbox.client.v1.billing_portal.sessions.create(
        {"customer": subscription.customer, "configuration": bare.id}
    )
    seen = see(sandbox, portal.url).text
    assert "Card number" not in seen
    assert "Cancel" not in seen
    assert "Invoices" in seen
    assert lifecycle.press(sandbox, portal.url, action="cancel", subscription=subscription.id).status_code == 400
    assert sandbox.client.v1.subscriptions.retrieve(subscription.id).cancel_at is None


def test_the_portal_pauses_and_resumes_where_that_is_allowed(sandbox: Sandbox) -> None:
    subscription = lifecycle.subscribe(sandbox)
    allowed = sandbox.client.v1.billing_portal.configurations.create(
        {"features": {"subscription_pause": {"enabled": True}}}
    )
    lifecycle.check(allowed.to_dict(for_json=True))
    portal = sandbox.client.v1.billing_portal.sessions.create(
        {"customer": subscription.customer, "configuration": allowed.id, "return_url": "https://news.example/account/"}
    )
    lifecycle.check(portal.to_dict(for_json=True))
    lifecycle.press(sandbox, portal.url, action="pause", subscription=subscription.id)
    assert sandbox.client.v1.subscriptions.retrieve(subscription.id).status == "paused"
    assert "Paused" in see(sandbox, portal.url).text
    lifecycle.press(sandbox, portal.url, action="resume", subscription=subscription.id)
    assert sandbox.client.v1.subscriptions.retrieve(subscription.id).status == "active"
    assert 'href="https://news.example/account/"' in see(sandbox, portal.url).text


def test_the_portal_touches_nobody_elses_subscription(sandbox: Sandbox) -> None:
    mine, theirs = lifecycle.subscribe(sandbox), lifecycle.subscribe(sandbox)
    portal = sandbox.client.v1.billing_portal.sessions.create({"customer": mine.customer})
    assert lifecycle.press(sandbox, portal.url, action="cancel", subscription=theirs.id).status_code == 400
    assert sandbox.client.v1.subscriptions.retrieve(theirs.id).cancel_at is None


def test_a_flow_leads_back_to_where_it_came_from(sandbox: Sandbox) -> None:
    subscription = lifecycle.subscribe(sandbox)
    portal = sandbox.client.v1.billing_portal.sessions.create(
        {
            "customer": subscription.customer,
            "flow_data": {
                "type": "subscription_cancel",
                "subscription_cancel": {"subscription": subscription.id},
                "after_completion": {"type": "redirect", "redirect": {"return_url": "https://news.example/bye/"}},
            },
        }
    )
    lifecycle.check(portal.to_dict(for_json=True))
    assert "Card number" not in see(sandbox, portal.url).text
    done = lifecycle.press(sandbox, portal.url, action="cancel", subscription=subscription.id)
    assert done.headers["Location"] == "https://news.example/bye/"


def test_a_declining_card_is_not_taken_by_the_portal(sandbox: Sandbox) -> None:
    subscription = lifecycle.subscribe(sandbox)
    portal = sandbox.client.v1.billing_portal.sessions.create({"customer": subscription.customer})
    answer = lifecycle.press(sandbox, portal.url, test_card="4000000000000002")
    assert answer.status_code == 402
    assert len(sandbox.client.v1.customers.payment_methods.list(subscription.customer).data) == 1


def test_a_paid_invoice_is_shown_and_not_paid_again(sandbox: Sandbox) -> None:
    lifecycle.subscribe(sandbox)
    (invoice,) = sandbox.client.v1.invoices.list().data
    seen = see(sandbox, invoice.hosted_invoice_url).text
    assert invoice.number in seen
    assert "Pay this invoice" not in seen
    lifecycle.press(sandbox, invoice.hosted_invoice_url, number=lifecycle.GOOD, exp="12/34", cvc="123")
    assert len(sandbox.client.v1.charges.list().data) == 1
    (charge,) = sandbox.client.v1.charges.list().data
    assert "10.00 EUR" in see(sandbox, charge.receipt_url).text


def test_an_invoice_may_be_paid_with_another_card_instead_of_authenticating(sandbox: Sandbox) -> None:
    subscription = lifecycle.subscribe(sandbox)
    portal = sandbox.client.v1.billing_portal.sessions.create({"customer": subscription.customer})
    lifecycle.press(sandbox, portal.url, test_card="4000002760003184")
    sandbox.post("clock", advance=31 * DAY + 2 * HOUR)
    (invoice, _) = sandbox.client.v1.invoices.list().data
    assert "Complete authentication" in see(sandbox, invoice.hosted_invoice_url).text
    assert "Pay this invoice" in see(sandbox, f"{invoice.hosted_invoice_url}?card=1").text
    assert lifecycle.press(sandbox, invoice.hosted_invoice_url, test_card=lifecycle.GOOD).status_code == 303
    assert sandbox.client.v1.invoices.retrieve(invoice.id).status == "paid"


@pytest.mark.parametrize("path", ["/pay/cs_test_none", "/invoice/in_none", "/portal/bps_none", "/receipt/ch_none"])
def test_what_is_not_there_is_said_to_be_not_there(sandbox: Sandbox, path: str) -> None:
    assert see(sandbox, path).status_code == 404
