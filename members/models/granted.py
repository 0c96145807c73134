"""`GrantedMembership`: a membership that the newsroom gives without money."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from members.models.membership import Membership
from members.models.patron import Patron
from newsroom import clock


class GrantKind(models.TextChoices):
    """Why it costs nothing."""

    COMPLIMENTARY = "complimentary", _("complimentary")
    SOLIDARITY = "solidarity", _("solidarity")


class GrantedMembership(models.Model):
    """Why a membership was granted, and by whom. Written through members/grants.py only; its days are the membership's.

    It counts as no patron who gives, brings nothing, and carries no vote: a vote takes a payment that has arrived.
    """

    membership = models.OneToOneField(Membership, on_delete=models.PROTECT, related_name="granted")
    kind = models.CharField(max_length=13, choices=GrantKind)
    reason = models.CharField(max_length=300)
    granted_by = models.ForeignKey(Patron, on_delete=models.PROTECT, related_name="+")
    granted_at = models.DateTimeField(db_default=clock.Now(), editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="granted_membership_has_its_reason"),
            models.CheckConstraint(condition=Q(kind__in=GrantKind.values), name="granted_membership_is_of_a_kind"),
        ]

    def __str__(self) -> str:
        return f"granted membership {self.pk}"
