"""A past that never happened: givers with years of payments, written in bulk as if each had been made at its time.

Nothing is announced, but everything is there: the API answers about these objects, the balance is the sum of their
transactions, and timers let the living subscriptions renew, fail again or end."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.postgres.indexes import GinIndex
from django.db import connection, transaction

from . import clock
from .givers import Given, Giver
from .lives import Life
from .models import Thing
from .past import DAY, Past

__all__ = ["Given", "Giver", "build"]


def build(
    givers: Iterable[Giver],
    *,
    seed: int | str,
    payout_every: int = 7,
    until: int | None = None,
    witness: Callable[[Given, dict[str, dict[str, Any]]], None] | None = None,
) -> list[Given]:
    """Write the past of all givers up to now in one transaction and say what was made, in their order.

    An earlier `until` ends it there; what was due since then happens as soon as the sandbox runs. A `witness` is shown
    each giver's objects by id while they are at hand: they are written and forgotten giver by giver.

    Ids follow from the seed and the giver's key, so the same call on an empty sandbox makes the same objects. Every
    `payout_every` days what was available was paid out (0: never). Writes some thousands of objects a second."""
    made = []
    with transaction.atomic(), unsearched():
        past = Past(seed, clock.now() if until is None else until)
        for giver in givers:
            made.append(Life(past, giver).lived())
            if witness:
                witness(made[-1], past.things)
            past.keep()
        if payout_every:
            past.pay_out(payout_every * DAY)
        past.write()
    return made


@contextmanager
def unsearched() -> Iterator[None]:
    """Without the index by what objects hold, which is made in half the time once all of them are there."""
    index = next(index for index in Thing._meta.indexes if isinstance(index, GinIndex))
    with connection.schema_editor() as editor:
        editor.remove_index(Thing, index)
    yield
    with connection.schema_editor() as editor, connection.cursor() as cursor:
        cursor.execute("SET LOCAL maintenance_work_mem = '256MB'")
        editor.add_index(Thing, index)
