"""`Ask`: an appeal. `Origin`: the story, ask and campaign from which somebody came to give. `Goal`: the aim of all."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _

from stories.models import Story


class Ask(models.Model):
    """An appeal placed in articles, named by a slug in the addresses it leads to."""

    slug = models.SlugField(max_length=60, unique=True)
    title = models.CharField(max_length=200)

    def __str__(self) -> str:
        return self.slug


class Origin(models.Model):
    """Where a giver came from. One row for each combination; it names no person."""

    story = models.ForeignKey(Story, null=True, blank=True, on_delete=models.PROTECT)
    ask = models.ForeignKey(Ask, null=True, blank=True, on_delete=models.PROTECT)
    campaign = models.SlugField(max_length=60, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["story", "ask", "campaign"], name="origin_once", nulls_distinct=False),
        ]

    def __str__(self) -> str:
        return " / ".join(str(part) for part in (self.story, self.ask, self.campaign) if part) or "direct"


class Goal(models.Model):
    """What the newsroom wants to have reached by the end of a span of days; there is one at a time.

    `target` counts persons, or minor units a month of `currency`.
    """

    class What(models.TextChoices):
        PATRONS = "patrons", _("active patrons")
        MONTHLY = "monthly", _("monthly sum")

    what = models.CharField(_("what is counted"), max_length=7, choices=What)
    target = models.PositiveBigIntegerField()
    currency = models.CharField(max_length=3, blank=True)
    first_on = models.DateField(_("first day"))
    last_on = models.DateField(_("last day"))

    class Meta:
        ordering = ["-first_on"]
        constraints = [
            models.CheckConstraint(condition=Q(target__gt=0), name="goal_aims_at_something"),
            models.CheckConstraint(
                condition=Q(what="patrons", currency="") | Q(what="monthly", currency__regex=r"^[A-Z]{3}$"),
                name="goal_of_money_has_a_currency",
            ),
            models.CheckConstraint(condition=Q(last_on__gte=F("first_on")), name="goal_days_in_order"),
            ExclusionConstraint(
                name="one_goal_at_a_time",
                expressions=[(Func("first_on", "last_on", Value("[]"), function="daterange"), "&&")],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.target} {self.currency or self.what} until {self.last_on}"
