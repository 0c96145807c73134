"""Bank debits: what came of one is known days after it was charged, and dated then."""

from datetime import timedelta

from members.models import MembershipChange
from payments.models import Donation, Invoice, StripeEvent
from tests.journeys.conftest import World

SLOW, BAD = "AT321904300235473204", "AT861904300235473202"


def test_somebody_joins_when_the_money_is_there_and_an_invoice_fails_when_the_bank_said_so(story: World) -> None:
    reader, other = story.reader(), story.reader()
    url = reader.start(amount="5")
    reader.pay(url, method="sepa_debit", iban=SLOW)
    bad = other.start(amount="5", email="other@example.org")
    other.pay(bad, method="sepa_debit", iban=BAD, email="other@example.org")
    story.work()
    assert not MembershipChange.objects.exists()
    story.settle()
    gift = Donation.objects.get(checkout_url=url)
    paid, arrived = gift.invoices.get(), gift.payments.get()
    joined = MembershipChange.objects.get()
    assert gift.membership
    assert joined.occurred_at == gift.membership.first_paid_at == paid.paid_at
    assert arrived.paid_at
    assert joined.occurred_at - arrived.paid_at >= timedelta(minutes=3)
    refused = Invoice.objects.get(donation__checkout_url=bad)
    told = StripeEvent.objects.get(type="charge.failed", aggregate=refused.payment_intent)
    assert refused.first_failed_at == refused.attempts.get().tried_at == told.created_at
    assert told.created_at - refused.created_at >= timedelta(seconds=10)
