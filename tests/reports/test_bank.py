"""A bank's file is looked at first and then taken whole, each transfer once, each to its giver."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client

from audit.models import StaffAction
from config import books
from letters.models import Letter
from members.models import Patron
from money.money import Money
from newsroom import clock
from payments import bank_files, bank_imports, offline
from payments.models import BankAccount, BankFile, BankLine, BankMapping, LedgerEntry, Payment
from people import erasure, retention
from tests.payments.test_bank_files import camt, details, entry

UPLOAD = "/reports/payments/bank/"
CSV = "Datum;Betrag;Ref;Name;Zweck\n{rows}"
COLUMNS = {
    "map": "1", "columns": "1", "encoding": "utf-8", "day_format": "%Y-%m-%d", "decimal_mark": ",", "currency": "EUR",
    "column_day": "Datum", "column_amount": "Betrag", "column_reference": "Ref", "column_name": "Name",
    "column_purpose": "Zweck", "column_currency": "", "column_account": "",
}  # fmt: skip


@pytest.fixture
def finance(staff: Callable[[str], Client]) -> Client:
    return staff("finance")


def send(browser: Client, content: bytes) -> str:
    """The address of the page that shows the file."""
    answer = browser.post(UPLOAD, {"file": SimpleUploadedFile("november.xml", content)})
    assert answer.status_code == 302, answer.content.decode()
    return answer.headers["Location"]


def csv_file(*rows: str) -> bytes:
    return CSV.format(rows="\n".join(rows)).encode()


def today() -> str:
    return clock.today().isoformat()


def test_a_statement_is_looked_at_and_then_recorded_whole(finance: Client, olena: Patron) -> None:
    page = send(finance, camt(entry(details=details()), entry("9.00", "DBIT"), entry("4.00")))
    shown = finance.get(page).content.decode()
    assert "olena@example.org" in shown
    assert Payment.objects.count() == 1, "looking changes nothing"
    [stranger] = [line for line in bank_files.read(BankFile.objects.get().text) if line.minor == 400]
    answer = finance.post(page, {"record": "1", f"whose-{stranger.digest}": "New@Example.org"})
    assert answer.headers["Location"] == "/reports/payments/"
    recorded = Payment.objects.filter(bank_line__isnull=False).order_by("amount_minor")
    assert [(row.amount_minor, row.donation.email) for row in recorded] == [
        (400, "new@example.org"),
        (2500, olena.email),
    ]
    assert set(Letter.objects.filter(occasion="receipt").values_list("to", flat=True)) == {
        olena.email,
        "new@example.org",
    }
    assert LedgerEntry.objects.count() == 3
    file = BankFile.objects.get()
    assert file.content is None
    assert finance.get(page).status_code == 404
    link = StaffAction.objects.latest("id")
    assert (link.action, link.facts) == ("bank.import", {"payments": 2})


def test_the_same_transfer_in_another_file_is_not_recorded_again(finance: Client, olena: Patron) -> None:
    content = camt(entry(details=details()))
    finance.post(send(finance, content), {"record": "1"})
    again = send(finance, camt(entry("1.00", details=details()), entry(details=details())))
    assert "already recorded" in finance.get(again).content.decode()
    finance.post(again, {"record": "1"})
    finance.post(send(finance, content), {"record": "1"})
    assert sorted(Payment.objects.filter(bank_line__isnull=False).values_list("amount_minor", flat=True)) == [100, 2500]


def test_a_line_that_stands_twice_in_a_file_is_recorded_once_and_said_so(finance: Client) -> None:
    file = BankFile.objects.create(uploaded_by=Patron.objects.get(), content=b"x")
    row = f"{today()};5;;Olena;olena@example.org"
    lines = read(row, row)
    assert [one.outcome for one in bank_imports.plan(lines)] == ["ready", "repeated"]
    assert len(bank_imports.carry_out(file, lines, {})) == 1


def read(*rows: str) -> list[bank_files.Line]:
    mapping = bank_files.Mapping(
        columns={"day": "Datum", "amount": "Betrag", "reference": "Ref", "name": "Name", "purpose": "Zweck"},
        currency="EUR",
    )
    return bank_files.read(csv_file(*rows), mapping)


def test_of_two_transfers_with_one_reference_the_second_is_left_to_staff(finance: Client) -> None:
    file = BankFile.objects.create(uploaded_by=Patron.objects.get(), content=b"x")
    rows = [f"{today()};{amount};{ref};Olena;olena@example.org" for amount, ref in (("5", "A"), ("7", "A"), ("9", "B"))]
    assert [one.outcome for one in bank_imports.plan(read(*rows))] == ["ready", "shared", "ready"]
    assert [row.amount_minor for row in bank_imports.carry_out(file, read(*rows), {})] == [500, 900]
    later = f"{clock.today() - timedelta(days=1)};5;A;Olena;olena@example.org"
    assert [one.outcome for one in bank_imports.plan(read(*rows, later))] == [
        "recorded", "shared", "recorded", "shared",
    ]  # fmt: skip


def test_what_was_recorded_by_hand_is_the_same_transfer_if_it_is_the_same_money(finance: Client) -> None:
    yesterday = clock.today() - timedelta(days=1)
    offline.record(email="o@example.org", amount=Money(500, "EUR"), received_on=yesterday, reference="A")
    rows = [f"{today()};{amount};A;Olena;olena@example.org" for amount in ("5", "7")]
    assert [[one.outcome for one in bank_imports.plan(read(row))] for row in rows] == [["recorded"], ["shared"]]


@pytest.mark.parametrize("word", ["NOTPROVIDED", "notprovided", "NONREF"])
def test_a_banks_word_for_no_reference_is_none(finance: Client, word: str) -> None:
    rows = [f"{today()};5;{word};{name};{name}@example.org" for name in ("olena", "taras")]
    assert [one.outcome for one in bank_imports.plan(read(*rows))] == ["ready", "ready"]
    [line] = bank_files.read(camt(entry(details=f"<TxDtls><Refs><InstrId>{word}</InstrId></Refs></TxDtls>")))
    assert line.reference == "S-25.00"  # that of its entry


def test_a_csv_is_explained_once_and_known_by_its_header_afterwards(finance: Client) -> None:
    page = send(finance, csv_file(f"{today()};5,50;A1;Olena;for olena@example.org"))
    assert "Column of the day" in finance.get(page).content.decode()
    assert finance.post(page, COLUMNS).headers["Location"] == page
    assert "€5.50" in finance.get(page).content.decode()
    finance.post(page, {"record": "1"})
    other = send(finance, csv_file(f"{today()};7,00;A2;Marko;m@example.org"))
    assert "€7.00" in finance.get(other).content.decode()
    assert BankMapping.objects.count() == 1
    assert "Column of the day" in finance.post(other, {"map": "1"}).content.decode()


def test_a_file_that_is_no_longer_written_as_remembered_is_explained_anew(finance: Client) -> None:
    finance.post(send(finance, csv_file(f"{today()};5,50;A1;Olena;")), COLUMNS | {"encoding": "windows-1251"})
    page = send(finance, csv_file(f"{today()};7,00;A2;Олена;"))
    shown = finance.get(page)
    assert "The file is written in utf-8. Choose this encoding." in shown.content.decode()
    assert shown.context["form"]["column_day"].value() == "Datum", "what was said before is filled in"
    assert finance.post(page, {"record": "1"}).status_code == 200
    assert not Payment.objects.exists()
    finance.post(page, COLUMNS)
    assert "Олена" in finance.get(page).content.decode()


def test_a_statement_has_no_columns_to_explain(finance: Client) -> None:
    page = send(finance, camt(entry("4.00")))
    assert "Lines of the file" in finance.post(page, {"map": "1", "columns": "1"}).content.decode()


def test_a_file_in_another_encoding_is_shown_in_it_from_the_start(finance: Client) -> None:
    page = send(finance, "Дата;Сума\n30.11.2026;5\n".encode("windows-1251"))
    form = finance.get(page).context["form"]
    assert ("Дата", "Дата") in form.fields["column_day"].choices
    assert form["encoding"].value() == "windows-1251"


def test_a_last_line_that_may_be_cut_off_is_pointed_out(finance: Client) -> None:
    finance.post(send(finance, csv_file(f"{today()};5;A1;O;m@example.org")), COLUMNS)
    pages = [finance.get(send(finance, csv_file(f"{today()};5;A1;O;m@exam{end}"))) for end in ("", "\n")]
    assert ["compare it with the bank" in page.content.decode() for page in pages] == [True, False]


def test_columns_that_do_not_fit_are_refused_beside_the_form(finance: Client) -> None:
    page = send(finance, csv_file(f"{today()};5,50;A1;Olena;x"))
    answer = finance.post(page, COLUMNS | {"column_day": "Name"}).content.decode()
    assert "is not a day" in answer
    assert not BankMapping.objects.exists()
    assert "Column of the day" in finance.post(page, {"map": "1", "columns": "1"}).content.decode()


def test_the_account_of_a_giver_is_remembered_and_forgotten_with_them(finance: Client) -> None:
    nameless = details().replace("olena@example.org", "")
    page = send(finance, camt(entry("5.00", details=nameless)))
    [line] = bank_files.read(BankFile.objects.get().text)
    finance.post(page, {"record": "1", f"whose-{line.digest}": "olena@example.org"})
    [planned] = bank_imports.plan(bank_files.read(camt(entry("6.00", details=nameless))))
    assert (planned.outcome, planned.email) == ("ready", "olena@example.org")
    assert "UA21" not in str(list(BankAccount.objects.values()))
    erasure.ask(giver := Patron.objects.get(email="olena@example.org"))
    erasure.erase(giver)
    assert not BankAccount.objects.exists()


def test_a_wrong_address_is_said_beside_its_line_and_nothing_is_recorded(finance: Client, olena: Patron) -> None:
    page = send(finance, camt(entry(details=details()), entry("4.00")))
    stranger = bank_files.read(BankFile.objects.get().text)[1]
    answer = finance.post(page, {"record": "1", f"whose-{stranger.digest}": "not an address"})
    assert answer.status_code == 422
    assert "not an e-mail address" in answer.content.decode()
    assert Payment.objects.count() == 1


def test_one_line_that_cannot_be_recorded_takes_all_back(finance: Client, olena: Patron) -> None:
    """A reference that stands in the book and on no payment: the book's own rule stands behind the plan."""
    file = BankFile.objects.create(uploaded_by=olena, content=b"x")
    LedgerEntry.objects.create(
        source="offline", kind="payment", reference="S-4.00", payment=Payment.objects.get(), amount_minor=400,
        currency="EUR", seen_minor=400, seen_currency="EUR", occurred_at=clock.now(),
    )  # fmt: skip
    lines = bank_files.read(camt(*(entry(amount, details=details()) for amount in ("3.00", "4.00"))))
    with pytest.raises(IntegrityError), transaction.atomic():
        bank_imports.carry_out(file, lines, {})
    assert Payment.objects.count() == 1
    file.refresh_from_db()
    assert file.content is not None


def test_a_long_file_asks_for_no_more_givers_than_a_form_may_have(finance: Client) -> None:
    nameless = details().replace("olena@example.org", "").replace("UA213223130000026007233566001", "")
    page = send(finance, camt(*(entry(f"{amount}.00", details=nameless) for amount in range(1, 301))))
    shown = finance.get(page).content.decode()
    assert shown.count('name="whose-') == 150
    assert "upload the file again" in shown


def test_emptied_lines_and_foreign_currencies_and_coming_days_are_left_out(finance: Client) -> None:
    tomorrow = (clock.today() + timedelta(days=1)).isoformat()
    foreign = entry("4.00", details=details()).replace('"EUR"', '"XAU"')
    lines = bank_files.read(
        camt(entry(details=details()), foreign, entry("5.00", details=details()).replace("2026-11-20", tomorrow))
    )
    outcomes = [one.outcome for one in bank_imports.plan(lines, {lines[0].digest: ""})]
    assert outcomes == ["nobody", "currency", "future"]


def test_what_no_letter_can_go_to_and_no_book_can_hold_is_not_recorded(finance: Client) -> None:
    nobody = details().replace("olena@example.org", "o..k@example.org")
    long_ago = entry("5.00", details=details()).replace("2026-11-20", "0001-01-01")
    lines = bank_files.read(camt(entry("4.00", details=nobody), long_ago))
    assert [(one.outcome, one.email) for one in bank_imports.plan(lines)] == [
        ("nobody", ""), ("long_ago", "olena@example.org")
    ]  # fmt: skip


@pytest.mark.parametrize(
    "content",
    [
        b"d;a\n2026-11-30;5\n2026",
        b"PK\x03\x04\x00\xff",
        b"",
        b"<a/>",
        camt(entry())[:-5],
        b"\xff\xfe<\x00",
        b"x" * 900_001,
    ],
)
def test_a_bad_file_is_refused_on_the_page_and_not_kept(finance: Client, content: bytes) -> None:
    answer = finance.post(UPLOAD, {"file": SimpleUploadedFile("x.csv", content)})
    assert answer.status_code == 200
    assert 'class="error"' in answer.content.decode()
    assert not BankFile.objects.exists()


def test_a_file_is_forgotten_after_a_day(finance: Client) -> None:
    page = send(finance, camt(entry(details=details())))
    clock.move(timedelta(hours=25))
    retention.run()
    assert BankFile.objects.get().content is None
    assert finance.post(page, {"record": "1"}).status_code == 404
    assert not BankLine.objects.exists()


def test_the_books_hold_after_an_import(finance: Client, olena: Patron) -> None:
    finance.post(send(finance, camt(entry(details=details()))), {"record": "1"})
    wrong = {check["id"] for check in books.prove()["checks"] if not check["ok"]}
    assert wrong <= {"ledger.balance", "stripe.subscriptions"}, "nobody plays Stripe here, so what asks it fails"
