"""Money goes back: refunds by staff, disputes by banks, transfers to the newsroom's own bank."""

import pytest

from letters.models import Letter
from members.models import Membership, MembershipChange
from money.money import Money
from newsroom.models import Newsroom
from payments import refunds
from payments.models import Dispute, Payment, Payout, Refund
from tests.journeys.conftest import World

DISPUTED = "4000000000000259"
ASKED_ABOUT = "4000000000001976"
PENDING_REFUND = "4000000000007726"
FAILING_REFUND = "4000000000005126"


def kinds() -> list[str]:
    return list(MembershipChange.objects.values_list("kind", flat=True))


def test_refund_in_two_parts_and_no_cent_more(story: World) -> None:
    story.reader().give(interval="once", amount="25")
    given = story.model.gives(2500)
    payment = Payment.objects.get()
    for _click in range(2):
        refunds.issue(payment, Money(300, "EUR"), key="first")
    given.refunded(300)
    story.settle()
    assert story.prove()["received"]["EUR"]["refunds"] == 300
    with pytest.raises(refunds.RefundTooLarge):
        refunds.issue(payment, Money(2201, "EUR"), key="too much")
    story.prove()
    refunds.issue(payment, Money(2200, "EUR"), key="rest")
    given.refunded(2200)
    with pytest.raises(refunds.RefundRefused):  # Stripe knows already, the rows here do not yet
        refunds.issue(payment, Money(1, "EUR"), key="one cent")
    story.settle()
    with pytest.raises(refunds.RefundTooLarge):
        refunds.issue(payment, Money(1, "EUR"), key="another cent")
    books = story.prove()
    assert (books["received"]["EUR"]["net_of_returns"], books["settled"]["EUR"]["balance"]) == (0, -103)
    assert sorted(story.letters()) == ["receipt", "refunded", "refunded"]


def test_refund_made_on_stripes_dashboard_is_known_here(story: World) -> None:
    donation = story.reader().give(interval="once", amount="3000", currency="JPY")
    given = story.model.gives(3000, "JPY")
    story.press("refunds", charge=story.charge(donation), amount=1000)
    given.refunded(1000)
    assert story.prove()["settled"]["EUR"]["refund"] == -610
    refunds.issue(Payment.objects.get(), Money(2000, "JPY"), key="rest")
    given.refunded(2000)
    story.settle()
    story.prove()


@pytest.mark.parametrize("card", [PENDING_REFUND, FAILING_REFUND])
def test_refund_that_takes_its_time_and_one_that_comes_back(story: World, card: str) -> None:
    story.reader().give(card, interval="once", amount="25")
    given = story.model.gives(2500)
    refunds.issue(Payment.objects.get(), Money(1000, "EUR"), key="r")
    story.settle()
    if card == PENDING_REFUND:
        given.refunded(1000)
        assert Refund.objects.get().status == "succeeded"
    else:
        given.refunded(1000)
        given.refund_failed(1000)
        assert Refund.objects.get().status == "failed"
        assert Payment.objects.get().refunded_minor == 0
    story.prove()


def test_patron_whose_only_payment_is_refunded_in_full_is_a_member_no_longer(story: World) -> None:
    donation = story.reader().give()
    told = story.model.joins(500)
    payment = donation.payments.get()
    refunds.issue(payment, Money(500, "EUR"), key="all")
    told.paid[0][0].refunded(500)
    story.settle()
    story.leap(days=3)
    assert story.prove()["memberships"]["active"] == 0
    assert kinds() == ["joined", "forfeited"]
    assert Membership.objects.get().forfeited_at


def test_lost_dispute_takes_money_fee_and_membership(story: World) -> None:
    Newsroom.objects.update(finance_email="finance@news.example")
    story.reader().give(DISPUTED)
    told = story.model.joins(500)
    told.paid[0][0].taken_by_bank()
    dispute = Dispute.objects.get()
    assert story.prove()["settled"]["EUR"]["fee"] == -(45 + 1500)
    story.press(f"disputes/{dispute.stripe_id}", outcome="lost")
    story.leap(days=2)
    books = story.prove()
    assert books["memberships"]["active"] == 0
    assert books["received"]["EUR"]["disputes"] == 500
    assert kinds() == ["joined", "forfeited"]
    assert list(Letter.objects.filter(occasion="dispute").values_list("to", flat=True)) == ["finance@news.example"]


def test_won_dispute_gives_back_all_but_the_fee(story: World) -> None:
    donation = story.reader().give()
    told = story.model.joins(500)
    story.leap(days=33)
    opened = story.press("disputes", charge=story.charge(donation), reason="fraudulent")
    story.model.catch_up()
    disputed = told.paid[1][0]
    disputed.taken_by_bank()
    story.prove()
    story.press(f"disputes/{opened['id']}", outcome="won")
    disputed.given_back_by_bank()
    books = story.prove()
    assert books["settled"]["EUR"]["dispute"] == 0
    assert books["memberships"]["active"] == 1
    assert kinds() == ["joined", "renewed", "forfeited", "restored"]


def test_inquiry_moves_no_money_until_it_becomes_a_dispute(story: World) -> None:
    Newsroom.objects.update(finance_email="finance@news.example")
    story.reader().give(ASKED_ABOUT, interval="once", amount="25")
    given = story.model.gives(2500)
    dispute = Dispute.objects.get()
    assert dispute.is_inquiry
    assert story.prove()["settled"]["EUR"]["fee"] == -103
    story.press(f"disputes/{dispute.stripe_id}", outcome="escalate")
    given.taken_by_bank()
    story.prove()
    asked, taken = Letter.objects.filter(to="finance@news.example").order_by("id")
    assert "No money has moved yet" in asked.text
    assert "has taken back a payment of" in taken.text
    story.press(f"disputes/{dispute.stripe_id}", outcome="lost")
    story.prove()
    assert Letter.objects.filter(to="finance@news.example").count() == 2


def test_dispute_after_a_partial_refund_takes_the_rest(story: World) -> None:
    donation = story.reader().give(interval="once", amount="25")
    given = story.model.gives(2500)
    story.press("refunds", charge=story.charge(donation), amount=700)
    given.refunded(700)
    opened = story.press("disputes", charge=story.charge(donation), reason="fraudulent")
    given.taken_by_bank()
    assert story.prove()["received"]["EUR"]["net_of_returns"] == 0
    story.press(f"disputes/{opened['id']}", outcome="won")
    given.given_back_by_bank()
    story.prove()


def test_money_goes_to_the_bank_and_comes_back_when_the_bank_refuses_it(story: World) -> None:
    story.reader().give(interval="once", amount="25")
    story.reader().give(interval="once", amount="40", currency="USD", email="second@example.org")
    story.model.gives(2500)
    story.model.gives(4000, "USD")
    story.leap(days=4)
    made = {one["currency"].upper(): one["id"] for one in story.press("payouts")["payouts"]}
    sums = story.model.pays_out()
    assert sums == {"EUR": 2397, "USD": 3854}
    story.leap(days=5)
    assert set(Payout.objects.values_list("status", flat=True)) == {"paid"}
    assert story.prove()["settled"]["EUR"]["balance"] == 0
    story.press(f"payouts/{made['USD']}/fail")
    story.model.payout_failed({"USD": sums["USD"]})
    books = story.prove()
    assert (books["settled"]["USD"]["payout"], books["settled"]["USD"]["balance"]) == (0, 3854)
