"""`Announcement`: something that many people are to be told. The row is the queue (voting/announcements.py)."""

from django.db import models
from django.db.models import Q

from voting.models.round import Round
from voting.models.topic import TopicChange


class Announcement(models.Model):
    """What came of a topic, to those who follow it; or which stories came of a round, to those who voted in it.

    It says what, never to whom. `letter`: a round's stories make a first letter and at most a second.
    """

    change = models.OneToOneField(TopicChange, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    round = models.ForeignKey(Round, null=True, blank=True, on_delete=models.PROTECT, related_name="announcements")
    letter = models.PositiveSmallIntegerField(default=1)
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(change=None, round__isnull=False) | Q(change__isnull=False, round=None),
                name="announcement_of_a_topic_or_of_a_round",
            ),
            models.UniqueConstraint(fields=["round", "letter"], name="letter_about_stories_once"),
            models.CheckConstraint(condition=Q(letter__in=[1, 2]), name="two_letters_about_stories_at_most"),
        ]
        indexes = [models.Index(fields=["due_at"], condition=Q(done_at=None), name="announcement_waiting")]

    def __str__(self) -> str:
        return f"announcement {self.pk}"
