"""`Ask`: an appeal. `Origin`: the story, ask and campaign from which somebody came to give."""

from django.db import models

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
