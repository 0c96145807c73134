"""`StripeEvent`: the inbox. The row is the queue; what Celery carries is only a bell."""

from datetime import datetime
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from newsroom import clock
from payments.models.payment import Payment


class EventState(models.TextChoices):
    """What became of an event."""

    PENDING = "pending"
    APPLIED = "applied"
    IGNORED = "ignored"
    DEAD = "dead"


class StripeEventQuerySet(models.QuerySet["StripeEvent"]):
    """Questions about the inbox."""

    def pending(self) -> "StripeEventQuerySet":
        return self.filter(state=EventState.PENDING)

    def due(self, now: datetime) -> "StripeEventQuerySet":
        return self.pending().filter(due_at__lte=now)

    def dead(self) -> "StripeEventQuerySet":
        return self.filter(state=EventState.DEAD)

    def of_payment(self, payment: Payment) -> "StripeEventQuerySet":
        """What told of it: events of itself with its refunds and disputes, and of its invoice or its payment page."""
        donation, invoice = payment.donation, payment.invoice
        names = [payment.payment_intent, payment.charge, invoice.stripe_id if invoice else donation.checkout_session]
        found = Q(aggregate__in=[name for name in names if name])
        if invoice and donation.subscription:
            found |= Q(aggregate=donation.subscription, object_id=invoice.stripe_id)
        return self.filter(found)


class StripeEvent(models.Model):
    """An event as it came, byte for byte, and how far it has been applied.

    `aggregate` is the Stripe object whose events one worker at a time applies. Attempts are counted in a commit of
    their own before the work, so a crash is counted too.
    """

    class Source(models.TextChoices):
        WEBHOOK = "webhook"
        RECONCILE = "reconcile"

    event_id = models.CharField(max_length=255, unique=True)
    type = models.CharField(max_length=100)
    api_version = models.CharField(max_length=40, blank=True)
    livemode = models.BooleanField()
    object_id = models.CharField(max_length=255, blank=True)
    aggregate = models.CharField(max_length=255)
    body = models.BinaryField()
    source = models.CharField(max_length=10, choices=Source, default=Source.WEBHOOK)
    state = models.CharField(max_length=8, choices=EventState, default=EventState.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(db_default=clock.Now())
    error = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField()
    received_at = models.DateTimeField(db_default=clock.Now(), editable=False)
    applied_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[Any] = StripeEventQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], condition=models.Q(state="pending"), name="inbox_due"),
            models.Index(fields=["aggregate"], condition=models.Q(state="pending"), name="inbox_aggregate"),
            models.Index(fields=["state"], condition=models.Q(state="dead"), name="inbox_dead"),
            models.Index(fields=["aggregate"], name="inbox_of_aggregate"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.event_id}"


class Watermark(models.Model):
    """How far a look back at Stripe has come: everything created before `at` has been compared."""

    name = models.CharField(max_length=20, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
