"""A bank's file is read whole or not at all, whatever the bank, and a transfer is the same in every file."""

from datetime import date

import pytest

from payments.bank_files import ENCODINGS, Line, Mapping, NotABankFile, ends_openly, examine, guess, header, read

CSV = Mapping(
    columns={"day": "Datum", "amount": "Betrag", "currency": "Währung", "reference": "Ref", "name": "Name",
             "purpose": "Zweck"},
    day_format="%d.%m.%Y", decimal_mark=",",
)  # fmt: skip
HEADER = "Datum;Betrag;Währung;Ref;Name;Zweck\r\n"
ROW = '30.11.2026;"1.234,50";EUR;R1;Olena;"Gift; with thanks"\r\n'

ENTRY = """
<Ntry><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd>{more}<Sts>{status}</Sts>
<BookgDt><Dt>2026-11-20</Dt></BookgDt><AcctSvcrRef>S-{amount}</AcctSvcrRef><NtryDtls>{details}</NtryDtls></Ntry>"""
DETAILS = """
<TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs>{amount}
<RltdPties><Dbtr>{name}</Dbtr><DbtrAcct><Id><IBAN>{iban}</IBAN></Id></DbtrAcct></RltdPties>
<RmtInf><Ustrd>For the</Ustrd><Ustrd>rivers olena@example.org</Ustrd></RmtInf></TxDtls>"""


def camt(*entries: str, version: str = "08") -> bytes:
    space = f"urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}"
    inside = f"<BkToCstmrStmt><Stmt>{''.join(entries)}</Stmt></BkToCstmrStmt>"
    return f'<?xml version="1.0" encoding="UTF-8"?><Document xmlns="{space}">{inside}</Document>'.encode()


def entry(amount: str = "25.00", side: str = "CRDT", status: str = "BOOK", details: str = "", more: str = "") -> str:
    return ENTRY.format(amount=amount, side=side, status=status, details=details, more=more)


def details(amount: str = "", name: str = "<Nm>Olena K.</Nm>", iban: str = "UA213223130000026007233566001") -> str:
    return DETAILS.format(amount=amount, name=name, iban=iban)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_csv_is_read_with_or_without_its_byte_order_mark(encoding: str):
    [line] = read((HEADER + ROW).encode(encoding), CSV)
    assert line == Line(
        number=2, day=date(2026, 11, 30), minor=123450, currency="EUR", reference="R1", name="Olena",
        purpose="Gift; with thanks",
    )  # fmt: skip


def test_another_encoding_is_asked_for_and_taken():
    content = "Дата;Сума\n30.11.2026;5\n".encode("windows-1251")
    with pytest.raises(NotABankFile, match="not written in utf-8"):
        header(content)
    mapping = Mapping(
        columns={"day": "Дата", "amount": "Сума"}, encoding="windows-1251", day_format="%d.%m.%Y", currency="UAH"
    )
    assert [(line.minor, line.currency) for line in read(content, mapping)] == [(500, "UAH")]


@pytest.mark.parametrize("encoding", sorted({*ENCODINGS} - {"utf-8"}))
def test_what_is_written_in_utf_8_is_read_in_no_other_encoding(encoding: str):
    content = "Дата;Сума\n30.11.2026;5\n".encode()
    assert guess(content) == "utf-8"
    with pytest.raises(NotABankFile, match="is written in utf-8"):
        header(content, encoding)


def test_an_encoding_in_which_the_file_would_hold_no_text_is_refused():
    content = "Day;Amount;“Name”\n".encode("windows-1252")
    assert guess(content) == "windows-1251", "which has the same quotation marks"
    with pytest.raises(NotABankFile, match="not written in iso-8859-15"):
        header(content, "iso-8859-15")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"d;a\n2026-11-30;5\n2026-11-3", "Line 3 has 1 columns instead of 2"), (b'd;a\n2026-11-30;"5', "marks do not"),
        (b"d\n2026-11-30\n", "fewer than two"), (b"\n\n", "empty"), (b"\n1\n", "fewer than two"),
        (b"PK\x03\x04\x00\x00\xff\x00", "no text has"), (b"\xff\xfeD", "not written in utf-16"),
        (b"%PDF-1.7\n\xff\xfe", "fewer than two"),
        (camt().replace(b"UTF-8", b"UTF-7"), "an encoding that is not read"),
        (camt().replace(b"UTF-8", b"x-own"), "an encoding that is not read"),
    ],
)  # fmt: skip
def test_what_is_no_whole_file_is_refused_before_anybody_says_how_it_is_read(content: bytes, sentence: str):
    with pytest.raises(NotABankFile, match=sentence):
        examine(content)


def test_a_last_line_without_an_end_is_told_apart():
    whole = (HEADER + ROW).encode()
    examine(whole)
    assert [ends_openly(one) for one in (whole, whole.rstrip(), (HEADER + ROW).encode("utf-16"), camt())] == [
        False, True, False, False
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "mark", "currency", "minor"),
    [
        ("5", ".", "EUR", 500), ("5.5", ".", "EUR", 550), ("1,234.56", ".", "EUR", 123456), ("-7.00", ".", "EUR", -700),
        ("7.00-", ".", "EUR", -700), ("+3", ".", "EUR", 300), ("1 234,50", ",", "UAH", 123450),
        ("1\u202f234,50", ",", "UAH", 123450), ("\u22122,10", ",", "EUR", -210), ("1'200.00", ".", "EUR", 120000),
        ("1000", ",", "JPY", 1000), ("1.000", ",", "JPY", 1000), ("2,345", ",", "KWD", 2345),
        ("EUR 12.00", ".", "EUR", 1200),
        ("12.00 EUR", ".", "EUR", 1200),
    ],
)  # fmt: skip
def test_amounts_are_read_as_banks_write_them(text: str, mark: str, currency: str, minor: int):
    mapping = Mapping(columns={"day": "d", "amount": "a"}, decimal_mark=mark, currency=currency)
    [line] = read(f"d;a\n2026-11-30;{text}\n".encode(), mapping)
    assert line.minor == minor


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("", "."), ("abc", "."), ("1,23", "."), ("1.234,5", "."), ("12.345,678.9", ","), ("0.001", "."), ("NaN", "."),
        ("1e9", "."), ("٥", "."), ("99999999999", "."), ("--5", "."), ("5.", "."), ("1,2,3", ","),
    ],
)  # fmt: skip
def test_no_amount_is_guessed(text: str, mark: str):
    mapping = Mapping(columns={"day": "d", "amount": "a"}, decimal_mark=mark, currency="EUR")
    with pytest.raises(NotABankFile, match=r"Line 2: .* is not an amount"):
        read(f"d;a\n2026-11-30;{text}\n".encode(), mapping)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "empty"), (b" \r\n\x00", "empty"),
        (HEADER.encode() + ROW.encode()[:22], "marks do not match|columns instead"),
        ((HEADER + "30.11.2026;5\n").encode(), "Line 2 has 2 columns instead of 6"),
        ((HEADER + "2026-11-30;5;EUR;;;\n").encode(), "Line 2: .* is not a day"),
        ((HEADER + "30.11.2026;5;EURO;;;\n").encode(), "is not a currency"),
        ((HEADER + "30.11.2026;5;EU\x00R;;;\n").encode(), "no text has"),
        (b"a;b\n1;2\n", "which column"), (b"x" * 900_001, "900 kB"),
        (camt(entry())[:-30], "ends too early"), (b"<a/>", "no CAMT.053"),
        (b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "declares things"),
        ('\ufeff<?xml version="1.0" encoding="utf-16"?><!DOCTYPE a><a/>'.encode("utf-16-le"), "declares things"),
        (camt(entry(amount="x")), "is not an amount"),
        (camt(entry(details=details("<Amt Ccy='EUR'>1.00</Amt>") * 2)), "do not add up"),
    ],
)  # fmt: skip
def test_a_bad_file_is_refused_with_a_sentence(content: bytes, sentence: str):
    with pytest.raises(NotABankFile, match=sentence):
        read(content, CSV)


@pytest.mark.parametrize("version", ["02", "08", "13"])
def test_a_camt_statement_is_read_whatever_its_version(version: str):
    nested = details(name="<Pty><Nm>Olena K.</Nm></Pty>")
    [line] = read(camt(entry(details=nested if version != "02" else details()), version=version))
    assert line == Line(
        number=1, day=date(2026, 11, 20), minor=2500, currency="EUR", reference="S-25.00", name="Olena K.",
        account="UA213223130000026007233566001", purpose="For the rivers olena@example.org",
    )  # fmt: skip


def test_an_entry_of_several_transfers_gives_each_its_line():
    parts = "".join(
        details(f"<AmtDtls><TxAmt><Amt Ccy='EUR'>{amount}</Amt></TxAmt></AmtDtls>") for amount in ("10", "15")
    )
    lines = read(camt(entry(details=parts), entry("3.00", details=details())))
    assert [(line.number, line.minor, line.reference) for line in lines] == [
        (1, 1000, ""),
        (2, 1500, ""),
        (3, 300, "S-3.00"),
    ]


def test_pending_entries_are_left_out_and_debits_and_reversals_are_no_gifts():
    lines = read(
        camt(entry("1.00", status="PDNG"), entry("2.00", "DBIT"), entry("3.00", more="<RvslInd>true</RvslInd>"))
    )
    assert [(line.minor, line.is_reversal) for line in lines] == [(-200, False), (300, True)]


def test_the_same_transfer_has_the_same_digest_in_every_file():
    [first] = read((HEADER + ROW).encode(), CSV)
    [_other, again] = read((HEADER + "29.11.2026;1;EUR;R0;;\n" + ROW.replace("Gift", "Other words")).encode(), CSV)
    assert first.digest == again.digest, "the bank's reference says it"
    [unnamed] = read((HEADER + ROW.replace("R1", "")).encode(), CSV)
    assert unnamed.digest != first.digest
