"""Taking one's data away: everything held about a patron in one zip, as JSON and CSV, receipts and statements as PDF.

Made in the background, fetched by its owner within a day, then deleted.
"""

import json
from collections.abc import Iterable
from datetime import timedelta
from io import BytesIO
from types import ModuleType
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import BinaryField, Model, QuerySet
from django.utils.translation import gettext as _

from limits import gates
from members.models import Patron
from newsroom import bell, clock
from payments import receipt_pdf, statement_pdf
from payments.models import Receipt, Statement
from people import emails, privacy
from people.cells import BYTE_ORDER_MARK, csv_lines
from people.models import Export

LASTS = timedelta(hours=24)
A_DAY = 3  # exports that one account may ask for

Row = dict[str, Any]


class TooMany(Exception):
    """Enough for today."""

    @property
    def sentence(self) -> str:
        return _("Your data was put together several times today already. Ask again tomorrow.")


def ask(patron: Patron) -> Export:
    """Notes the wish and wakes a worker; while one is being made, it is the same. Raises TooMany.

    The letter export_ready follows.
    """
    with transaction.atomic():
        Patron.objects.select_for_update().get(pk=patron.pk)
        if waiting := Export.objects.filter(patron=patron, ready_at=None).first():
            return waiting
        if not gates.allow("export", str(patron.pk), limit=A_DAY, seconds=86_400):
            raise TooMany
        export = Export.objects.create(patron=patron, language=patron.language)
        transaction.on_commit(lambda: bell.ring("people.make_exports"))
    return export


def make_due() -> int:
    """Makes what was asked for. Several may run at once. Returns how many were made."""
    made = 0
    for pk in list(Export.objects.filter(ready_at=None).order_by("pk").values_list("pk", flat=True)):
        with transaction.atomic():
            export = (
                Export.objects.select_for_update(skip_locked=True, of=("self",)).filter(pk=pk, ready_at=None).first()
            )
            if export is None:
                continue
            export.file = packed(export.patron)
            export.ready_at = clock.now()
            export.expires_at = export.ready_at + LASTS
            export.save()
            emails.export_ready(export)
        made += 1
    return made


def forget_expired() -> int:
    """Deletes what can no longer be fetched. Returns how many."""
    return Export.objects.filter(expires_at__lt=clock.now()).delete()[0]


def packed(patron: Patron) -> bytes:
    """Everything held about a patron, as a zip."""
    paper = BytesIO()
    with ZipFile(paper, "w", ZIP_DEFLATED) as box:
        tables = held(patron)
        box.writestr("data.json", json.dumps(tables, cls=DjangoJSONEncoder, ensure_ascii=False, indent=1))
        for name, rows in tables.items():
            box.writestr(f"{name}.csv", as_csv(rows))
        for receipt in Receipt.objects.filter(payment__donation__patron=patron).order_by("pk"):
            file = receipt_pdf.attachment(str(receipt.pk))
            box.writestr(f"receipts/{file.filename}", file.content)
        for statement in Statement.objects.filter(patron=patron).order_by("pk"):
            box.writestr(f"statements/statement-{statement}.pdf", statement_pdf.pdf(statement))
    return paper.getvalue()


def held(patron: Patron) -> dict[str, list[Row]]:
    """Every room's rows about a patron, by table, each once: also those of records that were merged into theirs.

    What opens something (keys, hashes) is left out.
    """
    tables: dict[str, list[Row]] = {}
    for self in patron.selves():
        for room in privacy.rooms():
            if hasattr(room, "rows"):
                for name, rows in room.rows(self).items():
                    made = [_row(room, row) for row in rows] if isinstance(rows, QuerySet) else rows
                    known = tables.setdefault(name, [])
                    known += [row for row in made if row not in known] if known else made
    return tables


def _row(room: ModuleType, row: Model) -> Row:
    secret = privacy.secrets(room, type(row))
    fields = [field for field in row._meta.concrete_fields if field.name not in secret]
    return {field.attname: getattr(row, field.attname) for field in fields if not isinstance(field, BinaryField)}


def as_csv(rows: Iterable[Row]) -> str:
    """A table for a spreadsheet program."""
    rows = list(rows)
    return "".join(csv_lines(rows[0], [map(_text, row.values()) for row in rows])) if rows else BYTE_ORDER_MARK


def _text(value: Any) -> Any:
    """What is neither text nor a number as JSON says it."""
    if value is None or isinstance(value, int | str):
        return value
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False).strip('"')
