"""Subscriptions that the newsroom made by hand in Stripe's dashboard: each gets its donation, and is like any other.

Ours is one that sells the product that all gifts here are prices of. Another product is other business on the same
account, and one whose metadata names a donation that is not here was begun elsewhere; both are left alone.
"""

from django.db import transaction

from members.models import Language, Patron
from newsroom.models import Newsroom
from payments import arrivals, gateway, ledger
from payments.checkout import PRODUCT
from payments.models import Donation
from payments.models.donation import NOT_LIVE, Interval
from payments.stripe_objects import Subscription


def is_ours(seen: Subscription) -> bool:
    """Whether a subscription without a donation is one of the newsroom's own."""
    return not seen.reference and seen.product == PRODUCT and seen.status not in NOT_LIVE


def adopt(seen: Subscription) -> Donation | None:
    """The donation of a subscription that has none, for the patron of its customer; None if it is not ours.

    Nor is one whose money is in the book as other business already: no line may be there twice. Call it with the
    subscription locked. Raises arrivals.NotYet as long as the customer has no address, and ValueError for weeks.
    """
    if not is_ours(seen) or _is_booked(seen):
        return None
    patron = Patron.objects.filter(donations__customer=seen.customer).order_by("pk").first()
    customer = None if patron else gateway.customer(seen.customer)
    with transaction.atomic():
        donation = Donation(
            interval=Interval.of_months(seen.months),
            every_months=seen.months if Interval.of_months(seen.months) == Interval.SEVERAL else 0,
            amount_minor=seen.amount_minor,
            currency=seen.currency,
            customer=seen.customer,
            subscription=seen.id,
            created_at=seen.created_at,
        )
        if patron:
            donation.patron, donation.email, donation.language = patron, patron.email, patron.language
        elif customer:
            donation.language = _language(customer.language)
            arrivals.greet(donation, customer.email, seen.customer)
        donation.save()
    return donation


def _language(spoken: str) -> str:
    return spoken if spoken in Language.values else Newsroom.current().languages[0]


def _is_booked(seen: Subscription) -> bool:
    intents = [intent for invoice in gateway.invoices(seen.id) for intent in invoice.payment_intents]
    movements = [movement for intent in intents if (movement := gateway.intent(intent).movement)]
    return any(ledger.has(movement.id) for movement in movements)
