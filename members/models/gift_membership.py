"""`GiftMembership`: a membership that one person buys for another."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from members.models.membership import Membership
from members.models.patron import Language, Patron
from money.money import Money
from newsroom import clock


class GiftState(models.TextChoices):
    """Where a gift membership stands. Derived from its dates, never stored."""

    UNPAID = "unpaid", _("not paid")
    WAITING = "waiting", _("waits for its day")
    DELIVERED = "delivered", _("handed over, not claimed yet")
    CLAIMED = "claimed", _("claimed")
    LAPSED = "lapsed", _("not claimed in time")
    WITHDRAWN = "withdrawn", _("payment taken back")


class GiftMembership(models.Model):
    """A membership of some months that one person buys for another. It is never renewed. Amounts in minor units.

    Written through members/gifts.py only. Money says when it was paid and whether the payment was taken back; whoever
    holds the link claims it. The recipient is a stranger until then: their address is deleted when they claim, or with
    their name after `claim_through`.
    """

    class Months(models.IntegerChoices):
        THREE = 3, _("3 months")
        SIX = 6, _("6 months")
        TWELVE = 12, _("12 months")

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    buyer = models.ForeignKey(Patron, null=True, blank=True, on_delete=models.PROTECT, related_name="gifts_bought")
    # As the recipient reads it in the letter and on the page.
    giver_name = models.CharField(max_length=100, blank=True)
    message = models.CharField(max_length=500, blank=True)
    recipient_name = models.CharField(max_length=100, blank=True)
    recipient_email = models.EmailField(max_length=254, blank=True)
    language = models.CharField(max_length=2, choices=Language, default=Language.EN)
    months = models.PositiveSmallIntegerField(choices=Months)
    monthly_minor = models.PositiveIntegerField()
    currency = models.CharField(max_length=3)
    deliver_on = models.DateField()
    claim_through = models.DateField()
    # The link's token comes from the reference and this number, so it can be sent again; a higher number makes the
    # earlier links void. Only the token's keyed hash is stored.
    link_number = models.PositiveSmallIntegerField(default=1)
    token_hash = models.CharField(max_length=64, unique=True)
    paid_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    lapsed_at = models.DateTimeField(null=True, blank=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    began_on = models.DateField(null=True, blank=True)
    membership = models.OneToOneField(
        Membership, null=True, blank=True, on_delete=models.PROTECT, related_name="gift_membership"
    )
    created_at = models.DateTimeField(db_default=clock.Now(), editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(months__in=[3, 6, 12]), name="gift_membership_months"),
            models.CheckConstraint(
                condition=Q(monthly_minor__gt=0, currency__regex=r"^[A-Z]{3}$"), name="gift_membership_price"
            ),
            models.CheckConstraint(condition=Q(paid_at=None) | ~Q(buyer=None), name="gift_membership_paid_by_somebody"),
            models.CheckConstraint(
                condition=Q(delivered_at=None, claimed_at=None, withdrawn_at=None) | ~Q(paid_at=None),
                name="gift_membership_paid_first",
            ),
            models.CheckConstraint(
                condition=Q(claimed_at=None, began_on=None, membership=None)
                | Q(claimed_at__isnull=False, began_on__isnull=False, membership__isnull=False, lapsed_at=None),
                name="gift_membership_claimed_whole",
            ),
            models.CheckConstraint(
                condition=Q(lapsed_at=None) | Q(recipient_name="", recipient_email="", message=""),
                name="gift_membership_lapsed_names_nobody",
            ),
            models.CheckConstraint(
                condition=Q(claimed_at=None) | Q(recipient_email=""), name="gift_membership_claimed_keeps_no_address"
            ),
            models.CheckConstraint(
                condition=Q(claim_through__gt=F("deliver_on")), name="gift_membership_time_to_claim"
            ),
        ]
        indexes = [
            models.Index(
                fields=["deliver_on"],
                condition=Q(paid_at__isnull=False, delivered_at=None, claimed_at=None),
                name="gift_membership_to_deliver",
            ),
            models.Index(
                fields=["claim_through"], condition=Q(claimed_at=None, lapsed_at=None), name="gift_membership_unclaimed"
            ),
        ]

    def __str__(self) -> str:
        return f"gift membership {self.pk}"

    @property
    def length(self) -> str | Promise:
        """Its months in words, in the language in which they are printed."""
        return self.Months(self.months).label

    @property
    def monthly(self) -> Money:
        return Money(self.monthly_minor, self.currency)

    @property
    def total(self) -> Money:
        return Money(self.monthly_minor * self.months, self.currency)

    @property
    def state(self) -> GiftState:
        reached = {
            GiftState.WITHDRAWN: self.withdrawn_at,
            GiftState.CLAIMED: self.claimed_at,
            GiftState.LAPSED: self.lapsed_at,
            GiftState.DELIVERED: self.delivered_at,
            GiftState.WAITING: self.paid_at,
        }
        return next((state for state, moment in reached.items() if moment), GiftState.UNPAID)
