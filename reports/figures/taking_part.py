"""Taking part in rounds: how many voted, what became of what they chose, what stands behind a topic, who stays.

Nothing here looks at a ballot: how many voted and gave follows from the roll, what a topic had from what is published.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from statistics import median
from typing import Any

from newsroom import clock
from reports.models import RoundMoney, RoundPersons, VotersYear
from reports.models.taking_part import FEWEST
from voting import publication
from voting.methods.configuration import NONE
from voting.models import Round, Topic, TopicChange, TopicState

AGES = (90, 365)
# A promise is looked at once so many days have passed since the close.
DUE_AFTER = timedelta(days=60)


@dataclass
class Promise:
    """Topics that rounds chose, and the days from a close to the story. The rest is at work."""

    chosen: int = 0
    published: int = 0
    dropped: int = 0
    days: list[int] = field(default_factory=list)

    @property
    def kept(self) -> Fraction | None:
        return Fraction(self.published, self.chosen) if self.chosen else None

    @property
    def median_days(self) -> Fraction | None:
        return Fraction(median(map(Fraction, self.days))) if self.days else None

    def add(self, topic: Topic, days: int | None) -> None:
        self.chosen += 1
        self.published += topic.state == TopicState.PUBLISHED
        self.dropped += topic.state == TopicState.DROPPED
        if topic.state == TopicState.PUBLISHED and days is not None:
            self.days.append(days)


@dataclass
class Turnout:
    """A counted round. `kept`: days after the close → the shares of voters and of others who are still patrons."""

    round: Round
    eligible: int = 0
    voted: int = 0
    later: int = 0
    promise: Promise = field(default_factory=Promise)
    kept: dict[int, tuple[Fraction, Fraction]] = field(default_factory=dict)

    @property
    def share(self) -> Fraction | None:
        """Of those who could vote when it opened, who did."""
        return Fraction(self.voted, self.eligible) if self.eligible else None


def turnouts() -> list[Turnout]:
    """Newest first, as of last night; a round that was counted since has no roll yet. Four queries."""
    found = {
        one.pk: Turnout(one) for one in Round.objects.filter(counted_at__isnull=False).order_by("-closes_at", "-pk")
    }
    rows: dict[int, list[RoundPersons]] = defaultdict(list)
    for row in RoundPersons.objects.filter(round_id__in=found):
        rows[row.round_id].append(row)
    for number, those in rows.items():
        turnout = found[number]
        turnout.eligible = sum(row.persons for row in those if row.is_of_opening)
        turnout.voted = sum(row.persons for row in those if row.is_of_opening and row.has_voted)
        turnout.later = sum(row.persons for row in those if not row.is_of_opening)
        turnout.kept = _kept(those)
    _promises(found)
    return list(found.values())


def _kept(rows: list[RoundPersons]) -> dict[int, tuple[Fraction, Fraction]]:
    """Only where both groups are large enough to say nothing of anybody."""
    voters, others = ([row for row in rows if row.has_voted is has_voted] for has_voted in (True, False))
    sizes = [sum(row.live for row in group) for group in (voters, others)]
    if min(sizes) < FEWEST:
        return {}
    kept: dict[int, tuple[Fraction, Fraction]] = {}
    for days in AGES:
        counts = [[getattr(row, f"live_{days}") for row in group] for group in (voters, others)]
        if None not in counts[0] + counts[1]:
            kept[days] = Fraction(sum(counts[0]), sizes[0]), Fraction(sum(counts[1]), sizes[1])
    return kept


def _promises(found: Mapping[int, Turnout]) -> None:
    moves = TopicChange.objects.filter(state=TopicState.CHOSEN, round__in=found).select_related("topic")
    chosen = {(move.round_id, move.topic_id): move.topic for move in moves}
    out = TopicChange.objects.filter(state=TopicState.PUBLISHED, topic__in={topic for _, topic in chosen})
    published = dict(out.order_by("id").values_list("topic_id", "at"))  # the story that stands
    for (number, topic_id), topic in chosen.items():
        if number is not None:
            turnout, at = found[number], published.get(topic_id)
            turnout.promise.add(topic, (at - turnout.round.closes_at).days if at else None)


def promise(these: Iterable[Turnout]) -> Promise:
    """Of all rounds that closed long enough ago."""
    since, all_ = clock.now() - DUE_AFTER, Promise()
    for one in these:
        if one.round.closes_at < since:
            all_.chosen += one.promise.chosen
            all_.published += one.promise.published
            all_.dropped += one.promise.dropped
            all_.days += one.promise.days
    return all_


def years() -> list[VotersYear]:
    """Newest first. One query."""
    return list(VotersYear.objects.order_by("-year"))


@dataclass(frozen=True)
class Behind:
    """One currency's net income of a round's days: what stands behind each topic, and what is not allocated."""

    currency: str
    first_on: date
    last_on: date
    net: int
    has_givers: bool
    topics: dict[str, int]

    @property
    def unallocated(self) -> int:
        return self.net - sum(self.topics.values())


def behind(round_: Round) -> tuple[dict[str, int], list[Behind]]:
    """The topics' published counts in the ballot's order, and by currency the money behind them. Two queries.

    No counts where the round is too small to publish any.
    """
    counts = published_counts(round_)
    if not counts:
        return {}, []
    rows = RoundMoney.objects.filter(round_id=round_.pk).order_by("currency")
    return counts, [
        Behind(
            row.currency, row.first_on, row.last_on, row.net_minor, row.givers > 0, divided(row.voters_minor, counts)
        )
        for row in rows
    ]


def published_counts(round_: Round) -> dict[str, int]:
    """By topic, and “none of these”: first preferences, points or approvals, whichever the ballot has."""
    published = publication.newest(round_)
    totals: dict[str, Any] | None = published.facts["count"].get("totals") if published else None
    if published is None or totals is None:
        return {}
    counts: dict[str, int] = totals["first"] or totals["points"] or totals["support"]
    return {choice: counts[choice] for choice in published.rules.choices if choice in counts}


def divided(minor: int, counts: Mapping[str, int]) -> dict[str, int]:
    """The whole minor units of each topic, in proportion to the counts; “none of these” keeps its part unallocated.

    Each has its share rounded down (of a negative amount: towards zero). The units left over go, one each, to those
    with the largest remainders, of equal ones to those that stand first on the ballot. Nothing of no votes.
    """
    whole = sum(counts.values())
    if not whole:
        return dict.fromkeys([choice for choice in counts if choice != NONE], 0)
    exact = {choice: divmod(abs(minor) * count, whole) for choice, count in counts.items()}
    left = abs(minor) - sum(units for units, _ in exact.values())
    raised = set(sorted(counts, key=lambda choice: -exact[choice][1])[:left])
    sign = -1 if minor < 0 else 1
    return {choice: sign * (units + (choice in raised)) for choice, (units, _) in exact.items() if choice != NONE}
