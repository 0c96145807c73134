"""Tables to take away: right to the cent, logged, for their roles alone, short at once and long in the background."""

import csv
import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any

import pytest
from django.test import Client
from openpyxl import load_workbook

from audit.models import StaffAction
from members.models import Patron
from money.money import Money
from newsroom import clock
from payments import offline
from payments.models import LedgerEntry, Payment, Payout
from reports import exports, privacy, rollups
from reports.models import TableExport, TableExportPart
from reports.tables import TABLES
from tests.house.tree import ROOT
from tests.signing_in import at_once

PAGE = "/reports/exports/"


@pytest.fixture
def finance(staff: Callable[[str], Client]) -> Client:
    return staff("finance")


def wish(**changes: str) -> dict[str, str]:
    return {"table": "payments", "format": "csv", "first": "", "last": "", "currency": "", "reason": ""} | changes


def content(answer: Any) -> bytes:
    """The file of an answer."""
    assert answer.streaming, answer.content.decode()
    return b"".join(answer)


def rows(answer: Any) -> list[list[str]]:
    """The same, read by a program that knows CSV."""
    text = content(answer).decode("utf-8-sig")
    return list(csv.reader(StringIO(text, newline="")))


def record(email: str, minor: int, currency: str, reference: str, name: str = "", days_ago: int = 0) -> Payment:
    day = clock.today() - timedelta(days=days_ago)
    return offline.record(email=email, amount=Money(minor, currency), received_on=day, reference=reference, name=name)


def test_every_column_is_documented_and_none_more():
    text = (ROOT / "docs/exports.md").read_text()
    for table in TABLES.values():
        section = text.partition(f"## {table.name}\n")[2].partition("\n## ")[0]
        first_cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
        assert re.findall(r"`(\w+)`", " ".join(first_cells)) == list(table.columns), table.name


def test_a_short_table_comes_at_once_and_right_to_the_cent(finance: Client) -> None:
    record("olena@example.org", 1250, "EUR", "B-1", name="=cmd|' /C calc'!A0")
    record("ken@example.org", 1200, "JPY", "B-2")
    answer = finance.post(PAGE, wish())
    assert answer.headers["Content-Disposition"] == f'attachment; filename="payments-{clock.today()}.csv"'
    [header, *lines] = rows(answer)
    shown = [dict(zip(header, line, strict=True)) for line in lines]
    assert [(line["amount"], line["currency"], line["bank_reference"]) for line in shown] == [
        ("12.50", "EUR", "B-1"),
        ("1200", "JPY", "B-2"),
    ]
    link = StaffAction.objects.get()
    assert (link.action, link.target, link.facts["rows"]) == ("export.table", "payments", 2)


def test_filters_hold_to_days_of_the_newsroom_and_currency(finance: Client) -> None:
    for days_ago in (0, 1, 40):
        record("olena@example.org", 100 + days_ago, "EUR", f"B-{days_ago}", days_ago=days_ago)
    record("olena@example.org", 5, "USD", "B-usd")
    first, last = clock.today() - timedelta(days=1), clock.today()
    asked = wish(table="ledger", first=first.isoformat(), last=last.isoformat(), currency="EUR")
    assert [line[4] for line in rows(finance.post(PAGE, asked))[1:]] == ["1.00", "1.01"]


def test_who_is_named_needs_a_reason_and_is_neutralised_in_both_formats(finance: Client) -> None:
    record("olena@example.org", 500, "EUR", "B-1", name="=1+1")
    asked = wish(table="patrons", format="xlsx")
    answer = finance.post(PAGE, asked)
    assert answer.status_code == 422
    assert "say what it is needed for" in answer.content.decode()
    assert not StaffAction.objects.exists()
    answer = finance.post(PAGE, asked | {"reason": "yearly letter"})
    sheet = load_workbook(BytesIO(content(answer))).active
    assert sheet is not None
    found = {row[1]: row[2] for row in sheet.iter_rows(min_row=2, values_only=True)}
    assert found["olena@example.org"] == "'=1+1"
    assert StaffAction.objects.get().reason == "yearly letter"


def test_amounts_are_numbers_in_a_workbook(finance: Client) -> None:
    record("olena@example.org", 1250, "EUR", "B-1")
    answer = finance.post(PAGE, wish(table="ledger", format="xlsx"))
    sheet = load_workbook(BytesIO(content(answer))).active
    assert sheet is not None
    assert Decimal(str(sheet["E2"].value)) == Decimal("12.5")
    assert sheet["E2"].data_type == "n"


def test_the_journal_of_a_payout_sums_to_nothing(finance: Client, stripe_payment: Payment) -> None:
    now = clock.now()
    payout = Payout.objects.create(
        stripe_id="po_1", amount_minor=900, currency="EUR", status="paid", arrives_on=clock.today(), created_at=now
    )
    for number, (kind, minor) in enumerate([("payment", 1000), ("fee", -59), ("payout", -900)]):
        LedgerEntry.objects.create(
            kind=kind, balance_transaction=f"txn_{number}", payout=payout, amount_minor=minor, currency="EUR",
            payment=stripe_payment if kind == "payment" else None, occurred_at=now,
            seen_minor=1000 if kind == "payment" else None, seen_currency="EUR" if kind == "payment" else "",
        )  # fmt: skip
    lines = rows(finance.post(PAGE, wish(table="journal")))[1:]
    assert [(line[4], line[5]) for line in lines] == [
        ("bank", "9.00"), ("fees", "0.59"), ("gifts", "-10.00"), ("clearing", "0.41")
    ]  # fmt: skip
    assert sum(Decimal(line[5]) for line in lines) == 0


@pytest.mark.parametrize(("currency", "bank"), [("JPY", "900"), ("KWD", "0.900"), ("UAH", "9.00")])
@pytest.mark.parametrize("status", ["paid", "failed"])
def test_a_journal_balances_in_every_currency_and_a_payout_that_failed_is_no_money_at_the_bank(
    finance: Client, currency: str, bank: str, status: str
) -> None:
    payout = Payout.objects.create(
        stripe_id="po_1", amount_minor=900, currency=currency, status=status, arrives_on=clock.today(),
        created_at=clock.now(),
    )  # fmt: skip
    LedgerEntry.objects.create(
        kind="adjustment", balance_transaction="txn_1", payout=payout, amount_minor=1000, currency=currency,
        occurred_at=clock.now(),
    )  # fmt: skip
    lines = rows(finance.post(PAGE, wish(table="journal")))[1:]
    first = {"paid": "bank", "failed": "clearing"}[status]
    assert (lines[0][4], lines[0][5]) == (first, bank)
    assert sum(Decimal(line[5]) for line in lines) == 0


def test_the_close_of_a_month_has_every_day_and_each_payout(finance: Client, stripe_payment: Payment) -> None:
    day = clock.today() - timedelta(days=3)
    noon = clock.start_of(day) + timedelta(hours=12)
    offline.record(email="olena@example.org", amount=Money(1250, "EUR"), received_on=day, reference="B-1")
    for number in range(2):
        payout = Payout.objects.create(
            stripe_id=f"po_{number}", amount_minor=300, currency="EUR", status="paid", arrives_on=day, created_at=noon
        )
        LedgerEntry.objects.create(
            kind="payout", balance_transaction=f"txn_{number}", payout=payout, amount_minor=-300, currency="EUR",
            occurred_at=noon,
        )  # fmt: skip
    LedgerEntry.objects.create(
        kind="payment", balance_transaction="txn_9", payment=stripe_payment, amount_minor=1000, currency="EUR",
        occurred_at=noon, seen_minor=1000, seen_currency="EUR",
    )  # fmt: skip
    rollups.rebuild(with_own=True)
    address = f"{PAGE}?table=close&first={day}&last={day}"
    form = finance.get(address).context["form"]
    asked = wish(table=form["table"].value(), first=form["first"].value(), last=form["last"].value())
    assert rows(finance.post(PAGE, asked))[1:] == [
        [f"{day}", "offline", "payment", "EUR", "12.50", "1", "", ""],
        [f"{day}", "stripe", "payment", "EUR", "10.00", "1", "", ""],
        [f"{day}", "stripe", "payout", "EUR", "-3.00", "1", "po_0", f"{day}"],
        [f"{day}", "stripe", "payout", "EUR", "-3.00", "1", "po_1", f"{day}"],
    ]
    assert "table=close&amp;first=" in finance.get("/reports/close/").content.decode()


def test_a_sheet_that_is_full_is_followed_by_another(finance: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "SHEET", 2)
    for number in range(5):
        record("olena@example.org", 100 + number, "EUR", f"B-{number}")
    book = load_workbook(BytesIO(content(finance.post(PAGE, wish(format="xlsx")))))
    assert book.sheetnames == ["payments", "payments-2", "payments-3"]
    found = [[row[16] for row in book[name].iter_rows(values_only=True)] for name in book.sheetnames]
    assert found == [
        ["bank_reference", "B-0", "B-1"], ["bank_reference", "B-2", "B-3"], ["bank_reference", "B-4"]
    ]  # fmt: skip


def test_a_long_table_is_made_in_the_background_and_is_for_one_day_and_one_person(
    finance: Client, staff: Callable[[str], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "AT_ONCE", 2)
    monkeypatch.setattr(exports, "PIECE", 100)
    for number in range(5):
        record("olena@example.org", 100, "EUR", f"B-{number}")
    for _twice in range(2):
        assert finance.post(PAGE, wish()).headers["Location"] == PAGE
    export = TableExport.objects.get()
    assert "0 % of 5 rows" in finance.get(PAGE).content.decode()
    address = f"{PAGE}{export.reference}/file/"
    assert finance.get(address).status_code == 404
    assert exports.make_due() == 1
    assert exports.make_due() == 0
    assert export.parts.count() > 1
    assert len(rows(finance.get(address))) == 6
    assert staff("admin").get(address).status_code == 404
    clock.move(timedelta(hours=25))
    assert finance.get(address).status_code == 404
    assert exports.forget_expired() == 1
    assert not TableExport.objects.exists()


def test_one_whose_worker_died_is_made_anew_and_given_up_after_five(
    finance: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "AT_ONCE", 0)
    record("olena@example.org", 100, "EUR", "B-1")
    finance.post(PAGE, wish())
    export = TableExport.objects.get()
    export.parts.create(number=1, content=b"half of it")
    TableExport.objects.update(tries=exports.MOST_TRIES - 1)
    exports.make_due()
    assert len(rows(finance.get(f"{PAGE}{export.reference}/file/"))) == 2
    TableExport.objects.update(ready_at=None, expires_at=None)
    assert exports.make_due() == 0
    assert "could not be made" in finance.get(PAGE).content.decode()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"first": "2026-02-02", "last": "2026-02-01"}, "before the first"), ({"first": "0001-01-01"}, "too far away"),
        ({"last": "9999-12-31"}, "too far away"), ({"first": "x"}, "valid date"), ({"currency": "XXX"}, "valid choice"),
        ({"table": "secrets"}, "valid choice"), ({"format": "exe"}, "valid choice"),
        ({"reason": "x" * 501}, "at most 500"),
    ],
)  # fmt: skip
def test_bad_wishes_are_answered_on_the_page(finance: Client, changes: dict[str, str], sentence: str) -> None:
    answer = finance.post(PAGE, wish(**changes))
    assert answer.status_code == 422
    assert sentence in answer.content.decode()


def test_the_erased_are_in_no_table(finance: Client) -> None:
    record("olena@example.org", 500, "EUR", "B-1", name="Olena")
    Patron.objects.filter(email="olena@example.org").update(
        email="patron-1@erased.invalid", name="", is_active=False, erased_at=clock.now()
    )
    assert all("erased" not in line[1] for line in rows(finance.post(PAGE, wish(table="patrons", reason="x"))))


def ask_for_patrons(finance: Client, monkeypatch: pytest.MonkeyPatch) -> str:
    """In the background. The address of the file."""
    monkeypatch.setattr(exports, "AT_ONCE", 0)
    finance.post(PAGE, wish(table="patrons", reason="yearly letter"))
    return f"{PAGE}{TableExport.objects.get(table='patrons').reference}/file/"


@pytest.mark.parametrize("change", [{"role": "editor"}, {"role": "support"}, {"role": ""}, {"is_active": False}])
def test_whoever_may_not_have_a_table_any_more_loses_their_files(
    finance: Client, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any]
) -> None:
    address = ask_for_patrons(finance, monkeypatch)
    assert exports.make_due() == 1
    finance.post(PAGE, wish(table="patrons", reason="once more"))
    account = Patron.objects.filter(role="finance")
    pk = account.get().pk
    account.update(**change)
    assert exports.make_due() == 0, "what is not made yet is not made"
    assert exports.forget_expired() == 2
    assert not TableExportPart.objects.exists()
    Patron.objects.filter(pk=pk).update(role="finance", is_active=True)
    again = at_once(Patron.objects.get(pk=pk))
    assert again.get(address).status_code == 404


def test_another_role_that_may_have_the_table_keeps_the_file(finance: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    address = ask_for_patrons(finance, monkeypatch)
    exports.make_due()
    Patron.objects.filter(role="finance").update(role="admin")
    assert exports.forget_expired() == 0
    assert at_once(Patron.objects.get(role="admin")).get(address).status_code == 200


def test_an_erasure_takes_every_file_that_names_people_with_it(
    finance: Client, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    giver = record("olena@example.org", 500, "EUR", "B-1", name="Olena").donation.patron
    assert giver
    address = ask_for_patrons(finance, monkeypatch)
    finance.post(PAGE, wish())
    assert exports.make_due() == 2
    assert b"olena@example.org" in content(finance.get(address))
    finance.post(PAGE, wish(table="patrons", reason="not made yet"))
    with django_capture_on_commit_callbacks() as after:
        assert privacy.erase(giver, clock.now()) == {"staff_exports": 2}
    assert finance.get(address).status_code == 404
    assert TableExport.objects.get().table == "payments"
    # Asked for and begun before the erasure was over.
    ask_for_patrons(finance, monkeypatch)
    assert exports.make_due() == 1
    for callback in after:
        callback()
    assert TableExport.objects.get().table == "payments"


def test_a_file_that_an_erasure_overtakes_is_not_finished(finance: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "PIECE", 1)
    for number in range(3):
        record(f"m{number}@example.org", 500, "EUR", f"B-{number}")
    ask_for_patrons(finance, monkeypatch)
    keep = exports._keep

    def erased_after_the_first(export: TableExport, number: int, piece: bytes) -> bool:
        if number == 2:
            privacy.erase(Patron.objects.get(email="m0@example.org"), clock.now())
        return keep(export, number, piece)

    monkeypatch.setattr(exports, "_keep", erased_after_the_first)
    assert exports.make_due() == 0
    assert not TableExport.objects.exists()
    assert not TableExportPart.objects.exists()
