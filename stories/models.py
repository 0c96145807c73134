"""`Story`: an article, known by its canonical address."""

from django.db import models
from django.db.models import Q


class Story(models.Model):
    """An article. The address is the one its page names as canonical, without query and fragment."""

    url = models.URLField(max_length=500, unique=True)
    title = models.CharField(max_length=300, blank=True)
    published_on = models.DateField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "stories"
        # Pages link to it, so nothing that a browser would run may stand there.
        constraints = [
            models.CheckConstraint(
                condition=Q(url__startswith="https://") | Q(url__startswith="http://"), name="story_is_a_page"
            ),
        ]

    def __str__(self) -> str:
        return self.title or self.url
