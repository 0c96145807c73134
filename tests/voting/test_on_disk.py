"""What a close destroys stands in no file of the database any more, nor in what the planner remembers."""

import pytest
from django.db import connection

from members.models import Patron
from tests.conftest import WorldDatabase
from tests.voting import world
from tests.voting.test_closing_faults import a_round_to_close
from voting import ballots, closing
from voting.models import OpenBallot

pytestmark = pytest.mark.database

# Every file of these tables, of their indexes and of what they keep apart, as it stands on the disk.
FILES = """
    SELECT pg_read_binary_file(pg_relation_filepath(one)) FROM (
        SELECT oid AS one FROM pg_class WHERE oid = ANY(%(tables)s::regclass[])
        UNION SELECT indexrelid FROM pg_index WHERE indrelid = ANY(%(tables)s::regclass[])
        UNION SELECT reltoastrelid FROM pg_class WHERE oid = ANY(%(tables)s::regclass[]) AND reltoastrelid <> 0
    ) AS every
"""


def on_disk(*secrets: str | bytes) -> list[bool]:
    """Whether each stands in a file of the open ballots or the rounds, or in the planner's statistics."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        cursor.execute("CHECKPOINT")
        cursor.execute(FILES, {"tables": ["voting_openballot", "voting_round"]})
        files = b"".join(bytes(content) for (content,) in cursor.fetchall())
        cursor.execute("SELECT * FROM pg_stats WHERE schemaname = 'public'")
        known = str(cursor.fetchall())
    said = [(one.encode(), one) if isinstance(one, str) else (one, one.hex()) for one in secrets]
    return [written in files or shown in known for written, shown in said]


@pytest.mark.parametrize("sweeps", [True, False])
def test_after_the_close_no_byte_of_a_key_a_moment_or_the_nonce_stands_in_a_file(
    world_db: WorldDatabase, monkeypatch: pytest.MonkeyPatch, *, sweeps: bool
) -> None:
    """The control: what is only deleted and taken out of reach can still be read from the file."""
    of = a_round_to_close()
    other = world.opened("mines", slug="other")
    voter = Patron.objects.last()
    assert voter
    ballots.cast(other, voter, choices=["mines"])
    open_ones = OpenBallot.objects.filter(round=of)
    secrets = [of.nonce, *(text for one in open_ones for text in (one.key, bytes(one.sealed_moment or b"")))]
    assert on_disk(*secrets) == [True] * 13
    if not sweeps:
        monkeypatch.setattr(closing, "SWEEP", closing.SWEEP[:1])
    assert closing.close(of)
    found = on_disk(*secrets)
    assert found == [False] * 13 if sweeps else any(found)


def test_a_close_does_not_wait_for_who_reads_the_ballots_and_the_count_sweeps_again(
    world_db: WorldDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(closing, "SWEEP", [statement.replace("1s", "50ms") for statement in closing.SWEEP])
    of = a_round_to_close()
    secret = OpenBallot.objects.values_list("key", flat=True)[0]
    reader = connection.copy()
    with reader.cursor() as cursor:
        cursor.execute("BEGIN; LOCK TABLE voting_openballot, voting_round IN ACCESS SHARE MODE")
    assert closing.close(of)
    reader.close()
    closing.count(of)
    assert on_disk(of.nonce, secret) == [False, False]
