"""`Mailing`: how far the letters of a round are written."""

from django.db import models

from voting.models.round import Round


class Mailing(models.Model):
    """One occasion of one round, told to many, page by page (voting/round_letters.py).

    `reached` is the number of the last patron who was looked at; nothing says who got a letter or why.
    """

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="mailings")
    occasion = models.CharField(max_length=40)
    reached = models.BigIntegerField(default=0)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["round", "occasion"], name="occasion_of_a_round_told_once")]

    def __str__(self) -> str:
        return f"{self.occasion} of {self.round}"
