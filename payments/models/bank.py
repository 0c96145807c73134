"""A bank's files: one on its way into the book, what was taken from it, and what is remembered for the next one."""

import uuid
from datetime import timedelta
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from members.models import Patron
from newsroom import clock
from payments.models.payment import Payment

# How long a file waits for somebody to decide about it.
FILE_WAITS = timedelta(days=1)


class BankFileQuerySet(models.QuerySet["BankFile"]):
    """Questions about files."""

    def forgotten(self) -> "BankFileQuerySet":
        """Not decided about in time."""
        return self.filter(content__isnull=False, uploaded_at__lt=clock.now() - FILE_WAITS)


class BankFile(models.Model):
    """An uploaded file. Its content names people, so it goes when it is imported, or after a day."""

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    uploaded_by = models.ForeignKey(Patron, on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(db_default=clock.Now(), editable=False)
    content = models.BinaryField(null=True)
    imported_at = models.DateTimeField(null=True)

    objects: ClassVar[Any] = BankFileQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(imported_at=None) | Q(content=None), name="bank_file_imported_keeps_no_content"
            )
        ]

    def __str__(self) -> str:
        return f"bank file {self.pk}"

    @property
    def text(self) -> bytes:
        """The content; nothing once it is gone."""
        return bytes(self.content or b"")


class BankMapping(models.Model):
    """How a CSV with this header is read, as staff said it last. `header_digest` is over its columns' names."""

    header_digest = models.CharField(max_length=64, primary_key=True)
    columns = models.JSONField(default=dict)
    encoding = models.CharField(max_length=20)
    day_format = models.CharField(max_length=20)
    decimal_mark = models.CharField(max_length=1)
    currency = models.CharField(max_length=3, blank=True)

    def __str__(self) -> str:
        return "how a bank's file is read"


class BankLine(models.Model):
    """One transfer that was taken into the book, by its digest (payments/bank_files.py): it is taken once."""

    digest = models.CharField(max_length=64, unique=True)
    file = models.ForeignKey(BankFile, on_delete=models.PROTECT, related_name="lines")
    payment = models.OneToOneField(Payment, on_delete=models.PROTECT, related_name="bank_line")

    def __str__(self) -> str:
        return f"bank line {self.pk}"


class BankAccount(models.Model):
    """Whose account money came from: the next transfer finds its giver. `mark` is a keyed hash of its number."""

    mark = models.CharField(max_length=64, unique=True)
    patron = models.ForeignKey(Patron, on_delete=models.PROTECT, related_name="bank_accounts")

    def __str__(self) -> str:
        return f"bank account {self.pk}"
