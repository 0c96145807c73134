"""The one place that decides what name of a patron an audience sees. That of a gift is payments/names.py's, on top."""

import re
from collections.abc import Iterable
from enum import Enum

from django.utils.translation import gettext as _

from letters.moulds import one_line
from members.models import Patron

# A name that carries an address would carry somebody's advertisement to a stranger, and signs that are not seen can
# turn a line around. Read by PostgreSQL as well.
NOT_A_NAME = r"[/@:<>\d\u0001-\u001f\u007f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]|\w\.\w|www"


class Audience(Enum):
    """Who reads the name."""

    PUBLIC = "public"  # and staff who see counts only
    SIGNED = "signed"  # whoever reads what its author chose to be named with
    LETTER = "letter"  # the greeting
    RECEIPT = "receipt"  # and statements: what somebody's bookkeeping needs
    PEOPLE = "people"  # staff who help a patron or keep the books (roles.PEOPLE)


def of(patron: Patron, audience: Audience) -> str:
    """The name. For the public, under what is signed and in a letter it may be empty: unnamed."""
    return choose([patron.name], [address(patron)], audience)


def choose(names: Iterable[str], addresses: Iterable[str], audience: Audience) -> str:
    """What `audience` sees of somebody who goes by these names and addresses, the likeliest first."""
    if audience is Audience.PUBLIC:
        return ""
    if audience in {Audience.SIGNED, Audience.LETTER}:
        name = next(filter(None, names), "")
        return name if is_name(name) else ""
    return next(filter(None, [*names, *addresses]), _("a giver without a name"))


def address(patron: Patron) -> str:
    """The address to know a patron by; empty once it is erased."""
    return "" if patron.erased_at else patron.email


def is_name(text: str) -> bool:
    """Whether a typed text may stand before strangers as a name."""
    return bool(text.strip()) and not re.search(NOT_A_NAME, text, re.IGNORECASE)


def greeting(name: str, language: str) -> str:
    """The name to greet with in a letter; empty for what is none.

    Ukrainian greets in the vocative, which no rule derives from every name: there nobody is greeted by a wrong one.
    """
    return one_line(name) if language != "uk" and is_name(name) else ""
