"""Copies of a whole world, product and sandbox and clock: what happens in one does not happen in the others."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection, connections

from tests.worlds import administer


@contextmanager
def copied() -> Iterator[None]:
    """All of Django's connections lead to a copy of the present database for the block; then the copy is dropped.

    Servers of this process come along: Django looks at a connection before each request and makes a cut one again.
    Their requests must be over by then.
    """
    here, name = str(connection.settings_dict["NAME"]), f"copy_{uuid.uuid4().hex[:12]}"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    lead_to(here)
    administer("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY", name, here)  # waits for those that were cut
    lead_to(name)
    try:
        yield
    finally:
        lead_to(here)
        administer("DROP DATABASE {} WITH (FORCE)", name)


def lead_to(name: str) -> None:
    """One dictionary is shared by the connections of all threads."""
    connections.close_all()
    connection.settings_dict["NAME"] = settings.DATABASES["default"]["NAME"] = name
