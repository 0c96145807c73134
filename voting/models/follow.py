"""`Follow`: that somebody wants to hear of a topic, kept so that the table does not tell who or which."""

from django.db import models


class Follow(models.Model):
    """`mark` is a keyed hash over patron and topic (voting/secrecy.py); whoever asks must name both."""

    mark = models.CharField(primary_key=True, max_length=64)

    def __str__(self) -> str:
        return "a follow"
