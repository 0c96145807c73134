"""Tables as files: short ones at once, long ones in the background, in pieces, so that memory stays flat."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from tempfile import TemporaryFile
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Q, QuerySet
from openpyxl import Workbook

from members.models import Patron
from newsroom import bell, clock
from payments import locks
from people.cells import cell, csv_lines
from reports.models import TableExport
from reports.models.table_export import Format, TableExportPart
from reports.tables import TABLES, Filters, Table

log = structlog.get_logger(__name__)

# So many rows are sent in the answer itself.
AT_ONCE = 5_000
LASTS = timedelta(hours=24)
PIECE = 1_000_000
# So many rows has a sheet; programs take 1,048,576 with the header.
SHEET = 1_000_000
# After so many rows the progress is written down.
STEP = 2_000
MOST_TRIES = 5
TYPES = {
    Format.CSV: "text/csv; charset=utf-8",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def file(table: Table, filters: Filters, kind: str, *, export: TableExport | None = None) -> Iterator[bytes]:
    """The file in pieces. With `export`, its progress is kept."""
    rows = table.rows(filters)
    counted = _counted(rows, export) if export else rows
    return _xlsx(table, counted) if kind == Format.XLSX else _csv(table, counted)


def ask(table: Table, filters: Filters, kind: str, *, by: Patron, total: int) -> TableExport:
    """Notes the wish and wakes a worker; the same one while it is not made yet is the same wish."""
    wish = {
        "asked_by": by, "table": table.name, "format": kind, "first_on": filters.first, "last_on": filters.last,
        "currency": filters.currency,
    }  # fmt: skip
    with transaction.atomic():
        Patron.objects.select_for_update().get(pk=by.pk)
        waiting: TableExport | None = TableExport.objects.filter(**wish, ready_at=None, tries__lt=MOST_TRIES).first()
        if waiting is None:
            waiting = TableExport.objects.create(**wish, total=total)
        transaction.on_commit(lambda: bell.ring("reports.make_exports"))
    return waiting


def make_due() -> int:
    """Makes what was asked for, one after the other; several may run at once. Returns how many were made.

    One whose worker was killed is begun anew, five times at most.
    """
    made = 0
    waiting = TableExport.objects.filter(_allowed(), ready_at=None, tries__lt=MOST_TRIES)
    for export in waiting.order_by("id"):
        try:
            with locks.exclusive(f"table_export:{export.pk}"):
                made += _make(export)
        except locks.Busy:
            continue
    return made


def _make(export: TableExport) -> bool:
    if not TableExport.objects.filter(pk=export.pk, ready_at=None).update(tries=export.tries + 1, done=0):
        return False
    export.parts.all().delete()
    filters = Filters(export.first_on, export.last_on, export.currency)
    pieces = _gathered(file(TABLES[export.table], filters, export.format, export=export))
    for number, piece in enumerate(pieces, 1):
        if not _keep(export, number, piece):
            return False
    ready = clock.now()
    return bool(TableExport.objects.filter(pk=export.pk).update(ready_at=ready, expires_at=ready + LASTS))


def _keep(export: TableExport, number: int, piece: bytes) -> bool:
    """Whether the file is still wanted: an erasure deletes those that name people, also half made."""
    with transaction.atomic():
        is_wanted = TableExport.objects.select_for_update().filter(pk=export.pk).first() is not None
        if is_wanted:
            TableExportPart.objects.create(export=export, number=number, content=piece)
    return is_wanted


def of(staff: Patron) -> "QuerySet[TableExport]":
    """What somebody asked for and may still fetch, or may once it is made. Nothing of what their role lost."""
    found: QuerySet[TableExport] = TableExport.objects.filter(_allowed(), asked_by=staff)
    return found.exclude(expires_at__lte=clock.now())


def forget_expired() -> int:
    """Deletes what nobody can fetch any more: too old, never made, or its wisher is of the wrong role by now.

    Returns how many.
    """
    now = clock.now()
    old = Q(expires_at__lt=now) | Q(ready_at=None, asked_at__lt=now - LASTS)
    gone = TableExport.objects.filter(old | ~_allowed())
    count: int = gone.count()
    gone.delete()
    return count


def _allowed() -> Q:
    """Whose wisher still works here, in a role that may have the table."""
    allowed = Q()
    for table in TABLES.values():
        allowed |= Q(table=table.name, asked_by__role__in=table.roles)
    return allowed & Q(asked_by__is_active=True)


def _counted(rows: Iterable[tuple[Any, ...]], export: TableExport) -> Iterator[tuple[Any, ...]]:
    for done, row in enumerate(rows, 1):
        if done % STEP == 0:
            TableExport.objects.filter(pk=export.pk).update(done=done)
        yield row


def _csv(table: Table, rows: Iterable[tuple[Any, ...]]) -> Iterator[bytes]:
    return (line.encode() for line in csv_lines(table.columns, rows))


def _xlsx(table: Table, rows: Iterable[tuple[Any, ...]]) -> Iterator[bytes]:
    """Written to a file without a name, since a workbook's directory comes last. Full sheets are followed by others."""
    book = Workbook(write_only=True)
    sheet = _sheet(book, table)
    for number, row in enumerate(rows):
        if number and number % SHEET == 0:
            sheet = _sheet(book, table)
        sheet.append([cell(value) for value in row])
    with TemporaryFile() as paper:
        book.save(paper)
        paper.seek(0)
        while piece := paper.read(PIECE):
            yield piece


def _sheet(book: Workbook, table: Table) -> Any:
    sheet = book.create_sheet(f"{table.name}-{len(book.sheetnames) + 1}" if book.sheetnames else table.name)
    sheet.append(table.columns)
    return sheet


def _gathered(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces of about a megabyte."""
    gathered = bytearray()
    for piece in pieces:
        gathered += piece
        if len(gathered) >= PIECE:
            yield bytes(gathered)
            gathered.clear()
    if gathered:
        yield bytes(gathered)
