"""The book of money. Lines are added, never changed: triggers refuse UPDATE, DELETE and TRUNCATE.

A line names no person (line → payment → donation → patron), so erasing and merging people touch no line. The database
adds to each the transaction that wrote it (`written_in`), by which reports read new lines in the order of commits.
"""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from newsroom import clock
from payments.models.payment import Payment, Source


class Payout(models.Model):
    """A transfer from Stripe to the newsroom's bank. `status` is Stripe's; `paid` can still turn into `failed`."""

    stripe_id = models.CharField(max_length=60, unique=True)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=15)
    arrives_on = models.DateField()
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.stripe_id


class Kind(models.TextChoices):
    """What a line is."""

    PAYMENT = "payment", _("payment")
    FEE = "fee", _("fee")
    REFUND = "refund", _("refund")
    REFUND_REVERSAL = "refund_reversal", _("refund returned")
    DISPUTE = "dispute", _("dispute")
    DISPUTE_REVERSAL = "dispute_reversal", _("dispute returned")
    DISPUTE_FEE = "dispute_fee", _("dispute fee")
    ADJUSTMENT = "adjustment", _("adjustment")
    PAYOUT = "payout", _("payout")


class LedgerQuerySet(models.QuerySet["LedgerEntry"]):
    """Questions about many lines."""

    def from_stripe(self) -> "LedgerQuerySet":
        return self.filter(source=Source.STRIPE)


class LedgerEntry(models.Model):
    """One signed, permanent line.

    `amount_minor` and `currency` are what arrived or left (settlement); `seen_minor` and `seen_currency` what the
    giver saw (presentment), on the lines that a giver sees. `rate` is Stripe's exchange rate between them.
    """

    source = models.CharField(max_length=7, choices=Source, default=Source.STRIPE)
    kind = models.CharField(max_length=16, choices=Kind)
    # One of the two is null, so that it is no part of its unique pair.
    balance_transaction = models.CharField(max_length=60, null=True, blank=True)  # noqa: DJ001
    reference = models.CharField(max_length=100, null=True, blank=True)  # noqa: DJ001
    payment = models.ForeignKey(Payment, null=True, blank=True, on_delete=models.PROTECT, related_name="lines")
    payout = models.ForeignKey(Payout, null=True, blank=True, on_delete=models.PROTECT, related_name="lines")
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    seen_minor = models.BigIntegerField(null=True, blank=True)
    seen_currency = models.CharField(max_length=3, blank=True)
    rate = models.DecimalField(max_digits=20, decimal_places=10, null=True, blank=True)
    available_at = models.DateTimeField(null=True, blank=True)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=clock.Now(), editable=False)
    note = models.CharField(max_length=200, blank=True)

    objects: ClassVar[Any] = LedgerQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "ledger entries"
        constraints = [
            models.UniqueConstraint(
                fields=["balance_transaction", "kind"], name="ledger_line_once_per_balance_transaction"
            ),
            models.UniqueConstraint(fields=["reference", "kind"], name="ledger_line_once_per_reference"),
            models.CheckConstraint(
                condition=Q(source="stripe", balance_transaction__isnull=False, reference__isnull=True)
                | Q(source="offline", balance_transaction__isnull=True, reference__isnull=False),
                name="ledger_line_names_its_source",
            ),
            models.CheckConstraint(condition=~Q(amount_minor=0), name="ledger_amount_not_zero"),
            models.CheckConstraint(
                condition=~Q(kind__in=["payment", "refund_reversal", "dispute_reversal"]) | Q(amount_minor__gt=0),
                name="ledger_money_in_is_positive",
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=["refund", "dispute"]) | Q(amount_minor__lt=0),
                name="ledger_money_out_is_negative",
            ),
            models.CheckConstraint(
                condition=~Q(
                    kind__in=["payment", "refund", "refund_reversal", "dispute", "dispute_reversal", "dispute_fee"]
                )
                | Q(payment__isnull=False),
                name="ledger_line_has_its_payment",
            ),
            models.CheckConstraint(
                condition=~Q(kind="payout") | Q(payout__isnull=False), name="ledger_payout_has_its_row"
            ),
            models.CheckConstraint(condition=Q(currency__regex=r"^[A-Z]{3}$"), name="ledger_currency_code"),
        ]
        indexes = [
            models.Index(fields=["occurred_at", "id"], name="ledger_by_time"),
            # What is rare among payments and fees, so that it is found without reading these.
            models.Index(
                fields=["kind", "occurred_at", "id"], condition=~Q(kind__in=["payment", "fee"]), name="ledger_rare"
            ),
            models.Index(fields=["occurred_at", "id"], condition=Q(source="offline"), name="ledger_by_hand"),
            # PostgreSQL takes kind and payment for independent, and would look at all adjustments for either.
            models.Index(
                fields=["occurred_at", "id"],
                condition=Q(kind="adjustment", payment__isnull=True),
                name="ledger_other_business",
            ),
            models.Index(
                fields=["occurred_at", "id"],
                condition=Q(kind="adjustment", payment__isnull=False),
                name="ledger_failed_after_all",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount_minor} {self.currency}"
