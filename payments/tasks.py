"""Background work on money. Tasks carry nothing: what is due stands in the database."""

from contextlib import suppress

from celery import shared_task

from payments import donations, dunning, locks, operations, reconciliation, reminders, stripe_events


@shared_task(name="payments.apply_events")
def apply_events() -> None:
    stripe_events.apply_due()


@shared_task(name="payments.run_operations")
def run_operations() -> None:
    operations.run_due()


@shared_task(name="payments.catch_up")
def catch_up() -> None:
    reconciliation.catch_up()


# Every object at Stripe, a hundred a request, takes its time; lost with its worker, the next hour's does it.
@shared_task(name="payments.reconcile", time_limit=6 * 3600)
def reconcile() -> None:
    with suppress(locks.Busy), locks.exclusive("reconcile"):
        if reconciliation.is_due():
            reconciliation.reconcile()


@shared_task(name="payments.lapse_memberships")
def lapse_memberships() -> None:
    donations.lapse_due()


@shared_task(name="payments.warn_of_ends")
def warn_of_ends() -> None:
    dunning.warn_of_ends()


@shared_task(name="payments.write_reminders")
def write_reminders() -> None:
    reminders.write_due()
