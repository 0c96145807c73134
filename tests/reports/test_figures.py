"""Every figure, against a model that never saw the SQL, over random pasts (tests/reports/histories.py)."""

import math
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsroom import clock
from reports import rollups
from reports.figures import closing, coming, failing, money, monthly, months, persons, taking_part
from reports.models import CohortMoney, OriginMonth, RoundMoney, RoundPersons, parts
from tests.reports import model, model_of_money, model_of_rounds, model_of_the_night
from tests.reports.givings import more
from tests.reports.histories import pasts
from tests.reports.model import History

# `FIGURES_EXAMPLES=300` for as many pasts as one likes.
EXAMPLES = int(os.environ.get("FIGURES_EXAMPLES", "60"))
FIRST, LAST = date(2023, 11, 1), date(2029, 12, 1)


class Undone(Exception):
    """Takes a past back."""


def months_of(history: History) -> list[date]:
    """Every month in which something happened, and those around it."""
    moments = [one.at for one in history.happened] + [line.at for line in history.lines]
    moments += [due.at for due in history.invoices]
    touched = {history.month(moment) for moment in moments} or {FIRST}
    return sorted({months.after(month, by) for month in touched for by in (-1, 0, 1, 2)})


@given(past=pasts(), also=more())
@settings(
    max_examples=EXAMPLES, deadline=None, derandomize=EXAMPLES <= 60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip
def test_every_figure_is_what_the_model_says(
    db: None, past: Callable[[], History], also: Callable[[History], None]
) -> None:
    with suppress(Undone), transaction.atomic():
        history = past()
        also(history)
        rollups.rebuild(with_own=True)
        looked = months_of(history)
        agree_on_sums(history, looked)
        agree_on_persons(history, looked)
        agree_on_money(history, looked)
        agree_on_failures(history, looked)
        agree_on_the_night(history, looked)
        agree_on_rounds(history)
        raise Undone


def agree_on_sums(history: History, looked: list[date]) -> None:
    told = monthly.steps(looked[-1])
    for month in looked:
        here = [step for steps in told.values() for step in steps if step.month == month]
        moved = {(step.currency, kind): delta for step in here for kind, delta in step.moved.items() if delta}
        assert moved == model.movements(history, month)
        closing = {step.currency: step.closing for step in here if step.closing}
        assert closing == model.mrr(history, history.starts(model.following(month)))
        ends = history.starts(model.following(month))
        assert {step.currency: step.givers for step in here if step.givers} == model.givers(history, ends)
        opening = {step.currency: step.opening for step in here if step.opening}
        assert opening == model.mrr(history, history.starts(month))


def agree_on_persons(history: History, looked: list[date]) -> None:
    crowds = persons.crowds(looked[-1])
    cohorts = {cohort.month: cohort for cohort in persons.cohorts(looked[-1])}
    for month in looked:
        said = model.churn(history, month) | model.changed(history, month)
        for payer in persons.PAYERS:
            crowd = next((one for one in crowds[payer] if one.month == month), None)
            have = told_of(crowd) if crowd else {}
            assert have == {name: counts[payer] for name, counts in said.items() if counts.get(payer)}
        everybody = next((one for one in crowds[0] if one.month == month), None)
        closing = everybody.closing if everybody else 0
        assert closing == len(model.live(history, history.starts(model.following(month))))
        came_went = everybody.counts.get("came_went", 0) if everybody else 0
        assert came_went == model.joined_and_left(history, month)
        ended_paused = everybody.counts.get("ended_paused", 0) if everybody else 0
        assert ended_paused == model.ended_paused(history, month)
    for (cohort, month), live in model.cohorts(history, looked[-1]).items():
        assert cohorts[cohort].live[months.age(cohort, month)] == live


def told_of(crowd: persons.Crowd) -> dict[str, int]:
    """What is not nothing."""
    counts = {name: crowd.counts.get(name, 0) for name in ("paused", "came", "moved", "raised", "lowered")}
    told = {"start": crowd.opening, "end": crowd.closing, "left": crowd.left, **counts}
    assert crowd.closing == crowd.opening + counts["came"] + counts["moved"] - crowd.left - counts["paused"]
    return {name: persons for name, persons in told.items() if persons}


def agree_on_money(history: History, looked: list[date]) -> None:
    for month in looked:
        until = model.following(month)
        assert without_nothing(money.net_income(month, until)) == without_nothing(model.net_income(history, month))
        assert without_nothing(money.by_gift_month(month)) == without_nothing(model.by_gift_month(history, month))
        seen = {
            one.currency: (one.recurring_minor, one.recurring, one.single_minor, one.single, one.back_minor,
                           one.institutional_minor)
            for one in money.seen(month, until)
        }  # fmt: skip
        assert seen == model_of_money.received(history, month)
        agree_on_close(history, month)
        returns = {
            currency: (row.payments, row.refunded, row.disputed, row.refunded_minor, row.disputed_minor)
            for currency, row in money.returns(month).items()
        }
        assert returns == model.returned(history, month)
        assert {one.currency: (one.mean, one.median) for one in money.gifts(month, month)} == model.gifts(
            history, month
        )
    for age in persons.VALUE_AGES:
        have = {key: sums[age] for key, sums in persons.values(LAST).items() if sums.get(age)}
        assert have == model.value(history, age, LAST)


def agree_on_close(history: History, month: date) -> None:
    told = closing.balances(month)
    assert {one.currency: (one.opening, one.kinds, one.by_hand) for one in told.values()} == model_of_money.closes(
        history, month
    )
    assert all(one.is_tied for one in told.values())


def agree_on_failures(history: History, looked: list[date]) -> None:
    for month in looked:
        rates = {
            one.currency: (one.due, one.failed, one.due_minor, one.failed_minor) for one in failing.rates(month, month)
        }
        assert rates == model.failures(history, month)
        mended: dict[tuple[str, str, str], int] = {}
        for (_, currency, code, by), (count, _) in failing.recoveries(month, month).items():
            mended[currency, code, by] = mended.get((currency, code, by), 0) + count
        assert mended == model.recoveries(history, month)


def agree_on_the_night(history: History, looked: list[date]) -> None:
    assert persons.pauses(FIRST, LAST) == model.pauses(history, clock.now())
    assert persons.renewals(FIRST, LAST) == model_of_the_night.renewals(history, clock.now())
    exposed = failing.exposure()
    have = {(what, currency): told for currency, here in exposed.items() for what, told in here.items()}
    assert have == model_of_the_night.at_risk(history, datetime.max.replace(tzinfo=UTC))
    for rule in coming.Rule.values:
        came, kept = model_of_the_night.origins(history, rule, clock.now())
        rows = {
            (row.month, row.campaign, row.currency): row for row in OriginMonth.objects.filter(rule=rule)
        }  # fmt: skip
        joined = {key: (row.joined, parts.monthly(row.joined_monthly_parts), row.old_enough)
                  for key, row in rows.items() if row.joined}  # fmt: skip
        assert joined == came
        left = {key: parts.monthly(row.kept_monthly_parts) for key, row in rows.items() if row.kept_monthly_parts}
        assert left == kept
    for month in looked:
        assert without_nothing(persons.monthly_net(month, month)) == model_of_the_night.recurring_net(history, month)


def agree_on_rounds(history: History) -> None:
    turnouts = taking_part.turnouts()[::-1]
    assert len(turnouts) == len(history.votes)
    for number, (turnout, vote) in enumerate(zip(turnouts, history.votes, strict=True)):
        have = (turnout.eligible, turnout.voted, turnout.later)
        assert have == (len(vote.opening), len(vote.voters & vote.opening), len(vote.later))
        rows = RoundPersons.objects.filter(round_id=turnout.round.pk)
        for days in taking_part.AGES:
            if vote.closes + timedelta(days=days) > clock.now():
                assert {getattr(row, f"live_{days}") for row in rows} <= {None}
                continue
            sums = [
                (sum(row.live for row in group), sum(getattr(row, f"live_{days}") for row in group))
                for group in ([row for row in rows if row.has_voted is voted] for voted in (True, False))
            ]
            assert tuple(sums) == model_of_rounds.stayed(history, vote, days)
        money_of = {row.currency: row for row in RoundMoney.objects.filter(round_id=turnout.round.pk)}
        have_money = {currency: (row.net_minor, row.voters_minor) for currency, row in money_of.items()}
        assert have_money == model_of_rounds.behind(history, number)
        for row in money_of.values():
            assert (row.first_on, row.last_on) == model_of_rounds.days_of(history, number)
            until = row.last_on + timedelta(days=1)
            assert money.net_income(row.first_on, until)[row.currency] == row.net_minor
    assert {row.year: (row.eligible, row.voted) for row in taking_part.years()} == model_of_rounds.taking_part(history)


@given(left=st.integers(50, 5000), stayed=st.integers(1, 100_000))
def test_between_the_bounds_lie_the_rates_that_fit_what_was_seen(left: int, stayed: int) -> None:
    """At each bound, what was seen lies 1.96 standard deviations away."""
    exposed = left + stayed
    for bound in map(float, persons.interval(left, exposed)):
        off = abs(left / exposed - bound)
        assert math.isclose(off, 1.96 * math.sqrt(bound * (1 - bound) / exposed), rel_tol=1e-6)


def test_a_projection_is_income_by_the_head_over_the_share_that_leaves(db: None) -> None:
    """Twelve months of 100 patrons, of whom 5 leave in each: 2 EUR by head and month over 5 % are 40 EUR."""
    crowd = [persons.Crowd(months.after(FIRST, age), 0, 100, {"voluntary": 3, "disputed": 2}) for age in range(12)]
    for age in range(30, 42):
        CohortMoney.objects.create(cohort=months.after(FIRST, -30), age=age, currency="EUR", net_minor=20_000)
    [(currency, mean, low, high)] = persons.projections(crowd, crowd[-1].month)
    assert (currency, mean) == ("EUR", Fraction(4000))
    assert low < mean < high
    assert persons.projections(crowd[1:], crowd[-1].month) == []
    fewer = [replace(one, counts={"voluntary": 4}) for one in crowd]
    assert persons.projections(fewer, crowd[-1].month) == []


@given(minor=st.integers(-(10**9), 10**9), counts=st.lists(st.integers(0, 500), min_size=1, max_size=8))
def test_money_behind_topics_is_divided_by_the_written_rule(minor: int, counts: list[int]) -> None:
    told = taking_part.divided(minor, {f"t{place}": count for place, count in enumerate(counts)})
    assert list(told.values()) == model_of_rounds.shared(minor, counts)
    assert sum(told.values()) == (minor if any(counts) else 0)


def without_nothing(sums: dict[str, int]) -> dict[str, int]:
    return {currency: minor for currency, minor in sums.items() if minor}
