"""`Statement`: what a patron gave in a range of days, as it stood when it was asked for."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q

from members.models import Language, Patron
from newsroom import clock


class Statement(models.Model):
    """A numbered statement. `content` is frozen when it is issued, so the number always means the same figures.

    Days are the newsroom's. The giver's name stands beside the content, so that an erasure can empty it alone.
    """

    patron = models.ForeignKey(Patron, on_delete=models.PROTECT, related_name="statements")
    first_on = models.DateField()
    last_on = models.DateField()
    language = models.CharField(max_length=2, choices=Language)
    giver = models.CharField(max_length=254, blank=True)
    content = models.JSONField()
    issued_at = models.DateTimeField(db_default=clock.Now())
    issued_on = models.DateField()

    objects: ClassVar[Any] = models.Manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(first_on__lte=F("last_on")), name="statement_days_in_order"),
        ]

    def __str__(self) -> str:
        return f"S{self.issued_on.year}-{self.pk:06d}"
