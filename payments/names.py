"""What name of a giver an audience sees, on top of members/names.py, and where a giver's choice of it is kept.

A name is public only for the gift, or the single payment, for which its giver said so: another gift starts unnamed.
"""

from django.db import transaction
from django.db.models import Case, CharField, F, Min, Q, QuerySet, When
from django.utils import translation
from django.utils.translation import gettext_lazy

from members import consents, names
from members.models import Patron
from members.models.consent import Consented
from payments.models import Donation, Payment

Audience = names.Audience
is_name = names.is_name
greeting = names.greeting

# What a giver agrees to; the forms show it, and the consent keeps it.
AGREED = gettext_lazy("You may show this name on the page of supporters, without amounts")


def of(given: Payment | Donation | Patron, audience: Audience) -> str:
    """The name. For the public and in a letter it may be empty: unnamed."""
    if isinstance(given, Patron):
        return names.of(given, audience)
    donation = given.donation if isinstance(given, Payment) else given
    if audience is Audience.PUBLIC:
        return _public(given, donation)
    patron = donation.patron
    own = [patron.name if patron else "", donation.name]
    if audience is Audience.RECEIPT:
        own.reverse()  # what was said with this very gift comes first
    return names.choose(own, [names.address(patron) if patron else "", donation.email], audience)


def _public(given: Payment | Donation, donation: Donation) -> str:
    said = given if isinstance(given, Payment) and given.display else donation
    name = said.shown_as or donation.name
    return name if said.display == Donation.Display.NAMED and is_name(name) else ""


def show(patron: Patron, name: str) -> None:
    """The name beside everything a patron has given so far, and gives on by what runs; empty: none.

    Keeps the consent, or ends it.
    """
    display = Donation.Display.NAMED if name else Donation.Display.ANONYMOUS
    with transaction.atomic():
        # Donations before the patron's row, as where money arrives.
        Donation.objects.filter(patron=patron).update(display=display, shown_as=name)
        Payment.objects.filter(donation__patron=patron).update(display="", shown_as="")
        if name:
            _agree(patron)
        else:
            consents.withdraw(patron, Consented.NAME)


def show_for(payment: Payment, name: str) -> None:
    """The name beside one payment; empty: none. A name keeps the patron's consent."""
    display = Donation.Display.NAMED if name else Donation.Display.ANONYMOUS
    with transaction.atomic():
        Payment.objects.filter(pk=payment.pk).update(display=display, shown_as=name)
        if name and payment.donation.patron:
            _agree(payment.donation.patron)


def said_with(donation: Donation) -> None:
    """Keeps the consent of a giver who chose a name to show on the giving form.

    Call it once for a donation, with its first payment: nothing later may renew a yes that was withdrawn.
    """
    if donation.patron and of(donation, Audience.PUBLIC):
        with translation.override(donation.language):
            _agree(donation.patron)


def _agree(patron: Patron) -> None:
    language = translation.get_language() or patron.language
    consents.give(patron, Consented.NAME, str(AGREED), language=language)


def supporters() -> QuerySet[Payment, str]:
    """The names that givers have chosen to show, each once for a patron; only for money that has not gone back."""
    standing = Payment.objects.received().filter(refunded_minor__lt=F("amount_minor"), disputed_minor=0)
    named = standing.filter(Q(display="named") | Q(display="", donation__display="named"))
    shown = named.annotate(
        shown=Case(
            When(display="named", then=F("shown_as")),
            When(~Q(donation__shown_as=""), then=F("donation__shown_as")),
            default=F("donation__name"),
            output_field=CharField(),
        )
    ).exclude(Q(shown="") | Q(shown__iregex=names.NOT_A_NAME))
    people = shown.values("donation__patron", "shown").annotate(first=Min("paid_at")).order_by("shown", "first")
    found: QuerySet[Payment, str] = people.values_list("shown", flat=True)
    return found
