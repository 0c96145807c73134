"""What is imagined of the past before it is written: objects, timers, and the payouts of what was booked."""

import hashlib
import json
from collections import deque
from typing import Any, NamedTuple

from django.db import connection

from . import address, balance, payouts
from .currencies import Settled
from .models import Config, Thing, Timer

DAY = 86_400
BATCH = 1_000
COPY = "COPY sandbox_thing (id, kind, created, body) FROM STDIN"


class Booked(NamedTuple):
    """What payouts need to know of a balance transaction."""

    available_on: int
    currency: str
    net: int
    id: str


class Past:
    """What has been imagined so far: the objects of one giver after another, what they share, and what awaits them."""

    def __init__(self, seed: int | str, now: int) -> None:
        self.seed, self.now, self.config, self.base = seed, now, Config.current(), address.url("")
        self.things: dict[str, dict[str, Any]] = {}
        self.shared: dict[str, dict[str, Any]] = {}
        self.timers: list[Timer] = []
        self.booked: list[Booked] = []
        self._lines: list[tuple[str, str, int, str]] = []

    def put(self, obj: dict[str, Any]) -> dict[str, Any]:
        """Keep an object; a later one with its id takes its place."""
        self.things[obj["id"]] = obj
        return obj

    def at(self, due: int, name: str, **kwargs: Any) -> None:
        """Set a timer."""
        self.timers.append(Timer(due=due, name=name, kwargs=kwargs))

    def new_id(self, prefix: str, *parts: object) -> str:
        """The id that follows from the seed and the parts."""
        return prefix + hashlib.sha256(":".join(map(str, (self.seed, prefix, *parts))).encode()).hexdigest()[:24]

    def book(self, created: int, kind: str, settled: Settled, source: str, **more: Any) -> dict[str, Any]:
        """A balance transaction, available by now or still pending."""
        made = balance.blank(
            self.new_id("txn_", source, kind, more.get("category", "")), created, kind, settled, source, **more
        )
        if made["available_on"] <= self.now:
            made["status"] = "available"
        self.booked.append(Booked(made["available_on"], made["currency"], made["net"], made["id"]))
        return self.put(made)

    def pay_out(self, every: int) -> None:
        """Payouts at regular days, each with what had become available since the one before."""
        for currency in sorted({one.currency for one in self.booked}):
            waiting = deque(sorted((one for one in self.booked if one.currency == currency), key=lambda one: one[0]))
            moment = waiting[0].available_on // DAY * DAY + every
            inside: list[Booked] = []
            while moment <= self.now:
                while waiting and waiting[0].available_on <= moment:
                    inside.append(waiting.popleft())
                amount = sum(one.net for one in inside)
                if amount > 0:
                    self._payout(moment, currency, amount, [one.id for one in inside])
                    inside = []
                moment += every

    def _payout(self, moment: int, currency: str, amount: int, inside: list[str]) -> None:
        payout = payouts.blank(self.new_id("po_", currency, moment), moment, amount, currency)
        gone = Settled(-amount, currency, None)
        transaction_id = self.new_id("txn_", payout["id"])
        booked = balance.blank(transaction_id, moment, "payout", gone, payout["id"], description="STRIPE PAYOUT")
        payout["balance_transaction"] = self.put(booked)["id"]
        if payout["arrival_date"] <= self.now:
            payout |= {
                "status": "paid",
                "trace_id": {"status": "supported", "value": f"TRACE{payout['id'][-8:].upper()}"},
            }
        else:
            self.at(payout["arrival_date"], "payout.arrive", payout=payout["id"])
        self.put(payout)
        self.put(payouts.sweep_record(payout, inside, moment, 0))

    def keep(self) -> None:
        """The objects at hand change no more: they are written, a portion at a time, and forgotten."""
        self._lines += [
            (body["id"], body["object"], body["created"], json.dumps(body)) for body in self.things.values()
        ]
        self.things = {}
        if len(self._lines) >= BATCH:
            self._copy()

    def write(self) -> None:
        """Write what is left, and await the days on which pending money becomes available."""
        sweeps = [body for body in self.things.values() if body["object"] == "sandbox.sweep"]
        self.keep()
        self._copy()
        for day in {one.available_on for one in self.booked if one.available_on > self.now}:
            balance.release_at(day)
        Timer.objects.bulk_create(self.timers, batch_size=BATCH)
        reached = balance.newest_seq()
        swept = [Thing(id=body["id"], body=body | {"seq": reached}) for body in sweeps]
        Thing.objects.bulk_update(swept, ["body"], batch_size=BATCH)

    def _copy(self) -> None:
        with connection.cursor() as cursor, cursor.copy(COPY) as copy:
            for line in sorted(self._lines, key=lambda line: line[2]):
                copy.write_row(line)
        self._lines = []
