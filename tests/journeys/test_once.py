"""Somebody gives once."""

import pytest

from letters.models import Letter
from money.money import Money
from newsroom import clock
from payments import offline
from payments.models import Donation, Payment
from payments.offline import Reversal
from tests.journeys.conftest import World


def test_guest_gives_once_and_every_cent_is_in_the_book(story: World) -> None:
    donation = story.reader().give(interval="once", amount="25")
    story.model.gives(2500)
    assert donation.state == "given"
    books = story.prove()
    assert books["settled"]["EUR"] == {
        "payment": 2500, "fee": -103, "refund": 0, "dispute": 0, "adjustment": 0, "payout": 0, "balance": 2397,
    }  # fmt: skip
    assert books["memberships"]["active"] == 0
    assert sorted(story.letters()) == ["receipt"]


@pytest.mark.parametrize(
    ("currency", "amount", "minor", "settled", "kept"),
    [("JPY", "3000", 3000, 1830, 83), ("UAH", "1000", 100000, 2200, 94), ("GBP", "7.77", 777, 777, 43)],
)
def test_other_currencies_arrive_as_stripe_settles_them(
    story: World, currency: str, amount: str, minor: int, settled: int, kept: int
) -> None:
    story.reader().give(interval="once", amount=amount, currency=currency)
    monthly = story.reader().give(interval="monthly", amount=amount, currency=currency, email="second@example.org")
    story.model.gives(minor, currency)
    story.model.joins(minor, currency, who="second")
    story.leap(days=33)
    books = story.prove()
    into = currency if currency == "GBP" else "EUR"
    assert books["received"][currency]["payments"] == 3 * minor
    assert (books["settled"][into]["payment"], books["settled"][into]["fee"]) == (3 * settled, -3 * kept)
    assert monthly.currency == currency


def test_money_is_received_before_it_is_in_stripes_balance(story: World) -> None:
    reader = story.reader()
    assert reader.pay(reader.start(interval="once", amount="25")).status_code == 303
    for _ in range(9):
        story.sandbox.post("tick")
        story.work()
        if Payment.objects.received().exists():
            break
    assert Payment.objects.not_booked().count() == 1
    story.settle()
    assert Payment.objects.not_booked().count() == 0
    story.books()


def test_covered_fee_reaches_the_newsroom_whole(story: World) -> None:
    donation = story.reader().give(interval="once", amount="10", cover_fee="on")
    story.model.gives(1061)
    assert (donation.amount_minor, donation.fee_cover_minor) == (1000, 61)
    assert story.prove()["settled"]["EUR"]["balance"] == 1000


def test_gift_by_bank_transfer_stands_beside_stripes_books(story: World) -> None:
    story.reader().give(interval="once", amount="25")
    story.model.gives(2500)
    offline.record(
        email="bank@example.org", amount=Money(4000, "EUR"), received_on=clock.today(), reference="statement 7, line 3"
    )
    story.model.brings(4000)
    books = story.prove()
    assert books["received"]["EUR"]["payments"] == 6500
    assert books["settled"]["EUR"]["payment"] == 2500
    assert story.letters("bank@example.org") == ["receipt"]


@pytest.mark.parametrize(
    ("because", "words"),
    [
        (Reversal.RETURNED, "It comes the way you paid, by bank transfer or in cash."),
        (Reversal.MISTAKE, "its receipt no longer counts"),
    ],
)
def test_record_of_a_bank_transfer_is_taken_back_by_a_line_beside_it(
    story: World, because: Reversal, words: str
) -> None:
    story.reader().give(interval="once", amount="25")
    story.model.gives(2500)
    payment = offline.record(
        email="bank@example.org", amount=Money(4000, "EUR"), received_on=clock.today(), reference="statement 7, line 3"
    )
    story.model.brings(4000)
    assert offline.reverse(payment, because=because) == offline.reverse(payment, because=because)
    story.model.takes_back(4000)
    books = story.prove()
    assert books["received"]["EUR"]["net_of_returns"] == 2500
    assert books["settled"]["EUR"]["refund"] == 0, "Stripe's balance knows nothing of it"
    lines = list(payment.lines.order_by("id").values_list("kind", "amount_minor", "reference", "note"))
    assert lines == [("payment", 4000, payment.reference, ""), ("refund", -4000, payment.reference, because.value)]
    payment.refresh_from_db()
    assert not payment.stands
    assert story.letters("bank@example.org") == ["receipt", "refunded"]
    assert words in Letter.objects.get(to="bank@example.org", occasion="refunded").text
    with pytest.raises(offline.NotReversible):
        offline.reverse(Payment.objects.get(source="stripe"), because=because)


def test_bank_debit_that_takes_its_time_counts_once_it_has_arrived(story: World) -> None:
    good, bad = "AT321904300235473204", "AT861904300235473202"
    reader = story.reader()
    url = reader.start(interval="once", amount="20")
    reader.pay(url, method="sepa_debit", iban=good)
    story.work()
    story.sandbox.post("tick")
    story.work()
    assert Donation.objects.get(checkout_url=url).state == "confirming"
    assert story.model.books()["received"] == story.books()["received"] == {}
    story.settle()
    story.model.gives(2000)
    assert Donation.objects.get(checkout_url=url).state == "given"

    other = story.reader()
    failing = other.start(interval="once", amount="30", email="other@example.org")
    other.pay(failing, method="sepa_debit", iban=bad, email="other@example.org")
    story.settle()
    assert Donation.objects.get(checkout_url=failing).state == "failed"
    story.prove()
    assert story.letters() == ["receipt"]
    assert story.letters("other@example.org") == []
