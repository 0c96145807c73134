"""`manage.py reconcile`: compare with Stripe, put what is missing into the inbox, print the differences."""

import json
from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from payments import gateway, reconciliation

SHOWN = ("kind", "object", "ours", "theirs", "asked")


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class Command(BaseCommand):
    help = "Compare with Stripe and put what is missing into the inbox. Exit status 0 if there is no difference."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--since", type=_moment, help="only objects created since this day or moment (ISO, UTC)")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            events = reconciliation.catch_up()
            found = reconciliation.reconcile(options["since"])
        except gateway.GatewayError as error:
            raise CommandError(f"Stripe could not be asked: {type(error).__name__}: {error}", returncode=2) from error
        if options["json"]:
            told = [{name: getattr(one, name) for name in SHOWN} for one in found]
            answer = {"ok": not found, "events_stored": events, "differences": told}
            self.stdout.write(json.dumps(answer, indent=2))
        else:
            self.stdout.write(f"{events} missing events stored, {len(found)} differences")
            for difference in found:
                self.stdout.write(f"{difference.kind}: {difference.object}: here {difference.ours or 'nothing'}, "
                                  f"at Stripe {difference.theirs or 'nothing'}")  # fmt: skip
        if found:
            raise CommandError("There are differences; what can be looked at again is in the inbox.", returncode=1)
