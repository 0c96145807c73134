"""What must hold of the sums: each equals what its statement gives over the ledger, up to where they have followed."""

from collections.abc import Callable
from functools import partial

from reports import rollups
from reports.movement_sums import MOVEMENTS
from reports.sums import MONEY

INVARIANTS: dict[str, Callable[[], str]] = {
    **{
        f"figures.{row.table.removeprefix('reports_')}": partial(rollups.differences, row)
        for row in (*MONEY, *MOVEMENTS)
    },
    "figures.standing": rollups.standing_difference,
}
