"""Where patrons come from: by story, ask or campaign, and by a named rule of attribution."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from django.db.models import Sum

from asks.models import Ask
from reports.models import OriginMonth, parts
from stories.models import Story

PARTS = ("story", "ask", "campaign")
Rule = OriginMonth.Rule


@dataclass
class Source:
    """One story, ask or campaign (or none: `label` is empty), over some months. Sums by currency, a month."""

    label: str
    url: str = ""
    started: int = 0
    joined: int = 0
    old_enough: int = 0
    brought: dict[str, Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    kept: dict[str, Fraction] = field(default_factory=lambda: defaultdict(Fraction))

    @property
    def share(self) -> Fraction | None:
        """Of those who started, how many joined."""
        return Fraction(self.joined, self.started) if self.started else None

    @property
    def sums(self) -> list[tuple[str, Fraction, Fraction]]:
        """Currency, what they brought when they joined, what is left after 90 days."""
        return [
            (currency, self.brought[currency], self.kept[currency]) for currency in sorted({*self.brought, *self.kept})
        ]


def sources(first: date, last: date, part: str, rule: str) -> list[Source]:
    """Those who brought most first. Two queries."""
    column = {"story": "story_id", "ask": "ask_id", "campaign": "campaign"}[part]
    rows = OriginMonth.objects.filter(rule=rule, month__range=(first, last)).values(column, "currency")
    found: dict[object, Source] = {}
    names = _names(part)
    for row in rows.annotate(
        *map(Sum, ("started", "joined", "old_enough", "joined_monthly_parts", "kept_monthly_parts"))
    ):
        source = found.setdefault(row[column], Source(*names.get(row[column], (row[column] or "", ""))))
        source.started += row["started__sum"]
        source.joined += row["joined__sum"]
        source.old_enough += row["old_enough__sum"]
        source.brought[row["currency"]] += parts.monthly(row["joined_monthly_parts__sum"])
        source.kept[row["currency"]] += parts.monthly(row["kept_monthly_parts__sum"])
    return sorted(found.values(), key=lambda source: (-source.joined, -source.started, source.label))


def _names(part: str) -> dict[object, tuple[str, str]]:
    if part == "story":
        return {story.pk: (str(story), story.url) for story in Story.objects.all()}
    return {ask.pk: (ask.title, "") for ask in Ask.objects.all()} if part == "ask" else {}
