"""Sums over the rolls of counted rounds, made anew as a whole each night. A roll knows that somebody voted, never what.

Rounds are named by number only: nothing holds these rows to what they lead to, they are made anew instead.
"""

from django.db import models

# As `largest_shared` says of weights: what fewer than so many share tells who they are.
FEWEST = 20


class RoundPersons(models.Model):
    """Of a round's roll: those who voted and those who did not, those of the opening and those who came later.

    `live`: of them, active patrons at the close; `live_90` and `live_365`: of those, who are so again so many days
    after it, or None where these days are not over.
    """

    round_id = models.BigIntegerField()
    has_voted = models.BooleanField()
    is_of_opening = models.BooleanField()
    persons = models.PositiveIntegerField()
    live = models.PositiveIntegerField()
    live_90 = models.PositiveIntegerField(null=True)
    live_365 = models.PositiveIntegerField(null=True)

    def __str__(self) -> str:
        return f"{self.round_id}: {self.persons}"


class VotersYear(models.Model):
    """Distinct persons who could vote at an opening of the rounds that closed in a year, and those of them who did."""

    year = models.PositiveSmallIntegerField()
    eligible = models.PositiveIntegerField()
    voted = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.year}: {self.voted} of {self.eligible}"


class RoundMoney(models.Model):
    """The net income of a round's days, in the currency of settlement, and how much of it came from who voted.

    `givers` is how many of them gave; where they are fewer than FEWEST, both are 0.
    """

    round_id = models.BigIntegerField()
    first_on = models.DateField()
    last_on = models.DateField()
    currency = models.CharField(max_length=3)
    net_minor = models.BigIntegerField()
    givers = models.PositiveIntegerField()
    voters_minor = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.round_id}: {self.voters_minor} of {self.net_minor} {self.currency}"
