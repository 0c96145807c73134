"""The letters about a round. None says what somebody chose, or could: they name the round, its times and its result."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from letters.outbox import Draft
from letters.printing import moment
from members import names
from members.models import Patron
from voting.models import Round


def opened(of: Round, patron: Patron) -> Draft:
    """To who may vote, once it is open."""
    closes = moment(of.closes_at, patron.language)
    facts = ((_("Topics to choose from"), str(len(of.frozen_rules().topics))), (_("Open until"), closes))
    return _draft(of, patron, "round_opened", facts, (_("To the ballot"), _address(of)), closes=closes)


def reminder(of: Round, patron: Patron) -> Draft:
    """To who may vote and has not, once."""
    closes = moment(of.closes_at, patron.language)
    return _draft(
        of, patron, "round_reminder", ((_("Open until"), closes),), (_("To the ballot"), _address(of)), closes=closes
    )


def result(of: Round, patron: Patron, chosen: Sequence[str]) -> Draft:
    """To who took part, once it is counted. `chosen` are the titles in the patron's language."""
    facts = [(_("Chosen"), "; ".join(chosen))] if chosen else []
    return _draft(
        of, patron, "round_result", facts, (_("See the result"), f"{_address(of)}results/"), is_chosen=bool(chosen)
    )


def _draft(
    of: Round, patron: Patron, occasion: str, facts: Sequence[tuple[Any, str]], action: tuple[Any, str], **more: Any
) -> Draft:  # fmt: skip
    context = {
        "greeting": names.greeting(names.of(patron, names.Audience.LETTER), patron.language),
        "title": of.title(patron.language),
        "facts": facts,
        "action": action,
        **more,
    }
    key = f"{occasion}:{of.pk}:{patron.pk}"
    return Draft(occasion, key, patron.email, patron.language, context, patron)


def _address(of: Round) -> str:
    return f"{settings.SITE_URL}/rounds/{of.slug}/"
