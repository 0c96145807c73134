"""What each night should find, in plain Python; written from docs/metrics.md like tests/reports/model.py."""

from collections import defaultdict
from datetime import date, datetime, timedelta
from fractions import Fraction
from math import ceil

from tests.reports.model import DAY, NET, History, Support, people, standing, told
from tests.reports.model_of_money import went_back

MONTH = timedelta(days=30)


def renewals(history: History, now: datetime) -> dict[date, tuple[int, int]]:
    """By the month in which a paid year ended: how many did, and of how many the same person paid the time after it.

    What went back whole has paid for nothing. A year is one: not eleven months, and not two years.
    """
    found: dict[date, list[int]] = defaultdict(lambda: [0, 0])
    paid = [one for one in history.invoices if one.paid_at and not (one.payment and went_back(history, one.payment))]
    for year in (one for one in paid if (one.until - one.at) // DAY in {365, 366} and one.until <= now):
        row = found[history.month(year.until)]
        row[0] += 1
        row[1] += any(
            other.person == year.person and other is not year and other.at >= year.until - DAY
            and other.paid_at is not None and other.paid_at <= year.until + MONTH
            for other in paid
        )  # fmt: skip
    return {month: (ended, renewed) for month, (ended, renewed) in found.items()}


def at_risk(history: History, for_ever: datetime) -> dict[tuple[str, str], tuple[Fraction, int]]:
    """(what, currency) → monthly sum, persons; of everything that is live in the end."""
    running: dict[str, list[tuple[int, int, Support]]] = defaultdict(list)
    for person, memberships in standing(history, for_ever).items():
        for number, one in memberships.items():
            if one.is_live:
                running[one.currency].append((person, number, one))
    found: dict[tuple[str, str], tuple[Fraction, int]] = {}
    for currency, rows in running.items():
        largest = sorted(rows, key=lambda row: -row[2].monthly)[: ceil(Fraction(len(rows), 100))]
        groups = {
            "all": rows,
            "leaving": [row for row in rows if row[2].has_asked],
            "failing": [row for row in rows if row[2].is_failing],
            "expiring": [row for row in rows if history.cards[row[1]] < 60],
            "top": largest,
        }
        for what, group in groups.items():
            if group:
                sums = sum((one.monthly for _, _, one in group), Fraction(0))
                found[what, currency] = sums, len({person for person, _, _ in group})
    return found


def _standing_payments(history: History) -> set[int]:
    """Persons with a recurring payment of which something is left, and that no bank has taken back."""
    recurring = [(number, person) for number, (person, recurs) in history.payers.items() if recurs]
    return {person for number, person in recurring if not went_back(history, number)}


def _credited(history: History, person: int, membership: int, rule: str) -> str:
    """Where the gift came from that the rule credits; the empty word if from nowhere, or if there is none."""
    if rule == "joining":
        return history.came_by[membership]
    undone = {line.payment for line in history.lines if line.kind in {"return", "mistake"}}
    paid = [
        (line.at, line.payment) for line in history.lines
        if line.kind == "payment" and history.payers[line.payment][0] == person and line.payment not in undone
    ]  # fmt: skip
    return history.paid_by.get(min(paid)[1], "") if paid else ""


Came = dict[tuple[date, str, str], tuple[int, Fraction, int]]
Kept = dict[tuple[date, str, str], Fraction]


def origins(history: History, rule: str, now: datetime) -> tuple[Came, Kept]:
    """By month, origin and currency: who joined, with how much a month, how many are 90 days old; and what these give
    on their 90th day, without anybody whose every recurring payment went back."""
    came: Came = defaultdict(lambda: (0, Fraction(0), 0))
    kept: Kept = defaultdict(Fraction)
    standing_payments = _standing_payments(history)
    for person, life in people(history):
        at, currency, _, delta = told(life)[0]
        key = history.month(at), _credited(history, person, life[0][1].membership, rule), currency
        is_old = at < now - 90 * DAY
        joined, brought, old = came[key]
        came[key] = joined + 1, brought + delta, old + is_old
        if is_old and person in standing_payments:
            for one in standing(history, at + 90 * DAY)[person].values():
                kept[*key[:2], one.currency] += one.monthly
    return dict(came), {key: monthly for key, monthly in kept.items() if monthly}


def recurring_net(history: History, month: date) -> dict[str, int]:
    """What recurring payments brought, net, in a month, of those who had joined by then."""
    joined = {person: history.month(life[0][0]) for person, life in people(history)}
    sums: dict[str, int] = defaultdict(int)
    for line in history.lines:
        person, recurs = history.payers[line.payment]
        is_in = recurs and line.kind in NET and history.month(line.at) == month
        if is_in and person in joined and joined[person] <= month:
            sums[line.currency] += line.amount
    return {currency: minor for currency, minor in sums.items() if minor}
