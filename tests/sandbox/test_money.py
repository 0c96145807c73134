"""Money: fees, currencies, refunds, disputes, payouts; the balance is always the sum of its transactions."""

from typing import Any

import pytest
import stripe

from sandbox import disputes, payouts, refunds
from sandbox.models import Config
from tests.sandbox import lifecycle
from tests.sandbox.conftest import Sandbox
from tests.sandbox.lifecycle import DAY


def transactions(sandbox: Sandbox, **where: Any) -> list[Any]:
    """Balance transactions, oldest first."""
    return list(sandbox.client.v1.balance_transactions.list({"limit": 100, **where}).auto_paging_iter())[::-1]


@pytest.mark.parametrize(
    ("amount", "currency", "settled", "into", "fee"),
    [
        (1000, "eur", 1000, "eur", 59),
        (1000, "usd", 1000, "usd", 59),
        (1000, "gbp", 1000, "gbp", 59),
        (1000, "jpy", 610, "eur", 48),
        (100_000, "uah", 2200, "eur", 94),
        (5000, "pln", 1150, "eur", 63),
    ],
)
def test_fees_and_conversion(sandbox: Sandbox, amount: int, currency: str, settled: int, into: str, fee: int) -> None:
    Config.objects.update(fees={"eur": [0.029, 30], "usd": [0.029, 30], "gbp": [0.029, 30]})
    charge = lifecycle.give(sandbox, amount, currency)
    (booked,) = transactions(sandbox)
    assert (booked.amount, booked.currency, booked.fee, booked.net) == (settled, into, fee, settled - fee)
    assert (booked.exchange_rate is None) == (currency == into)
    assert (booked.type, booked.reporting_category, booked.source) == ("charge", "charge", charge.id)
    assert booked.fee_details[0].type == "stripe_fee"
    assert lifecycle.balance_sums(sandbox) == {into: settled - fee}


def test_money_is_pending_until_its_day(sandbox: Sandbox) -> None:
    lifecycle.give(sandbox, 1000)
    (booked,) = transactions(sandbox)
    assert booked.available_on % DAY == 0
    assert DAY <= booked.available_on - booked.created <= 2 * DAY
    told = sandbox.client.v1.balance.retrieve()
    assert [part.amount for part in told.pending if part.currency == "eur"] == [941]
    sandbox.post("clock", to=booked.available_on)
    told = sandbox.client.v1.balance.retrieve()
    assert [part.amount for part in told.available if part.currency == "eur"] == [941]
    assert transactions(sandbox)[0].status == "available"


def test_one_card_skips_the_wait(sandbox: Sandbox) -> None:
    lifecycle.give(sandbox, 1000, number="4000000000000077")
    assert transactions(sandbox)[0].status == "available"


def test_a_refund_in_two_parts(sandbox: Sandbox) -> None:
    charge = lifecycle.give(sandbox, 1000)
    first = sandbox.client.v1.refunds.create({"charge": charge.id, "amount": 300, "metadata": {"op": "1"}})
    assert (first.status, first.amount, first.metadata["op"]) == ("succeeded", 300, "1")
    between = sandbox.client.v1.charges.retrieve(charge.id, {"expand": ["refunds"]})
    assert (between.amount_refunded, between.refunded, len(between.refunds.data)) == (300, False, 1)
    with pytest.raises(
        stripe.InvalidRequestError,
        match=r"Refund amount \(€8.00\) is greater than unrefunded amount on charge \(€7.00\)",
    ):
        sandbox.client.v1.refunds.create({"payment_intent": charge.payment_intent, "amount": 800})
    sandbox.client.v1.refunds.create({"payment_intent": charge.payment_intent})
    after = sandbox.client.v1.charges.retrieve(charge.id)
    assert (after.amount_refunded, after.refunded) == (1000, True)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sandbox.client.v1.refunds.create({"charge": charge.id})
    assert refused.value.code == "charge_already_refunded"
    assert [(one.type, one.amount, one.fee) for one in transactions(sandbox)] == [
        ("charge", 1000, 59),
        ("refund", -300, 0),
        ("refund", -700, 0),
    ]
    assert lifecycle.balance_sums(sandbox) == {"eur": -59}
    happened = lifecycle.types(sandbox)
    assert happened["charge.refunded"] == happened["refund.created"] == 2
    lifecycle.check_everything(sandbox)


def test_a_refund_that_fails_brings_the_money_back(sandbox: Sandbox) -> None:
    charge = lifecycle.give(sandbox, 1000, number="4000000000005126")
    refund = sandbox.client.v1.refunds.create({"charge": charge.id})
    assert refund.status == "succeeded"
    sandbox.post("clock", advance=20)
    failed = sandbox.client.v1.refunds.retrieve(refund.id, {"expand": ["failure_balance_transaction"]})
    assert (failed.status, failed.failure_reason) == ("failed", "expired_or_canceled_card")
    assert failed.failure_balance_transaction.net == 1000
    after = sandbox.client.v1.charges.retrieve(charge.id)
    assert (after.amount_refunded, after.refunded) == (0, False)
    assert lifecycle.balance_sums(sandbox) == {"eur": 941}
    assert lifecycle.types(sandbox)["refund.failed"] == 1
    lifecycle.check_everything(sandbox)


def test_a_refund_can_be_made_to_fail_by_hand(sandbox: Sandbox) -> None:
    charge = lifecycle.give(sandbox, 1000)
    refund = sandbox.client.v1.refunds.create({"charge": charge.id})
    refunds.fail(refund.id)
    assert lifecycle.balance_sums(sandbox) == {"eur": 941}


def test_a_pending_refund_succeeds_later(sandbox: Sandbox) -> None:
    charge = lifecycle.give(sandbox, 1000, number="4000000000007726")
    refund = sandbox.client.v1.refunds.create({"charge": charge.id})
    assert refund.status == "pending"
    sandbox.post("clock", advance=20)
    assert sandbox.client.v1.refunds.retrieve(refund.id).status == "succeeded"
    assert lifecycle.types(sandbox)["refund.updated"] == 1
    lifecycle.check_everything(sandbox)


@pytest.mark.parametrize(("won", "sum_after"), [(True, 1000 - 59 - 1500), (False, -59 - 1500)])
def test_a_dispute_takes_the_money_and_a_fee(sandbox: Sandbox, won: bool, sum_after: int) -> None:
    charge = lifecycle.give(sandbox, 1000, number="4000000000000259")
    sandbox.post("clock", advance=10)
    (dispute,) = sandbox.client.v1.disputes.list({"charge": charge.id}).data
    assert (dispute.status, dispute.reason, dispute.amount) == ("needs_response", "fraudulent", 1000)
    assert dispute.evidence_details.due_by > dispute.created
    assert sandbox.client.v1.charges.retrieve(charge.id).disputed is True
    (taken,) = dispute.balance_transactions
    assert (taken.type, taken.amount, taken.fee, taken.net, taken.source) == (
        "adjustment",
        -1000,
        1500,
        -2500,
        dispute.id,
    )
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sandbox.client.v1.refunds.create({"charge": charge.id})
    assert refused.value.code == "charge_disputed"
    text = "winning_evidence" if won else "losing_evidence"
    answered = sandbox.client.v1.disputes.update(dispute.id, {"evidence": {"uncategorized_text": text}})
    assert answered.status == "under_review"
    sandbox.post("clock", advance=5)
    assert sandbox.client.v1.disputes.retrieve(dispute.id).status == ("won" if won else "lost")
    assert lifecycle.balance_sums(sandbox) == {"eur": sum_after}
    happened = lifecycle.types(sandbox)
    assert (
        happened["charge.dispute.created"]
        == happened["charge.dispute.funds_withdrawn"]
        == happened["charge.dispute.closed"]
        == 1
    )
    assert happened["charge.dispute.funds_reinstated"] == int(won)
    lifecycle.check_everything(sandbox)


def test_an_inquiry_moves_no_money_until_it_is_escalated(sandbox: Sandbox) -> None:
    charge = lifecycle.give(sandbox, 1000, number="4000000000001976")
    sandbox.post("clock", advance=10)
    (dispute,) = sandbox.client.v1.disputes.list().data
    assert (dispute.status, dispute.balance_transactions, dispute.is_charge_refundable) == (
        "warning_needs_response",
        [],
        True,
    )
    assert lifecycle.balance_sums(sandbox) == {"eur": 941}
    sandbox.client.v1.disputes.update(dispute.id, {"evidence": {"uncategorized_text": "escalate_inquiry_evidence"}})
    sandbox.post("clock", advance=5)
    escalated = sandbox.client.v1.disputes.retrieve(dispute.id)
    assert (escalated.status, escalated.is_charge_refundable) == ("needs_response", False)
    assert lifecycle.balance_sums(sandbox) == {"eur": 941 - 2500}
    assert sandbox.client.v1.disputes.close(dispute.id).status == "lost"
    assert charge.id == escalated.charge
    lifecycle.check_everything(sandbox)


def test_an_inquiry_may_just_end(sandbox: Sandbox) -> None:
    charge = lifecycle.give(sandbox, 1000)
    opened = disputes.open(charge.id, "general", inquiry=True)
    assert disputes.close(opened["id"], won=False)["status"] == "warning_closed"
    assert lifecycle.balance_sums(sandbox) == {"eur": 941}


def test_payouts_take_what_is_available_once(sandbox: Sandbox) -> None:
    lifecycle.give(sandbox, 1000)
    lifecycle.give(sandbox, 2000, "usd")
    assert payouts.sweep() == []
    sandbox.post("clock", advance=2 * DAY)
    lifecycle.give(sandbox, 5000)
    made = {one["currency"]: one for one in payouts.sweep()}
    assert {currency: one["amount"] for currency, one in made.items()} == {"eur": 941, "usd": 1912}
    assert payouts.sweep() == []
    inside = transactions(sandbox, payout=made["eur"]["id"])
    assert sorted(one.net for one in inside) == [-941, 941]
    assert sum(one.net for one in inside) == 0
    assert lifecycle.balance_sums(sandbox) == lifecycle.transaction_sums(sandbox) == {"eur": 4825}
    sandbox.post("clock", advance=DAY + 10)
    assert sandbox.client.v1.payouts.retrieve(made["eur"]["id"]).status == "paid"
    happened = lifecycle.types(sandbox)
    assert happened["payout.created"] == happened["payout.paid"] == happened["payout.reconciliation_completed"] == 2
    lifecycle.check_everything(sandbox)


def test_a_failed_payout_returns_and_goes_again(sandbox: Sandbox) -> None:
    lifecycle.give(sandbox, 1000, number="4000000000000077")
    (first,) = payouts.sweep()
    failed = payouts.fail(first["id"])
    assert (failed["status"], failed["failure_code"]) == ("failed", "account_closed")
    assert lifecycle.balance_sums(sandbox) == {"eur": 941}
    (second,) = payouts.sweep()
    assert second["amount"] == 941
    assert [one.type for one in transactions(sandbox, payout=second["id"])] == ["payout_failure", "payout"]
    sandbox.post("clock", advance=2 * DAY)
    assert sandbox.client.v1.payouts.retrieve(first["id"]).status == "failed"
    assert lifecycle.types(sandbox)["payout.failed"] == 1
    lifecycle.check_everything(sandbox)


def test_automatic_payouts_go_when_money_becomes_available(sandbox: Sandbox) -> None:
    Config.objects.update(automatic_payouts=True)
    lifecycle.give(sandbox, 1000)
    sandbox.post("clock", advance=3 * DAY + 10)
    (payout,) = sandbox.client.v1.payouts.list().data
    assert (payout.amount, payout.status, payout.automatic) == (941, "paid", True)
    assert lifecycle.balance_sums(sandbox) == {}


def test_a_charge_that_failed_is_not_refundable(sandbox: Sandbox) -> None:
    lifecycle.pay(sandbox, lifecycle.session(sandbox), "4000000000000002")
    (charge,) = sandbox.client.v1.charges.list().data
    with pytest.raises(stripe.InvalidRequestError):
        sandbox.client.v1.refunds.create({"charge": charge.id})
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sandbox.client.v1.refunds.create({"charge": "ch_nothing"})
    assert (refused.value.http_status, refused.value.code, refused.value.param) == (400, "resource_missing", "charge")
