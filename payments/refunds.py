"""Money sent back to givers."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from money.money import Money
from payments import emails, gateway, ledger, operations
from payments.models import Operation, Payment, Refund
from payments.models.operation import OperationState
from payments.models.payment import PaymentState, Source
from payments.stripe_objects import Refund as StripeRefund


class RefundRefused(Exception):
    """The refund was not made. `sentence` is for the page."""

    @property
    def sentence(self) -> str:
        return _("Stripe did not accept this refund. Nothing was sent back.")


@dataclass
class RefundTooLarge(RefundRefused):
    """More than what is left of the payment."""

    left: Money
    language: str = "en"

    @property
    def sentence(self) -> str:
        return _("Only %(amount)s of this payment is left to refund.") % {"amount": self.left.format(self.language)}


class NotRefundable(RefundRefused):
    """Not received, or not received through Stripe."""

    @property
    def sentence(self) -> str:
        return _("Only a payment received through Stripe can be refunded here.")


def left(payment: Payment) -> Money:
    """What can still be refunded: the payment less what went back and what was asked for and is not read back yet."""
    asked = payment.operations.filter(kind="refund").exclude(state=OperationState.REFUSED)
    unread = asked.exclude(result__in=payment.refunds.values("stripe_id"))
    promised = sum(int(operation.params.get("amount", 0)) for operation in unread)
    return Money(max(0, payment.amount_minor - payment.refunded_minor - promised), payment.currency)


def issue(payment: Payment, amount: Money, *, key: str, language: str = "en") -> Operation:
    """Sends `amount` back. `key` names the wish: the same key again, from a second click or a retry, refunds once.

    The rows, the ledger and the letter follow when Stripe's state is read. If Stripe does not answer, the operation is
    sent again with the same key. Raises a RefundRefused.
    """
    with transaction.atomic():
        row = Payment.objects.select_for_update().get(pk=payment.pk)
        known: Operation | None = Operation.objects.filter(key=f"refund:{key}").first()
        if known is None:
            if row.source != Source.STRIPE or row.state != PaymentState.SUCCEEDED:
                raise NotRefundable
            rest = left(row)
            if amount.minor <= 0 or rest < amount:
                raise RefundTooLarge(rest, language)
            params = {"payment_intent": row.payment_intent, "amount": amount.minor, "metadata": {"wish": key[:100]}}
            known = operations.store(
                "refund", f"refund:{key}", "/v1/refunds", params, payment=row, donation=row.donation
            )
    try:
        operations.send(known)
    except gateway.Refused as error:
        raise RefundRefused from error
    except gateway.Unavailable:
        pass  # stays due; the page says that it is on its way
    return known


def record(payment: Payment, seen: Iterable[StripeRefund]) -> None:
    """Sets refund rows and ledger lines from Stripe's state. The patron is told once of each that is not failed."""
    # Those that no longer count first: the database holds the sum of the others to the payment at every step.
    for refund in sorted(seen, key=lambda refund: refund.status not in {"failed", "canceled"}):
        row, _created = Refund.objects.update_or_create(
            stripe_id=refund.id,
            defaults={
                "payment": payment,
                "amount_minor": refund.amount_minor,
                "currency": refund.currency,
                "status": refund.status,
                "failure_reason": refund.failure_reason,
                "created_at": refund.created_at,
            },
        )
        if refund.movement:
            ledger.record_refund(payment, refund.movement, row.amount)
        if refund.failure_movement:
            ledger.record_refund_reversal(payment, refund.failure_movement, row.amount)
    sent_back = [row for row in payment.refunds.order_by("created_at", "pk") if row.counts]
    payment.refunded_minor = sum(row.amount_minor for row in sent_back)
    payment.save(update_fields=["refunded_minor"])
    for row in sent_back:
        row.payment = payment
        emails.refunded(row)
