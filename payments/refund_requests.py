"""Refunds above the newsroom's limit: one person asks, another of finance, or an admin, approves or declines.

The money goes back by the same verb as any refund (payments/refunds.py), with a key that is made of the request, so
that two who approve at once, or a worker that dies halfway, send it back once.
"""

from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from members.models import Patron
from money.money import Money
from newsroom import clock
from newsroom.models import GivingCurrency
from payments import emails, locks, refunds
from payments.models import Operation, Payment, RefundRequest
from payments.models.operation import OperationState
from payments.models.payment import PaymentState, Source


class AlreadyAsked(refunds.RefundRefused):
    """Another request for the same payment is open."""

    @property
    def sentence(self) -> str:
        return _("A refund of this payment waits for a second person already. It is decided first.")


class OwnRequest(refunds.RefundRefused):
    """Whoever asks does not decide."""

    @property
    def sentence(self) -> str:
        return _("You asked for this refund yourself: somebody else decides.")


class AlreadyDecided(refunds.RefundRefused):
    """It was approved or declined before."""

    @property
    def sentence(self) -> str:
        return _("This was decided already.")


class DecidedJustNow(refunds.RefundRefused):
    """Somebody else is deciding it at this moment."""

    @property
    def sentence(self) -> str:
        return _("Somebody is deciding this just now. Look at the page again in a minute.")


class NotSent(refunds.RefundRefused):
    """Stripe refused. The request stays open."""

    @property
    def sentence(self) -> str:
        return _("Stripe did not accept this refund. Nothing was sent back, and the request stays open.")


def limit(currency: str) -> Money:
    """What one person may send back of a payment, in all; nothing in a currency that the newsroom has not set up."""
    row = GivingCurrency.objects.filter(code=currency).first()
    return Money(row.refund_alone_minor if row else 0, currency)


def needs_second(payment: Payment, amount: Money) -> bool:
    """Whether `amount` with all that has gone back of the payment before is more than one person may send."""
    gone = payment.amount - refunds.left(payment)
    return limit(payment.currency) < gone + amount


def ask(payment: Payment, amount: Money, *, by: Patron, reason: str, key: UUID, language: str = "en") -> RefundRequest:
    """Notes the request. The same key is the same request. Raises a RefundRefused."""
    if known := RefundRequest.objects.filter(key=key).first():
        return known
    rest = refunds.left(payment)
    if payment.source != Source.STRIPE or payment.state != PaymentState.SUCCEEDED:
        raise refunds.NotRefundable
    if amount.minor <= 0 or rest < amount:
        raise refunds.RefundTooLarge(rest, language)
    try:
        with transaction.atomic():
            return RefundRequest.objects.create(
                key=key, payment=payment, amount_minor=amount.minor, reason=reason, asked_by=by
            )
    except IntegrityError as error:
        raise AlreadyAsked from error


def approve(request: RefundRequest, *, by: Patron, language: str = "en") -> Operation:
    """Sends the money back and notes who approved; again, it is the same refund. Call it outside a transaction.

    Without Stripe's answer it is approved all the same and sent again by itself. Raises a RefundRefused; the request is
    open then as before.
    """
    try:
        with locks.exclusive(_lock(request), wait=True):
            request.refresh_from_db()
            if request.operation:
                return request.operation
            _examine(request, by)
            try:
                operation = refunds.issue(request.payment, request.amount, key=_key(request), language=language)
            except (refunds.RefundTooLarge, refunds.NotRefundable):
                raise
            except refunds.RefundRefused as error:
                raise NotSent from error
            _decide(request, by, operation)
            return operation
    except locks.Busy as error:
        raise DecidedJustNow from error


def decline(request: RefundRequest, *, by: Patron, reason: str) -> None:
    """Nothing goes back, and whoever asked is told why by letter.

    Raises a RefundRefused, also if the money has left although nobody could note it.
    """
    try:
        with locks.exclusive(_lock(request), wait=True):
            request.refresh_from_db()
            _examine(request, by)
            if Operation.objects.filter(key=f"refund:{_key(request)}").exists():
                raise AlreadyDecided
            with transaction.atomic():
                _decide(request, by, None, because=reason)
                emails.refund_declined(request)
    except locks.Busy as error:
        raise DecidedJustNow from error


def _examine(request: RefundRequest, by: Patron) -> None:
    if request.decided_at:
        raise AlreadyDecided
    if request.asked_by_id == by.pk:
        raise OwnRequest


def _decide(request: RefundRequest, by: Patron, operation: Operation | None, *, because: str = "") -> None:
    request.decided_by, request.decided_at, request.operation = by, clock.now(), operation
    request.declined_because = because
    request.save(update_fields=["decided_by", "decided_at", "operation", "declined_because"])


def _key(request: RefundRequest) -> str:
    """Of the request and of how often Stripe has refused it: a refused operation is not sent again."""
    refused = Operation.objects.filter(key__startswith=f"refund:request:{request.pk}:", state=OperationState.REFUSED)
    return f"request:{request.pk}:{refused.count()}"


def _lock(request: RefundRequest) -> str:
    return f"refund_request:{request.pk}"
