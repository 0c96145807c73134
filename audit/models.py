"""`StaffAction`: one thing that a member of staff did or looked at. Triggers refuse UPDATE, DELETE and TRUNCATE."""

import hashlib
import json

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.translation import gettext_lazy as _


class StaffAction(models.Model):
    """One link of the chain: its hash covers what it says and the hash of the link before it.

    `target` names a row (`payment:12`) and never a person's name or address, so that erasing a person touches no link.
    """

    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="staff_actions",
        verbose_name=_("who"),
    )
    action = models.CharField(_("what"), max_length=60)
    target = models.CharField(_("about"), max_length=100, blank=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    facts = models.JSONField(_("details"), default=dict, encoder=DjangoJSONEncoder)
    at = models.DateTimeField(_("when"))
    previous_hash = models.CharField(max_length=64, unique=True)
    hash = models.CharField(max_length=64, unique=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.action} {self.target}".strip()

    def computed_hash(self) -> str:
        """What `hash` must be, as 64 hexadecimal digits of SHA-256."""
        said = [
            self.previous_hash, self.actor_id, self.action, self.target, self.reason, self.facts, self.at.isoformat()
        ]  # fmt: skip
        text = json.dumps(said, cls=DjangoJSONEncoder, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(text.encode("ascii")).hexdigest()
