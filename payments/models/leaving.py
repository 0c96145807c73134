"""`Leaving`: why somebody stopped, as far as they wished to say."""

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from newsroom import clock
from payments.models.donation import Donation


class Leaving(models.Model):
    """What a patron said when they ended a donation. Nobody has to say anything; one answer for each wish to end."""

    class Reason(models.TextChoices):
        MONEY = "money", _("I cannot afford it at present")
        READING = "reading", _("I read less than I used to")
        COVERAGE = "coverage", _("I miss something in the coverage")
        ELSEWHERE = "elsewhere", _("I support you in another way, or somebody else")
        TROUBLE = "trouble", _("Something about paying or this account did not work")
        OTHER = "other", _("Another reason")

    donation = models.ForeignKey(Donation, on_delete=models.PROTECT, related_name="leavings")
    wish = models.CharField(max_length=40)
    reason = models.CharField(max_length=10, choices=Reason, blank=True)
    words = models.CharField(max_length=500, blank=True)
    said_at = models.DateTimeField(db_default=clock.Now(), editable=False)

    objects: ClassVar[Any] = models.Manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["donation", "wish"], name="leaving_said_once"),
            models.CheckConstraint(condition=~models.Q(reason="", words=""), name="leaving_says_something"),
        ]

    def __str__(self) -> str:
        return f"leaving {self.pk}"
