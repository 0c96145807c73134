"""`Result`, a round's frozen count, `Bundle`, its file for recounting, and `RoundLog`. All three only grow."""

from typing import Any

from django.db import models

from newsroom import clock
from voting.methods.bundle import log_entry
from voting.models.round import Round


class Result(models.Model):
    """A count with its full trace. A correction is a higher `version` beside the old one, with its `reason`.

    `text` is the canonical result, whole; what may be published of it follows from its size (voting/publication.py).
    """

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="results")
    version = models.PositiveSmallIntegerField(default=1)
    closing = models.TextField()
    text = models.TextField()
    digest = models.CharField(max_length=64)
    reason = models.TextField(max_length=1000, blank=True)
    made_at = models.DateTimeField(db_default=clock.Now(), editable=False)

    class Meta:
        ordering = ["round", "version"]
        constraints = [
            models.UniqueConstraint(fields=["round", "version"], name="result_version_once"),
            models.CheckConstraint(
                condition=models.Q(version=1, reason="") | (models.Q(version__gt=1) & ~models.Q(reason="")),
                name="result_corrected_with_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"result {self.version} of {self.round}"


class Bundle(models.Model):
    """`bundle.zip` of one version of a result, made once (voting/publication.py). `digest` is its SHA-256."""

    result = models.OneToOneField(Result, on_delete=models.PROTECT, related_name="bundle")
    digest = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    data = models.BinaryField()

    def __str__(self) -> str:
        return f"the bundle of {self.result}"


class RoundLog(models.Model):
    """One link of a round's log, as `log.jsonl` says it: `at` is text, so that its hash is over exactly these words."""

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="log")
    number = models.PositiveIntegerField()
    at = models.CharField(max_length=40)
    kind = models.CharField(max_length=20)
    facts = models.JSONField()
    previous = models.CharField(max_length=64)
    hash = models.CharField(max_length=64, unique=True)

    class Meta:
        ordering = ["round", "number"]
        constraints = [models.UniqueConstraint(fields=["round", "number"], name="log_number_once")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.round}"

    def entry(self) -> dict[str, Any]:
        """As the published log says it."""
        return log_entry(self.previous, at=self.at, kind=self.kind, facts=self.facts)
