"""`Story`: an article, known by its canonical address."""

from django.db import models


class Story(models.Model):
    """An article. The address is the one its page names as canonical, without query and fragment."""

    url = models.URLField(max_length=500, unique=True)
    title = models.CharField(max_length=300, blank=True)
    published_on = models.DateField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "stories"

    def __str__(self) -> str:
        return self.title or self.url
