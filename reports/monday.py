"""The letter on Monday: last week in a few figures, to finance and admins. It names nobody."""

from datetime import date, timedelta
from fractions import Fraction

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from letters import outbox, printing
from letters.outbox import Draft
from members.models import Patron, Role
from money.money import Money
from newsroom import clock
from newsroom.models import Newsroom
from payments.models import Difference, StripeEvent
from reports import rollups
from reports.figures import money, monthly, persons
from reports.models import Progress

FROM_HOUR = 7
Fact = tuple[str, str]


def write_due() -> int:
    """From seven on Monday morning, once to each of them. Returns how many were written. Safe to run twice."""
    now = clock.now().astimezone(Newsroom.current().zone_info)
    if now.weekday() != 0 or now.hour < FROM_HOUR:
        return 0
    rollups.follow()
    staff = Patron.objects.filter(is_active=True, role__in=[Role.FINANCE, Role.ADMIN]).order_by("pk")
    return len(outbox.write_many([_draft(patron, now.date()) for patron in staff]))


def _draft(patron: Patron, monday: date) -> Draft:
    with translation.override(patron.language):
        week = _("%(first)s – %(last)s") % {
            "first": printing.day(monday - timedelta(days=7), patron.language),
            "last": printing.day(monday - timedelta(days=1), patron.language),
        }
        context = {
            "week": week,
            "facts": tuple(_facts(monday, patron.language)),
            "action": (_("All figures"), f"{settings.SITE_URL}{reverse('reports:home')}"),
            "is_unwell": _is_unwell(),
        }
    return Draft("monday", f"monday:{monday}:{patron.pk}", patron.email, patron.language, context, patron)


def _is_unwell() -> bool:
    """What the worker was asked to look at mends itself, or is a dead event.

    A charge of the very moment makes the balance differ; where it differs for good, so does one of its lines.
    """
    drifts = Difference.objects.filter(asked=False).exclude(kind=Difference.Kind.BALANCE).exists()
    return drifts or bool(Progress.objects.get(id=1).differences) or StripeEvent.objects.dead().exists()


def _facts(monday: date, language: str) -> list[Fact]:
    """Received in each currency beside the week before; the monthly sum; persons."""
    last, before = (money.seen(monday - timedelta(days=back), monday - timedelta(days=back - 7)) for back in (7, 14))
    earlier = {row.currency: row.received_minor for row in before}
    facts = []
    for row in last:
        then = _told(earlier.get(row.currency, 0), row.currency, language)
        facts.append(
            (_("Received"), f"{_told(row.received_minor, row.currency, language)} ({_('the week before')} {then})")
        )
    month = monday.replace(day=1)
    for currency, steps in monthly.steps(month).items():
        closing, moved = steps[-1].closing, steps[-1].closing - steps[-1].opening
        change = ("+" if moved > 0 else "") + _told(moved, currency, language)
        facts.append((_("Monthly sum"), f"{_told(closing, currency, language)} ({_('this month so far')} {change})"))
    crowd = persons.crowds(month)[0][-1]
    facts.append((_("Active patrons"), str(crowd.closing)))
    facts.append((_("Left this month so far"), str(crowd.left)))
    return facts


def _told(minor: int | Fraction, currency: str, language: str) -> str:
    return Money(round(minor), currency).format(language)
