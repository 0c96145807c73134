"""Records that may be one person, each with what the two share. A likeness proves nothing: people decide."""

import re
from functools import reduce
from operator import or_

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from members.models import Patron
from payments.models import Donation, Payment
from people import find

# One mailbox, in which points in an address make no difference. Source: https://support.google.com/mail/answer/7436150
GMAIL = {"gmail.com", "googlemail.com"}


def of(patron: Patron) -> list[find.Found]:
    """Who may be the same person as `patron`, the surest first."""
    return [] if patron.erased_at or patron.merged_into_id else find.along(_ways(patron))


def _ways(patron: Patron) -> find.Ways:
    others, gifts = (
        Patron.objects.filter(merged_into=None).exclude(pk=patron.pk),
        Donation.objects.filter(patron=patron),
    )
    yield _("the same address in another spelling"), others.filter(email__iregex=spellings(patron.email))
    customers = gifts.exclude(customer="").values("customer")
    shared = Donation.objects.filter(customer__in=customers)
    yield _("the same customer at Stripe"), others.filter(pk__in=shared.values("patron"))
    typed = {email.lower() for email in (patron.email, *gifts.values_list("email", flat=True)) if email}
    given = reduce(or_, (Q(email__iexact=email) for email in typed))
    yield (
        _("a gift came from the other’s address"),
        others.filter(Q(email__in=typed) | Q(pk__in=Donation.objects.filter(given).values("patron"))),
    )
    names = {name for name in (patron.name, *gifts.values_list("name", flat=True)) if name}
    paid = Payment.objects.filter(donation__patron=patron)
    cards = {*gifts.values_list("card_last4", flat=True), *paid.values_list("card_last4", flat=True)} - {""}
    if names and cards:
        named = reduce(or_, (Q(name__iexact=name) for name in names))
        yield (
            _("the same name and the same last digits of a card"),
            others.filter(
                named | Q(pk__in=Donation.objects.filter(named).values("patron")),
                Q(pk__in=Donation.objects.filter(card_last4__in=cards).values("patron"))
                | Q(pk__in=Payment.objects.filter(card_last4__in=cards).values("donation__patron")),
            ),
        )


def spellings(email: str) -> str:
    """A pattern of the addresses of one mailbox: with any word after `+`, and at Gmail with points anywhere."""
    local, _at, domain = email.lower().rpartition("@")
    local = local.partition("+")[0] or local
    if domain in GMAIL:
        letters = r"\.?".join(re.escape(letter) for letter in local.replace(".", ""))
        return rf"^{letters}(\+[^@]*)?@(gmail|googlemail)\.com$"
    return rf"^{re.escape(local)}(\+[^@]*)?@{re.escape(domain)}$"
