"""`ClosedMonth`: a month as finance closed it; `Proof`: what came of proving the books."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from newsroom import clock


class ClosedMonth(models.Model):
    """The figures of a month as they stood when it was closed. They stay; what came later is shown beside them."""

    month = models.DateField(unique=True)
    figures = models.JSONField()
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(db_default=clock.Now(), editable=False)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(month__day=1), name="reports_month_is_its_first_day")]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"


class Proof(models.Model):
    """One run over all that must hold of the books, and what did not."""

    proved_at = models.DateTimeField(db_default=clock.Now(), editable=False)
    is_ok = models.BooleanField()
    failed = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"{self.proved_at}: {'holds' if self.is_ok else 'does not hold'}"
