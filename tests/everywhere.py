"""Looks for a text in everything that the product stores, whatever tables and columns there are."""

import base64
import binascii
import json
import quopri
from collections.abc import Iterator
from html import escape
from io import BytesIO
from typing import Any
from urllib.parse import quote
from zipfile import ZipFile, is_zipfile

from django.db import connection

from members.models import Session
from payments import receipt_pdf, statement_pdf
from payments.models import Receipt, Statement


def forms(text: str) -> set[str]:
    """A text as it can be written: plain, in small letters, and as JSON, HTML, URLs and mail escape it."""
    plain = {text, text.lower(), text.replace(" ", "+")}
    escaped = {json.dumps(text)[1:-1], json.dumps(text.lower())[1:-1], escape(text), quote(text), quote(text, safe="")}
    return plain | escaped | {quopri.encodestring(text.encode()).decode().strip()}


def found(*texts: str) -> list[str]:
    """Where any of the texts stands: `table.column`, a session, a file inside a column, a printed paper."""
    needles = {form.casefold() for text in texts for form in forms(text)}
    return sorted({place for place, said in _everything() if any(needle in said.casefold() for needle in needles)})


def _everything() -> Iterator[tuple[str, str]]:
    for table, column, value in _columns():
        for part in _parts(value):
            yield f"{table}.{column}", part
            yield from ((f"{table}.{column}", inner) for inner in _unpacked(part))
    for session in Session.objects.all():
        yield "a session", str(session.get_decoded())
    for receipt in Receipt.objects.all():
        yield "a receipt", printed(receipt_pdf.pdf(receipt))
    for statement in Statement.objects.all():
        yield "a statement", printed(statement_pdf.pdf(statement))


def _columns() -> Iterator[tuple[str, str, Any]]:
    """Every value of every column of our own tables and those of libraries, as the catalogue has them; not the
    sandbox's, which stands for Stripe."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = 'public'"
            " AND table_name NOT LIKE 'sandbox%' AND data_type NOT IN ('bigint', 'integer', 'smallint', 'boolean',"
            " 'timestamp with time zone', 'date', 'numeric', 'double precision', 'interval', 'uuid')"
        )
        columns = cursor.fetchall()
        assert len(columns) > 100
        for table, column, kind in columns:
            cast = "" if kind == "bytea" else "::text"
            cursor.execute(f'SELECT "{column}"{cast} FROM "{table}" WHERE "{column}" IS NOT NULL')
            for (value,) in cursor.fetchall():
                yield table, column, value


def _parts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
        return
    content = bytes(value)
    yield content.decode(errors="replace")
    if is_zipfile(BytesIO(content)):
        with ZipFile(BytesIO(content)) as box:
            for name in box.namelist():
                file = box.read(name)
                yield printed(file) if name.endswith(".pdf") else file.decode()


def _unpacked(text: str) -> Iterator[str]:
    """What stands in a value that is base64 of something, as the cache and attachments of mail are."""
    if len(text) > 40 and text.isascii() and " " not in text:
        try:
            yield base64.b64decode(text, validate=True).decode(errors="replace")
        except (binascii.Error, ValueError):
            return


def printed(pdf: bytes) -> str:
    """The words on a PDF."""
    from pypdf import PdfReader

    return " ".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)
