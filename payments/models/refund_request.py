"""`RefundRequest`: a refund that is more than one person may make, until a second one has decided."""

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from money.money import Money
from newsroom import clock
from payments.models.operation import Operation
from payments.models.payment import Payment


class RefundRequestQuerySet(models.QuerySet["RefundRequest"]):
    """Questions about many."""

    def open(self) -> "RefundRequestQuerySet":
        return self.filter(decided_at=None)


class RefundRequest(models.Model):
    """What one of the staff asks for and another decides; the database refuses that both are one.

    `key` names the asker's form. An approved one has the operation by which the money goes back, a declined one why.
    """

    key = models.UUIDField(default=uuid.uuid4, unique=True)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refund_requests")
    amount_minor = models.PositiveIntegerField()
    reason = models.CharField(max_length=500)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(db_default=clock.Now(), editable=False)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    declined_because = models.CharField(max_length=500, blank=True, db_default="")
    operation = models.OneToOneField(Operation, null=True, on_delete=models.PROTECT, related_name="+")

    objects: ClassVar[Any] = RefundRequestQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="refund_request_amount_positive"),
            models.CheckConstraint(condition=~Q(decided_by=F("asked_by")), name="refund_request_decided_by_another"),
            models.CheckConstraint(
                condition=Q(decided_at=None, decided_by=None, operation=None)
                | Q(decided_at__isnull=False, decided_by__isnull=False),
                name="refund_request_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(declined_because="") | Q(decided_at__isnull=False, operation=None),
                name="refund_request_declined_because",
            ),
            models.UniqueConstraint(
                fields=["payment"], condition=Q(decided_at=None), name="one_open_refund_request_of_a_payment"
            ),
        ]

    def __str__(self) -> str:
        return f"refund request {self.pk}"

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.payment.currency)

    @property
    def is_under_way(self) -> bool:
        """Approved, and Stripe has not answered yet."""
        return self.operation is not None and self.operation.state == "pending"
