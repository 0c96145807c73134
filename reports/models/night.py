"""Sums over rows that can still change (invoices, gifts, patrons). They are made anew as a whole, each night."""

from django.db import models

from members.models import Patron
from payments.models import Invoice
from reports.models import parts


class InvoiceMonth(models.Model):
    """Invoices that fell due in a month, and those of them whose first attempt failed."""

    month = models.DateField()
    currency = models.CharField(max_length=3)
    due = models.PositiveIntegerField()
    due_minor = models.BigIntegerField()
    failed = models.PositiveIntegerField()
    failed_minor = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.month} {self.currency}: {self.failed} of {self.due}"


class RecoveryMonth(models.Model):
    """Invoices whose first failure was in a month: by the bank's code of it, and by what mended it within 30 days.

    `recovered_by` is empty where nothing did.
    """

    month = models.DateField()
    currency = models.CharField(max_length=3)
    code = models.CharField(max_length=60, blank=True)
    recovered_by = models.CharField(max_length=7, blank=True)
    invoices = models.PositiveIntegerField()
    amount_minor = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.month} {self.code} {self.recovered_by}"


class RenewalMonth(models.Model):
    """Paid years that ended in a month, and those after which the same person paid again within 30 days."""

    month = models.DateField()
    ended = models.PositiveIntegerField()
    renewed = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.month}: {self.renewed} of {self.ended}"


class YearEnd(models.Model):
    """One of them: the invoice that paid for it. Held to nothing, like `Movement`."""

    month = models.DateField()
    invoice = models.ForeignKey(Invoice, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False)
    patron = models.ForeignKey(Patron, null=True, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False)
    ends_at = models.DateTimeField()
    is_renewed = models.BooleanField()

    class Meta:
        indexes = [models.Index(fields=["month", "invoice"], name="reports_year_end")]

    def __str__(self) -> str:
        return f"year until {self.ends_at}"


class OriginMonth(models.Model):
    """Who came from an origin in a month, by one rule of attribution.

    `started` counts gifts begun, `joined` those persons whose recurring giving began. `kept_monthly_parts` is what
    those of them who joined at least 90 days ago gave on their 90th day, without anybody whose every payment went back.
    """

    class Rule(models.TextChoices):
        JOINING = "joining"
        FIRST = "first"

    month = models.DateField()
    rule = models.CharField(max_length=7, choices=Rule)
    story_id = models.BigIntegerField(null=True)
    ask_id = models.BigIntegerField(null=True)
    campaign = models.CharField(max_length=60, blank=True)
    currency = models.CharField(max_length=3)
    started = models.PositiveIntegerField()
    joined = models.PositiveIntegerField()
    joined_monthly_parts = parts.field()
    old_enough = models.PositiveIntegerField()
    kept_monthly_parts = parts.field()

    class Meta:
        indexes = [models.Index(fields=["rule", "month"], name="reports_origin_month")]

    def __str__(self) -> str:
        return f"{self.month} {self.rule}: {self.joined}"


class CohortMoney(models.Model):
    """What the recurring payments of those who joined in a month brought net, so many months after it."""

    cohort = models.DateField()
    age = models.PositiveSmallIntegerField()
    currency = models.CharField(max_length=3)
    net_minor = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.cohort}+{self.age}: {self.net_minor} {self.currency}"


class Exposure(models.Model):
    """How much of today's monthly sum hangs on something, in the currency of the gifts."""

    class What(models.TextChoices):
        ALL = "all"
        LEAVING = "leaving"
        EXPIRING = "expiring"
        FAILING = "failing"
        TOP = "top"

    what = models.CharField(max_length=8, choices=What)
    currency = models.CharField(max_length=3)
    monthly_parts = parts.field()
    persons = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.what}: {self.monthly_parts} {self.currency}"
