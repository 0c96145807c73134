"""Sums over the ledger. Amounts are signed minor units, as the lines are."""

from django.db import models
from django.db.models import Q

from payments.models import Payment


class MoneyDay(models.Model):
    """What arrived and left on a day, in the currency of settlement, by kind of line.

    `return` is the kind of an adjustment that belongs to a payment: a delayed payment that failed after all.
    `institutional` is that of every line of a grant or an institution, whatever it says, and `mistake` that of the
    reversal of a record by hand that was one.
    """

    day = models.DateField()
    source = models.CharField(max_length=7)
    currency = models.CharField(max_length=3)
    kind = models.CharField(max_length=16)
    amount_minor = models.BigIntegerField()
    lines = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["day", "source", "currency", "kind"], name="reports_money_day_once")
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.kind} {self.amount_minor} {self.currency}"


class SeenDay(models.Model):
    """What givers saw on a day, in their currency, by kind of line; recurring gifts apart from single ones."""

    day = models.DateField()
    currency = models.CharField(max_length=3)
    kind = models.CharField(max_length=16)
    is_recurring = models.BooleanField()
    amount_minor = models.BigIntegerField()
    lines = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["day", "currency", "kind", "is_recurring"], name="reports_seen_day_once")
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.kind} {self.amount_minor} {self.currency}"


class GiftMonth(models.Model):
    """The same money in the month of the payment that it belongs to, in the currency of settlement."""

    month = models.DateField()
    currency = models.CharField(max_length=3)
    kind = models.CharField(max_length=16)
    amount_minor = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["month", "currency", "kind"], name="reports_gift_month_once")]

    def __str__(self) -> str:
        return f"{self.month} {self.kind} {self.amount_minor} {self.currency}"


class ReturnedPayment(models.Model):
    """A payment of a month from which something went back since, in the currency the giver saw. Held to nothing.

    `gone_minor` is what of it is gone: nothing if a dispute was won. `is_undone` is one that never was: it failed after
    all, or was recorded by mistake.
    """

    month = models.DateField()
    currency = models.CharField(max_length=3)
    payment = models.ForeignKey(
        Payment, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    refunded_minor = models.BigIntegerField()
    # All that was ever disputed.
    disputed_minor = models.BigIntegerField()
    gone_minor = models.BigIntegerField()
    is_undone = models.BooleanField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["month", "payment", "currency"], name="reports_returned_payment_once")
        ]
        indexes = [
            models.Index(
                fields=["month", "currency", "payment"], condition=Q(refunded_minor__gt=0, is_undone=False),
                name="reports_refunded_payment",
            ),
            models.Index(
                fields=["month", "currency", "payment"], condition=Q(disputed_minor__gt=0, is_undone=False),
                name="reports_disputed_payment",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"payment {self.payment_id}"


class ReturnMonth(models.Model):
    """Of the payments of a month, in the currency givers saw: how many, and what of them went back since."""

    month = models.DateField()
    currency = models.CharField(max_length=3)
    payments = models.PositiveIntegerField()
    paid_minor = models.BigIntegerField()
    refunded = models.PositiveIntegerField()
    refunded_minor = models.BigIntegerField()
    disputed = models.PositiveIntegerField()
    disputed_minor = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["month", "currency"], name="reports_return_month_once")]

    def __str__(self) -> str:
        return f"{self.month} {self.currency}"


class GiftAmount(models.Model):
    """How many single gifts of one amount came in a month, of which nothing went back; for their mean and median."""

    month = models.DateField()
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    gifts = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["month", "currency", "amount_minor"], name="reports_gift_amount_once")
        ]

    def __str__(self) -> str:
        return f"{self.month}: {self.gifts} of {self.amount_minor} {self.currency}"
