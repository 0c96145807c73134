"""What the pages of figures read: narrow sums, one table a question. All of it follows from the rooms below.

Nothing of them is truth: every row can be thrown away and is made again by `rollups.rebuild`. No row names a person;
`Movement`, `PersonOutcome`, `PauseEnd`, `YearEnd`, `OriginRow`, `ReturnedPayment`, `InvoiceFailure` and
`ExposedMembership` lead to one. Kept for good is only what was looked at: a month as it was closed, and proofs.
"""

from reports.models.closed import ClosedMonth, Proof
from reports.models.money import GiftAmount, GiftMonth, MoneyDay, ReturnedPayment, ReturnMonth, SeenDay
from reports.models.movement import (
    CohortMonth,
    GiverMonth,
    Movement,
    MovementKind,
    MovementMonth,
    PauseEnd,
    PauseMonth,
    PersonMonth,
    PersonOutcome,
)
from reports.models.night import (
    CohortMoney,
    ExposedMembership,
    Exposure,
    InvoiceFailure,
    InvoiceMonth,
    OriginMonth,
    OriginRow,
    RecoveryMonth,
    RenewalMonth,
    YearEnd,
)
from reports.models.progress import Progress
from reports.models.table_export import TableExport, TableExportPart
from reports.models.taking_part import RoundMoney, RoundPersons, VotersYear

__all__ = [
    "ClosedMonth", "CohortMoney", "CohortMonth", "ExposedMembership", "Exposure", "GiftAmount", "GiftMonth",
    "GiverMonth", "InvoiceFailure", "InvoiceMonth", "MoneyDay", "Movement", "MovementKind", "MovementMonth",
    "OriginMonth", "OriginRow", "PauseEnd", "PauseMonth", "PersonMonth", "PersonOutcome", "Progress", "Proof",
    "RecoveryMonth", "RenewalMonth", "ReturnMonth", "ReturnedPayment", "RoundMoney", "RoundPersons", "SeenDay",
    "TableExport", "TableExportPart", "VotersYear", "YearEnd",
]  # fmt: skip
