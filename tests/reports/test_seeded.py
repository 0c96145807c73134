"""The proofs of an invented newsroom: of a few patrons always, and of thousands as a storm."""

import os
import re
from collections.abc import Callable

import pytest
from django.core.management import call_command
from django.db import transaction
from django.db.models import F
from django.test import Client

from newsroom import clock
from payments.models import Payment, Payout
from reports.models import MoneyDay, MovementMonth
from tests.conftest import WorldDatabase
from tests.reports import proofs
from tests.reports.test_pages_of_figures import words

Staff = Callable[[str], Client]
# `SEED_PATRONS=20000 SEED_MONTHS=60` for the largest newsroom, which takes some ten minutes.
PATRONS, MONTHS = int(os.environ.get("SEED_PATRONS", "2000")), int(os.environ.get("SEED_MONTHS", "24"))


def proved(patrons: int, months: int) -> dict[str, int]:
    call_command("seed", patrons=patrons, months=months, verbosity=0)
    return proofs.proofs(clock.today().replace(day=1))


def test_figures_of_an_invented_newsroom_are_its_rows_and_one_that_is_not_is_noticed(db: None) -> None:
    compared = proved(70, 15)
    assert all(compared.values()), compared
    assert sum(compared.values()) > 500
    for model, column in ((MoneyDay, "amount_minor"), (MovementMonth, "monthly_parts"), (Payout, "amount_minor")):
        with transaction.atomic():
            model.objects.filter(pk=model.objects.earliest("pk").pk).update(**{column: F(column) + 1})
            with pytest.raises(AssertionError):
                proofs.proofs(clock.today().replace(day=1))
            transaction.set_rollback(True)


@pytest.mark.parametrize("language", ["en", "uk"])
def test_pages_of_an_invented_newsroom_have_something_to_say(staff: Staff, language: str) -> None:
    call_command("seed", patrons=40, months=6, verbosity=0)
    browser, paid = staff("admin"), Payment.objects.filter(disputes__isnull=False).earliest("pk")
    paths = ["", "?currency=UAH", "retention/", "failed/", "origins/", "close/", "close/differences/", "goal/"]
    paths += ["payments/", "payments/refunds/", f"payments/{paid.pk}/", "participation/", "rounds/", "topics/"]
    for path in paths:
        answer = browser.get(f"/reports/{path}", headers={"Accept-Language": language})
        page = answer.content.decode()
        assert answer.status_code == 200, path
        regions = re.findall(r'role="region" (aria-label\S*="[^"]*")', page)
        assert len(regions) == len(set(regions)), path
        raw = re.search(r">[^<]*\d (EUR|UAH|USD|GBP|JPY)\b(?! \d)[^<]*<", page)
        assert raw is None, (path, raw)
    assert "+€" in words(browser.get("/reports/?currency=EUR").content.decode())


@pytest.mark.storm
def test_figures_of_an_invented_newsroom_of_thousands_are_its_rows(world_db: WorldDatabase) -> None:
    compared = proved(PATRONS, MONTHS)
    print(compared)  # noqa: T201 (how much was compared)
    assert all(compared.values()), compared
