"""What the database refuses of a round, whoever asks."""

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from newsroom import clock
from tests.signing_in import patron
from voting.models import Ballot, OpenBallot, Result, RollEntry, Round, RoundLog, RoundTopic, Topic

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.fixture
def topic() -> Topic:
    return Topic.objects.create(slug="rivers", title_en="Rivers")


@pytest.fixture
def draft(topic: Topic) -> Round:
    now = clock.now()
    found = Round.objects.create(
        slug="spring", title_en="Spring", opens_at=now, closes_at=now + timedelta(days=7), scheduled_at=now
    )
    RoundTopic.objects.create(round=found, topic=topic, position=1)
    return found


@pytest.fixture
def open_round(draft: Round) -> Round:
    draft.opened_at, draft.configuration, draft.configuration_digest = clock.now(), "{}", "a" * 64
    draft.seed, draft.nonce, draft.key_fingerprint = "s", "n", "f"
    draft.save()
    return draft


def close(opened: Round) -> None:
    Round.objects.filter(pk=opened.pk).update(closed_at=clock.now(), nonce="")


def refused(statement: str, *values: str | int | datetime | None) -> None:
    """The database says no, and the transaction of the test goes on."""
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)


def test_a_round_is_drafted_freely_and_keeps_its_rules_once_opened(open_round: Round):
    changes: list[tuple[str, str | int | None]] = [
        ("slots", 2),
        ("title_en", "Other"),
        ("weight", 3),
        ("seed", "x"),
        ("opened_at", None),
    ]
    for column, value in changes:
        refused(f"UPDATE voting_round SET {column} = %s", value)
    refused("UPDATE voting_round SET closes_at = closes_at - interval '1 minute'")
    refused("UPDATE voting_round SET nonce = 'another'")
    refused("DELETE FROM voting_round")
    Round.objects.update(closes_at=clock.now() + timedelta(days=9))
    close(open_round)
    refused("UPDATE voting_round SET closes_at = closes_at + interval '1 day'")
    refused("UPDATE voting_round SET closed_at = NULL, nonce = 'n'")


def test_the_key_lives_only_while_the_round_is_open(draft: Round):
    refused("UPDATE voting_round SET nonce = 'n'")
    draft.opened_at, draft.configuration, draft.configuration_digest = clock.now(), "{}", "a" * 64
    draft.seed, draft.key_fingerprint = "s", "f"
    with pytest.raises(IntegrityError, match="key_lives"), transaction.atomic():
        draft.save()


def test_a_topic_of_an_opened_round_can_only_be_withdrawn_once(open_round: Round):
    other = Topic.objects.create(slug="roads", title_uk="Дороги")
    with pytest.raises(IntegrityError), transaction.atomic():
        RoundTopic.objects.create(round=open_round, topic=other, position=2)
    refused("UPDATE voting_roundtopic SET cost = 2")
    refused("DELETE FROM voting_roundtopic")
    entry = open_round.entries.get()
    entry.withdrawn_at, entry.withdrawn_reason = clock.now(), "The river is dry."
    entry.save()
    refused("UPDATE voting_roundtopic SET withdrawn_reason = 'Another.'")


def test_a_topic_that_a_vote_would_endanger_comes_on_no_ballot(draft: Round):
    guarded = Topic.objects.create(slug="sources", title_en="Sources", is_for_ballots=False)
    with pytest.raises(IntegrityError, match="not for a ballot"), transaction.atomic():
        RoundTopic.objects.create(round=draft, topic=guarded, position=2)


def test_rolls_and_ballots_are_written_only_while_the_round_is_open(draft: Round):
    voter, late = patron("voter@example.org"), patron("late@example.org")
    insert = "INSERT INTO voting_openballot (id, round_id, key, line) VALUES (gen_random_uuid(), %s, %s, '')"
    seal = "INSERT INTO voting_ballot (id, round_id, line) VALUES (gen_random_uuid(), %s, '')"
    enrol = (
        "INSERT INTO voting_rollentry (id, round_id, patron_id, reason, weight, has_cast, void_reason) "
        "VALUES (gen_random_uuid(), %s, %s, 'joined', 1, false, '')"
    )
    refused(insert, draft.pk, "k")
    refused(enrol, draft.pk, voter.pk)
    refused(seal, draft.pk)
    draft.opened_at, draft.configuration, draft.configuration_digest = clock.now(), "{}", "a" * 64
    draft.seed, draft.nonce, draft.key_fingerprint = "s", "n", "f"
    draft.save()
    OpenBallot.objects.create(round=draft, key="k", line="")
    RollEntry.objects.create(round=draft, patron=voter, reason="joined", has_cast=True)
    refused(insert, draft.pk, "k")
    refused(enrol, draft.pk, voter.pk)
    refused("UPDATE voting_rollentry SET has_cast = false")
    refused("DELETE FROM voting_rollentry")
    Ballot.objects.create(round=draft, line="")
    close(draft)
    refused(insert, draft.pk, "l")
    refused("UPDATE voting_openballot SET line = 'x'")
    refused("DELETE FROM voting_openballot")
    refused(enrol, draft.pk, late.pk)
    refused("UPDATE voting_rollentry SET void_reason = 'refunded'")
    refused(seal, draft.pk)


def test_sealed_ballots_results_and_the_log_only_grow(open_round: Round):
    Ballot.objects.create(round=open_round, line="")
    close(open_round)
    Result.objects.create(round=open_round, closing="{}", text="{}", digest="a" * 64)
    RoundLog.objects.create(round=open_round, number=1, at="", kind="opened", facts={}, previous="", hash="b" * 64)
    connection.check_constraints()
    for table in ("ballot", "result", "roundlog"):
        refused(f"UPDATE voting_{table} SET round_id = round_id")
        refused(f"DELETE FROM voting_{table}")
        refused(f"TRUNCATE voting_{table} CASCADE")
