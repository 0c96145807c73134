"""`Suggestion`: a topic proposed by a patron, read by editors alone until it is answered."""

import uuid
from datetime import date
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from members.models import Language, Patron
from newsroom import clock
from voting.models.topic import Topic


class SuggestionState(models.TextChoices):
    """Where a suggestion stands. The moves are in voting/suggestions.py."""

    SUGGESTED = "suggested", _("suggested")
    IN_REVIEW = "in_review", _("in review")
    ACCEPTED = "accepted", _("accepted as a topic")
    MERGED = "merged", _("merged into a topic")
    DECLINED = "declined", _("declined")
    WITHDRAWN = "withdrawn", _("withdrawn")
    EXPIRED = "expired", _("expired")


WAITING = [SuggestionState.SUGGESTED, SuggestionState.IN_REVIEW]


class SuggestionQuerySet(models.QuerySet["Suggestion"]):
    """Questions about suggestions."""

    def waiting(self) -> "SuggestionQuerySet":
        """Not answered yet."""
        return self.filter(state__in=WAITING)

    def overdue(self, on: date) -> "SuggestionQuerySet":
        """Not answered, and the promised day is over on this one."""
        return self.waiting().filter(answer_by__lt=on)

    def refused_in_public(self) -> "SuggestionQuerySet":
        """Of which readers know that the newsroom will not cover it; the newest first."""
        return self.exclude(public_reason="").order_by("-answered_at")


class Suggestion(models.Model):
    """What a patron would like to see covered. Written only through voting/suggestions.py.

    `answer` is what the newsroom says to the author, whom alone it is shown to; `public_reason` what readers may know
    of a refusal, in other words; `answer_by` the day (newsroom's zone) by which there is an answer. An erased author is
    forgotten, and what they wrote with them.
    """

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    author = models.ForeignKey(
        Patron, null=True, blank=True, on_delete=models.PROTECT, related_name="suggestions", verbose_name=_("author")
    )
    is_author_named = models.BooleanField(default=False)
    language = models.CharField(max_length=2, choices=Language, default=Language.EN)
    title = models.CharField(_("title"), max_length=120)
    why = models.TextField(_("why"), max_length=2000, blank=True)
    links = models.TextField(_("links"), max_length=2000, blank=True)
    state = models.CharField(max_length=10, choices=SuggestionState, default=SuggestionState.SUGGESTED)
    topic = models.ForeignKey(Topic, null=True, blank=True, on_delete=models.PROTECT, related_name="suggestions")
    answer = models.TextField(_("answer"), max_length=1000, blank=True)
    public_reason = models.TextField(_("what readers may know"), max_length=500, blank=True)
    answer_by = models.DateField()
    answered_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=clock.Now(), editable=False)

    objects: ClassVar[Any] = SuggestionQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=WAITING, answered_at=None) | (~Q(state__in=WAITING) & ~Q(answered_at=None)),
                name="suggestion_answered_when_it_waits_no_more",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["accepted", "merged"], topic__isnull=False)
                | (~Q(state__in=["accepted", "merged"]) & Q(topic=None)),
                name="suggestion_has_a_topic_if_it_became_one",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["declined", "expired"]) | ~Q(answer=""), name="suggestion_refused_with_a_reason"
            ),
            models.CheckConstraint(
                condition=Q(public_reason="") | Q(state="declined"), name="suggestion_refused_in_public_if_refused"
            ),
        ]
        indexes = [
            models.Index(fields=["answer_by"], condition=Q(state__in=WAITING), name="suggestion_waiting"),
        ]

    def __str__(self) -> str:
        return f"suggestion {self.pk}"
