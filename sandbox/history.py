"""A past that never happened: givers with years of payments, written in bulk as if each had been made at its time.

Nothing is announced, but everything is there: the API answers about these objects, the balance is the sum of their
transactions, and timers let the living subscriptions renew, fail again or end."""

from collections.abc import Iterable

from django.db import transaction

from . import clock
from .givers import Given, Giver
from .lives import Life
from .past import DAY, Past

__all__ = ["Given", "Giver", "build"]


def build(givers: Iterable[Giver], *, seed: int | str, payout_every: int = 7, until: int | None = None) -> list[Given]:
    """Write the past of all givers up to now in one transaction and say what was made, in their order.

    An earlier `until` ends it there; what was due since then happens as soon as the sandbox runs.

    Ids follow from the seed and the giver's key, so the same call on an empty sandbox makes the same objects. Every
    `payout_every` days what was available was paid out (0: never). Writes some thousands of objects a second."""
    with transaction.atomic():
        past = Past(seed, clock.now() if until is None else until)
        made = [Life(past, giver).lived() for giver in givers]
        if payout_every:
            past.pay_out(payout_every * DAY)
        past.write()
    return made
