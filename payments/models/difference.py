"""`Difference`: what was not the same here and at Stripe when everything was compared last."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Difference(models.Model):
    """One thing that differs. Each comparison of everything puts its own in the place of the last one's.

    `object` is Stripe's name of it, or a currency; `ours` or `theirs` is empty where there is nothing. `asked` says
    that the worker was asked to look at it, so it may be the same by now.
    """

    class Kind(models.TextChoices):
        SUBSCRIPTION_UNKNOWN = "subscription unknown here", _("a subscription that is unknown here")
        SUBSCRIPTION = "subscription differs", _("a subscription differs")
        MOVEMENT_UNKNOWN = "movement unknown here", _("a line of the balance that is not in the book")
        MOVEMENT = "movement differs", _("a line of the balance differs from the book")
        UNKNOWN_TO_STRIPE = "movement unknown at Stripe", _("a line of the book that is not in Stripe's balance")
        REFUND = "refund differs", _("a refund differs")
        DISPUTE = "dispute differs", _("a dispute differs")
        PAYOUT = "payout differs", _("a transfer to the bank differs")
        CHECKOUT = "checkout differs", _("a payment page is over and still open here")
        BALANCE = "balance differs", _("the balance differs")

    kind = models.CharField(max_length=26, choices=Kind)
    object = models.CharField(max_length=255)
    ours = models.CharField(max_length=255, blank=True)
    theirs = models.CharField(max_length=255, blank=True)
    asked = models.BooleanField()

    def __str__(self) -> str:
        return f"{self.kind} {self.object}"
