"""Subscriptions: what Stripe says of them is read here. What is wished for them is sent from payments/wishes.py."""

from datetime import date

from django.db import transaction

from newsroom import clock
from payments import adoption, arrivals, donations, dunning, emails, gateway, locks
from payments.models import Donation, Invoice, Payment
from payments.models.donation import Interval
from payments.models.payment import PaymentState
from payments.stripe_objects import Card, Charge, Intent, Subscription
from payments.stripe_objects import Invoice as StripeInvoice

# Enough to see every invoice that can still change; `replay` reads them all.
RECENT_INVOICES = 20


def refresh(subscription_id: str, *, every_invoice: bool = False) -> set[str]:
    """Sets donation, invoices and membership from Stripe's state of a subscription, then looks at unsettled payments.

    One that the newsroom made at Stripe itself gets its donation first (adoption.py); any other that no donation here
    refers to is left alone, and books and reconcile report it. Raises arrivals.NotYet, locks.Busy or a gateway error;
    what was written until then stays true. Returns the ids of the payment intents that it looked at.
    """
    with locks.exclusive(subscription_id):
        seen = gateway.subscription(subscription_id)
        donation = _donation_of(seen) or adoption.adopt(seen)
        if donation is None:
            return set()
        invoices = gateway.invoices(subscription_id, most=None if every_invoice else RECENT_INVOICES)
        card = seen.card if seen.card.method else gateway.default_card(seen.customer)
        session = arrivals.session_of(donation)
        tried = {
            invoice.id: gateway.intent(invoice.payment_intents[-1])
            for invoice in invoices
            if invoice.status == "open" and invoice.payment_intents
        }
        charges = dunning.charges(invoices)
        with transaction.atomic():
            row = donations.lock(donation)
            arrivals.meet(row, session)
            _follow(row, seen, Card(card.method) if _is_forgotten(row) else card)
            for invoice in sorted(invoices, key=lambda invoice: invoice.created_at):
                _set_invoice(row, invoice, tried.get(invoice.id), charges.get(invoice.id))
            donations.settle(row)
    unsettled = _unsettled(invoices, tried, again=every_invoice)
    for intent_id in unsettled:
        arrivals.refresh(intent_id)
    return set(unsettled)


def _donation_of(seen: Subscription) -> Donation | None:
    return (
        Donation.objects.filter(reference=seen.reference).first() if seen.reference else None
    ) or Donation.objects.filter(subscription=seen.id).first()


def _is_forgotten(donation: Donation) -> bool:
    """Whether its giver has been erased: what leads to them is not copied again."""
    return donation.patron is not None and donation.patron.erased_at is not None


def _follow(donation: Donation, seen: Subscription, card: Card) -> None:
    """The donation's copy of what Stripe says."""
    if seen.amount_minor != donation.total.minor or seen.currency != donation.currency:
        cover = seen.fee_cover_minor if 2 * seen.fee_cover_minor <= seen.amount_minor else 0
        donation.amount_minor, donation.fee_cover_minor = seen.amount_minor - cover, cover
        donation.currency = seen.currency
    donation.interval = Interval.of_months(seen.months)
    donation.every_months = seen.months if donation.interval == Interval.SEVERAL else 0
    donation.customer = seen.customer
    donation.subscription = seen.id
    donation.subscription_status = seen.status
    donation.anchor_at, donation.period_end = seen.anchor_at, seen.period_end
    donation.paused_at = (donation.paused_at or clock.now()) if seen.is_paused else None
    donation.resumes_at = seen.resumes_at
    donation.cancels_at = seen.cancels_at if seen.ended_at is None else None
    donation.cancel_asked_at = seen.cancel_asked_at
    donation.subscription_ended_at = seen.ended_at
    donation.stripe_end_reason = seen.end_reason
    has_other_card = bool(donation.card_last4) and (donation.card_brand, donation.card_last4) != (
        card.brand,
        card.last4,
    )
    donation.method, donation.card_brand, donation.card_last4 = card.method, card.brand, card.last4
    donation.card_expires_on = last_day(card)
    donation.save()
    if has_other_card and donation.has_live_subscription:
        emails.changed(donation, "card", f"{card.brand}:{card.last4}:{clock.today()}")


def last_day(card: Card) -> date | None:
    """The last day on which a card can be charged: its month's last."""
    if card.expires is None:
        return None
    year, month = card.expires
    first_after = date(year + month // 12, month % 12 + 1, 1)
    return date.fromordinal(first_after.toordinal() - 1)


def _set_invoice(donation: Donation, seen: StripeInvoice, tried: Intent | None, attempts: list[Charge] | None) -> None:
    """An invoice's row, and what follows if it could not be collected."""
    row = Invoice.objects.filter(stripe_id=seen.id).first() or Invoice(stripe_id=seen.id)
    row.donation = donation
    row.status, row.billing_reason = seen.status, seen.billing_reason
    row.amount_due_minor, row.currency = seen.amount_due_minor, seen.currency
    row.period_start, row.period_end = seen.period_start, seen.period_end
    row.attempt_count, row.next_attempt_at = seen.attempt_count, seen.next_attempt_at
    row.payment_intent = seen.payment_intents[-1] if seen.payment_intents else ""
    row.hosted_url = "" if _is_forgotten(donation) else seen.hosted_url
    row.created_at, row.paid_at = seen.created_at, seen.paid_at
    if dunning.is_failing(seen, tried):
        row.failure_code = (tried.failure_code if tried else "") or row.failure_code
    row.save()
    dunning.record(row, seen, tried, attempts)


def _unsettled(invoices: list[StripeInvoice], tried: dict[str, Intent], *, again: bool) -> list[str]:
    """Payment intents whose money is on its way or not wholly in the book yet, oldest first."""
    paid = [intent for invoice in reversed(invoices) if invoice.status == "paid" for intent in invoice.payment_intents]
    if not again:
        settled = Payment.objects.filter(payment_intent__in=paid, state=PaymentState.SUCCEEDED, lines__kind="payment")
        known = set(settled.values_list("payment_intent", flat=True))
        paid = [intent for intent in paid if intent not in known]
    begun = set(
        Payment.objects.filter(payment_intent__in=[intent.id for intent in tried.values()]).values_list(
            "payment_intent", flat=True
        )
    )
    waiting = [intent.id for intent in tried.values() if intent.status == "processing" or intent.id in begun]
    return [*dict.fromkeys([*paid, *waiting])]


def refresh_cards(customer: str) -> None:
    """A customer's card changed: the donations that it pays are looked at again."""
    for donation in Donation.objects.running().filter(customer=customer):
        refresh(str(donation.subscription))
