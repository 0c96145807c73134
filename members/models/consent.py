"""`Consent`: what a patron has agreed to, where agreeing is the ground on which something is done."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from members.models.patron import Language, Patron
from newsroom import clock


class Consented(models.TextChoices):
    """What can be agreed to. Everything else is done for the sake of a gift, or because a law asks for it."""

    NAME = "name", _("name on the supporters' page")


class Consent(models.Model):
    """One yes, with the words that were shown, and its end. Written only through members/consents.py."""

    patron = models.ForeignKey(Patron, on_delete=models.PROTECT, related_name="consents")
    purpose = models.CharField(max_length=10, choices=Consented)
    text = models.TextField()
    # The first digits of the text's SHA-256: the same words are the same version.
    version = models.CharField(max_length=12)
    language = models.CharField(max_length=2, choices=Language)
    given_at = models.DateTimeField(db_default=clock.Now(), editable=False)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["patron", "purpose"], condition=Q(withdrawn_at=None), name="one_standing_consent_for_a_purpose"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} of {self.patron}"
