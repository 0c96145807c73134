"""A file that staff asked for: made in the background in pieces, fetched within a day, then deleted."""

import uuid
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from members.models import Patron
from newsroom import clock


class Format(models.TextChoices):
    """What the file is."""

    CSV = "csv", _("CSV")
    XLSX = "xlsx", _("Excel (XLSX)")


class TableExport(models.Model):
    """One wish. `done` counts the rows read so far, of `total` when it was asked for."""

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    asked_by = models.ForeignKey(Patron, on_delete=models.PROTECT, related_name="+")
    table = models.CharField(max_length=20)
    format = models.CharField(max_length=4, choices=Format)
    first_on = models.DateField(null=True)
    last_on = models.DateField(null=True)
    currency = models.CharField(max_length=3, blank=True)
    total = models.PositiveIntegerField()
    done = models.PositiveIntegerField(default=0)
    tries = models.PositiveSmallIntegerField(default=0)
    asked_at = models.DateTimeField(db_default=clock.Now(), editable=False)
    ready_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True, db_index=True)

    objects: ClassVar[Any] = models.Manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ready_at=None, expires_at=None) | Q(ready_at__isnull=False, expires_at__gt=F("ready_at")),
                name="table_export_ready_expires",
            ),
            models.CheckConstraint(
                condition=Q(first_on=None) | Q(last_on=None) | Q(last_on__gte=F("first_on")),
                name="table_export_days_in_order",
            ),
        ]

    def __str__(self) -> str:
        return f"export {self.pk} of {self.table}"


class TableExportPart(models.Model):
    """A piece of the file."""

    export = models.ForeignKey(TableExport, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["export", "number"], name="table_export_part_once")]

    def __str__(self) -> str:
        return f"{self.export}, part {self.number}"
