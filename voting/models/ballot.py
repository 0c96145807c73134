"""The roll and the ballots. Who voted and what was voted stand apart; after the close nothing leads across.

No column here is a number in sequence, or a time that can be read. While a round is open, a ballot is found by a key
that only the running system can make (voting/secrecy.py), and beside it lies, sealed, when it was cast: to whoever
cannot make that key this is chance, always as long, and another each time. What PostgreSQL keeps of a row beside its
columns, voting/mixing.py makes worthless. At the close the ballots are written anew, sorted by what they say, with
neither.
"""

import uuid
from collections.abc import Iterator
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Collate
from django.utils.translation import gettext_lazy as _

from members.models import Patron
from voting.models.round import Round


class VoidReason(models.TextChoices):
    """Why a ballot does not count. `MERGED`: two records of one person were put together while the round was open."""

    REFUNDED = "refunded", _("the payment was taken back before the close")
    MERGED = "merged", _("one person had two accounts")


class RollEntry(models.Model):
    """One patron who may vote in a round, once. `reason`: on it from the opening, or as a member who came later."""

    class Reason(models.TextChoices):
        AT_OPEN = "at_open", _("member at the opening")
        JOINED = "joined", _("became a member later")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="roll")
    patron = models.ForeignKey(Patron, on_delete=models.PROTECT, related_name="roll_entries")
    reason = models.CharField(max_length=8, choices=Reason)
    weight = models.PositiveSmallIntegerField(default=1)
    has_cast = models.BooleanField(default=False)
    void_reason = models.CharField(max_length=8, choices=VoidReason, blank=True)

    class Meta:
        verbose_name_plural = "roll entries"
        constraints = [
            models.UniqueConstraint(fields=["round", "patron"], name="patron_once_on_a_roll"),
            models.CheckConstraint(condition=Q(weight__gte=1, weight__lte=3), name="roll_weight_at_most_three"),
            models.CheckConstraint(condition=Q(void_reason="") | Q(has_cast=True), name="only_a_cast_ballot_is_voided"),
        ]

    def __str__(self) -> str:
        return f"roll entry {self.pk}"


class OpenBallot(models.Model):
    """A ballot of a round that is open. `key` says whose it is to whoever holds the round's key; `line` is its text.

    `sealed_moment` says to the same holder when this line was cast. It is read only where two records of one person are
    merged (voting/merging.py). A ballot that was cast before moments were kept has none.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="open_ballots")
    key = models.CharField(max_length=64)
    line = models.TextField()
    sealed_moment = models.BinaryField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["round", "key"], name="one_ballot_of_a_patron")]

    def __str__(self) -> str:
        return "a ballot"


class BallotQuerySet(models.QuerySet["Ballot"]):
    """Questions about sealed ballots."""

    def lines(self) -> Iterator[str]:
        """`ballots.jsonl`, line by line in its order (of code points), read from the database in parts."""
        texts = self.order_by(Collate("line", "C")).values_list("line", flat=True)
        return (f"{text}\n" for text in texts.iterator(chunk_size=5_000))


class Ballot(models.Model):
    """A sealed ballot: one line of `ballots.jsonl`. Added at the close, never changed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="ballots")
    line = models.TextField()

    objects: ClassVar[Any] = BallotQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["round"], name="ballot_of_a_round")]

    def __str__(self) -> str:
        return "a ballot"
