"""Finds a person by what somebody has in hand: an address, a name, a receipt, a card's last digits, an id at Stripe."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from members.models import Patron
from payments.models import Donation, Payment, Statement

MOST = 50
_STRIPE_ID = re.compile(r"(cus|sub|pi|ch|py|cs|in|re|pyr|dp|du)_\w{4,250}", re.ASCII)
_RECEIPT = re.compile(r"(\d{4})-(\d{1,9})", re.ASCII)
_STATEMENT = re.compile(r"S([1-9]\d{3})-(\d{1,9})", re.ASCII | re.IGNORECASE)
_DIGITS = re.compile(r"\d{4}", re.ASCII)


@dataclass(frozen=True)
class Found:
    """A person, and by what they were found."""

    patron: Patron
    by: str | Promise


Ways = Iterator[tuple[str | Promise, "QuerySet[Patron]"]]


def find(words: str) -> list[Found]:
    """Everybody to whom the words lead, each once, the surest first; at most `MOST`. Nobody who was erased.

    The words are looked at as what they look like: two readings of them are two ways, and both are taken.
    """
    words = " ".join(words.split())
    return along(_ways(words)) if len(words) >= 2 else []


def along(ways: Ways) -> list[Found]:
    """Everybody to whom the ways lead, each once, by the first that does; at most `MOST`. Nobody who was erased.

    A record that was merged into another leads to that one.
    """
    found = dict[int, Found]()
    for by, patrons in ways:
        rows = patrons.filter(erased_at=None).select_related("merged_into").order_by("id").distinct()
        for patron in (row.merged_into or row for row in rows[:MOST]):
            found.setdefault(patron.pk, Found(patron, by))
    return list(found.values())[:MOST]


def _ways(words: str) -> Ways:
    if _STRIPE_ID.fullmatch(words):
        yield _("an id at Stripe"), _by_donation(_of_stripe(words))
        return
    if match := _STATEMENT.fullmatch(words):
        issued = Statement.objects.filter(pk=int(match[2]), issued_on__year=int(match[1]))
        yield _("a statement's number"), Patron.objects.filter(pk__in=issued.values("patron"))
    if match := _RECEIPT.fullmatch(words):
        yield _("a receipt's number"), _by_payment(Q(receipt__year=int(match[1]), receipt__number=int(match[2])))
    if "@" in words:
        yield _("the address"), Patron.objects.filter(email=words.lower())
        yield _("an address a gift came from"), _by_donation(Q(email__iexact=words))
        yield _("an address somebody moved from"), Patron.objects.filter(address_changes__before=words.lower())
    yield _("a reference at the bank"), _by_payment(Q(reference__iexact=words))
    if _DIGITS.fullmatch(words):
        yield _("a card's last digits"), _by_payment(Q(card_last4=words))
        yield _("a card's last digits"), _by_donation(Q(card_last4=words))
    yield (
        _("a part of the name or address"),
        Patron.objects.filter(Q(name__icontains=words) | Q(email__icontains=words)),
    )
    yield _("a name given with a gift"), _by_donation(Q(name__icontains=words) | Q(shown_as__icontains=words))


def _of_stripe(stripe_id: str) -> Q:
    """Donations to which one of Stripe's objects belongs."""
    return (
        Q(customer=stripe_id)
        | Q(subscription=stripe_id)
        | Q(checkout_session=stripe_id)
        | Q(payments__payment_intent=stripe_id)
        | Q(payments__charge=stripe_id)
        | Q(payments__refunds__stripe_id=stripe_id)
        | Q(payments__disputes__stripe_id=stripe_id)
        | Q(invoices__stripe_id=stripe_id)
    )


def _by_donation(which: Q) -> "QuerySet[Patron]":
    return Patron.objects.filter(pk__in=Donation.objects.filter(which).values("patron"))


def _by_payment(which: Q) -> "QuerySet[Patron]":
    return Patron.objects.filter(pk__in=Payment.objects.filter(which).values("donation__patron"))
