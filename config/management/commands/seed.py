"""`manage.py seed`: a synthetic newsroom with its history, here and in the sandbox. The one place that knows both."""

from argparse import ArgumentParser
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction

from config.seed import consents, gift_memberships, letters, newsroom, people, rounds, rows, suggestions
from config.seed.people import Gift
from newsroom import clock
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
        with transaction.atomic():
            count = _write(
                people.invent(options["patrons"], options["months"], options["seed"], until), options["seed"], until
            )
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        # Inside a test's transaction nothing is settled; nobody else writes to a database that is being seeded.
        rollups.rebuild(with_own=True)
        if options["verbosity"]:
            self.stdout.write(f"{options['patrons']} patrons with {count} payments in {options['months']} months.")


def _write(gifts: list[Gift], seed: int, until: datetime) -> int:
    """First Stripe's past, then the product's rows as read from it. Returns the number of payments."""
    Config.objects.update(name=newsroom.NAME)
    by_card = [gift for gift in gifts if not gift.is_offline]
    built = history.build([_giver(gift) for gift in by_card], seed=seed, until=int(until.timestamp()))
    made = {given.key: asdict(given) for given in built}
    things = dict(Thing.objects.exclude(kind="event").values_list("id", "body"))
    origins = newsroom.settle(clock.day(until))
    stories = rows.write([(gift, made.get(str(gift.reference), {})) for gift in gifts], origins, things, until)
    consents.write(stories)
    gift_memberships.write(stories)
    letters.write(stories, until)
    rounds.write(seed, until)
    suggestions.write(seed, until)
    return sum(len(story.payments) for story in stories)


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
