"""The first page: what a patron gives, when they are charged next, what they gave and what came of their votes."""

import secrets
from typing import Any

from django.db.models import Count, F, Min, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from letters import printing
from members import roles
from members.models import Patron
from money.money import Money
from newsroom import clock
from payments.models import Donation, Payment
from portal import wording
from voting import eligibility, participation
from voting.models import RollEntry, Round

SHOWN = 3  # stories; all of them are on the page of rounds and topics


@roles.signed_in
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """/account/"""
    patron, language = roles.patron_of(request), get_language() or "en"
    running = Donation.objects.running().filter(patron=patron).order_by("-created_at")
    recurring = Donation.objects.filter(patron=patron, subscription_ended_at__isnull=False)
    left = None if running else recurring.order_by("-subscription_ended_at").first()
    context = {
        "givings": [wording.giving(donation, language) for donation in running],
        "left": left and wording.giving(left, language),
        "given": _given(patron, language),
        "wish": secrets.token_hex(8),
        "votes": _votes(patron, language),
        "part": _part(patron, language),
    }
    return render(request, "portal/home.html", context)


def _votes(patron: Patron, language: str) -> list[dict[str, Any]]:
    """The rounds that are open to this patron, and whether they have voted."""
    open_rounds = Round.objects.open().filter(closes_at__gt=clock.Now()).order_by("closes_at")
    voted = set(RollEntry.objects.filter(patron__in=patron.selves(), has_cast=True).values_list("round_id", flat=True))
    return [
        {
            "slug": one.slug,
            "title": one.title(language),
            "closes": printing.moment(one.closes_at, language),
            "has_cast": one.pk in voted,
        }
        for one in open_rounds
        if eligibility.verdict(one, patron).is_eligible
    ]


def _part(patron: Patron, language: str) -> dict[str, Any]:
    """In how many rounds a patron voted, how many stories came of them, and the newest of those."""
    parts = participation.of(patron)
    stories = participation.stories(parts)
    newest = [{"title": topic.title(language), "url": topic.story.url} for topic in stories[:SHOWN] if topic.story]
    return {"rounds": len(parts), "stories": len(stories), "newest": newest}


def _given(patron: Patron, language: str) -> dict[str, Any]:
    """All that has arrived and stayed, by currency, since when, in how many payments."""
    received = Payment.objects.received().filter(donation__patron=patron)
    facts = received.aggregate(count=Count("id"), since=Min("paid_at"))
    stayed = Sum(F("amount_minor") - F("refunded_minor") - F("disputed_minor"))
    sums = received.values("currency").order_by("currency").annotate(minor=stayed)
    return {
        "count": facts["count"],
        "since": printing.day(facts["since"], language) if facts["since"] else "",
        "sums": [Money(row["minor"], row["currency"]).format(language) for row in sums],
    }
