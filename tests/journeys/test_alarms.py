"""What ought to be charged and is not: the books say so before the newsroom misses the money."""

import logging

import pytest

from config import books
from config.tasks import prove_books
from payments import reconciliation
from payments.models import Donation
from tests.journeys.conftest import World


def wrong() -> set[str]:
    return {check["id"] for check in books.prove()["checks"] if not check["ok"]}


def test_gift_whose_card_is_taken_off_is_told_until_there_is_another(
    story: World, caplog: pytest.LogCaptureFixture
) -> None:
    donation = story.reader().give()
    story.model.joins(500)
    assert donation.method == "card"
    client = story.sandbox.client.v1
    card = client.subscriptions.retrieve(str(donation.subscription)).default_payment_method
    client.payment_methods.detach(str(card))
    story.settle()
    assert wrong() == {"donations.chargeable"}
    with caplog.at_level(logging.ERROR):
        prove_books()
    assert "donations.chargeable" in caplog.text
    another = client.payment_methods.attach("pm_card_visa", {"customer": donation.customer})
    client.customers.update(donation.customer, {"invoice_settings": {"default_payment_method": another.id}})
    story.settle()
    story.prove()


def test_renewal_that_was_due_and_not_heard_of_is_told(story: World) -> None:
    donation = story.reader().give()
    story.model.joins(500)
    story.sandbox.post("chaos", drop=1)
    story.leap(days=33)
    assert "donations.next_charge" in wrong()
    story.sandbox.post("chaos", drop=0)
    assert reconciliation.catch_up()
    story.settle()
    assert story.prove()["received"]["EUR"]["payments"] == 1000
    assert Donation.objects.get(pk=donation.pk).method == "card"
