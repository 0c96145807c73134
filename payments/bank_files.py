"""Reads a bank's file of transfers, CAMT.053 or CSV, into lines. Stores nothing; a bad file is refused whole.

CAMT.053 is the ISO 20022 statement; its version is not looked at, only names of elements that all versions share. A CSV
says by its header which columns it has; which of them is what, staff say once (`Mapping`).
"""

import csv
import hashlib
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from xml.etree import ElementTree as ET

from django.utils.translation import gettext as _

from money.currencies import exponent
from money.money import Money

# Below what a request may have (DATA_UPLOAD_MAX_MEMORY_SIZE).
LARGEST = 900_000
# What the book's columns hold.
MOST_MINOR = 2**31 - 1
ENCODINGS = ("utf-8", "windows-1251", "windows-1252", "iso-8859-15")
DAY_FORMATS = ("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y")
DELIMITERS = ";,\t|"
# What a column may hold; the first two are needed.
COLUMNS = ("day", "amount", "currency", "reference", "name", "account", "purpose")
_NOTHING = b"\x00 \t\r\n"
_BOMS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
# No text has these; where they appear, another encoding was meant.
_CONTROLS = re.compile(r"[\x80-\x84\x86-\x9f]")
_NO_REFERENCES = {"NOTPROVIDED", "NOT PROVIDED", "NONREF"}
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


class NotABankFile(Exception):
    """The file cannot be read. Its text is the sentence for the page; nothing was taken from it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One transfer. `amount` is signed as the account sees it: what came in is positive. `number` is its place."""

    number: int
    day: date
    minor: int
    currency: str
    reference: str = ""
    name: str = ""
    account: str = ""
    purpose: str = ""
    # Undoes an earlier transfer, so it is nobody's gift.
    is_reversal: bool = False

    @property
    def amount(self) -> Money:
        return Money(self.minor, self.currency)

    @property
    def digest(self) -> str:
        """The same transfer in another file is the same: by the bank's reference, else by all that is said of it."""
        said = [self.day.isoformat(), self.minor, self.currency]
        said += [self.reference] if self.reference else [self.name, self.account, self.purpose]
        return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """How to read a CSV of one bank. `columns`: what (COLUMNS) → name of the header's column."""

    columns: dict[str, str] = field(default_factory=dict)
    encoding: str = "utf-8"
    day_format: str = "%Y-%m-%d"
    decimal_mark: str = "."
    currency: str = ""


def is_camt(content: bytes) -> bool:
    """Whether it is XML, by its first sign."""
    return content.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\x00")[:1] == b"<"


def header(content: bytes, encoding: str = "utf-8") -> list[str]:
    """The names of a CSV's columns. Raises NotABankFile."""
    names = next(_rows(_decoded(content, encoding)), [])
    if len(names) < 2:
        raise NotABankFile(_("The first line of a CSV names its columns. This one names fewer than two."))
    return names


def guess(content: bytes) -> str:
    """The encoding in which a CSV is most likely written: UTF-8 wherever it can be. Raises NotABankFile."""
    refusals = []
    for encoding in ENCODINGS:
        try:
            header(content, encoding)
        except NotABankFile as refusal:
            refusals.append(refusal)
        else:
            return encoding
    raise refusals[-1]


def examine(content: bytes) -> None:
    """Refuses what is no whole CSV or CAMT.053 file, before anybody has said how it is read. Raises NotABankFile."""
    if is_camt(content) or not content.strip(_NOTHING):
        read(content)
    else:
        list(_table(_decoded(content, guess(content))))


def ends_openly(content: bytes) -> bool:
    """Whether a CSV's last line lacks its end: some banks write it so, and so does a download that broke off."""
    return not is_camt(content) and not content.rstrip(b"\x00").endswith((b"\n", b"\r"))


def read(content: bytes, mapping: Mapping | None = None) -> list[Line]:
    """All transfers, in the file's order. Raises NotABankFile with the line that is wrong."""
    if not content.strip(_NOTHING):
        raise NotABankFile(_("The file is empty."))
    if len(content) > LARGEST:
        raise NotABankFile(_("The file has more than 900 kB. Ask the bank for a shorter time."))
    if is_camt(content):
        return _read_camt(content)
    return list(_read_csv(content, mapping or Mapping()))


def _decoded(content: bytes, encoding: str) -> str:
    """A byte-order mark says more surely than staff what the encoding is, and so does what can only be UTF-8."""
    marked = next((name for mark, name in _BOMS.items() if content.startswith(mark)), encoding)
    if marked not in ("utf-8", *_BOMS.values()) and not content.isascii() and _reads(content, "utf-8"):
        raise NotABankFile(_("The file is written in utf-8. Choose this encoding."))
    if not _reads(content, marked):
        raise NotABankFile(
            _("The file is not written in %(encoding)s. Choose another encoding.") % {"encoding": marked}
        )
    text = content.decode(marked)
    if "\x00" in text:
        raise NotABankFile(_("The file holds signs that no text has. Is it a CSV or CAMT.053 file?"))
    return text


def _reads(content: bytes, encoding: str) -> bool:
    try:
        return not _CONTROLS.search(content.decode(encoding))
    except UnicodeDecodeError:
        return False


def _rows(text: str) -> Iterator[list[str]]:
    first = text.partition("\n")[0]
    delimiter = max(DELIMITERS, key=first.count)
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True):
            yield [_UNSEEN.sub("", cell).strip() for cell in row]
    except csv.Error:
        raise NotABankFile(_("The file ends within a line, or its quotation marks do not match.")) from None


def _table(text: str) -> Iterator[tuple[int, list[str]]]:
    """The rows with their numbers, the header first. Each has as many cells as the header."""
    width = 0
    for number, row in enumerate(_rows(text), 1):
        width = width or len(row)
        if len(row) == width:
            yield number, row
        elif any(row):
            raise NotABankFile(
                _("Line %(line)s has %(found)s columns instead of %(expected)s: it is cut off or damaged.")
                % {"line": number, "found": len(row), "expected": width}
            )


def _read_csv(content: bytes, mapping: Mapping) -> Iterator[Line]:
    rows = _table(_decoded(content, mapping.encoding))
    _one, names = next(rows, (1, []))
    places = {what: names.index(name) for what, name in mapping.columns.items() if name in names}
    if not {"day", "amount"} <= set(places):
        raise NotABankFile(_("Say which column is the day and which the amount."))
    for number, row in rows:
        if any(row):
            yield _line(number, {what: row[place] for what, place in places.items()}, mapping)


def _line(number: int, said: dict[str, str], mapping: Mapping) -> Line:
    currency = (said.get("currency") or mapping.currency).upper()
    try:
        day = datetime.strptime(said["day"], mapping.day_format).date()  # noqa: DTZ007  a day has no zone
    except ValueError:
        raise NotABankFile(
            _("Line %(line)s: “%(text)s” is not a day as you said days are written.")
            % {"line": number, "text": said["day"][:40]}
        ) from None
    minor = _minor(number, said["amount"], currency, mapping.decimal_mark)
    reference, name, account, purpose = (
        said.get(what, "")[:500] for what in ("reference", "name", "account", "purpose")
    )
    return Line(
        number=number,
        day=day,
        minor=minor,
        currency=currency,
        reference=_reference(reference),
        name=name,
        account=account,
        purpose=purpose,
    )


def _minor(number: int, text: str, currency: str, decimal_mark: str) -> int:
    """An amount as banks write it: signs between thousands, a minus before or behind, perhaps its currency."""
    if not re.fullmatch(r"[A-Z]{3}", currency):
        raise NotABankFile(
            _("Line %(line)s: “%(text)s” is not a currency we know.") % {"line": number, "text": currency[:10]}
        )
    wrong = NotABankFile(_("Line %(line)s: “%(text)s” is not an amount.") % {"line": number, "text": text[:40]})
    plain = text.upper().replace(currency, "").replace("\N{MINUS SIGN}", "-")
    plain = re.sub(r"[\s'\u2019\u00a0\u202f]", "", plain)
    if plain.endswith("-"):
        plain = "-" + plain[:-1]
    thousands = "," if decimal_mark == "." else r"\."
    pattern = rf"[+-]?(\d{{1,3}}({thousands}\d{{3}})+|\d+)({re.escape(decimal_mark)}\d+)?"
    if not re.fullmatch(pattern, plain, re.ASCII):
        raise wrong
    plain = plain.replace("," if decimal_mark == "." else ".", "").replace(decimal_mark, ".")
    return _in_minor(plain, currency, wrong)


def _in_minor(plain: str, currency: str, wrong: NotABankFile) -> int:
    try:
        units = Decimal(plain).scaleb(exponent(currency))
    except InvalidOperation:
        raise wrong from None
    if units != units.to_integral_value() or abs(units) > MOST_MINOR:
        raise wrong
    return int(units)


def _read_camt(content: bytes) -> list[Line]:
    """Booked entries; an entry of several transfers gives one line for each. Pending ones are left out."""
    text = content.lstrip()
    if b"<!DOCTYPE" in text.replace(b"\x00", b"") or b"<!ENTITY" in text.replace(b"\x00", b""):
        raise NotABankFile(_("The file declares things of its own that no bank statement needs, so it is not read."))
    try:
        root = ET.fromstring(text)  # noqa: S314  no document type, so no entity to expand
    except ET.ParseError:
        raise NotABankFile(_("The file ends too early or is damaged: it is no whole XML.")) from None
    except (LookupError, ValueError):
        raise NotABankFile(_("The file is in an encoding that is not read here. Ask the bank for UTF-8.")) from None
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]  # the name space only tells the version
    if root.find("BkToCstmrStmt") is None:
        raise NotABankFile(_("This is XML, but no CAMT.053 statement."))
    lines: list[Line] = []
    for entry in root.iterfind("BkToCstmrStmt/Stmt/Ntry"):
        if (entry.findtext("Sts/Cd") or entry.findtext("Sts") or "").strip() == "BOOK":
            lines += _of_entry(entry, len(lines) + 1)
    return lines


def _of_entry(entry: ET.Element, number: int) -> list[Line]:
    """The transfers of one entry. Their amounts must add up to it."""
    amount = entry.find("Amt")
    day = entry.findtext("BookgDt/Dt") or (entry.findtext("BookgDt/DtTm") or "")[:10]
    if amount is None or not day:
        raise NotABankFile(_("Entry %(number)s has no amount or no day.") % {"number": number})
    whole, currency = _camt_minor(number, amount), amount.get("Ccy", "").upper()
    sign = 1 if entry.findtext("CdtDbtInd") == "CRDT" else -1
    is_reversal = entry.findtext("RvslInd") == "true"
    parts = entry.findall("NtryDtls/TxDtls")
    found = [part.find("Amt") if part.find("Amt") is not None else part.find("AmtDtls/TxAmt/Amt") for part in parts]
    minors = [_camt_minor(number, one) for one in found if one is not None]
    if len(parts) < 2 or len(minors) < len(parts):
        # One transfer, or several of which the bank does not say how much each is: the entry is the line.
        parts, minors = [parts[0] if len(parts) == 1 else entry], [whole]
    if sum(minors) != whole:
        raise NotABankFile(_("The transfers of entry %(number)s do not add up to its amount.") % {"number": number})
    shared = (entry.findtext("AcctSvcrRef") or "").strip() if len(parts) == 1 else ""
    return [
        _camt_line(
            number + place, Money(sign * minor, currency), day=day, part=part, shared=shared, is_reversal=is_reversal
        )
        for place, (minor, part) in enumerate(zip(minors, parts, strict=True))
    ]


def _camt_minor(number: int, amount: ET.Element) -> int:
    return _minor(number, amount.text or "", amount.get("Ccy", ""), ".")


def _camt_line(number: int, amount: Money, *, day: str, part: ET.Element, shared: str, is_reversal: bool) -> Line:
    def said(*paths: str) -> str:
        found = next((text for path in paths if (text := part.findtext(path))), "")
        return _tidy(found)

    side = "Dbtr" if amount.minor > 0 else "Cdtr"
    try:
        booked = date.fromisoformat(day)
    except ValueError:
        raise NotABankFile(_("Entry %(number)s has no amount or no day.") % {"number": number}) from None
    return Line(
        number=number,
        day=booked,
        minor=amount.minor,
        currency=amount.currency,
        reference=_reference(said("Refs/AcctSvcrRef", "Refs/TxId"), said("Refs/InstrId"), shared),
        name=said(f"RltdPties/{side}/Nm", f"RltdPties/{side}/Pty/Nm"),
        account=said(f"RltdPties/{side}Acct/Id/IBAN", f"RltdPties/{side}Acct/Id/Othr/Id"),
        purpose=_tidy(" ".join(text.text or "" for text in part.iterfind("RmtInf/Ustrd")))
        or said("RmtInf/Strd/CdtrRefInf/Ref", "AddtlTxInf"),
        is_reversal=is_reversal,
    )


def _reference(*said: str) -> str:
    """The first that is one: banks fill an empty place with words that stand in many transfers."""
    return next((text for text in said if text and text.upper() not in _NO_REFERENCES), "")


def _tidy(text: str) -> str:
    return " ".join(_UNSEEN.sub("", text).split())[:500]
