"""`Letter`: one e-mail to one person; the table is the outbox. `Wording`: the newsroom's own words in letters.

`StoppedAddress`: an address that takes no letters, or no reminders, any more, or is about to.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Count, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from newsroom import clock

# Longer than any sender may live (Celery's hard limit is ten minutes), so a claim this old has nobody behind it.
CLAIM_LASTS = timedelta(minutes=15)


class LetterState(models.TextChoices):
    """Where a letter stands. The moves are in letters/sending.py."""

    QUEUED = "queued", _("waiting")
    SENDING = "sending", _("being sent")
    SENT = "sent", _("sent")
    FAILED = "failed", _("refused")
    UNSENT = "unsent", _("not sent")


class LetterQuerySet(models.QuerySet["Letter"]):
    """Questions about the outbox."""

    def due(self, now: datetime) -> "LetterQuerySet":
        """Waiting and due, or claimed by a sender that died."""
        orphaned = Q(state=LetterState.SENDING, claimed_at__lt=now - CLAIM_LASTS)
        return self.filter(Q(state=LetterState.QUEUED, due_at__lte=now) | orphaned)

    def failed(self) -> "LetterQuerySet":
        """Given up; staff look at these."""
        return self.filter(state=LetterState.FAILED)

    def counts(self) -> dict[str, int]:
        """How many are `queued` (those being sent included), `sent` and `failed`."""
        found = dict(self.order_by().values_list("state").annotate(Count("id")))
        return {
            "queued": found.get(LetterState.QUEUED, 0) + found.get(LetterState.SENDING, 0),
            "sent": found.get(LetterState.SENT, 0),
            "failed": found.get(LetterState.FAILED, 0),
        }

    def undelivered(self) -> dict[str, int]:
        """How many are `queued` (those being sent included) and `failed`; without a look at those that were sent."""
        queued, sending, failed = (
            self.filter(state=state).count() for state in (LetterState.QUEUED, LetterState.SENDING, LetterState.FAILED)
        )
        return {"queued": queued + sending, "failed": failed}


class Letter(models.Model):
    """An e-mail as it was written. `key` names the occasion and its object, so no occasion writes twice.

    `message_id` is fixed at writing: a repeat after a crash is recognisably the same message. `attachment` names what a
    maker in letters/outbox.py puts in at sending, as in `receipt:12`. A neutral letter does not say from outside whom
    it is from or what it is about.
    """

    key = models.CharField(max_length=200, unique=True)
    occasion = models.CharField(_("occasion"), max_length=40)
    patron = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="letters"
    )
    to = models.EmailField(_("to"), max_length=254)
    language = models.CharField(_("language"), max_length=2)
    is_neutral = models.BooleanField(default=False, db_default=False)
    # Whom a sealed letter goes to and what it says (letters/sealing.py); empty once it is sent.
    sealed = models.TextField(blank=True, default="", db_default="")
    subject = models.CharField(_("subject"), max_length=255)
    text = models.TextField()
    html = models.TextField()
    attachment = models.CharField(max_length=100, blank=True)
    message_id = models.CharField(max_length=255, unique=True)
    state = models.CharField(_("state"), max_length=7, choices=LetterState, default=LetterState.QUEUED)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    due_at = models.DateTimeField(db_default=clock.Now())
    claimed_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    error = models.CharField(_("error"), max_length=500, blank=True)
    created_at = models.DateTimeField(_("written"), db_default=clock.Now(), editable=False)

    objects: ClassVar[Any] = LetterQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(to="") & ~Q(subject=""), name="letter_has_address_and_subject"),
            models.CheckConstraint(condition=Q(state="sent") ^ Q(sent_at=None), name="letter_sent_at_a_time"),
            models.CheckConstraint(
                condition=~Q(state="sending") | Q(claimed_at__isnull=False), name="letter_being_sent_is_claimed"
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state="queued"), name="letter_due"),
            models.Index(fields=["claimed_at"], condition=Q(state="sending"), name="letter_claimed"),
            models.Index(fields=["state"], condition=Q(state="failed"), name="letter_failed"),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def why(self) -> str:
        """Why it did not go out, for staff: what the server said, or a reason of ours in their language."""
        return gettext(self.error) if self.error else ""


class WordingQuerySet(models.QuerySet["Wording"]):
    """Questions about the newsroom's wordings."""

    def of(self, occasions: Iterable[str]) -> "dict[tuple[str, str], Wording]":
        """By occasion and language."""
        return {(row.occasion, row.language): row for row in self.filter(occasion__in=occasions)}


class Wording(models.Model):
    """The newsroom's own words in the letters of an occasion, in one language. What is empty stays as it comes.

    Plain text. `{amount}` stands for what the letter's occasion lists in `variables`; letters/wordings.py refuses the
    rest.
    """

    PARTS = ("subject", "opening", "closing")
    PLACEHOLDER = re.compile(r"\{(\w+)\}")

    occasion = models.CharField(max_length=40)
    language = models.CharField(max_length=2)
    subject = models.CharField(_("subject"), max_length=150, blank=True)
    opening = models.TextField(_("first paragraphs"), max_length=2000, blank=True)
    closing = models.TextField(_("last paragraphs"), max_length=2000, blank=True)

    objects: ClassVar[Any] = WordingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["occasion", "language"], name="one_wording_of_an_occasion_in_a_language")
        ]

    def __str__(self) -> str:
        return f"{self.occasion} in {self.language}"

    def filled(self, values: Mapping[str, str]) -> dict[str, str]:
        """The parts with the values in place of their names."""
        return {
            part: self.PLACEHOLDER.sub(lambda name: values.get(name[1], name[0]), getattr(self, part))
            for part in self.PARTS
        }


class StopReason(models.TextChoices):
    """Why an address gets no more letters, or only some (letters/stops.py)."""

    LETTER = "letter", _("its mail server refused a letter for good")
    REFUSED = "refused", _("its mail server says for good that nobody is there")
    COMPLAINED = "complained", _("its reader called a letter spam")


class StoppedAddress(models.Model):
    """An address to which letters are held back. The row is the stop: staff lift it by removing it."""

    address = models.EmailField(max_length=254, unique=True)
    reason = models.CharField(max_length=10, choices=StopReason)
    said = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(db_default=clock.Now(), editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(address=Lower("address")) & ~Q(address=""), name="stopped_address_in_lower_case"
            )
        ]

    def __str__(self) -> str:
        return f"stopped address {self.pk}"
