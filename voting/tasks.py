"""Background work on rounds and topics. Tasks carry nothing: what is due stands in the database."""

from celery import shared_task

from voting import announcements, mixing, publication, round_letters, rounds, suggestions


@shared_task(name="voting.keep_time")
def keep_time() -> None:
    rounds.open_due()
    rounds.close_due()


@shared_task(name="voting.count_rounds")
def count_rounds() -> None:
    rounds.count_due()
    publication.make_due()


@shared_task(name="voting.mix_ballots")
def mix_ballots() -> None:
    mixing.mix_due()


@shared_task(name="voting.write_round_letters")
def write_round_letters() -> None:
    round_letters.write_due()


@shared_task(name="voting.announce")
def announce() -> None:
    announcements.write_due()


@shared_task(name="voting.expire_suggestions")
def expire_suggestions() -> None:
    suggestions.expire_due()
