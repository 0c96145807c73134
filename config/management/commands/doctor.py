"""`manage.py doctor`: what is wrong with this installation, and what mends it. Exit status 1 if something is."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config import doctor


class Command(BaseCommand):
    help = "Examine this installation: database, clocks, Stripe, mail, worker, staff. Each finding with its mend."
    requires_system_checks: list[str] = []  # the patient may be ill

    def handle(self, *args: Any, **options: Any) -> None:
        wrong = 0
        for name, findings in doctor.examine():
            if not findings:
                self.stdout.write(f"ok     {name}")
            for finding in findings:
                wrong += finding.is_wrong
                self.stdout.write(f"{'WRONG' if finding.is_wrong else 'note '}  {name}: {finding.what}")
                self.stdout.write(f"       mend: {finding.mend}")
        if wrong:
            raise CommandError("One thing is wrong." if wrong == 1 else f"{wrong} things are wrong.", returncode=1)
