"""`Tier`, `Membership` and its history.

Whether somebody is a member today follows from dates that money set (`paid_through` and the newsroom's days of grace),
so no nightly job has to be on time for it to be true.
"""

from datetime import date, timedelta
from typing import Any, ClassVar

from django.db import models
from django.db.models import Case, Q, Value, When
from django.utils.translation import gettext_lazy as _

from members.models.patron import Patron
from newsroom import clock


class Tier(models.Model):
    """A public level and its thanks; in each currency a threshold over the monthly amount."""

    slug = models.SlugField(unique=True)
    name_en = models.CharField(max_length=60)
    name_uk = models.CharField(max_length=60)

    def __str__(self) -> str:
        return self.slug

    def name(self, language: str) -> str:
        return self.name_uk if language == "uk" else self.name_en


class TierThreshold(models.Model):
    """From which monthly amount (minor units) a currency's patrons belong to a tier."""

    tier = models.ForeignKey(Tier, on_delete=models.CASCADE, related_name="thresholds")
    currency = models.CharField(max_length=3)
    monthly_minor = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tier", "currency"], name="tier_threshold_once_per_currency"),
            models.UniqueConstraint(fields=["currency", "monthly_minor"], name="tier_threshold_not_shared"),
        ]

    def __str__(self) -> str:
        return f"{self.tier} from {self.monthly_minor} {self.currency}"


class Standing(models.TextChoices):
    """What a membership is at a moment. Derived, never stored."""

    ACTIVE = "active", _("active")
    PAST_DUE = "past_due", _("past due")
    PAUSED = "paused", _("paused")
    ENDED = "ended", _("ended")


class EndReason(models.TextChoices):
    """Why a membership ended; the reports keep them apart."""

    CANCELLED = "cancelled", _("ended by choice")
    LAPSED = "lapsed", _("ended by unpaid time")
    DISPUTED = "disputed", _("ended by a dispute")
    EXPIRED = "expired", _("its time is over")
    MERGED = "merged", _("ended, as another one of the same person stands")


class MembershipQuerySet(models.QuerySet["Membership"]):
    """Questions about many memberships."""

    def with_standing(self, on: date, grace_days: int) -> "MembershipQuerySet":
        """Adds `standing` as of a day in the newsroom's zone."""
        return self.annotate(
            standing_then=Case(
                When(ended_at__isnull=False, then=Value(Standing.ENDED)),
                When(paused_at__isnull=False, then=Value(Standing.PAUSED)),
                When(~Q(source=Membership.Source.RECURRING), paid_through__lt=on, then=Value(Standing.ENDED)),
                When(paid_through__lt=on - timedelta(days=grace_days), then=Value(Standing.ENDED)),
                When(Q(paid_through__lt=on) | Q(failing_since__isnull=False), then=Value(Standing.PAST_DUE)),
                default=Value(Standing.ACTIVE),
                output_field=models.CharField(),
            )
        )

    def live(self) -> "MembershipQuerySet":
        """Not ended (the days of grace are not looked at)."""
        return self.filter(ended_at__isnull=True)


class Membership(models.Model):
    """The relation of a patron to the newsroom: since when, for how much, paid through which day.

    A recurring membership is written only through members/memberships.py, by payments; that of a gift membership only
    through members/gifts.py, a granted one only through members/grants.py: these have no days of grace. Amounts in
    minor units.
    """

    class Source(models.TextChoices):
        RECURRING = "recurring", _("recurring payments")
        GIFT = "gift", _("gift membership")
        GRANT = "grant", _("granted by the newsroom")

    patron = models.ForeignKey(Patron, on_delete=models.PROTECT, related_name="memberships")
    source = models.CharField(max_length=10, choices=Source, default=Source.RECURRING)
    amount_minor = models.PositiveIntegerField()
    currency = models.CharField(max_length=3)
    interval_months = models.PositiveSmallIntegerField()
    monthly_minor = models.PositiveIntegerField()
    first_paid_at = models.DateTimeField(null=True)
    paid_through = models.DateField()
    failing_since = models.DateTimeField(null=True, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    resumes_at = models.DateTimeField(null=True, blank=True)
    leaves_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    end_reason = models.CharField(max_length=10, choices=EndReason, blank=True)
    # When the payment that stands behind the newest paid time was taken back (refunded in full, or disputed).
    forfeited_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=clock.Now(), editable=False)

    objects: ClassVar[Any] = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patron"],
                condition=Q(source="recurring", ended_at__isnull=True),
                name="one_live_recurring_membership",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, end_reason="") | (Q(ended_at__isnull=False) & ~Q(end_reason="")),
                name="membership_end_has_its_reason",
            ),
            models.UniqueConstraint(
                fields=["patron"],
                condition=Q(source="grant", ended_at__isnull=True),
                name="one_live_granted_membership",
            ),
            models.CheckConstraint(
                condition=~Q(source="grant") | Q(amount_minor=0, monthly_minor=0, first_paid_at=None),
                name="granted_membership_brings_nothing",
            ),
            models.CheckConstraint(
                condition=~Q(source="recurring") | Q(amount_minor__gt=0, interval_months__gt=0),
                name="recurring_membership_has_amount_and_interval",
            ),
        ]
        indexes = [
            models.Index(fields=["paid_through"], condition=Q(ended_at__isnull=True), name="membership_live_through"),
            # Few among many that are simply paid.
            models.Index(
                fields=["id"],
                condition=Q(source="recurring", ended_at__isnull=True, paused_at__isnull=False),
                name="membership_paused",
            ),
            models.Index(
                fields=["id"],
                condition=Q(source="recurring", ended_at__isnull=True, failing_since__isnull=False),
                name="membership_failing",
            ),
            models.Index(
                fields=["paid_through"],
                condition=~Q(source="recurring") & Q(ended_at__isnull=True),
                name="membership_not_paid_for",
            ),
        ]

    def __str__(self) -> str:
        return f"membership {self.pk}"

    def standing(self, on: date, grace_days: int) -> Standing:
        """The standing on a day in the newsroom's zone; the same rule as `with_standing`."""
        if self.ended_at is not None:
            return Standing.ENDED
        if self.paused_at is not None:
            return Standing.PAUSED
        grace = grace_days if self.source == self.Source.RECURRING else 0
        if self.paid_through < on - timedelta(days=grace):
            return Standing.ENDED
        return Standing.PAST_DUE if self.failing_since or self.paid_through < on else Standing.ACTIVE

    def tier(self) -> Tier | None:
        """The highest tier whose threshold the monthly amount reaches."""
        reached = TierThreshold.objects.filter(currency=self.currency, monthly_minor__lte=self.monthly_minor)
        highest = reached.order_by("-monthly_minor").select_related("tier").first()
        return highest.tier if highest else None


class MembershipChange(models.Model):
    """One move of a membership, with what it was before and is after. Rows are only added; a trigger refuses the rest.

    `occurred_at` is when it happened (Stripe's time where Stripe decided), `recorded_at` when it was written here. The
    database adds the transaction that wrote it (`written_in`), by which reports read new rows in the order of commits.
    """

    class Kind(models.TextChoices):
        JOINED = "joined", _("joined")
        RENEWED = "renewed", _("renewed")
        CHANGED = "changed", _("amount or interval changed")
        FAILED = "failed", _("payment failed")
        RECOVERED = "recovered", _("payment recovered")
        PAUSED = "paused", _("paused")
        RESUMED = "resumed", _("resumed")
        LEAVING = "leaving", _("will end")
        STAYING = "staying", _("will not end after all")
        FORFEITED = "forfeited", _("payment taken back")
        RESTORED = "restored", _("payment given back")
        ENDED = "ended", _("ended")
        RETURNED = "returned", _("returned")
        MOVED = "moved", _("went to another record of the same person")

    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="changes")
    kind = models.CharField(max_length=10, choices=Kind)
    before = models.JSONField()
    after = models.JSONField()
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=clock.Now(), editable=False)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.kind} of {self.membership}"
