"""Money that arrives for a donation, and what happens to it later: refunds and disputes.

`refresh` looks at one payment intent as it stands at Stripe now and sets our rows from that. Nothing is added up from
events, so it may run twice, late and in any order.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from members import tombstones
from members.models import Patron
from newsroom import clock
from payments import disputes, donations, emails, gateway, ledger, locks, names, receipts, refunds
from payments.models import Donation, Invoice, Payment
from payments.models.payment import PaymentState
from payments.stripe_objects import BalanceTransaction, Dispute, Intent, Refund, Session

SURELY_FOREIGN = timedelta(hours=1)


class NotYet(Exception):
    """Something this depends on has not arrived; the event waits and is tried again, never dropped.

    `brought_by` is Stripe's object whose own events bring it, where that is known.
    """

    def __init__(self, missing: str, brought_by: str = "") -> None:
        super().__init__(missing)
        self.brought_by = brought_by


@dataclass(frozen=True, slots=True)
class Seen:
    """What Stripe said of a payment intent, fetched under its lock."""

    intent: Intent
    invoice_id: str
    session: Session | None
    refunds: list[Refund]
    disputes: list[Dispute]
    # What took back a delayed payment that had been credited before it failed.
    returned: list[BalanceTransaction]


def refresh(intent_id: str, hints: Collection[str] = ()) -> None:
    """Sets payment, refunds, disputes, ledger and membership from Stripe's state of one payment intent.

    `hints` are the types of the events that led here: they say what must be looked up although the charge does not
    show it yet. Raises NotYet, locks.Busy, or a gateway error; then nothing was written.
    """
    donation = _known_donation(intent_id)
    with locks.exclusive(intent_id):
        seen_intent = gateway.intent(intent_id)
        invoice_id = ""
        if donation is None:
            donation, invoice_id = _owner(seen_intent)
        if donation is None:
            _leave_to_others(seen_intent)
            return
        seen = _look(donation, seen_intent, invoice_id, hints)
        with transaction.atomic():
            _record(donations.lock(donation), seen)


def _known_donation(intent_id: str) -> Donation | None:
    payment = Payment.objects.select_related("donation").filter(payment_intent=intent_id).first()
    return payment.donation if payment else None


def _owner(intent: Intent) -> tuple[Donation | None, str]:
    """The donation behind an intent, through its metadata or its invoice's subscription, and the invoice's id."""
    if intent.reference:
        return Donation.objects.filter(reference=intent.reference).first(), ""
    invoice = gateway.invoice_of(intent.id)
    if invoice is None:
        return None, ""
    donation = Donation.objects.filter(reference=invoice.reference).first() if invoice.reference else None
    donation = donation or Donation.objects.filter(subscription=invoice.subscription).first()
    if donation and not Invoice.objects.filter(stripe_id=invoice.id).exists():
        raise NotYet(f"invoice {invoice.id}", brought_by=invoice.subscription)
    return donation, invoice.id


def _look(donation: Donation, intent: Intent, invoice_id: str, hints: Collection[str]) -> Seen:
    payment = Payment.objects.filter(payment_intent=intent.id).first()
    told = " ".join(hints)  # `look` is reconciliation's word: something differs, whatever the charge shows
    has_refunds = intent.refunded_minor or "refund" in told or "look" in told or (payment and payment.refunds.exists())
    has_disputes = intent.is_disputed or "dispute" in told or "look" in told or (payment and payment.disputes.exists())
    return Seen(
        intent=intent,
        invoice_id=invoice_id,
        session=session_of(donation),
        refunds=gateway.refunds(intent.charge) if intent.charge and has_refunds else [],
        disputes=gateway.disputes(intent.charge) if intent.charge and has_disputes else [],
        returned=_returned(intent) if intent.movement and _state(intent) == PaymentState.FAILED else [],
    )


def _returned(intent: Intent) -> list[BalanceTransaction]:
    return [found for found in gateway.movements({"source": intent.charge}) if found.type == "payment_failure_refund"]


def session_of(donation: Donation) -> Session | None:
    """The Checkout session, as long as it is needed to know who gives."""
    if donation.patron_id or not donation.checkout_session:
        return None
    return gateway.session(donation.checkout_session)


def _record(donation: Donation, seen: Seen) -> None:
    """The transaction of `refresh`; the donation is locked. The receipt comes last: its counter is one row."""
    intent = seen.intent
    payment = Payment.objects.filter(payment_intent=intent.id).first()
    state = _state(intent)
    if payment is None and state == PaymentState.FAILED:
        return  # a declined attempt on the payment page: no money moved, and the giver may try again
    meet(donation, seen.session)
    if payment is None and not donation.payments.exists():
        names.said_with(donation)
    payment = payment or Payment(payment_intent=intent.id, donation=donation)
    if seen.invoice_id:
        payment.invoice = Invoice.objects.get(stripe_id=seen.invoice_id)
    _set(payment, intent, state)
    if intent.movement:
        ledger.record_payment(payment, intent.movement)
    for movement in seen.returned:
        ledger.record_return(payment, movement)
    refunds.record(payment, seen.refunds)
    disputes.record(payment, seen.disputes)
    _weigh(payment, seen)
    donations.settle(donation)
    if payment.state == PaymentState.SUCCEEDED and donation.patron_id:
        receipts.issue(payment)
        emails.receipt(payment)


def meet(donation: Donation, session: Session | None) -> None:
    """Finds or makes the patron by the address given on the payment page."""
    if donation.patron_id:
        return
    greet(donation, session.email if session else "", session.customer if session else "")
    donation.save(update_fields=["patron", "email", "name", "message", "customer"])


def greet(donation: Donation, email: str, customer: str) -> None:
    """Sets, without saving it, who gives: the patron of an address at Stripe. Raises NotYet where there is none."""
    if not email:
        raise NotYet("the address of the giver")
    if erased := tombstones.stands_for(email, since=donation.created_at):
        donation.patron = erased  # heard of too late: nothing of the person is written down again
        donation.email = donation.name = donation.message = ""
    else:
        donation.patron = Patron.objects.for_email(email, language=donation.language, name=donation.name)
        donation.email = donation.email or email
    donation.customer = customer or donation.customer


def _state(intent: Intent) -> PaymentState:
    if intent.status == "succeeded" and intent.charge_status == "succeeded":
        return PaymentState.SUCCEEDED
    if intent.status == "processing" or (intent.charge_status == "pending" and intent.status != "canceled"):
        return PaymentState.CONFIRMING
    return PaymentState.FAILED


def _set(payment: Payment, intent: Intent, state: PaymentState) -> None:
    payment.amount_minor, payment.currency = intent.charged_minor or intent.amount_minor, intent.currency
    payment.charge = intent.charge or payment.charge
    payment.state = state
    payment.paid_at = intent.charged_at if state == PaymentState.SUCCEEDED else None
    payment.method, payment.card_brand, payment.card_last4 = intent.card.method, intent.card.brand, intent.card.last4
    payment.failure_code = "" if state == PaymentState.SUCCEEDED else intent.failure_code
    payment.is_booked = payment.is_booked or bool(intent.movement)  # its line follows in this transaction
    payment.save()


def _weigh(payment: Payment, seen: Seen) -> None:
    """What the bank holds of the payment, and since when nothing of it stands."""
    sent_back = [refund for refund in payment.refunds.all() if refund.counts]
    # By number, not by sum: what comes back was converted at another day's rate.
    taken = [
        dispute
        for dispute in seen.disputes
        if sum(1 if movement.amount_minor < 0 else -1 for movement in dispute.movements) > 0
    ]
    payment.disputed_minor = sum(dispute.amount_minor for dispute in taken)
    moments: list[datetime] = [refund.created_at for refund in sent_back] + [dispute.created_at for dispute in taken]
    payment.returned_at = None if payment.stands or not moments else max(moments)
    payment.save(update_fields=["disputed_minor", "returned_at"])


def _leave_to_others(intent: Intent) -> None:
    """An intent with no donation of ours behind it. What it is can show late, so it is booked only when an hour old.

    Checkout makes a subscription's invoice after its payment: until then the payment looks like somebody else's.
    """
    if intent.charge_status != "succeeded":
        return  # no money moved
    if intent.charged_at and clock.now() - intent.charged_at < SURELY_FOREIGN:
        raise NotYet("whose payment it is")
    record_foreign(intent.charge)


def record_foreign(charge: str) -> None:
    """Other business on the same Stripe account: its movements are in the balance, so they are in the book."""
    movements = gateway.movements({"source": charge})
    for refund in gateway.refunds(charge):
        movements += [movement for movement in (refund.movement, refund.failure_movement) if movement]
    for dispute in gateway.disputes(charge):
        movements += dispute.movements
    with transaction.atomic():
        for movement in movements:
            ledger.record_other(movement)
