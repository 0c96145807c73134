"""Every figure, against a model that never saw the SQL, over random pasts (tests/reports/histories.py)."""

import os
from collections.abc import Callable
from contextlib import suppress
from datetime import date

from django.db import transaction
from hypothesis import HealthCheck, given, settings

from reports import rollups
from reports.figures import failing, money, monthly, months, persons
from tests.reports import model
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


@given(past=pasts())
@settings(
    max_examples=EXAMPLES, deadline=None, derandomize=EXAMPLES <= 60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip
def test_every_figure_is_what_the_model_says(db: None, past: Callable[[], History]) -> None:
    with suppress(Undone), transaction.atomic():
        history = past()
        rollups.rebuild(with_own=True)
        looked = months_of(history)
        agree_on_sums(history, looked)
        agree_on_persons(history, looked)
        agree_on_money(history, looked)
        agree_on_failures(history, looked)
        raise Undone


def agree_on_sums(history: History, looked: list[date]) -> None:
    told = monthly.steps(looked[-1])
    for month in looked:
        here = [step for steps in told.values() for step in steps if step.month == month]
        moved = {(step.currency, kind): delta for step in here for kind, delta in step.moved.items() if delta}
        assert moved == model.movements(history, month)
        closing = {step.currency: step.closing for step in here if step.closing}
        assert closing == model.mrr(history, history.starts(model.following(month)))
        opening = {step.currency: step.opening for step in here if step.opening}
        assert opening == model.mrr(history, history.starts(month))


def agree_on_persons(history: History, looked: list[date]) -> None:
    crowds = persons.crowds(looked[-1])
    cohorts = {cohort.month: cohort for cohort in persons.cohorts(looked[-1])}
    for month in looked:
        said = model.churn(history, month)
        for payer in persons.PAYERS:
            crowd = next((one for one in crowds[payer] if one.month == month), None)
            have = (crowd.opening, crowd.left, crowd.counts.get("paused", 0)) if crowd else (0, 0, 0)
            assert have == tuple(said[name].get(payer, 0) for name in ("start", "left", "paused"))
        everybody = next((one for one in crowds[0] if one.month == month), None)
        closing = everybody.closing if everybody else 0
        assert closing == len(model.live(history, history.starts(model.following(month))))
        came_went = everybody.counts.get("came_went", 0) if everybody else 0
        assert came_went == model.joined_and_left(history, month)
    for (cohort, month), live in model.cohorts(history, looked[-1]).items():
        assert cohorts[cohort].live[months.age(cohort, month)] == live


def agree_on_money(history: History, looked: list[date]) -> None:
    for month in looked:
        until = model.following(month)
        assert without_nothing(money.net_income(month, until)) == without_nothing(model.net_income(history, month))
        assert without_nothing(money.by_gift_month(month)) == without_nothing(model.by_gift_month(history, month))
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


def without_nothing(sums: dict[str, int]) -> dict[str, int]:
    return {currency: minor for currency, minor in sums.items() if minor}
