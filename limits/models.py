"""`Hit`: when something last went through a gate. It names nobody: keys are kept as keyed hashes only."""

from django.contrib.postgres.fields import ArrayField
from django.db import models


class Hit(models.Model):
    """The moments at which one key went through one gate, as far back as that gate looks."""

    gate = models.CharField(max_length=40)
    key_hash = models.CharField(max_length=64)
    moments = ArrayField(models.DateTimeField())
    forget_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["gate", "key_hash"], name="hit_once_per_gate_and_key")]

    def __str__(self) -> str:
        return f"{self.gate}: {len(self.moments)}"
