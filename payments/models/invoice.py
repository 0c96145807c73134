"""`Invoice`: one due payment of a subscription; `InvoiceAttempt`: each time it could not be collected."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from money.money import Money
from payments.models.donation import Donation


class Recovery(models.TextChoices):
    """How an invoice that had failed came to be paid."""

    RETRY = "retry", _("a later attempt with the same card")
    CARD = "card", _("another card")
    GIVER = "giver", _("the giver paid or confirmed it themselves")
    OUTSIDE = "outside", _("settled without a charge")


class InvoiceQuerySet(models.QuerySet["Invoice"]):
    """Questions about many invoices."""

    def due(self) -> "InvoiceQuerySet":
        """Collected, or tried; not those of nothing, and none that was called off before."""
        tried = Q(status="paid") | Q(first_failed_at__isnull=False) | Q(attempt_count__gt=0)
        return self.filter(tried, amount_due_minor__gt=0)

    def failing(self) -> "InvoiceQuerySet":
        """Tried and not paid, still owed."""
        return self.filter(status="open", attempt_count__gt=0, paid_at=None)

    def failed(self) -> "InvoiceQuerySet":
        """Not collected at the first attempt, whatever became of it later."""
        return self.exclude(first_failed_at=None)


class Invoice(models.Model):
    """What Stripe last said of an invoice. Set from fetched state only."""

    stripe_id = models.CharField(max_length=60, unique=True)
    donation = models.ForeignKey(Donation, on_delete=models.PROTECT, related_name="invoices")
    status = models.CharField(max_length=15)
    billing_reason = models.CharField(max_length=40, blank=True)
    amount_due_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    period_start = models.DateTimeField()
    period_end = models.DateTimeField()
    attempt_count = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    payment_intent = models.CharField(max_length=60, blank=True, db_index=True)
    hosted_url = models.TextField(blank=True)
    failure_code = models.CharField(max_length=60, blank=True)
    created_at = models.DateTimeField()
    first_failed_at = models.DateTimeField(null=True, blank=True)
    paid_at = models.DateTimeField(null=True, blank=True)
    # Empty unless it had failed before it was paid.
    recovered_by = models.CharField(max_length=7, choices=Recovery, blank=True)

    objects: ClassVar[Any] = InvoiceQuerySet.as_manager()

    class Meta:
        ordering = ["period_start", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(recovered_by="") | Q(paid_at__isnull=False), name="invoice_recovered_is_paid"
            ),
        ]
        indexes = [models.Index(fields=["created_at", "id"], name="invoice_by_time")]

    def __str__(self) -> str:
        return self.stripe_id

    @property
    def due(self) -> Money:
        return Money(self.amount_due_minor, self.currency)


class InvoiceAttempt(models.Model):
    """An attempt that failed. Set from fetched state only, so it is there once however often it is seen.

    `tried_at` is when the bank refused. `stripe_id` is that of the refused charge; where the bank asked for the giver's
    word, or no card was there to charge, no charge exists, and it is that of the payment intent (or of the invoice, if
    it has none).
    """

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="attempts")
    stripe_id = models.CharField(max_length=60, unique=True)
    tried_at = models.DateTimeField()
    failure_code = models.CharField(max_length=60, blank=True)
    # As Stripe had planned it after this attempt; empty if no other was to follow, or none is known of.
    next_attempt_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["tried_at", "id"]

    def __str__(self) -> str:
        return self.stripe_id
