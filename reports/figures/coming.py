"""Where patrons come from: by story, ask or campaign, and by a named rule of attribution."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

from django.db.models import QuerySet, Sum

from asks.models import Ask, Origin
from reports.models import OriginMonth, parts
from stories.models import Story

COLUMNS = {"story": "story_id", "ask": "ask_id", "campaign": "campaign"}
PARTS = tuple(COLUMNS)
SUMS = ("started", "joined", "old_enough", "joined_monthly_parts", "kept_monthly_parts")
Rule = OriginMonth.Rule


@dataclass
class Source:
    """One story, ask or campaign (or none: `label` is empty), over some months. Sums by currency, a month.

    `name` is how addresses name it: the number of a story or an ask, the words of a campaign; empty if it is none.
    """

    label: str
    url: str = ""
    name: str = ""
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

    def add(self, row: dict[str, Any]) -> None:
        """One currency's sums."""
        self.started += row["started__sum"]
        self.joined += row["joined__sum"]
        self.old_enough += row["old_enough__sum"]
        self.brought[row["currency"]] += parts.monthly(row["joined_monthly_parts__sum"])
        self.kept[row["currency"]] += parts.monthly(row["kept_monthly_parts__sum"])


def sources(first: date, last: date, part: str, rule: str) -> list[Source]:
    """Those who brought most first. Two queries."""
    column, found, names = COLUMNS[part], dict[object, Source](), _names(part)
    for row in _sums(first, last, rule, column, "currency"):
        name = str(row[column] or "")
        found.setdefault(row[column], Source(*names.get(row[column], (name, "")), name)).add(row)
    return sorted(found.values(), key=lambda source: (-source.joined, -source.started, source.label))


def together(first: date, last: date, rule: str) -> Source:
    """All of them. One query."""
    found = Source("")
    for row in _sums(first, last, rule, "currency"):
        found.add(row)
    return found


def _sums(first: date, last: date, rule: str, *by: str) -> "QuerySet[OriginMonth, dict[str, Any]]":
    rows = OriginMonth.objects.filter(rule=rule, month__range=(first, last)).values(*by)
    sums: QuerySet[OriginMonth, dict[str, Any]] = rows.annotate(*map(Sum, SUMS))
    return sums


def _names(part: str) -> dict[object, tuple[str, str]]:
    if part == "story":
        return {story.pk: (str(story), story.url) for story in Story.objects.all()}
    return {ask.pk: (ask.title, "") for ask in Ask.objects.all()} if part == "ask" else {}


def label(part: str, name: str) -> str | None:
    """What a story, ask or campaign is called that an address names; None if there is none such."""
    if part == "campaign":
        return name if Origin.objects.filter(campaign=name).exists() else None
    if part not in PARTS or not (name.isascii() and name.isdigit()):
        return None
    found = (Story if part == "story" else Ask).objects.filter(pk=int(name)).first()
    return found.title if isinstance(found, Ask) else str(found) if found else None
