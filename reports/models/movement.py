"""`Movement`: how the history of memberships moved the monthly sum; and what is counted over movements.

Sums are kept in parts of minor units (`monthly_parts`, see parts.py), so that they stay whole numbers and are divided
once, when they are shown.
"""

from fractions import Fraction

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from members.models import MembershipChange, Patron
from reports.models import parts


class MovementKind(models.TextChoices):
    """Why the monthly sum moved. In the order in which pages list them."""

    NEW = "new", _("new")
    REACTIVATED = "reactivated", _("came back")
    EXPANSION = "expansion", _("raised")
    CONTRACTION = "contraction", _("lowered")
    VOLUNTARY = "voluntary", _("left by choice")
    INVOLUNTARY = "involuntary", _("left by unpaid time")
    DISPUTED = "disputed", _("left by a dispute")
    PAUSED = "paused", pgettext_lazy("the monthly sum", "paused")
    RESUMED = "resumed", pgettext_lazy("the monthly sum", "resumed")
    CORRECTION = "correction", _("correction")


ENDINGS = (MovementKind.VOLUNTARY, MovementKind.INVOLUNTARY, MovementKind.DISPUTED)


class Movement(models.Model):
    """One change of a recurring membership as it moved the sum, and as it moved a person in or out.

    `persons` is 1 where somebody became live, -1 where they ceased to be, else 0; `givers` the same in this currency.
    `was` and `becomes` say by how many months they paid (0: not live). A change of currency is two rows. An ending out
    of a pause moves nothing any more and is kept for the count of persons. Nothing holds these rows to those they lead
    to: they are made anew instead.
    """

    change = models.ForeignKey(MembershipChange, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False)
    patron = models.ForeignKey(Patron, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False)
    at = models.DateTimeField()
    month = models.DateField()
    currency = models.CharField(max_length=3)
    kind = models.CharField(max_length=11, choices=MovementKind)
    # In which figure of its month it is: raised and lowered are netted by person first; empty if in none.
    counted_as = models.CharField(max_length=11, choices=MovementKind, blank=True)
    monthly_parts = parts.field()
    persons = models.SmallIntegerField()
    givers = models.SmallIntegerField()
    was = models.PositiveSmallIntegerField()
    becomes = models.PositiveSmallIntegerField()
    # Not live, and something of theirs is paused.
    is_paused = models.BooleanField()
    # When the person first joined, and by how many months they paid then.
    cohort = models.DateField()
    cohort_payer = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["month", "counted_as", "at", "id"], name="reports_movement_month")]

    def __str__(self) -> str:
        return f"{self.kind} {self.monthly_parts} {self.currency}"

    @property
    def monthly(self) -> Fraction:
        return parts.monthly(self.monthly_parts)


class MovementMonth(models.Model):
    """A month's movements of the sum. Raised and lowered count a person once, all others every movement."""

    month = models.DateField()
    currency = models.CharField(max_length=3)
    kind = models.CharField(max_length=11, choices=MovementKind)
    monthly_parts = parts.field()
    changes = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["month", "currency", "kind"], name="reports_movement_once")]

    def __str__(self) -> str:
        return f"{self.month} {self.kind} {self.monthly_parts} {self.currency}"


class PersonMonth(models.Model):
    """A month's persons, by how many months they pay.

    Who is live at its end is who was so when it began and `came`, less who left (by reason), is `paused` at the end, or
    was another's second record (`merged`); `moved` are those who pay by this rhythm and were live by another, less the
    reverse. The others are parts of the story: who joined for the first time, who came and went within the month, who
    ended out of a pause, and of those who were live when it began, who gives more or less than then.
    """

    class Outcome(models.TextChoices):
        CAME = "came", _("came or came back")
        NEW = "new", _("joined for the first time")
        VOLUNTARY = "voluntary", _("left by choice")
        INVOLUNTARY = "involuntary", _("left by unpaid time")
        DISPUTED = "disputed", _("left by a dispute")
        PAUSED = "paused", _("paused at the end")
        MERGED = "merged", _("found to be another record of the same person")
        MOVED = "moved", _("pays by another rhythm than before")
        RAISED = "raised", _("raised")
        LOWERED = "lowered", _("lowered")
        CAME_AND_WENT = "came_went", _("came and went within the month")
        ENDED_PAUSED = "ended_paused", _("ended while paused")

    month = models.DateField()
    payer = models.PositiveSmallIntegerField()
    outcome = models.CharField(max_length=12, choices=Outcome)
    persons = models.IntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["month", "payer", "outcome"], name="reports_person_once")]

    def __str__(self) -> str:
        return f"{self.month} {self.outcome} {self.persons}"


class PersonOutcome(models.Model):
    """What a month was for one person: the rows behind `PersonMonth`. Held to nothing, like `Movement`."""

    month = models.DateField()
    patron = models.ForeignKey(Patron, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False)
    payer = models.PositiveSmallIntegerField()
    outcome = models.CharField(max_length=12, choices=PersonMonth.Outcome)
    persons = models.SmallIntegerField()

    class Meta:
        indexes = [models.Index(fields=["month", "outcome", "patron"], name="reports_person_outcome")]

    def __str__(self) -> str:
        return f"{self.month} {self.outcome} {self.persons}"


class GiverMonth(models.Model):
    """How many more persons (or fewer) give in a currency at a month's end than when it began."""

    month = models.DateField()
    currency = models.CharField(max_length=3)
    persons = models.IntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["month", "currency"], name="reports_giver_once")]

    def __str__(self) -> str:
        return f"{self.month} {self.currency}: {self.persons}"


class CohortMonth(models.Model):
    """Of those who joined in a month, by how they paid then: how many more (or fewer) are live after another month."""

    month = models.DateField()
    cohort = models.DateField()
    payer = models.PositiveSmallIntegerField()
    persons = models.IntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["month", "cohort", "payer"], name="reports_cohort_once")]

    def __str__(self) -> str:
        return f"{self.cohort} in {self.month}: {self.persons}"


class PauseMonth(models.Model):
    """Pauses whose planned end was in a month, and those after which the same person had resumed within 30 days."""

    month = models.DateField()
    due = models.PositiveIntegerField()
    resumed = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.month}: {self.resumed} of {self.due}"


class PauseEnd(models.Model):
    """One of them: the change that told of it last. Made anew each night, and held to nothing."""

    month = models.DateField()
    change = models.ForeignKey(MembershipChange, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False)
    patron = models.ForeignKey(Patron, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False)
    ends_at = models.DateTimeField()
    has_resumed = models.BooleanField()

    class Meta:
        indexes = [models.Index(fields=["month", "change"], name="reports_pause_end")]

    def __str__(self) -> str:
        return f"pause until {self.ends_at}"
