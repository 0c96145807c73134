"""Casting while somebody else holds one's line on the roll for too long."""

import re
from contextlib import closing

from django.db import connection

from tests.conftest import WorldDatabase
from tests.signing_in import at_once
from tests.voting import world
from voting import ballots


def test_a_ballot_that_waits_too_long_for_another_is_answered_and_its_choices_stay(world_db: WorldDatabase):
    voter = world.member("olena@example.org")
    spring = world.opened()
    browser = at_once(voter)
    with closing(connection.copy()) as other, other.cursor() as holder, connection.cursor() as cursor:
        holder.execute("BEGIN")
        holder.execute("SELECT FROM voting_rollentry FOR UPDATE")
        cursor.execute("SET lock_timeout = '50ms'")
        answer = browser.post("/rounds/spring/", {"choice": ["roads"]})
        text = answer.content.decode()
        assert (answer.status_code, "cast them again" in text) == (503, True)
        assert re.search(r'value="roads"[^>]*checked', text)
        holder.execute("ROLLBACK")
        assert browser.post("/rounds/spring/", {"choice": ["roads"]}).status_code == 200
    assert ballots.choices_of(spring, voter) == ["roads"]
