"""`manage.py replay`: derive state and Stripe's ledger lines again and compare. Nothing is deleted, no letter sent."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from payments import replay


class Command(BaseCommand):
    help = "Derive state and Stripe's ledger lines again and compare. Nothing is deleted, no letter is sent."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--all", action="store_true", help="every object, not only live and recent ones")

    def handle(self, *args: Any, **options: Any) -> None:
        report = replay.replay(everything=options["all"])
        self.stdout.write(f"{report.looked_at} objects looked at")
        for name in ("missing", "surplus", "different", "unreachable"):
            for line in getattr(report, name):
                self.stdout.write(f"{name}: {line}")
        if not report.ok:
            raise CommandError("What was derived differs from what was there; missing lines were added.", returncode=1)
