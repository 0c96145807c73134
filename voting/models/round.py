"""`Round`: one vote, from its draft to its frozen result, and `RoundTopic`: a topic as it stands on its ballot."""

from copy import copy
from functools import cached_property, lru_cache
from typing import Any, ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import connection, models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from newsroom import clock
from voting.methods.canonical import read_json
from voting.methods.configuration import Configuration, read_configuration
from voting.models.topic import Topic


class Method(models.TextChoices):
    """How a round is counted; see docs/voting.md."""

    APPROVAL = "approval", _("simple majority of approvals")
    EQUAL_SHARES = "equal_shares", _("balanced (equal shares)")
    SCHULZE = "schulze", _("ranked, one winner (Schulze)")
    IRV = "irv", _("ranked, one winner (instant runoff)")
    STV = "stv", _("ranked, several winners (single transferable vote)")
    POINTS = "points", _("points")


class BallotKind(models.TextChoices):
    """What a ballot looks like."""

    APPROVAL = "approval", _("choose several")
    RANKING = "ranking", _("rank")
    POINTS = "points", _("give points")
    QUADRATIC = "quadratic", _("give points, each further one costs more")


class Eligibility(models.TextChoices):
    """Who may vote. Always: a membership that lives, and whose first payment has settled."""

    AT_CAST = "at_cast", _("members at the moment of voting")
    AT_OPEN = "at_open", _("members at the opening")


class RoundState(models.TextChoices):
    """Where a round stands. Derived from its dates, never stored."""

    DRAFT = "draft", _("draft")
    SCHEDULED = "scheduled", _("scheduled")
    OPEN = "open", _("open")
    CLOSED = "closed", _("closed, being counted")
    COUNTED = "counted", _("counted")
    ARCHIVED = "archived", _("archived")


# What may still change of an open round; the rest is frozen.
LOOK = """
    SELECT id, key_fingerprint, closes_at, ARRAY(
        SELECT ARRAY[voting_topic.slug::text, withdrawn_reason]
        FROM voting_roundtopic JOIN voting_topic ON voting_topic.id = topic_id
        WHERE round_id = voting_round.id AND withdrawn_at IS NOT NULL
    )
    FROM voting_round WHERE slug = %s AND opened_at IS NOT NULL AND closed_at IS NULL
"""


# By name, the rounds that were open when this process last looked.
_seen_open: "dict[str, Round]" = {}


class RoundQuerySet(models.QuerySet["Round"]):
    """Questions about rounds, each as of the database's clock."""

    def to_open(self) -> "RoundQuerySet":
        """Scheduled, and their time has come."""
        return self.filter(scheduled_at__isnull=False, opened_at=None, opens_at__lte=clock.Now())

    def open(self) -> "RoundQuerySet":
        return self.filter(opened_at__isnull=False, closed_at=None)

    def to_close(self) -> "RoundQuerySet":
        """Open, and their time has come."""
        return self.open().filter(closes_at__lte=clock.Now())

    def to_count(self) -> "RoundQuerySet":
        """Sealed, without a result or to be counted again."""
        return self.filter(Q(counted_at=None) | ~Q(recount_reason=""), closed_at__isnull=False)

    def public(self) -> "RoundQuerySet":
        """What readers may know of."""
        return self.filter(scheduled_at__isnull=False)

    def open_now(self, slug: str) -> "Round | None":
        """The round of this name, if it is open. What is frozen of it each process reads once, the nonce never."""
        with connection.cursor() as cursor:
            cursor.execute(LOOK, [slug])
            found = cursor.fetchone()
        if found is None:
            return None
        pk, key_fingerprint, closes_at, withdrawn = found
        _seen_open[slug] = frozen = _frozen(pk, key_fingerprint)
        of = copy(frozen)
        of.closes_at, of.withdrawn = closes_at, dict(withdrawn)
        return of

    def seen_open(self, slug: str) -> "Round | None":
        """What is frozen of a round that this process has seen open, as if nothing had been withdrawn from it.

        Nothing is asked: whether it is still open, and with which topics, `ballots.cast` finds out.
        """
        of = copy(_seen_open.get(slug))
        if of is not None:
            of.withdrawn = {}
        return of


class Round(models.Model):
    """One vote. Written only through voting/rounds.py; triggers freeze its rules once it is opened.

    `configuration` is the canonical `round.json` made at the opening, `configuration_digest` its SHA-256. While a
    round is open, a ballot's key is derived from `BALLOT_SECRET` and `nonce`, which is destroyed at the close;
    `key_fingerprint` tells whether the secret is still the one that the round was opened with. `seed` breaks ties: its
    hash is in the configuration, it is published at the close. `minimum_support` counts ballots, `cutoff_hours` is how
    long before the close somebody must have become a member.
    """

    slug = models.SlugField(max_length=60, unique=True)
    title_en = models.CharField(_("title (English)"), max_length=120, blank=True)
    title_uk = models.CharField(_("title (Ukrainian)"), max_length=120, blank=True)
    intro_en = models.TextField(_("introduction (English)"), max_length=1000, blank=True)
    intro_uk = models.TextField(_("introduction (Ukrainian)"), max_length=1000, blank=True)
    method = models.CharField(_("counted by"), max_length=12, choices=Method, default=Method.APPROVAL)
    ballot = models.CharField(_("ballot"), max_length=10, choices=BallotKind, default=BallotKind.APPROVAL)
    slots = models.PositiveSmallIntegerField(_("how many are chosen"), null=True, blank=True, default=1)
    budget = models.PositiveIntegerField(_("budget, in the units of the costs"), null=True, blank=True)
    most = models.PositiveSmallIntegerField(
        _("how many may be named, or points for one"), null=True, blank=True, default=3
    )
    total = models.PositiveSmallIntegerField(_("points or credits of a ballot"), null=True, blank=True)
    offers_none = models.BooleanField(_("offers “none of these”"), default=False)
    minimum_support = models.PositiveIntegerField(_("fewest ballots that must name a topic"), default=1)
    minimum_turnout = models.PositiveIntegerField(_("fewest valid ballots"), default=0)
    weight = models.PositiveSmallIntegerField(
        _("largest weight of a ballot"), default=1, validators=[MinValueValidator(1), MaxValueValidator(3)]
    )
    publish_totals = models.PositiveIntegerField(_("ballots from which totals are published"), default=10)
    publish_ballots = models.PositiveIntegerField(_("ballots from which they are published"), default=50)
    asks_consent = models.BooleanField(_("voters are told that ballots are published"), default=False)
    eligibility = models.CharField(_("who may vote"), max_length=8, choices=Eligibility, default=Eligibility.AT_CAST)
    cutoff_hours = models.PositiveSmallIntegerField(_("hours before the close to have joined by"), default=24)
    is_sensitive = models.BooleanField(_("sensitive"), default=False)
    opens_at = models.DateTimeField(_("opens"))
    closes_at = models.DateTimeField(_("closes"))
    reminds_at = models.DateTimeField(_("reminder"), null=True, blank=True)
    created_at = models.DateTimeField(db_default=clock.Now(), editable=False)
    scheduled_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    counted_at = models.DateTimeField(null=True, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)
    configuration = models.TextField(blank=True)
    configuration_digest = models.CharField(max_length=64, blank=True)
    seed = models.CharField(max_length=64, blank=True)
    nonce = models.CharField(max_length=64, blank=True)
    key_fingerprint = models.CharField(max_length=64, blank=True)
    # Why it is to be counted again, until it is.
    recount_reason = models.TextField(max_length=500, blank=True)
    # What kept it from being opened, closed or counted the last time it was tried; for staff.
    failure = models.CharField(max_length=200, blank=True)

    objects: ClassVar[Any] = RoundQuerySet.as_manager()

    class Meta:
        ordering = ["-opens_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=~Q(title_en="") | ~Q(title_uk=""), name="round_has_a_title"),
            models.CheckConstraint(condition=Q(closes_at__gt=F("opens_at")), name="round_closes_after_it_opens"),
            models.CheckConstraint(
                condition=Q(slots__isnull=False, budget=None) | Q(slots=None, budget__isnull=False),
                name="round_has_slots_or_a_budget",
            ),
            models.CheckConstraint(condition=Q(weight__gte=1, weight__lte=3), name="round_weight_at_most_three"),
            models.CheckConstraint(
                condition=Q(opened_at=None) | Q(scheduled_at__isnull=False), name="round_scheduled_before_it_opens"
            ),
            models.CheckConstraint(
                condition=Q(opened_at=None, configuration="", configuration_digest="", seed="", key_fingerprint="")
                | (
                    Q(opened_at__isnull=False)
                    & ~Q(configuration="")
                    & ~Q(configuration_digest="")
                    & ~Q(seed="")
                    & ~Q(key_fingerprint="")
                ),
                name="round_opened_is_frozen",
            ),
            models.CheckConstraint(
                condition=Q(recount_reason="") | Q(counted_at__isnull=False), name="round_counted_before_it_is_again"
            ),
            # The key to who cast which ballot exists exactly while the round is open.
            models.CheckConstraint(
                condition=Q(opened_at__isnull=False, closed_at=None) & ~Q(nonce="")
                | (Q(opened_at=None) | Q(closed_at__isnull=False)) & Q(nonce=""),
                name="round_key_lives_while_it_is_open",
            ),
            models.CheckConstraint(
                condition=(Q(closed_at=None) | Q(opened_at__isnull=False))
                & (Q(counted_at=None) | Q(closed_at__isnull=False))
                & (Q(archived_at=None) | Q(counted_at__isnull=False)),
                name="round_in_its_order",
            ),
        ]

    def __str__(self) -> str:
        return self.slug

    @property
    def state(self) -> RoundState:
        reached = {
            RoundState.ARCHIVED: self.archived_at,
            RoundState.COUNTED: self.counted_at,
            RoundState.CLOSED: self.closed_at,
            RoundState.OPEN: self.opened_at,
            RoundState.SCHEDULED: self.scheduled_at,
        }
        return next((state for state, moment in reached.items() if moment), RoundState.DRAFT)

    def title(self, language: str) -> str:
        return (self.title_uk or self.title_en) if language == "uk" else (self.title_en or self.title_uk)

    def intro(self, language: str) -> str:
        return (self.intro_uk or self.intro_en) if language == "uk" else (self.intro_en or self.intro_uk)

    @cached_property
    def withdrawn(self) -> dict[str, str]:
        """The topics that were withdrawn, and why; as of when that was first asked."""
        return dict(self.entries.exclude(withdrawn_at=None).values_list("topic__slug", "withdrawn_reason"))

    def frozen_rules(self) -> Configuration:
        """The rules that it was opened with. They never change, so they are read once."""
        return _read_rules(self.configuration)


@lru_cache(maxsize=32)
def _frozen(pk: int, _key_fingerprint: str) -> Round:
    """The fingerprint is drawn by chance at the opening: no two openings share one."""
    frozen: Round = Round.objects.defer("closes_at", "nonce", "failure").get(pk=pk)
    return frozen


@lru_cache(maxsize=32)
def _read_rules(text: str) -> Configuration:
    return read_configuration(read_json(text, "round.json"))


class RoundTopic(models.Model):
    """A topic on a round's ballot. Its words at the opening are in the round's configuration, under the topic's slug.

    After the opening it can only be withdrawn, once, with a public reason.
    """

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="entries")
    topic = models.ForeignKey(Topic, on_delete=models.PROTECT, related_name="entries")
    position = models.PositiveSmallIntegerField()
    cost = models.PositiveIntegerField(_("cost"), default=1, validators=[MinValueValidator(1)])
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_reason = models.TextField(max_length=500, blank=True)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["round", "topic"], name="topic_once_on_a_ballot"),
            models.UniqueConstraint(fields=["round", "position"], name="position_once_on_a_ballot"),
            models.CheckConstraint(condition=Q(cost__gte=1), name="round_topic_costs_something"),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None, withdrawn_reason="")
                | (Q(withdrawn_at__isnull=False) & ~Q(withdrawn_reason="")),
                name="round_topic_withdrawn_with_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.topic} in {self.round}"
