"""`Export`: somebody's data in one file, for a day. `Erasure`: forgetting somebody. `Note`: what staff know of them.

`Merge`: two records of one person, put together.
"""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from members.models import Patron
from newsroom import clock


class Export(models.Model):
    """Everything held about a patron, as a zip. Made in the background; the row goes when it expires."""

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    patron = models.ForeignKey(Patron, on_delete=models.PROTECT, related_name="exports")
    language = models.CharField(max_length=2)
    asked_at = models.DateTimeField(db_default=clock.Now(), editable=False)
    ready_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True, db_index=True)
    file = models.BinaryField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ready_at=None, expires_at=None, file=None)
                | Q(ready_at__isnull=False, expires_at__gt=F("ready_at"), file__isnull=False),
                name="export_is_whole_or_not_there",
            ),
            models.UniqueConstraint(fields=["patron"], condition=Q(ready_at=None), name="one_export_at_a_time"),
        ]

    def __str__(self) -> str:
        return f"export {self.pk}"

    def is_open(self, now: datetime) -> bool:
        return self.expires_at is not None and self.expires_at > now


class ErasureQuerySet(models.QuerySet["Erasure"]):
    """Questions about many."""

    def unfinished(self) -> "ErasureQuerySet":
        """Not erased yet, or the letter that says so is still kept."""
        return self.filter(Q(erased_at=None) | Q(told_at=None))


class Erasure(models.Model):
    """How far the forgetting of a patron has come. Each step is dated when it is done, in this order.

    `proof` says how many rows of what were changed; `digest` is its SHA-256 with the dates. Neither names anybody.
    """

    patron = models.OneToOneField(Patron, on_delete=models.PROTECT, related_name="erasure")
    asked_at = models.DateTimeField(db_default=clock.Now(), editable=False)
    billing_ended_at = models.DateTimeField(null=True)
    stripe_deleted_at = models.DateTimeField(null=True)
    erased_at = models.DateTimeField(null=True)
    # The last letter has left, and its address is forgotten too.
    told_at = models.DateTimeField(null=True)
    # Staff have had Stripe redact what it keeps of the payments.
    redacted_at = models.DateTimeField(null=True)
    proof = models.JSONField(default=dict)
    digest = models.CharField(max_length=64, blank=True)

    objects: ClassVar[Any] = ErasureQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(stripe_deleted_at=None) | Q(billing_ended_at__isnull=False),
                name="erasure_ends_billing_first",
            ),
            models.CheckConstraint(
                condition=Q(erased_at=None, digest="")
                | (Q(stripe_deleted_at__isnull=False, erased_at__isnull=False) & ~Q(digest="")),
                name="erasure_leaves_stripe_first_and_has_proof",
            ),
            models.CheckConstraint(condition=Q(told_at=None) | Q(erased_at__isnull=False), name="erasure_told_last"),
        ]

    def __str__(self) -> str:
        return f"erasure of {self.patron}"


class Note(models.Model):
    """What a member of staff wants colleagues to know when this person writes again. Goes with the person."""

    patron = models.ForeignKey(Patron, on_delete=models.PROTECT, related_name="notes")
    author = models.ForeignKey(Patron, on_delete=models.PROTECT, related_name="+")
    text = models.TextField(_("note"), max_length=2000)
    written_at = models.DateTimeField(db_default=clock.Now(), editable=False)

    class Meta:
        ordering = ["-id"]
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="note_says_something")]

    def __str__(self) -> str:
        return f"note {self.pk}"


class MergeQuerySet(models.QuerySet["Merge"]):
    """Questions about merges."""

    def standing(self) -> "MergeQuerySet":
        """Not undone."""
        return self.filter(undone_at=None)


class Merge(models.Model):
    """One record of a person put into another. Written only through people/merge.py.

    `moved` says by numbers alone what went over, so that undoing brings exactly that back: model → its rows.
    """

    kept = models.ForeignKey(Patron, on_delete=models.PROTECT, related_name="merges")
    merged = models.ForeignKey(Patron, on_delete=models.PROTECT, related_name="merged_by")
    actor = models.ForeignKey(Patron, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=500)
    moved = models.JSONField(default=dict)
    # The kept record takes neutral letters only since this merge.
    made_neutral = models.BooleanField(default=False)
    merged_at = models.DateTimeField(db_default=clock.Now(), editable=False)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(Patron, null=True, on_delete=models.PROTECT, related_name="+")

    objects: ClassVar[Any] = MergeQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["merged"], condition=Q(undone_at=None), name="merged_into_one_at_a_time"),
            models.CheckConstraint(condition=~Q(kept=F("merged")), name="merge_of_two"),
            models.CheckConstraint(condition=~Q(reason=""), name="merge_has_its_reason"),
            models.CheckConstraint(
                condition=Q(undone_at=None, undone_by=None) | Q(undone_at__isnull=False, undone_by__isnull=False),
                name="merge_undone_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"merge {self.pk}"
