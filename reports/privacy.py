"""What the sums hold of people: nothing but which patron a movement was, by number, as the history holds it.

What staff asked for as a file is another thing: for a day it holds everybody it names.
"""

from datetime import datetime
from typing import Any

from django.db import transaction

from members.models import Patron
from reports.models import TableExport
from reports.tables import TABLES

HELD = {
    "TableExportPart.content": ("a table that staff take away", "to be fetched", "a day, or until anybody is erased"),
}
NOT_GIVEN = {"TableExportPart": "a copy about many people for a day; every room gives its own rows of it"}
NOT_PERSONAL = {
    "Progress": "zone differences",
    "MoneyDay": "source currency kind",
    "SeenDay": "currency kind",
    "GiftMonth": "currency kind",
    "ReturnedPayment": "currency",
    "ReturnMonth": "currency",
    "GiftAmount": "currency",
    "Movement": "currency kind counted_as",
    "MovementMonth": "currency kind",
    "PersonMonth": "outcome",
    "PersonOutcome": "outcome",
    "GiverMonth": "currency",
    "InvoiceFailure": "currency code recovered_by",
    "InvoiceMonth": "currency",
    "RecoveryMonth": "currency code recovered_by",
    "OriginMonth": "rule campaign currency",
    "OriginRow": "what rule campaign currency",
    "CohortMoney": "currency",
    "ClosedMonth": "figures",
    "RoundMoney": "currency",
    "Proof": "failed",
    "ExposedMembership": "currency",
    "Exposure": "what currency",
    "TableExport": "table currency",
}


def rows(patron: Patron) -> dict[str, Any]:  # noqa: ARG001  the same of every room
    """Nothing that other rooms do not give."""
    return {}


def erase(patron: Patron, now: datetime) -> dict[str, int]:  # noqa: ARG001  the same of every room
    """No file that names people is left, ready or not: staff ask for it anew.

    Once more when the erasure is over, for one that began to read before: it saw people as they were.
    """
    transaction.on_commit(_forget_files)
    return {"staff_exports": _forget_files()}


def _forget_files() -> int:
    """Each is locked before it goes, so that no worker adds a part to it meanwhile. Returns how many went."""
    personal = [table.name for table in TABLES.values() if table.is_personal]
    with transaction.atomic():
        files = list(TableExport.objects.select_for_update().filter(table__in=personal).values_list("pk", flat=True))
        TableExport.objects.filter(pk__in=files).delete()
    return len(files)
