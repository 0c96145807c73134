"""Cells of tables that leave the house, in which no spreadsheet program finds a formula.

Source: owasp.org, CSV Injection; and beyond it what programs strip or fold before they look: spaces of any kind, unseen
signs, full-width forms, and separators within a cell, after which a program that splits there would begin to read.
"""

import csv
import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"  # by it, such programs know UTF-8
_BEGINS_FORMULA = "=+-@|%"
# No program shows these, and a workbook refuses them: controls but tab and new line, halves of a pair, no characters.
_REFUSED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_AFTER_BREAK = re.compile(r"([;\t\r\n])(?=\s*[=+\-@|%\uff1d\uff0b\uff0d\uff20\uff5c\uff05])")


def cell(value: Any) -> str | int | Decimal | None:
    """A value as a table shows it. Numbers stay numbers; text that would be read as a formula gets an apostrophe."""
    if value is None or (isinstance(value, int | Decimal) and not isinstance(value, bool)):
        return value
    if isinstance(value, datetime):
        return value.isoformat(" ", "seconds")
    if isinstance(value, date):
        return value.isoformat()
    text = _REFUSED.sub("", str(value))
    text = _AFTER_BREAK.sub(r"\1'", text)
    return f"'{text}" if _reads_as_formula(text) else text


def _reads_as_formula(text: str) -> bool:
    """As the most eager program would read it: behind spaces and unseen signs, and folded."""
    if text[:1] in {"\t", "\r", "\n"}:
        return True
    seen = "".join(sign for sign in text if unicodedata.category(sign) != "Cf").lstrip()
    return unicodedata.normalize("NFKC", seen[:1])[:1] in set(_BEGINS_FORMULA)


class _Echo:
    """What csv writes to: hands each line on."""

    def write(self, line: str) -> str:
        return line


def csv_lines(header: Iterable[str], rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """A CSV line by line, never whole in memory. Texts stand in quotation marks, numbers do not."""
    writer = csv.writer(_Echo(), quoting=csv.QUOTE_NONNUMERIC)
    yield BYTE_ORDER_MARK
    yield writer.writerow([cell(name) for name in header])
    for row in rows:
        yield writer.writerow(["" if (one := cell(value)) is None else one for value in row])
