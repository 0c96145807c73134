"""Background work on the figures."""

from celery import shared_task

from reports import exports, monday, rollups


@shared_task(name="reports.follow")
def follow() -> None:
    rollups.follow()


# The whole ledger is read, twice.
@shared_task(name="reports.night", time_limit=3600)
def night() -> None:
    rollups.run_due()


# A long table takes its time; lost with its worker, it is begun anew.
@shared_task(name="reports.make_exports", time_limit=3600)
def make_exports() -> None:
    exports.make_due()
    exports.forget_expired()


@shared_task(name="reports.write_on_monday")
def write_on_monday() -> None:
    monday.write_due()
