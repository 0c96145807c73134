"""`manage.py books`: prove the books. Exit status 0 only if everything holds."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config import books


class Command(BaseCommand):
    help = "Prove the books: totals, invariants, the state of the inbox. Exit status 0 only if everything holds."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        proof = books.prove()
        if options["json"]:
            self.stdout.write(json.dumps(proof, ensure_ascii=False, indent=2))
        else:
            self._print(proof)
        if not proof["ok"]:
            raise CommandError("The books do not hold.", returncode=1)

    def _print(self, proof: dict[str, Any]) -> None:
        for name in ("received", "settled"):
            for currency, sums in proof[name].items():
                self.stdout.write(f"{name} {currency}: " + ", ".join(f"{part} {minor}" for part, minor in sums.items()))
        for name in ("memberships", "letters", "inbox"):
            self.stdout.write(f"{name}: " + ", ".join(f"{part} {count}" for part, count in proof[name].items()))
        for check in proof["checks"]:
            self.stdout.write(f"{'ok   ' if check['ok'] else 'WRONG'} {check['id']} {check['detail']}".rstrip())
