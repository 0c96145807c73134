"""No cell of a table that leaves the house is a formula, and no amount becomes a text."""

import csv
import unicodedata
from decimal import Decimal
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from people.cells import cell, csv_lines

FORMULAS = [
    "=1+1", "\x80=1", "+1", "-1+2", "@SUM(A1)", "|cmd", "%0A=1", "\t=1", "\r=1", "\n=1", " =1",
    "\u00a0=1", "\u3000=1", "\u200b=1", "\ufeff=1",
    "\uff1d1", "\uff0b1", "\uff0d1", "\uff20x", "\x00=1", '=HYPERLINK("http://x","y")', "=cmd|' /C calc'!A0",
    "\u202e=1", "  \u2009 =1",
]  # fmt: skip


def begins_formula(text: str) -> bool:
    """As the most eager program would read it."""
    stripped = "".join(sign for sign in text if unicodedata.category(sign) not in {"Cc", "Cf"} or sign in "\t\r\n")
    return unicodedata.normalize("NFKC", stripped.strip())[:1] in set("=+-@|%")


@pytest.mark.parametrize("text", FORMULAS)
def test_a_text_that_reads_as_a_formula_gets_an_apostrophe(text: str):
    assert str(cell(text)).startswith("'")


@pytest.mark.parametrize("text", ["a;=1", "a\n=1", "a\t+1", "a\r\n @x", "a;\uff1d1"])
def test_nor_does_one_begin_after_a_separator(text: str):
    shown = str(cell(text))
    parts = shown.replace("\t", ";").replace("\r", ";").replace("\n", ";").split(";")
    assert not any(begins_formula(part) for part in parts if part.strip()), shown


@pytest.mark.parametrize("value", [0, -5, Decimal("-12.50"), None])
def test_numbers_stay_numbers(value: object):
    assert cell(value) is value


@given(st.text(max_size=20))
def test_no_text_reads_as_a_formula(text: str):
    assert not begins_formula(str(cell(text)))


def test_a_file_is_read_back_as_it_was_written():
    rows = [('Olena; «К», "x"\nsecond line', Decimal("-1.20"), None, True), ("=1", 5, "", False)]
    text = "".join(csv_lines(["name", "amount", "none", "flag"], rows))
    assert text.startswith("\ufeff")
    read = list(csv.reader(StringIO(text.removeprefix("\ufeff"), newline="")))
    assert read[1] == ['Olena; «К», "x"\nsecond line', "-1.20", "", "True"]
    assert read[2] == ["'=1", "5", "", "False"]
    assert ",-1.20," in text, "a number has no quotation marks"
