"""`Operation`: one write to Stripe, stored before it is sent, so that a retry carries the same key."""

import uuid
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from newsroom import clock
from payments.models.donation import Donation
from payments.models.payment import Payment


class OperationState(models.TextChoices):
    """What became of a write."""

    PENDING = "pending"
    DONE = "done"
    REFUSED = "refused"


class Operation(models.Model):
    """A write to Stripe. `params` is what is sent; it is emptied once answered, since it can name a person."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=200, unique=True)
    method = models.CharField(max_length=6, default="post")
    path = models.CharField(max_length=200)
    params = models.JSONField(default=dict)
    donation = models.ForeignKey(Donation, null=True, blank=True, on_delete=models.PROTECT, related_name="operations")
    payment = models.ForeignKey(Payment, null=True, blank=True, on_delete=models.PROTECT, related_name="operations")
    state = models.CharField(max_length=8, choices=OperationState, default=OperationState.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(db_default=clock.Now())
    result = models.CharField(max_length=255, blank=True)
    error = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(db_default=clock.Now(), editable=False)
    done_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[Any] = models.Manager()

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state="pending"), name="operation_due"),
            models.Index(fields=["created_at"], condition=Q(state="refused"), name="operation_refused"),
        ]

    def __str__(self) -> str:
        return self.key
