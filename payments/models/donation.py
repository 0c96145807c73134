"""`Donation`: somebody's intention to give, from the form to its end.

It is written before anything goes to Stripe, with its origin, and every object at Stripe refers back to it. It also
keeps what Stripe last said of its subscription; that part is set from fetched state only (payments/subscriptions.py).
"""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from asks.models import Origin
from members.models import GiftMembership, Language, Membership, Patron
from money.money import Money
from newsroom import clock


class Interval(models.TextChoices):
    """How often a donation is given."""

    ONCE = "once", _("once")
    MONTHLY = "monthly", _("monthly")
    YEARLY = "yearly", _("yearly")
    # Set by the newsroom in Stripe's dashboard; the form offers the others. `Donation.every_months` says how many.
    SEVERAL = "several", _("every few months")

    @classmethod
    def offered(cls) -> "list[Interval]":
        """What a reader can choose."""
        return [cls.ONCE, cls.MONTHLY, cls.YEARLY]

    @classmethod
    def of_months(cls, months: int) -> "Interval":
        """The rhythm of a subscription that is charged every so many months."""
        return {1: cls.MONTHLY, 12: cls.YEARLY}.get(months, cls.SEVERAL)


class DonationState(models.TextChoices):
    """Where an intention stands. The moves are in docs/states.md."""

    OPEN = "open", _("at checkout")
    CONFIRMING = "confirming", _("being confirmed")
    GIVEN = "given", _("given")
    LIVE = "live", _("running")
    ENDED = "ended", _("ended")
    ABANDONED = "abandoned", _("not completed")
    FAILED = "failed", _("payment failed")


# A state from which a row never returns to `open`; a paid one never falls back to an unpaid one.
MOVES: dict[str, set[str]] = {
    DonationState.OPEN: {"confirming", "given", "live", "ended", "abandoned", "failed"},
    DonationState.CONFIRMING: {"given", "live", "ended", "failed"},
    DonationState.GIVEN: set(),
    DonationState.LIVE: {"ended"},
    DonationState.ENDED: {"live"},
    DonationState.ABANDONED: {"confirming", "given", "live", "ended", "failed"},
    DonationState.FAILED: {"confirming", "given", "live", "ended"},
}


# Statuses at Stripe of a subscription that charges nobody: not begun, ended, never begun.
NOT_LIVE = {"", "canceled", "incomplete_expired"}


class Giver(models.TextChoices):
    """Who gives: a reader, or somebody whose money is told apart from what readers give."""

    READER = "reader", _("a reader")
    GRANT = "grant", _("a grant")
    INSTITUTION = "institution", _("an institution")


class DonationQuerySet(models.QuerySet["Donation"]):
    """Questions about many donations."""

    def running(self) -> "DonationQuerySet":
        """Recurring ones whose subscription lives at Stripe."""
        return self.exclude(subscription=None).exclude(subscription_status__in=NOT_LIVE)

    def confirming(self) -> "DonationQuerySet":
        """Recurring ones whose first payment is on its way."""
        return self.filter(state=DonationState.CONFIRMING, subscription__isnull=False)


class Donation(models.Model):
    """An intention to give. Amounts in minor units of `currency`; what is charged is gift plus covered fee."""

    class Display(models.TextChoices):
        ANONYMOUS = "anonymous", _("anonymous")
        NAMED = "named", _("by name")

    # What the giver said.
    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    interval = models.CharField(max_length=7, choices=Interval)
    every_months = models.PositiveSmallIntegerField(default=0)
    amount_minor = models.PositiveIntegerField()
    fee_cover_minor = models.PositiveIntegerField(default=0)
    currency = models.CharField(max_length=3)
    email = models.EmailField(max_length=254, blank=True)
    name = models.CharField(max_length=100, blank=True)
    display = models.CharField(max_length=9, choices=Display, default=Display.ANONYMOUS)
    # Another name to show than the one given with the gift, which receipts print (payments/names.py).
    shown_as = models.CharField(max_length=100, blank=True)
    message = models.CharField(max_length=500, blank=True)
    language = models.CharField(max_length=2, choices=Language, default=Language.EN)
    origin = models.ForeignKey(Origin, null=True, on_delete=models.PROTECT)
    patron = models.ForeignKey(Patron, null=True, blank=True, on_delete=models.PROTECT, related_name="donations")
    membership = models.ForeignKey(
        Membership, null=True, blank=True, on_delete=models.PROTECT, related_name="donations"
    )
    # What the money buys, if it is a membership for somebody else; the donation is given once then.
    gift_membership = models.OneToOneField(
        GiftMembership, null=True, blank=True, on_delete=models.PROTECT, related_name="donation"
    )
    # Never changed: the sums of reports follow from it. Other than readers give by hand only (payments/offline.py).
    giver = models.CharField(max_length=11, choices=Giver, default=Giver.READER)
    state = models.CharField(max_length=10, choices=DonationState, default=DonationState.OPEN)
    created_at = models.DateTimeField(db_default=clock.Now(), editable=False)

    # The way through Checkout. `browser` is a keyed hash of a random cookie; `attempt` counts sessions of this row.
    browser = models.CharField(max_length=64, blank=True)
    attempt = models.PositiveSmallIntegerField(default=1)
    checkout_session = models.CharField(max_length=100, null=True, blank=True, unique=True)
    checkout_url = models.TextField(blank=True)
    checkout_expires_at = models.DateTimeField(null=True, blank=True)

    # What Stripe last said.
    customer = models.CharField(max_length=60, blank=True, db_index=True)
    subscription = models.CharField(max_length=60, null=True, blank=True, unique=True)
    subscription_status = models.CharField(max_length=20, blank=True)
    # The moment from whose day and time Stripe counts the periods.
    anchor_at = models.DateTimeField(null=True, blank=True)
    period_end = models.DateTimeField(null=True, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    resumes_at = models.DateTimeField(null=True, blank=True)
    cancels_at = models.DateTimeField(null=True, blank=True)
    cancel_asked_at = models.DateTimeField(null=True, blank=True)
    subscription_ended_at = models.DateTimeField(null=True, blank=True)
    stripe_end_reason = models.CharField(max_length=40, blank=True)
    # Of what kind that is which is charged: `card`, `sepa_debit`, `paypal`…; empty if there is none.
    method = models.CharField(max_length=30, blank=True)
    card_brand = models.CharField(max_length=30, blank=True)
    card_last4 = models.CharField(max_length=4, blank=True)
    card_expires_on = models.DateField(null=True, blank=True, db_index=True)

    # A second subscription of a patron who already gives: it carries no membership until its giver decides.
    is_second = models.BooleanField(default=False)
    # Its membership has ended here, and the subscription still lives at Stripe.
    lives_on = models.BooleanField(default=False, db_default=False)

    objects: ClassVar[Any] = DonationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="donation_amount_positive"),
            models.CheckConstraint(condition=Q(currency__regex=r"^[A-Z]{3}$"), name="donation_currency_code"),
            models.CheckConstraint(
                condition=Q(interval="several", every_months__gt=1) & ~Q(every_months=12)
                | ~Q(interval="several") & Q(every_months=0),
                name="donation_several_months_are_counted",
            ),
            models.CheckConstraint(
                condition=~Q(interval="once") | Q(subscription=None, membership=None),
                name="donation_once_has_no_subscription",
            ),
            models.CheckConstraint(
                condition=Q(gift_membership=None) | Q(interval="once"), name="gift_membership_is_paid_once"
            ),
            models.CheckConstraint(
                condition=Q(giver="reader")
                | Q(
                    giver__in=["grant", "institution"],
                    interval="once",
                    gift_membership=None,
                    checkout_session=None,
                    customer="",
                ),
                name="only_readers_give_through_stripe",
            ),
            # Double clicks, the back button and a second tab meet here.
            models.UniqueConstraint(
                fields=["browser"], condition=Q(state="open") & ~Q(browser=""), name="one_open_donation_per_browser"
            ),
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(is_second=True), name="donation_second"),
            models.Index(fields=["id"], condition=Q(lives_on=True), name="donation_lives_on"),
            models.Index(
                fields=["id"],
                condition=Q(state="confirming", subscription__isnull=False),
                name="donation_first_payment",
            ),
        ]

    def __str__(self) -> str:
        return f"donation {self.pk}"

    @property
    def gift(self) -> Money:
        """What reaches the newsroom if the fee is as expected."""
        return Money(self.amount_minor, self.currency)

    @property
    def total(self) -> Money:
        """What is charged each time."""
        return Money(self.amount_minor + self.fee_cover_minor, self.currency)

    @property
    def is_recurring(self) -> bool:
        return self.interval != Interval.ONCE

    @property
    def again(self) -> dict[str, str]:
        """What the form is preset with to give the same again; of several months, about the same each month."""
        interval, gift = self.interval, self.gift
        if interval == Interval.SEVERAL:
            interval, gift = Interval.MONTHLY, Money(max(1, gift.minor // self.months), gift.currency)
        return {"amount": str(gift.decimal), "currency": gift.currency, "interval": str(interval)}

    @property
    def months(self) -> int:
        """From one charge to the next; 0 if it is given once."""
        return {"once": 0, "monthly": 1, "yearly": 12}.get(self.interval, self.every_months)

    @property
    def has_live_subscription(self) -> bool:
        return bool(self.subscription) and self.subscription_status not in NOT_LIVE

    @property
    def next_charge_at(self) -> datetime | None:
        """When the next charge is due, if one is. After a pause that has an end: with the first period after it."""
        if not self.has_live_subscription or self.cancels_at or self.period_end is None:
            return None
        if self.paused_at:
            return self.first_period_after(self.resumes_at) if self.resumes_at else None
        return self.period_end

    def first_period_after(self, moment: datetime) -> datetime | None:
        """When the first period begins that has not begun and begins after `moment`; periods pass during a pause."""
        if self.period_end is None or not self.is_recurring:
            return None
        anchor, turn, begins = self.anchor_at or self.period_end, 0, self.period_end
        while begins <= moment:
            turn += 1
            begins = max(self.period_end, clock.months_later(anchor, turn * self.months))
        return begins
