"""`manage.py demo`: the whole product on a laptop, with an invented newsroom. Ctrl-C leaves nothing behind."""

import os
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, connections
from django.urls import reverse

from config import demo, demo_staff, supervisor
from payments.models import Donation

PATRONS, MONTHS = 240, 24
SECONDS_TO_START = 60


class Command(BaseCommand):
    help = "Run the whole product with an invented newsroom, and print one address to open. Ctrl-C ends it."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("Start the demo with `manage.py demo`, so that it finds its own surroundings.")
        self._fill()
        connections.close_all()
        running = supervisor.Supervisor()
        for name, command in demo.processes(os.environ).items():
            demo.log_of(name).write_bytes(b"")
            running.add_process(name, command, cwd=str(settings.BASE_DIR))
        threading.Thread(target=self._announce, daemon=True).start()
        threading.Thread(target=self._follow_errors, args=(list(demo.processes(os.environ)),), daemon=True).start()
        running.loop()
        if running.ended:
            name = running.ended[0]
            raise CommandError(f"{name} has ended, so the demo ends. Its last words:\n{_tail(demo.log_of(name))}")
        self.stdout.write("The demo has ended.")

    def _fill(self) -> None:
        """Tables, and at the first start a newsroom to look at."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT to_regclass('payments_donation') IS NOT NULL, to_regclass('sandbox_thing') IS NOT NULL"
            )
            if cursor.fetchone() == (True, False):
                raise CommandError("This database belongs to an installation. The demo wants one of its own.")
        call_command("migrate", verbosity=0, interactive=False)
        call_command("createcachetable", verbosity=0)
        if not Donation.objects.exists():
            self.stdout.write(f"Inventing a newsroom, {PATRONS} patrons and {MONTHS} months …")
            self.stdout.flush()
            call_command("seed", patrons=PATRONS, months=MONTHS, verbosity=0)
        demo_staff.appoint()

    def _announce(self) -> None:
        """Once everything answers: where to look, and what to try."""
        site, sandbox = settings.SITE_URL, settings.STRIPE_API_BASE
        deadline = time.monotonic() + SECONDS_TO_START
        for address in (f"{site}/health/ready", f"{sandbox}/sandbox/"):
            while not _answers(address):
                if time.monotonic() > deadline:
                    self.stderr.write(f"{address} does not answer yet. What it says is in {demo.LOGS}.")
                    return
                time.sleep(0.2)
        guide = f"{site}{reverse('demo:home')}"
        staff = [f"  {patron.email:24} {demo_staff.code(patron)}  {patron.role}" for patron in demo_staff.everybody()]
        lines = [
            "",
            f"Open  {site}/",
            "",
            "Test cards (any later date, any three digits):",
            *(f"  {number}  {says}" for number, says in demo.CARDS),
            "",
            f"Letters, and codes to sign in     {guide}",
            f"Stripe's stand-in, and its clock  {sandbox}/sandbox/",
            "",
            f"Staff sign in at {site}{reverse('account_login')} with the code in their letter, then with their app's:",
            *staff,
            f"  (An app's code lasts 30 seconds; the present one is always at {guide})",
            "",
            "Ctrl-C ends everything.",
        ]
        self.stdout.write("\n".join(lines))
        self.stdout.flush()

    def _follow_errors(self, names: list[str]) -> None:
        """Repeats what the logs say of errors."""
        read = dict.fromkeys(names, 0)
        while True:
            for name in names:
                with demo.log_of(name).open("rb") as log:
                    log.seek(read[name])
                    for line in log:
                        if b'"level": "error"' in line or b'"level": "critical"' in line:
                            self.stderr.write(f"{name}: {line.decode(errors='replace').strip()[:400]}")
                    read[name] = log.tell()
            time.sleep(0.5)


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310  our own address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-15:])
