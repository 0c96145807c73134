"""The dashboard: a page that shows what there is, and buttons for what giver, bank and owner do."""

from typing import Any

import pytest
import requests

from sandbox import store
from tests.sandbox.conftest import Sandbox
from tests.sandbox.lifecycle import pay, session, subscribe


def page(sandbox: Sandbox) -> str:
    answer = requests.get(f"{sandbox.url}/sandbox/", timeout=60)
    assert answer.status_code == 200
    return answer.text


def newest(kind: str) -> Any:
    return store.find(kind)[0]


def donate(sandbox: Sandbox) -> str:
    """A one-off charge that has been booked; its id."""
    assert pay(sandbox, session(sandbox, 2500)).status_code == 303
    sandbox.post("clock", advance=10)
    return str(newest("charge")["id"])


def test_an_empty_sandbox_shows_a_page(sandbox: Sandbox) -> None:
    text = page(sandbox)
    assert "No money moves" in text
    assert "Nothing has happened yet." in text


def test_the_page_shows_what_there_is_and_escapes_it(sandbox: Sandbox) -> None:
    subscription = subscribe(sandbox, customer_email="<b>olena@example.org")
    charge = donate(sandbox)
    sandbox.post("refunds", charge=charge, amount=500)
    sandbox.post("disputes", charge=charge)
    text = page(sandbox)
    for expected in (
        subscription.id,
        charge,
        "25.00 EUR",
        "5.00 EUR refunded",
        "needs_response",
        "charge.dispute.created",
    ):
        assert expected in text
    assert "<b>olena" not in text
    assert "&lt;b&gt;olena" in text


def test_the_owner_refunds_and_the_bank_sends_it_back(sandbox: Sandbox) -> None:
    charge = donate(sandbox)
    refund = sandbox.post("refunds", charge=charge, amount=500)
    assert (refund["amount"], refund["status"]) == (500, "succeeded")
    assert sandbox.post(f"refunds/{refund['id']}/fail")["status"] == "failed"


def test_the_bank_disputes_and_decides(sandbox: Sandbox) -> None:
    dispute = sandbox.post("disputes", charge=donate(sandbox), reason="product_not_received")
    assert (dispute["status"], dispute["reason"]) == ("needs_response", "product_not_received")
    assert sandbox.post(f"disputes/{dispute['id']}", outcome="won")["status"] == "won"
    inquiry = sandbox.post("disputes", charge=donate(sandbox), inquiry=True)
    assert inquiry["status"] == "warning_needs_response"
    assert sandbox.post(f"disputes/{inquiry['id']}", outcome="escalate")["status"] == "needs_response"


def test_what_is_available_is_paid_out_and_may_come_back(sandbox: Sandbox) -> None:
    donate(sandbox)
    sandbox.post("clock", advance=10 * 86_400)
    [payout] = sandbox.post("payouts")["payouts"]
    assert payout["amount"] > 0
    assert sandbox.post(f"payouts/{payout['id']}/fail")["status"] == "failed"


def test_a_subscription_is_changed_paused_and_ended(sandbox: Sandbox) -> None:
    at = f"subscriptions/{subscribe(sandbox).id}"
    assert sandbox.post(at, action="change", amount=1500)["items"]["data"][0]["price"]["unit_amount"] == 1500
    assert sandbox.post(at, action="pause")["status"] == "paused"
    assert sandbox.post(at, action="resume")["status"] == "active"
    assert sandbox.post(at, action="cancel_at_period_end")["cancel_at_period_end"] is True
    assert sandbox.post(at, action="keep")["cancel_at_period_end"] is False
    assert sandbox.post(at, action="cancel")["status"] == "canceled"


def test_a_giver_gets_another_card(sandbox: Sandbox) -> None:
    subscription = subscribe(sandbox)
    sandbox.post(f"customers/{subscription.customer}/card", number="5555555555554444")
    assert newest("payment_method")["card"]["brand"] == "mastercard"
    answer = sandbox.call(
        "POST", f"/sandbox/customers/{subscription.customer}/card", json={"number": "4242424242424241"}
    )
    assert answer.status_code == 402
    assert "incorrect" in answer.text


def test_a_form_leads_back_to_the_page(sandbox: Sandbox) -> None:
    answer = requests.post(f"{sandbox.url}/sandbox/clock", data={"advance": "60"}, allow_redirects=False, timeout=60)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sandbox/")


@pytest.mark.parametrize(
    ("path", "fields", "status"),
    [
        ("clock", {}, 400),
        ("clock", {"to": "tomorrow"}, 400),
        ("clock", {"advance": "x"}, 400),
        ("refunds", {"charge": "ch_none"}, 404),
        ("refunds", {}, 400),
        ("disputes/dp_none", {"outcome": "won"}, 404),
        ("config", {"final_outcome": "shrug"}, 400),
        ("config", {"fees": "[1"}, 400),
        ("events/evt_none/resend", {}, 404),
    ],
)
def test_a_senseless_press_is_refused_in_words(
    sandbox: Sandbox, path: str, fields: dict[str, str], status: int
) -> None:
    answer = requests.post(f"{sandbox.url}/sandbox/{path}", data=fields, timeout=60)
    assert answer.status_code == status
    assert "Not done" in answer.text


def test_the_account_is_set_up_by_form_and_by_json(sandbox: Sandbox) -> None:
    set_up = sandbox.post(
        "config", retry_days=[1, 2], fees={"eur": [0.01, 10]}, final_outcome="unpaid", automatic_payouts=True
    )
    assert (set_up["retry_days"], set_up["final_outcome"], set_up["automatic_payouts"]) == ([1, 2], "unpaid", True)
    form = {
        "retry_days": "3, 5",
        "fees": '{"eur": [0.02, 20]}',
        "automatic_payouts": "false",
        "settlement_currencies": "eur usd",
    }
    assert requests.post(f"{sandbox.url}/sandbox/config", data=form, timeout=60).status_code == 200
    assert sandbox.post("config") == set_up | {
        "retry_days": [3, 5],
        "fees": {"eur": [0.02, 20]},
        "automatic_payouts": False,
        "settlement_currencies": ["eur", "usd"],
    }


def test_another_site_cannot_press_a_button(sandbox: Sandbox) -> None:
    at = f"{sandbox.url}/sandbox/clock"
    assert (
        requests.post(at, data={"advance": 60}, headers={"Sec-Fetch-Site": "cross-site"}, timeout=60).status_code == 403
    )


def test_pages_carry_no_script_and_no_third_party(sandbox: Sandbox) -> None:
    answer = requests.get(f"{sandbox.url}/sandbox/", timeout=60)
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "<script" not in answer.text
    assert "style=" not in answer.text
    style = requests.get(f"{sandbox.url}/sandbox/style.css", timeout=60)
    assert style.headers["Content-Type"].startswith("text/css")
    assert "url(" not in style.text
