"""The opening of a round: its rules are frozen with their digest, its roll is made, its key and its seed are drawn."""

from django.db import transaction

from newsroom import clock
from newsroom.models import Newsroom
from voting import eligibility, round_log, secrecy, topics
from voting.methods.canonical import seed_commitment
from voting.methods.configuration import Configuration, read_configuration
from voting.methods.configuration import Topic as Choice
from voting.models import RollEntry, Round, Topic, TopicState

# Every word that voters are shown of a topic.
TEXTS = ("title_en", "title_uk", "pitch_en", "pitch_uk", "plan_en", "plan_uk")


def begin(of: Round) -> bool:
    """Opens a scheduled round, in one transaction; answers whether this call did.

    A topic that cannot stand on a ballot any more is left out. If none is left, or the round's time went by while
    nobody opened it, it is a draft again.
    """
    with transaction.atomic():
        held = Round.objects.select_for_update().get(pk=of.pk)
        now = clock.now()
        if held.scheduled_at is None or held.opened_at is not None or held.opens_at > now:
            return False
        chosen = _fit(held)
        if not chosen or held.closes_at <= now:
            take_back(held)
            return False
        held.seed, held.nonce = secrecy.nonce(), secrecy.nonce()
        held.key_fingerprint = secrecy.fingerprint(secrecy.round_key(held.nonce))
        frozen = drafted(held)
        held.configuration, held.configuration_digest, held.opened_at = frozen.text(), frozen.digest, now
        held.failure = ""
        held.save()
        eligibility.enrol(held, RollEntry.Reason.AT_OPEN, now)
        for topic in chosen:
            topics.move(topic, TopicState.ON_BALLOT)
        _log_opening(held, frozen)
    return True


def _fit(held: Round) -> list[Topic]:
    """The topics that stand on the ballot, in order of id. Others leave the round, which the log says."""
    rows = list(Topic.objects.select_for_update().filter(entries__round=held).order_by("pk"))
    fit = set(Topic.objects.for_a_ballot().filter(pk__in=[row.pk for row in rows]).values_list("pk", flat=True))
    if left_out := [row.slug for row in rows if row.pk not in fit]:
        held.entries.exclude(topic__in=fit).delete()
        round_log.write(held, "left_out", topics=left_out)
    return [row for row in rows if row.pk in fit]


def _log_opening(held: Round, frozen: Configuration) -> None:
    """What the configuration does not say stands in the log: who may vote, and until when."""
    round_log.write(
        held,
        "opened",
        configuration_digest=frozen.digest,
        seed_commitment=frozen.seed_commitment,
        closes_at=held.closes_at.isoformat(),
        eligibility=held.eligibility,
        cutoff_hours=held.cutoff_hours,
        roll=held.roll.count(),
    )


def take_back(held: Round) -> None:
    """A draft again: readers see it no more."""
    held.scheduled_at = None
    held.save(update_fields=["scheduled_at"])
    round_log.write(held, "unscheduled")


def drafted(of: Round) -> Configuration:
    """The rules that a draft says. Raises Malformed where they contradict one another."""
    language = Newsroom.current().languages[0]
    choices = (
        Choice(entry.topic.slug, entry.topic.title(language), entry.cost, _texts(entry.topic))
        for entry in of.entries.select_related("topic")
    )
    said = Configuration(
        round=of.slug,
        title=of.title(language),
        method=of.method,
        ballot=of.ballot,
        topics=tuple(choices),
        slots=of.slots,
        budget=of.budget,
        most=of.most,
        total=of.total,
        none=of.offers_none,
        minimum_support=of.minimum_support,
        minimum_turnout=of.minimum_turnout,
        weight=of.weight,
        publish_totals=of.publish_totals,
        publish_ballots=of.publish_ballots,
        consent=of.asks_consent,
        seed_commitment=seed_commitment(of.seed),
    )
    return read_configuration(said.facts())


def _texts(topic: Topic) -> dict[str, str]:
    return {name: getattr(topic, name) for name in TEXTS if getattr(topic, name)}
