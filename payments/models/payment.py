"""`Payment`: money that arrived for a donation, and what can happen to it afterwards."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from money.money import Money
from newsroom import clock
from payments.models.donation import Donation
from payments.models.invoice import Invoice


class Source(models.TextChoices):
    """Where money came through."""

    STRIPE = "stripe", _("Stripe")
    OFFLINE = "offline", _("bank transfer or cash")


class PaymentState(models.TextChoices):
    """What became of a payment."""

    CONFIRMING = "confirming", _("being confirmed")
    SUCCEEDED = "succeeded", _("received")
    FAILED = "failed", _("failed")


class PaymentQuerySet(models.QuerySet["Payment"]):
    """Questions about many payments."""

    def received(self) -> "PaymentQuerySet":
        return self.filter(state=PaymentState.SUCCEEDED)

    def not_booked(self) -> "PaymentQuerySet":
        """Received, and their line is not in the book yet."""
        return self.received().filter(is_booked=False)


class Payment(models.Model):
    """Money for a donation. Amount in minor units of what the giver saw; settlement amounts are in the ledger."""

    donation = models.ForeignKey(Donation, on_delete=models.PROTECT, related_name="payments")
    invoice = models.ForeignKey(Invoice, null=True, blank=True, on_delete=models.PROTECT, related_name="payments")
    source = models.CharField(max_length=7, choices=Source, default=Source.STRIPE)
    payment_intent = models.CharField(max_length=60, null=True, blank=True, unique=True)
    charge = models.CharField(max_length=60, null=True, blank=True, unique=True)
    reference = models.CharField(max_length=100, null=True, blank=True, unique=True)
    amount_minor = models.PositiveIntegerField()
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=10, choices=PaymentState)
    refunded_minor = models.PositiveIntegerField(default=0)
    # Money the bank has taken back in a dispute and not returned.
    disputed_minor = models.PositiveIntegerField(default=0)
    returned_at = models.DateTimeField(null=True, blank=True)
    # Whether its line is in the book, which Stripe can make possible some days after the money was received.
    is_booked = models.BooleanField(default=False, db_default=False)
    method = models.CharField(max_length=30, blank=True)
    card_brand = models.CharField(max_length=30, blank=True)
    card_last4 = models.CharField(max_length=4, blank=True)
    failure_code = models.CharField(max_length=60, blank=True)
    # What the giver said of this payment alone (payments/names.py); empty: the donation's choice holds.
    display = models.CharField(max_length=9, choices=Donation.Display, blank=True)
    shown_as = models.CharField(max_length=100, blank=True)
    paid_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=clock.Now(), editable=False)

    objects: ClassVar[Any] = PaymentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="payment_amount_positive"),
            models.CheckConstraint(
                condition=Q(refunded_minor__lte=F("amount_minor")), name="payment_refunds_at_most_amount"
            ),
            models.CheckConstraint(
                condition=Q(source="stripe", payment_intent__isnull=False, reference__isnull=True)
                | Q(source="offline", payment_intent__isnull=True, reference__isnull=False),
                name="payment_names_its_source",
            ),
            models.CheckConstraint(
                condition=(Q(display="named") & ~Q(shown_as="")) | (~Q(display="named") & Q(shown_as="")),
                name="payment_name_where_it_is_named",
            ),
            models.CheckConstraint(
                condition=~Q(state="succeeded") | Q(paid_at__isnull=False), name="payment_received_at_a_time"
            ),
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(state="succeeded", is_booked=False), name="payment_not_booked"),
            models.Index(fields=["id"], condition=Q(source="offline"), name="payment_by_hand"),
        ]

    def __str__(self) -> str:
        return f"payment {self.pk}"

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def stands(self) -> bool:
        """Received, and neither refunded in full nor taken back by the bank."""
        return (
            self.state == PaymentState.SUCCEEDED and self.refunded_minor < self.amount_minor and not self.disputed_minor
        )


class Refund(models.Model):
    """Money sent back. `status` is Stripe's; for offline money it is `succeeded`."""

    stripe_id = models.CharField(max_length=60, unique=True)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
    amount_minor = models.PositiveIntegerField()
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=20)
    failure_reason = models.CharField(max_length=60, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(amount_minor__gt=0), name="refund_amount_positive")]
        indexes = [
            models.Index(
                fields=["id"], condition=Q(status__in=["pending", "requires_action"]), name="refund_on_its_way"
            ),
        ]

    def __str__(self) -> str:
        return self.stripe_id

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def counts(self) -> bool:
        """Not failed and not called off."""
        return self.status not in {"failed", "canceled"}


class Dispute(models.Model):
    """Money the giver's bank takes back, or only asks about (`is_inquiry`: no funds move). `status` is Stripe's."""

    stripe_id = models.CharField(max_length=60, unique=True)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="disputes")
    amount_minor = models.PositiveIntegerField()
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=30)
    reason = models.CharField(max_length=40, blank=True)
    evidence_due_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.stripe_id

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def is_inquiry(self) -> bool:
        return self.status.startswith("warning_")


class ReceiptCounter(models.Model):
    """The last number given in a year. Its row lock makes the numbers gapless: a rollback takes the number back."""

    year = models.PositiveSmallIntegerField(primary_key=True)
    last = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.year}: {self.last}"


class Receipt(models.Model):
    """The numbered receipt of a payment. It is printed from rows, so it prints alike whenever it is asked for."""

    payment = models.OneToOneField(Payment, on_delete=models.PROTECT, related_name="receipt")
    year = models.PositiveSmallIntegerField()
    number = models.PositiveIntegerField()
    language = models.CharField(max_length=2)
    issued_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["year", "number"], name="receipt_number_once"),
            models.CheckConstraint(condition=Q(number__gt=0), name="receipt_numbers_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.year}-{self.number:06d}"
