"""Sums over rows that can still change (invoices, gifts, patrons). They are made anew as a whole, each night."""

from fractions import Fraction

from django.db import models

from members.models import Membership, Patron
from payments.models import Donation, Invoice
from reports.models import parts


class InvoiceFailure(models.Model):
    """An invoice whose first attempt failed. Held to nothing, like `Movement`.

    `code` is the bank's of that attempt, `recovered_by` what mended it within 30 days: empty where nothing did,
    `unknown` where that is not known.
    """

    invoice = models.OneToOneField(
        Invoice, primary_key=True, on_delete=models.DO_NOTHING, related_name="failure", db_constraint=False
    )
    due_at = models.DateTimeField()
    failed_at = models.DateTimeField()
    currency = models.CharField(max_length=3)
    code = models.CharField(max_length=60, blank=True)
    recovered_by = models.CharField(max_length=7, blank=True)
    amount_minor = models.BigIntegerField()

    class Meta:
        indexes = [
            models.Index(fields=["due_at", "invoice"], name="reports_failed_of_those_due"),
            models.Index(fields=["failed_at", "invoice"], name="reports_first_failure"),
        ]

    def __str__(self) -> str:
        return f"failure of {self.failed_at}"


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
    """Invoices whose first failure was in a month, by its code and by what mended it, as `InvoiceFailure` has them."""

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


class OriginRow(models.Model):
    """One gift or person behind them. Held to nothing, like `Movement`.

    Whoever joined stands here once by each rule, with what they brought; and once more by currency with what they still
    gave on their 90th day. A gift that was started is the same by both rules, and stands here once. No story and no ask
    are 0, so that rows of none are found in their order, as those of one are.
    """

    class What(models.TextChoices):
        STARTED = "started"
        JOINED = "joined"
        KEPT = "kept"

    what = models.CharField(max_length=7, choices=What)
    rule = models.CharField(max_length=7, choices=OriginMonth.Rule, blank=True)
    month = models.DateField()
    story_id = models.BigIntegerField()
    ask_id = models.BigIntegerField()
    campaign = models.CharField(max_length=60, blank=True)
    currency = models.CharField(max_length=3)
    monthly_parts = parts.field()
    is_old = models.BooleanField()
    patron = models.ForeignKey(
        Patron, null=True, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    donation = models.ForeignKey(
        Donation, null=True, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )

    class Meta:
        # The last two are told apart in the index, so that no other row is read.
        indexes = [
            models.Index(
                fields=["what", "rule", *of, "month", "id", "currency", "is_old"], name=f"reports_origin_{name}"
            )
            for name, of in {"row": [], "story": ["story_id"], "ask": ["ask_id"], "campaign": ["campaign"]}.items()
        ]

    def __str__(self) -> str:
        return f"{self.month} {self.what} {self.monthly_parts} {self.currency}"

    @property
    def monthly(self) -> Fraction:
        return parts.monthly(self.monthly_parts)


class CohortMoney(models.Model):
    """What the recurring payments of those who joined in a month brought net, so many months after it."""

    cohort = models.DateField()
    age = models.PositiveSmallIntegerField()
    currency = models.CharField(max_length=3)
    net_minor = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.cohort}+{self.age}: {self.net_minor} {self.currency}"


class ExposedMembership(models.Model):
    """A live recurring membership, each another person's, and what it hangs on. Held to nothing, like `Movement`."""

    membership = models.OneToOneField(
        Membership, primary_key=True, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False
    )
    patron = models.ForeignKey(Patron, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False)
    currency = models.CharField(max_length=3)
    monthly_parts = parts.field()
    is_leaving = models.BooleanField()
    is_failing = models.BooleanField()
    is_expiring = models.BooleanField()
    is_top = models.BooleanField()

    class Meta:
        # The largest first; of those at risk, which are few among all.
        indexes = [
            models.Index(fields=["currency", "monthly_parts", "membership"], name="reports_live"),
            *(
                models.Index(
                    fields=["currency", "monthly_parts", "membership"], condition=models.Q((f"is_{what}", True)),
                    name=f"reports_{what}",
                )
                for what in ("leaving", "failing", "expiring", "top")
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"exposure of {self.membership_id}"

    @property
    def monthly(self) -> Fraction:
        return parts.monthly(self.monthly_parts)


class Exposure(models.Model):
    """How much of today's monthly sum hangs on something, in the currency of the gifts. Of `ExposedMembership`."""

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
