"""Background work on people's data. Tasks carry nothing: what is due stands in the database."""

from celery import shared_task

from people import erasure, exports, retention


@shared_task(name="people.carry_on")
def carry_on() -> None:
    erasure.carry_on()


@shared_task(name="people.make_exports")
def make_exports() -> None:
    exports.make_due()


@shared_task(name="people.retain")
def retain() -> None:
    retention.run()
