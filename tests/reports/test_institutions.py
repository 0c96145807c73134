"""Money of grants and institutions: recorded by hand, and apart from what readers give in every figure."""

from collections.abc import Callable
from fractions import Fraction

import pytest
from django.db import Error, transaction
from django.test import Client

from audit.models import StaffAction
from newsroom import clock
from payments import offline
from payments.models import Donation, Payment
from reports import rollups
from reports.figures import closing, money, months
from reports.tables import TABLES, Filters
from tests.reports.test_bank import COLUMNS, csv_file, send
from tests.reports.test_pages_of_figures import words

Staff = Callable[[str], Client]
HAND = "/reports/payments/offline/"


@pytest.fixture
def granted(staff: Staff) -> Payment:
    """A grant of 9,000 euros, beside a reader's transfer of 25."""
    said = {
        "email": "fund@example.org", "name": "The Fund", "language": "en", "currency": "EUR", "amount": "9000",
        "received_on": f"{clock.today()}", "reference": "F-1", "giver": "grant",
    }  # fmt: skip
    finance = staff("finance")
    assert finance.post(HAND, said).status_code == 302
    finance.post(HAND, said | {"email": "olena@example.org", "amount": "25", "reference": "B-1", "giver": "reader"})
    rollups.rebuild(with_own=True)
    return Payment.objects.get(reference="F-1")


def test_a_grant_is_in_no_figure_of_readers_and_in_the_month_close(staff: Staff, granted: Payment) -> None:
    this = months.this()
    [seen] = money.seen(this, months.after(this))
    assert (seen.single_minor, seen.single, seen.back_minor, seen.institutional_minor) == (2500, 1, 0, 900_000)
    assert money.net_income(this, months.after(this)) == money.by_gift_month(this) == {"EUR": 2500}
    assert [(one.count, one.mean) for one in money.gifts(this, this)] == [(1, Fraction(2500))]
    assert money.returns(this)["EUR"].payments == 1
    assert closing.balances(this)["EUR"].by_hand == 902_500
    assert StaffAction.objects.filter(action="offline.record", facts__giver="grant").exists()
    page = staff("admin").get("/reports/").content.decode()
    assert "€25.00 €0.00 €9,000.00" in words(page)


def test_a_grant_opens_into_its_line_and_is_named_in_the_export(staff: Staff, granted: Payment) -> None:
    today, admin = clock.today(), staff("admin")
    rows = f"/reports/rows/lines/?first={today}&last={today}&currency=EUR&seen=on&kind="
    assert "€9,000.00" in admin.get(rows + "institutional").content.decode()
    assert "€9,000.00" not in admin.get(rows + "payments").content.decode()
    table = TABLES["payments"]
    givers = {line[0]: line[table.columns.index("giver")] for line in table.rows(Filters())}
    assert givers[granted.pk] == "grant"
    assert sorted(givers.values()) == ["grant", "reader"]


def test_a_grant_that_went_back_leaves_nothing(granted: Payment) -> None:
    offline.reverse(granted, because=offline.Reversal.RETURNED)
    rollups.rebuild(with_own=True)
    [seen] = money.seen(months.this(), months.after(months.this()))
    assert (seen.single_minor, seen.back_minor, seen.institutional_minor) == (2500, 0, 0)
    assert rollups.prove()


@pytest.mark.database
@pytest.mark.parametrize(
    "wrong", [{"interval": "monthly"}, {"customer": "cus_1"}, {"checkout_session": "cs_1"}, {"giver": "state"}]
)
def test_the_database_keeps_others_than_readers_away_from_stripe(db: None, wrong: dict[str, str]) -> None:
    fields = {"interval": "once", "amount_minor": 100, "currency": "EUR", "giver": "institution"}
    with pytest.raises(Error), transaction.atomic():
        Donation.objects.create(**(fields | wrong))
    row = Donation.objects.create(**fields)
    with pytest.raises(Error, match="does not change"), transaction.atomic():
        Donation.objects.filter(pk=row.pk).update(giver="reader")


def test_the_next_transfer_of_a_grant_is_told_apart_by_itself(staff: Staff, granted: Payment) -> None:
    """In the bank's file, where staff see it before; a reader beside it stays one, and a correction by hand counts."""
    browser = staff("admin")
    rows = [
        f"{clock.today()};5000,00;F-2;The Fund;second part fund@example.org",
        f"{clock.today()};30,00;B-2;Olena;for November olena@example.org",
    ]
    page = send(browser, csv_file(*rows))
    browser.post(page, COLUMNS)
    assert "will be recorded · a grant" in " ".join(browser.get(page).content.decode().split())
    assert browser.post(page, {"record": "1"}).status_code == 302
    assert dict(Payment.objects.values_list("reference", "donation__giver")) == {
        "F-1": "grant", "B-1": "reader", "F-2": "grant", "B-2": "reader",
    }  # fmt: skip
