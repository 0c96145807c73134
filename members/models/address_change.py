"""`AddressChange`: a patron's move from one e-mail address to another: asked for, confirmed, perhaps undone."""

from datetime import timedelta
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from newsroom import clock

# How long the letter to the old address undoes the change.
UNDO_LASTS = timedelta(hours=72)


class AddressChangeQuerySet(models.QuerySet["AddressChange"]):
    """Questions about changes."""

    def may_be_undone(self) -> "AddressChangeQuerySet":
        """Confirmed less than 72 hours ago, and not undone."""
        return self.filter(confirmed_at__gt=clock.now() - UNDO_LASTS, undone_at=None)

    def over(self) -> "AddressChangeQuerySet":
        """Those that nothing can come of any more; kept for nobody."""
        longest_ago = clock.now() - UNDO_LASTS
        return self.filter(Q(confirmed_at__lte=longest_ago) | Q(confirmed_at=None, asked_at__lte=longest_ago))


class AddressChange(models.Model):
    """Waiting for the new address until `confirmed_at`. Written only through members/addresses.py."""

    patron = models.ForeignKey("members.Patron", on_delete=models.CASCADE, related_name="address_changes")
    before = models.EmailField(max_length=254)
    after = models.EmailField(max_length=254)
    asked_at = models.DateTimeField(db_default=clock.Now())
    confirmed_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)
    # Of the token in the letter to the old address.
    undo_hash = models.CharField(max_length=64, blank=True)

    objects: ClassVar[Any] = AddressChangeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patron"], condition=Q(confirmed_at=None), name="one_pending_address_change_of_a_patron"
            ),
            models.UniqueConstraint(
                fields=["undo_hash"], condition=~Q(undo_hash=""), name="address_change_undone_by_one_token"
            ),
            models.CheckConstraint(condition=~Q(before=F("after")), name="address_change_changes"),
            models.CheckConstraint(condition=Q(after=Lower("after")), name="new_address_in_lower_case"),
            models.CheckConstraint(
                condition=Q(confirmed_at=None, undo_hash="") | (Q(confirmed_at__isnull=False) & ~Q(undo_hash="")),
                name="address_change_confirmed_can_be_undone",
            ),
            models.CheckConstraint(
                condition=Q(undone_at=None) | Q(confirmed_at__isnull=False), name="address_change_undone_was_confirmed"
            ),
        ]

    def __str__(self) -> str:
        return f"address change {self.pk}"
