"""Databases that tests may commit to. Making one by copying takes a second of a core, so most are used again: what a
test wrote is taken out, the rows that migrations made are put back, and the name is new, so that whoever is left over
from the test before finds nothing. A database in which more than rows has changed is dropped.
"""

import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import psycopg
from django.conf import settings
from psycopg import sql

Connection = psycopg.Connection[tuple[Any, ...]]

TABLES = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1"
COLUMNS = """
    SELECT attname FROM pg_attribute
    WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum
"""
SEQUENCES = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'S' ORDER BY 1"
# All that is not rows. What writing a table anew (VACUUM FULL) or looking at it (ANALYZE) changes is not part of it.
SHAPE = """
    WITH ours AS (SELECT * FROM pg_class WHERE relnamespace = 'public'::regnamespace)
    SELECT md5(string_agg(line, ' ' ORDER BY line)) FROM (
        SELECT concat_ws(' ', oid, relname, relkind, relhastriggers, relacl, reloptions) AS line FROM ours
        UNION ALL SELECT concat_ws(' ', attrelid, attnum, xmin) FROM pg_attribute
            WHERE attrelid IN (SELECT oid FROM ours)
        UNION ALL SELECT concat_ws(' ', oid, xmin) FROM pg_trigger
        UNION ALL SELECT concat_ws(' ', oid, xmin) FROM pg_constraint WHERE connamespace = 'public'::regnamespace
        UNION ALL SELECT concat_ws(' ', oid, xmin) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
        UNION ALL SELECT setconfig::text FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase
            WHERE d.datname = current_database()
    ) shape
"""
OTHERS = """
    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


def connect(name: str) -> Connection:
    """A connection to a database of the tests' server, beside Django's. Each statement commits."""
    where = settings.DATABASES["default"]
    return psycopg.connect(
        host=where["HOST"] or None,
        port=where["PORT"] or None,
        user=where["USER"] or None,
        password=where["PASSWORD"] or None,
        dbname=name,
        autocommit=True,
    )


def administer(statement: str, *names: str) -> None:
    """Run one statement about whole databases, from outside them all."""
    with connect("postgres") as outside:
        outside.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


@dataclass
class Worlds:
    """Copies of one template, a database that nobody writes to."""

    template: str
    spare: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Notes what a fresh copy holds."""
        self.rows: list[tuple[sql.Composed, bytes]] = []
        with connect(self.template) as found:
            self.shape = found.execute(SHAPE).fetchone()
            self.tables = [sql.Identifier(name) for (name,) in found.execute(TABLES).fetchall()]
            for table in self.tables:
                if found.execute(sql.SQL("SELECT 1 FROM {} LIMIT 1").format(table)).fetchone():
                    self._note(found, table)
            sequences = [name for (name,) in found.execute(SEQUENCES).fetchall()]
            values = [
                found.execute(sql.SQL("SELECT last_value, is_called FROM {}").format(sql.Identifier(name))).fetchone()
                for name in sequences
            ]
        calls = [
            sql.SQL("setval({}, {}, {})").format(f'public."{name}"', *(value or ()))
            for name, value in zip(sequences, values, strict=True)
        ]
        self.sequences = sql.SQL("SELECT {}").format(sql.SQL(", ").join(calls))

    def _note(self, found: Connection, table: sql.Identifier) -> None:
        names = [name for (name,) in found.execute(COLUMNS, [table.as_string()]).fetchall()]
        columns = sql.SQL("{} ({})").format(table, sql.SQL(", ").join(map(sql.Identifier, names)))
        with found.cursor().copy(sql.SQL("COPY {} TO STDOUT").format(columns)) as copy:
            content = b"".join(bytes(piece) for piece in copy)
        self.rows.append((sql.SQL("COPY {} FROM STDIN").format(columns), content))

    def take(self) -> str:
        """The name of a database as fresh as a copy."""
        if self.spare:
            return self.spare.pop()
        administer("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY", name := _name(), self.template)
        return name

    def give_back(self, name: str) -> None:
        """Keeps it for another test, or drops it. Connections to it that still stand are cut."""
        with suppress(psycopg.Error):
            if self._restore(name):
                administer("ALTER DATABASE {} RENAME TO {}", name, new := _name())
                self.spare.append(new)
                return
        administer("DROP DATABASE {} WITH (FORCE)", name)

    def _restore(self, name: str) -> bool:
        """Whether it could be made as it was."""
        with connect(name) as world:
            world.execute(OTHERS)
            if world.execute(SHAPE).fetchone() != self.shape:
                return False
            with world.transaction():
                world.execute("SET LOCAL session_replication_role = replica")
                written = [one for one in self.tables if world.execute(sql.SQL("DELETE FROM {}").format(one)).rowcount]
                for statement, content in self.rows:
                    with world.cursor().copy(statement) as copy:
                        copy.write(content)
                world.execute(self.sequences)
            world.execute(sql.SQL("VACUUM {}").format(sql.SQL(", ").join(written)))
        return True

    def drop(self) -> None:
        """Drops what was kept."""
        while self.spare:
            administer("DROP DATABASE {} WITH (FORCE)", self.spare.pop())


def _name() -> str:
    return f"world_{uuid.uuid4().hex[:12]}"
