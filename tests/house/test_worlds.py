"""A database that was used again is as fresh as a copy; one whose shape was changed is not used again."""

import pytest
from psycopg import sql

from tests.worlds import SEQUENCES, TABLES, Worlds, connect

ROWS, PLACE = sql.SQL("SELECT * FROM {}"), sql.SQL("SELECT last_value, is_called FROM {}")


def held(name: str) -> dict[str, list[str]]:
    """Every row and sequence, as text."""
    with connect(name) as found:
        asked = [(name, ROWS) for (name,) in found.execute(TABLES).fetchall()]
        asked += [(name, PLACE) for (name,) in found.execute(SEQUENCES).fetchall()]
        return {
            name: sorted(str(row) for row in found.execute(question.format(sql.Identifier(name))).fetchall())
            for name, question in asked
        }


WRITES = """
    INSERT INTO members_patron (email, name, language, role, is_active, session_nonce)
        VALUES ('olena@example.org', '', 'uk', '', true, '');
    UPDATE newsroom_newsroom SET zone = 'UTC';
    UPDATE newsroom_clock SET offset_seconds = 86400;
    DELETE FROM newsroom_dailyrate; DELETE FROM auth_permission;
    VACUUM FULL voting_round;
    ANALYZE;
"""


def test_what_a_test_wrote_is_gone_and_what_it_took_is_back(worlds: Worlds) -> None:
    fresh, name = held(worlds.template), worlds.take()
    with connect(name) as world:
        for statement in filter(str.strip, WRITES.split(";")):
            world.execute(statement.encode())
    assert held(name) != fresh
    spare = len(worlds.spare)
    worlds.give_back(name)
    assert len(worlds.spare) == spare + 1
    again = worlds.take()
    assert again != name
    assert held(again) == fresh
    worlds.give_back(again)


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE journal (number bigserial PRIMARY KEY)",
        "ALTER TABLE members_patron DROP COLUMN session_nonce",
        "ALTER TABLE payments_ledgerentry DISABLE TRIGGER USER",
        "CREATE OR REPLACE FUNCTION newsroom_now() RETURNS timestamptz LANGUAGE sql AS 'SELECT clock_timestamp()'",
    ],
)
def test_a_changed_shape_is_not_used_again(worlds: Worlds, statement: str) -> None:
    spare, name = len(worlds.spare), worlds.take()
    with connect(name) as world:
        world.execute(statement.encode())
    before = len(worlds.spare)
    worlds.give_back(name)
    assert len(worlds.spare) == before <= spare
