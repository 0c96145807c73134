"""`Progress`: how far the sums have followed the book and the history."""

from django.db import models
from django.db.models import Q


class Progress(models.Model):
    """One row. What was written by transactions below `through` is in the sums, and nothing else.

    `zone` is the one whose days and months they count: another zone means another set of sums.
    """

    through = models.PositiveBigIntegerField(default=0)
    zone = models.CharField(max_length=64, blank=True)
    followed_at = models.DateTimeField(null=True, blank=True)
    rebuilt_at = models.DateTimeField(null=True, blank=True)
    night_at = models.DateTimeField(null=True, blank=True)
    proved_at = models.DateTimeField(null=True, blank=True)
    differences = models.TextField(blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="reports_progress_is_one_row")]

    def __str__(self) -> str:
        return f"through {self.through}"
