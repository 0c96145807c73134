"""`Topic`: what may be covered, and its life from the shortlist to the published story."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from members.models import Patron
from newsroom import clock
from stories.models import Story


class TopicState(models.TextChoices):
    """Where a topic stands. The moves are in voting/topics.py."""

    OPEN = "open", _("accepted")
    SHORTLISTED = "shortlisted", _("shortlisted")
    ON_BALLOT = "on_ballot", _("on the ballot")
    CHOSEN = "chosen", _("chosen")
    NOT_CHOSEN = "not_chosen", _("not chosen")
    ASSIGNED = "assigned", _("assigned")
    IN_REPORTING = "in_reporting", _("in reporting")
    PUBLISHED = "published", _("published")
    MERGED = "merged", _("merged")
    DECLINED = "declined", _("declined")
    DROPPED = "dropped", _("dropped")
    EXPIRED = "expired", _("expired")


# Nobody has voted on it yet, or it may stand on a ballot again: its words may change, others may be merged into it.
BEFORE_A_BALLOT = [TopicState.OPEN, TopicState.SHORTLISTED, TopicState.NOT_CHOSEN]
# What patrons were promised and what came of it.
PROMISED = [
    TopicState.CHOSEN,
    TopicState.ASSIGNED,
    TopicState.IN_REPORTING,
    TopicState.PUBLISHED,
    TopicState.DROPPED,
]


class TopicQuerySet(models.QuerySet["Topic"]):
    """Questions about topics."""

    def promised(self) -> "TopicQuerySet":
        """Chosen by patrons, whatever came of it."""
        chosen = TopicChange.objects.filter(topic=OuterRef("pk"), state=TopicState.CHOSEN)
        return self.filter(Exists(chosen), state__in=PROMISED)

    def for_a_ballot(self) -> "TopicQuerySet":
        """What an editor may put into a round."""
        return self.filter(is_for_ballots=True, state__in=BEFORE_A_BALLOT)

    def public(self) -> "TopicQuerySet":
        """What readers may know of: a subject that a vote would endanger is not named before its story is out."""
        return self.filter(Q(is_for_ballots=True) | Q(state=TopicState.PUBLISHED))


class Topic(models.Model):
    """What may be covered, in neutral words and both languages. Written only through voting/topics.py.

    A language that has no text of its own shows the other's. `is_for_ballots` is off for a subject that a vote would
    endanger. A merged topic keeps its own followers; those of `merged_into` are found through both.
    """

    slug = models.SlugField(max_length=40, unique=True)
    title_en = models.CharField(_("title (English)"), max_length=120, blank=True)
    title_uk = models.CharField(_("title (Ukrainian)"), max_length=120, blank=True)
    pitch_en = models.CharField(_("in two lines (English)"), max_length=300, blank=True)
    pitch_uk = models.CharField(_("in two lines (Ukrainian)"), max_length=300, blank=True)
    plan_en = models.TextField(_("what the newsroom would do (English)"), max_length=1000, blank=True)
    plan_uk = models.TextField(_("what the newsroom would do (Ukrainian)"), max_length=1000, blank=True)
    state = models.CharField(max_length=12, choices=TopicState, default=TopicState.OPEN)
    is_for_ballots = models.BooleanField(_("may stand on a ballot"), default=True)
    merged_into = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="merged")
    story = models.ForeignKey(Story, null=True, blank=True, on_delete=models.PROTECT, related_name="topics")
    # How many rounds it was not chosen in; carried over only so often.
    times_not_chosen = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(db_default=clock.Now(), editable=False)

    objects: ClassVar[Any] = TopicQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(slug__regex=r"^[a-z0-9][a-z0-9_-]{0,39}$") & ~Q(slug="none"), name="topic_slug_for_ballots"
            ),
            models.CheckConstraint(condition=~Q(title_en="") | ~Q(title_uk=""), name="topic_has_a_title"),
            models.CheckConstraint(
                condition=Q(state="merged", merged_into__isnull=False) | (~Q(state="merged") & Q(merged_into=None)),
                name="topic_merged_into_another",
            ),
            models.CheckConstraint(
                condition=~Q(state="published") | Q(story__isnull=False), name="topic_published_as_a_story"
            ),
        ]

    def __str__(self) -> str:
        return self.slug

    def title(self, language: str) -> str:
        return self._in(language, "title")

    def pitch(self, language: str) -> str:
        return self._in(language, "pitch")

    def plan(self, language: str) -> str:
        return self._in(language, "plan")

    def _in(self, language: str, what: str) -> str:
        other = "en" if language == "uk" else "uk"
        text: str = getattr(self, f"{what}_{language}") or getattr(self, f"{what}_{other}")
        return text


class TopicChange(models.Model):
    """One move of a topic, with its public reason. Rows are only added; a trigger refuses the rest.

    `round` is the one that chose the topic, or did not; `instead_of` the dropped winner whose place it took.
    """

    topic = models.ForeignKey(Topic, on_delete=models.PROTECT, related_name="changes")
    state = models.CharField(max_length=12, choices=TopicState)
    reason = models.TextField(max_length=1000, blank=True)
    round = models.ForeignKey(
        "voting.Round", null=True, blank=True, on_delete=models.PROTECT, related_name="topic_changes"
    )
    instead_of = models.OneToOneField(
        Topic, null=True, blank=True, on_delete=models.PROTECT, related_name="replacement"
    )
    actor = models.ForeignKey(Patron, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(db_default=clock.Now(), editable=False)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.topic} {self.state}"
