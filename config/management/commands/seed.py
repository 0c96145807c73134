"""`manage.py seed`: a synthetic newsroom with its history, here and in the sandbox. The one place that knows both."""

import gc
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.seed import (
    consents,
    gift_memberships,
    institutions,
    letters,
    newsroom,
    office,
    people,
    readings,
    rounds,
    rows,
    standings,
    stories,
    suggestions,
)  # fmt: skip
from config.seed.people import Gift
from newsroom import clock, patience
from newsroom.models import Newsroom
from payments.checkout import PRODUCT
from payments.models import Donation
from reports import rollups
from sandbox import history
from sandbox.models import Config, Thing

INTERVALS = {"once": "", "monthly": "month", "yearly": "year"}


class Command(BaseCommand):
    help = "Invent a newsroom with patrons and their payments, here and in the sandbox. For an empty database."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--patrons", type=int, required=True)
        parser.add_argument("--months", type=int, required=True)
        parser.add_argument(
            "--seed", type=int, default=1, help="the same number makes the same newsroom, on the same day"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("An invented newsroom has no place in an installation: seed runs only with DEBUG on.")
        if Donation.objects.exists() or Thing.objects.filter(kind="charge").exists():
            raise CommandError("This database holds donations already. Seed an empty one.")
        if options["patrons"] < 1 or not 1 <= options["months"] <= 120:
            raise CommandError("At least one patron, and 1 to 120 months.")
        # The past ends with a day, so that it does not depend on the minute.
        until = clock.now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        months, seed = options["months"], options["seed"]
        gifts = people.invent(options["patrons"], months, seed, until) + institutions.invent(months, seed, until)
        with _unhurried():
            count = _write(sorted(gifts, key=attrgetter("started_at", "reference")), seed, until)
            rates = {code.upper(): rate for code, rate in Config.current().rates.items()}
            office.write(seed, months, until, rates)
            patience.count_rows()
            rollups.rebuild(with_own=True)
        if options["verbosity"]:
            self.stdout.write(f"{options['patrons']} patrons with {count} payments in {options['months']} months.")


@contextmanager
def _unhurried() -> Iterator[None]:
    """One transaction whose statements may take their time. Of the millions of rows in memory none is garbage, so
    looking for some again and again is in vain."""
    gc.disable()
    try:
        with patience.without_limit():
            yield
    finally:
        gc.enable()


def _write(gifts: list[Gift], seed: int, until: datetime) -> int:
    """Stripe's past, and the product's rows as read from it. Returns the number of payments."""
    Config.objects.update(name=newsroom.NAME)
    origins, here = newsroom.settle(clock.day(until)), Newsroom.current()
    told = {str(gift.reference): stories.of(gift, origins) for gift in gifts}
    rows.write_patrons(list(told.values()))

    def read(given: history.Given, things: dict[str, Any]) -> None:
        readings.read(told[given.key], asdict(given), things)
        if told[given.key].subscription:
            standings.tell(told[given.key], here, until)

    by_card = (_giver(gift) for gift in gifts if not gift.is_offline)
    history.build(by_card, seed=seed, until=int(until.timestamp()), witness=read)
    for story in told.values():
        if story.gift.is_offline:
            readings.by_bank(story)
    everything = list(told.values())
    rows.write(everything, _moved_to_the_bank(), here)
    consents.write(everything)
    gift_memberships.write(everything)
    letters.write(everything, until)
    rounds.write(seed, until)
    suggestions.write(seed, until)
    return sum(len(story.payments) for story in everything)


def _moved_to_the_bank() -> dict[str, Any]:
    """The sandbox's payouts, and their movements of its balance, by id."""
    paid_out = dict(Thing.objects.filter(kind="payout").values_list("id", "body"))
    moved = Thing.objects.filter(pk__in=[payout["balance_transaction"] for payout in paid_out.values()])
    return paid_out | dict(moved.values_list("id", "body"))


def _giver(gift: Gift) -> history.Giver:
    reference = {"donation": str(gift.reference)}
    recurs = gift.interval != "once"
    return history.Giver(
        key=str(gift.reference),
        email=gift.person.email,
        name=gift.person.name or None,
        currency=gift.currency.lower(),
        amount=gift.amount + gift.cover,
        interval=INTERVALS[gift.interval],
        started_at=int(gift.started_at.timestamp()),
        outcomes=gift.outcomes,  # type: ignore[arg-type]
        refusal=gift.refusal,  # type: ignore[arg-type]
        ended_at=int(gift.ended_at.timestamp()) if gift.ended_at else None,
        ends=gift.ends,
        feedback=gift.feedback,
        paused_at=int(gift.paused_at.timestamp()) if gift.paused_at else None,
        brand=gift.brand,
        last4=gift.last4,
        exp_month=gift.expires[1],
        exp_year=gift.expires[0],
        product_id=PRODUCT,
        product_name=newsroom.NAME,
        metadata=reference | ({"fee_cover": str(gift.cover)} if recurs else {}),
    )
