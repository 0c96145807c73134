"""What is imagined of the past before it is written: objects, timers, and the payouts of what was booked."""

import hashlib
import string
from typing import Any

from . import address, balance, payouts
from .currencies import Settled
from .models import Config, Thing, Timer

DAY = 86_400
BATCH = 1_000
ALPHABET = string.ascii_letters + string.digits


class Past:
    """What has been imagined so far, to be written at once."""

    def __init__(self, seed: int | str, now: int) -> None:
        self.seed, self.now, self.config, self.base = seed, now, Config.current(), address.url("")
        self.things: dict[str, dict[str, Any]] = {}
        self.timers: list[Timer] = []
        self.booked: list[dict[str, Any]] = []

    def put(self, obj: dict[str, Any]) -> dict[str, Any]:
        """Keep an object; a later one with its id takes its place."""
        self.things[obj["id"]] = obj
        return obj

    def at(self, due: int, name: str, **kwargs: Any) -> None:
        """Set a timer."""
        self.timers.append(Timer(due=due, name=name, kwargs=kwargs))

    def new_id(self, prefix: str, *parts: object) -> str:
        """The id that follows from the seed and the parts."""
        number = int.from_bytes(hashlib.sha256(":".join(map(str, (self.seed, prefix, *parts))).encode()).digest())
        letters = []
        for _ in range(24):
            number, place = divmod(number, len(ALPHABET))
            letters.append(ALPHABET[place])
        return prefix + "".join(letters)

    def book(self, created: int, kind: str, settled: Settled, source: str, **more: Any) -> dict[str, Any]:
        """A balance transaction, available by now or still pending."""
        made = balance.blank(
            self.new_id("txn_", source, kind, more.get("category", "")), created, kind, settled, source, **more
        )
        if made["available_on"] <= self.now:
            made["status"] = "available"
        self.booked.append(self.put(made))
        return made

    def pay_out(self, every: int) -> None:
        """Payouts at regular days, each with what had become available since the one before."""
        for currency in sorted({one["currency"] for one in self.booked}):
            waiting = sorted(
                (one for one in self.booked if one["currency"] == currency), key=lambda one: one["available_on"]
            )
            moment = waiting[0]["available_on"] // DAY * DAY + every
            inside: list[dict[str, Any]] = []
            while moment <= self.now:
                while waiting and waiting[0]["available_on"] <= moment:
                    inside.append(waiting.pop(0))
                amount = sum(one["net"] for one in inside)
                if amount > 0:
                    self._payout(moment, currency, amount, [one["id"] for one in inside])
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

    def write(self) -> None:
        """Insert it all, oldest first, and await the days on which pending money becomes available."""
        bodies = sorted(self.things.values(), key=lambda body: body["created"])
        Thing.objects.bulk_create(
            [Thing(id=body["id"], kind=body["object"], created=body["created"], body=body) for body in bodies],
            batch_size=BATCH,
            ignore_conflicts=True,
        )
        for day in {one["available_on"] for one in self.booked if one["status"] == "pending"}:
            balance.release_at(day)
        Timer.objects.bulk_create(self.timers, batch_size=BATCH)
        reached = balance.newest_seq()
        for sweep in [body for body in bodies if body["object"] == "sandbox.sweep"]:
            sweep["seq"] = reached
        swept = [Thing(id=body["id"], body=body) for body in bodies if body["object"] == "sandbox.sweep"]
        Thing.objects.bulk_update(swept, ["body"], batch_size=BATCH)
