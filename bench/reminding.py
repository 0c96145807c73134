"""What the processes of bench/letters.py do: fill a database, write in pages, or send a task for each person.

python -m bench.reminding seed NUMBER | pages | publish NUMBER; each prints a line of JSON.
"""

import json
import resource
import sys
import time
from collections.abc import Callable
from datetime import timedelta

from config.celery import app

QUEUE, PAGE = "one_each", 5000


@app.task(name="bench.remind_one")
def remind_one(pk: int) -> None:
    """The control: everything about one letter, in a task and a transaction of its own."""
    from letters import outbox
    from newsroom.models import Newsroom
    from payments import reminder_emails
    from payments.models import Donation

    donation = Donation.objects.select_related("patron").get(pk=pk)
    outbox.write(**vars(reminder_emails.renewal(donation, Newsroom.current().zone_info)))


def seed(number: int) -> None:
    """Patrons whose yearly support renews in twenty days; one in three reads Ukrainian."""
    from members.models import Patron
    from newsroom import clock
    from payments.models import Donation

    end = clock.now() + timedelta(days=20)
    for first in range(0, number, PAGE):
        numbers = range(first, min(first + PAGE, number))
        patrons = Patron.objects.bulk_create(
            Patron(email=f"reader{one}@example.org", name=f"Reader{'abcdefghij'[one % 10]}", language=_language(one))
            for one in numbers
        )
        Donation.objects.bulk_create(
            Donation(
                interval="yearly", amount_minor=3000 + 100 * (one % 90), currency="EUR", state="live", patron=patron,
                email=patron.email, name=patron.name, language=patron.language, subscription=f"sub_{one}",
                subscription_status="active", period_end=end + timedelta(hours=one % 200), card_brand="visa",
                card_last4=f"{one % 10000:04}",
            )
            for one, patron in zip(numbers, patrons, strict=True)
        )  # fmt: skip


def _language(number: int) -> str:
    return "en" if number % 3 else "uk"


def publish(number: int) -> None:
    """A message for each of the first so many, read by the same pages."""
    from payments.models import Donation

    last, left = 0, number
    with app.connection_for_write() as line:
        while left:
            found = Donation.objects.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)
            for pk in found[: min(PAGE, left)]:
                app.send_task("bench.remind_one", (pk,), queue=QUEUE, connection=line)
                last, left = pk, left - 1


def main() -> None:
    """One word of the command line, with its seconds, and the megabytes that it took more than at its start."""
    begun = time.perf_counter()
    import django

    django.setup()
    from newsroom import clock
    from payments import reminders

    # Connected to both, and the clients of both loaded, as in a worker that waits.
    clock.now()
    with app.connection_for_write() as line:
        line.ensure_connection(max_retries=1)
        app.send_task("bench.nobody", queue="nobody", connection=line)
    before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
    words: dict[str, Callable[..., object]] = {"seed": seed, "pages": reminders.write_due, "publish": publish}
    words[sys.argv[1]](*map(int, sys.argv[2:]))
    taken, most = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    sys.stdout.write(json.dumps({"start": started - begun, "seconds": taken, "memory": (most - before) / 1024}) + "\n")


if __name__ == "__main__":
    main()
