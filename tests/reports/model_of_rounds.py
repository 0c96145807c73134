"""What taking part in rounds comes to, in plain Python; written from docs/metrics.md like tests/reports/model.py."""

from collections import defaultdict
from datetime import date
from fractions import Fraction

from tests.reports.model import DAY, NET, History, Vote, live


def stayed(history: History, vote: Vote, days: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """Of voters and of the others: who was an active patron at the close, and who of these so many days after it."""
    then, later = live(history, vote.closes), live(history, vote.closes + days * DAY)
    groups = (vote.voters, (vote.opening | vote.later) - vote.voters)
    voters, others = ((len(group & then), len(group & then & later)) for group in groups)
    return voters, others


def taking_part(history: History) -> dict[int, tuple[int, int]]:
    """By the year of the close: distinct persons who could vote at an opening, and those of them who voted."""
    could: dict[int, set[int]] = defaultdict(set)
    did: dict[int, set[int]] = defaultdict(set)
    for vote in history.votes:
        could[history.day(vote.closes).year] |= vote.opening
        did[history.day(vote.closes).year] |= vote.voters & vote.opening
    return {year: (len(persons), len(did[year])) for year, persons in could.items() if persons}


def days_of(history: History, number: int) -> tuple[date, date]:
    """The days whose money a round is told with: since the round before, and a year at most."""
    last = history.day(history.votes[number].closes)
    try:
        year_before = last.replace(year=last.year - 1)
    except ValueError:
        year_before = last.replace(year=last.year - 1, day=28)
    first = year_before + DAY
    if number:
        first = max(first, history.day(history.votes[number - 1].closes) + DAY)
    return first, last


def behind(history: History, number: int) -> dict[str, tuple[int, int]]:
    """By currency, the net income of a round's days and what of it came from voters: 0 if fewer than twenty gave."""
    first, last = days_of(history, number)
    net: dict[str, int] = defaultdict(int)
    theirs: dict[str, int] = defaultdict(int)
    givers: dict[str, set[int]] = defaultdict(set)
    for line in history.lines:
        if line.kind not in NET or not first <= history.day(line.at) <= last:
            continue
        net[line.currency] += line.amount
        person, _ = history.payers[line.payment]
        if person in history.votes[number].voters:
            theirs[line.currency] += line.amount
            givers[line.currency].add(person)
    return {
        currency: (minor, theirs[currency] if len(givers[currency]) >= 20 else 0) for currency, minor in net.items()
    }


def shared(minor: int, counts: list[int]) -> list[int]:
    """Whole units of each topic: exact shares cut towards zero, what is left over to the largest remainders."""
    exact = [Fraction(abs(minor) * count, sum(counts)) if sum(counts) else Fraction(0) for count in counts]
    units = [int(share) for share in exact]
    for _ in range(abs(minor) - sum(units) if sum(counts) else 0):
        owed = [share - unit for share, unit in zip(exact, units, strict=True)]
        units[owed.index(max(owed))] += 1
    return [unit if minor > 0 else -unit for unit in units]
