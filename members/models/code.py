"""`MailedCode`: a code in a letter. Whoever types it where it was asked for has read that letter."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from newsroom import clock


class Purpose(models.TextChoices):
    """What a code proves, and where it works."""

    SIGN_IN = "sign_in", _("signing in")
    PROOF = "proof", _("proving oneself again")
    ADDRESS = "address", _("a new address")
    GIFT = "gift", _("claiming a gift membership")


class MailedCode(models.Model):
    """The newest code of a purpose and a subject: asking again replaces it, so an older one is worth nothing.

    It names nobody: subject, browser and code are kept as keyed hashes. A row is written for an address that nobody has
    just as for one that is known. Written only through members/codes.py and members/sign_ins.py.
    """

    purpose = models.CharField(max_length=10, choices=Purpose)
    subject_hash = models.CharField(max_length=64)
    # Of the secret in the session that asked: the code works in that browser only.
    browser_hash = models.CharField(max_length=64)
    code_hash = models.CharField(max_length=64)
    tries = models.PositiveSmallIntegerField(default=0)
    made_at = models.DateTimeField(db_default=clock.Now(), db_index=True)
    used_at = models.DateTimeField(null=True)
    # What the letter of a sign-in is written from, under a seal (members/sign_ins.py); empty once it is written.
    asked = models.TextField(default="", db_default="")

    class Meta:
        indexes = [models.Index("made_at", condition=~models.Q(asked=""), name="code_without_its_letter")]
        constraints = [models.UniqueConstraint(fields=["purpose", "subject_hash"], name="newest_code_of_a_subject")]

    def __str__(self) -> str:
        return f"code for {self.purpose}"
