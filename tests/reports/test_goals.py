"""The newsroom's goal: set by finance, one at a time, shown with its progress on the page of the month."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from asks.models import Goal
from audit.models import StaffAction
from newsroom import clock
from tests.reports.test_pages_of_figures import october, words

Staff = Callable[[str], Client]
__all__ = ["october"]


def said(**fields: str) -> dict[str, str]:
    today = clock.today()
    return {"counts": "patrons", "target": "4", "first_on": f"{today - timedelta(40)}", "last_on": f"{today}"} | fields


def test_progress_is_shown_of_patrons_to_all_and_of_money_to_those_who_see_it(staff: Staff, october: date) -> None:
    finance, editor, page = staff("finance"), staff("editor"), f"/reports/?month={october:%Y-%m}"
    assert finance.post("/reports/goal/", said(first_on=f"{october}")).status_code == 302
    for browser in (finance, editor):
        told = words(browser.get(page).content.decode()).replace("\N{NO-BREAK SPACE}", " ")
        assert "25.0 % of the goal: 1 of 4 active patrons" in told
    finance.post("/reports/goal/", {"drop": f"{Goal.objects.get().pk}"})
    assert not Goal.objects.exists()
    finance.post("/reports/goal/", said(counts="EUR", target="20", first_on=f"{october}"))
    assert "of the goal: €5.00 of €20.00 a month" in words(finance.get(page).content.decode())
    assert "of the goal" not in words(editor.get(page).content.decode())
    actions = ["goal.set", "goal.drop", "goal.set"]
    assert list(StaffAction.objects.filter(action__startswith="goal").values_list("action", flat=True)) == actions


@pytest.mark.parametrize(
    "wrong",
    [
        {"target": "0"}, {"target": "-3"}, {"target": "٣"}, {"target": "4.5"}, {"target": ""}, {"counts": "USDT"},
        {"counts": "EUR", "target": "0.001"}, {"first_on": "9999-01-01"}, {"last_on": "2001-01-01"}, {"last_on": "x"},
    ],
)  # fmt: skip
def test_nonsense_is_refused_with_a_sentence(staff: Staff, wrong: dict[str, str]) -> None:
    answer = staff("admin").post("/reports/goal/", said(**wrong))
    assert 'class="error"' in answer.content.decode()
    assert not Goal.objects.exists()


def test_there_is_one_goal_at_a_time(staff: Staff) -> None:
    admin = staff("admin")
    admin.post("/reports/goal/", said())
    assert "Another goal holds" in admin.post("/reports/goal/", said(target="5")).content.decode()
    assert Goal.objects.get().target == 4


@pytest.mark.database
@pytest.mark.parametrize(
    "wrong", [{"target": 0}, {"currency": "EUR"}, {"what": "monthly"}, {"last_on": date(2025, 1, 1)}]
)
def test_the_database_refuses_what_is_no_goal(db: None, wrong: dict[str, object]) -> None:
    fields = {"what": "patrons", "target": 3, "first_on": date(2026, 1, 1), "last_on": date(2026, 12, 31)}
    with pytest.raises(IntegrityError), transaction.atomic():
        Goal.objects.create(**(fields | wrong))
    Goal.objects.create(**fields)
    with pytest.raises(IntegrityError), transaction.atomic():
        Goal.objects.create(**(fields | {"first_on": date(2026, 12, 31), "last_on": date(2027, 1, 1)}))
