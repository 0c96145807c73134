"""What happens by itself: named verbs, stored with the time at which they are due.

Each timer runs in its own transaction and is gone once it has run. One that fails is rolled back and kept with its
error; it does not run again by itself and does not hold up the others."""

import traceback
from collections.abc import Callable
from typing import Any, TypeVar

from django.db import connection, transaction

from .models import ClockNow, Timer

VERBS: dict[str, Callable[..., Any]] = {}
LOCK = 0x5A4DB0C5

F = TypeVar("F", bound=Callable[..., Any])


def verb(name: str) -> Callable[[F], F]:
    """Register a function as what happens when a timer of that name is due. Its keyword arguments are JSON."""

    def register(function: F) -> F:
        VERBS[name] = function
        return function

    return register


def at(when: int, name: str, /, **kwargs: Any) -> None:
    """Let the verb happen at the Unix second `when`, or at once if that is past."""
    Timer.objects.create(due=when, name=name, kwargs=kwargs)


def next_due() -> int | None:
    """The Unix second of the earliest timer that has not failed."""
    return Timer.objects.filter(error="").order_by("due").values_list("due", flat=True).first()


def run_due() -> int:
    """Run everything due, oldest first, and say how many ran. Runners in parallel share the work.

    While somebody else moves the clock (`clock.move`) nothing is run: the mover runs each timer at its own time."""
    count = 0
    while _run_one():
        count += 1
    return count


def retry(pk: int) -> None:
    """Let a failed timer run again."""
    Timer.objects.filter(pk=pk).update(error="")


def _run_one() -> bool:
    timer = None
    try:
        with transaction.atomic():
            if not _clock_stands():
                return False
            due = Timer.objects.select_for_update(skip_locked=True).filter(error="", due__lte=ClockNow())
            timer = due.order_by("due", "id").first()
            if timer is None:
                return False
            pk = timer.pk
            VERBS[timer.name](**timer.kwargs)
            Timer.objects.filter(pk=pk).delete()
    except Exception:
        if timer is None:
            raise
        Timer.objects.filter(pk=timer.pk).update(error=traceback.format_exc())
    return True


def _clock_stands() -> bool:
    """Hold the clock still until this transaction ends; false when somebody is moving it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock_shared(%s)", [LOCK])
        return bool(cursor.fetchone()[0])
