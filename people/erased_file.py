"""The file of the erased, outside the database (ERASED_FILE): a restored backup is told by it whom to forget again.

One line each, only ever added: moment, keyed hash of number and address together, keyed hash of the address.
"""

import os
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

_LINE = re.compile(r"(\S+) ([0-9a-f]{64}) ([0-9a-f]{64})")


class Unwritable(Exception):
    """The file is set and cannot be written, so an erasure would not survive a restore. Nothing was changed."""

    @property
    def sentence(self) -> str:
        return _("Your data cannot be erased just now: something has to be mended here first. We have been told.")


@dataclass(frozen=True, slots=True)
class Line:
    """Somebody who was erased."""

    erased_at: datetime
    person_hash: str
    address_hash: str


def path() -> Path | None:
    return Path(settings.ERASED_FILE) if settings.ERASED_FILE else None


def examine() -> None:
    """Raises Unwritable if a file is set that cannot be added to and read. Makes the file, never its folder."""
    if (place := path()) is None:
        return
    try:
        with place.open("a+"):
            pass
    except OSError as error:
        raise Unwritable(f"{place}: {error.strerror}") from error


def add(line: Line) -> None:
    """Writes a line and waits until the disk has it. A line that is there already is left alone. Raises Unwritable."""
    if (place := path()) is None:
        return
    try:
        if any(known.person_hash == line.person_hash for known in lines()):
            return
        before = place.read_bytes() if place.exists() else b""
        begin = "\n" if before and not before.endswith(b"\n") else ""  # after a line that was cut short
        text = f"{begin}{line.erased_at.isoformat()} {line.person_hash} {line.address_hash}\n"
        # One write to a file opened for appending: parallel writers cannot mix their lines.
        descriptor = os.open(place, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, text.encode("ascii"))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise Unwritable(f"{place}: {error.strerror}") from error


def lines() -> list[Line]:
    """Everybody in the file; a line cut short by a power failure is passed over."""
    place = path()
    if place is None or not place.exists():
        return []
    found = (_LINE.fullmatch(text) for text in place.read_text("ascii", errors="replace").splitlines())
    return [Line(datetime.fromisoformat(line[1]), line[2], line[3]) for line in found if line]
