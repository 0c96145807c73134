"""The nightly forgetting."""

from celery import shared_task

from limits import gates


@shared_task(name="limits.forget_old_hits")
def forget_old_hits() -> None:
    gates.forget_old()
