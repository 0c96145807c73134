"""The letters that remind. Each is made as a draft: payments/reminders.py writes some hundreds of them at once.

The time zone is handed in, so that no letter asks the database for it.
"""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from letters.outbox import Draft
from letters.printing import day
from members.models import Patron
from payments import emails, wording
from payments.emails import Fact
from payments.models import Donation


def card_expiring(donation: Donation, zone: ZoneInfo) -> Draft:
    """Before a card that is charged regularly expires; once for each card."""
    patron, expires_on = _patron(donation), donation.card_expires_on
    if expires_on is None:
        raise ValueError("only a card with a last day expires")
    charged_at = donation.next_charge_at
    return emails.draft(
        donation, patron, "card_expiring", f"card_expiring:{donation.pk}:{expires_on}",
        facts=[_gives(donation, patron), *_next_charge(donation, patron, zone)],
        action=(_("Change the card"), _account()),
        card=wording.card(donation.card_brand, donation.card_last4, patron.language),
        expires=day(expires_on, patron.language),
        is_charged_before=bool(charged_at and _day(charged_at, zone) <= expires_on),
    )  # fmt: skip


def renewal(donation: Donation, zone: ZoneInfo, *, is_soon: bool = False) -> Draft:
    """Before a charge that comes once a year: amount, day, card, and how to change or stop it."""
    patron, at = _patron(donation), donation.next_charge_at
    if at is None:
        raise ValueError("only what is charged again is announced")
    occasion, on = "renewal_soon" if is_soon else "renewal", _day(at, zone)
    return emails.draft(
        donation, patron, occasion, f"{occasion}:{donation.pk}:{on}",
        facts=_charge(donation, patron, day(on, patron.language)),
        action=(_("Change or stop"), _account()),
        amount=donation.total.format(patron.language),
        day=day(on, patron.language),
    )  # fmt: skip


def pause_ending(donation: Donation, zone: ZoneInfo) -> Draft:
    """Before charging goes on after a pause: when, and with which charge."""
    patron, resumes_at, charged_at = _patron(donation), donation.resumes_at, donation.next_charge_at
    if resumes_at is None or charged_at is None:
        raise ValueError("only a pause with an end ends")
    resumes_on, charged_on = _day(resumes_at, zone), _day(charged_at, zone)
    return emails.draft(
        donation, patron, "pause_ending", f"pause_ending:{donation.pk}:{resumes_on}",
        facts=_charge(donation, patron, day(charged_on, patron.language)),
        action=(_("Change or stop"), _account()),
        amount=donation.total.format(patron.language),
        day=day(resumes_on, patron.language),
    )  # fmt: skip


def statement_ready(patron: Patron, year: int) -> Draft:
    """In January, to whoever gave in the year before."""
    return Draft(
        "statement_ready", f"statement_ready:{patron.pk}:{year}", patron.email, patron.language,
        {
            "greeting": emails.greeting(patron, patron.language),
            "action": (_("Open the statement"), f"{settings.SITE_URL}/account/statements/?year={year}"),
            "year": str(year),
        },
        patron,
    )  # fmt: skip


def _patron(donation: Donation) -> Patron:
    if donation.patron is None:
        raise ValueError("reminders go to patrons")
    return donation.patron


def _gives(donation: Donation, patron: Patron) -> Fact:
    return _("You give"), wording.rhythm(donation, patron.language)


def _next_charge(donation: Donation, patron: Patron, zone: ZoneInfo) -> list[Fact]:
    """The next charge in one line, if there is one."""
    if donation.next_charge_at is None:
        return []
    charge = _charge(donation, patron, day(_day(donation.next_charge_at, zone), patron.language))
    return [(_("Next charge"), ", ".join(value for _label, value in charge))]


def _charge(donation: Donation, patron: Patron, on: str) -> list[Fact]:
    """Amount, day and card of a charge that is to come."""
    facts: list[Fact] = [(_("Amount"), donation.total.format(patron.language)), (_("Charged on"), on)]
    if card := wording.card(donation.card_brand, donation.card_last4, patron.language):
        facts.append((_("Card"), card))
    return facts


def _day(at: datetime, zone: ZoneInfo) -> date:
    return at.astimezone(zone).date()


def _account() -> str:
    return f"{settings.SITE_URL}/account/"
