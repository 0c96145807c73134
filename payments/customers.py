"""A person at Stripe: the customer, on which their card hangs, follows to a new address and back, and is deleted."""

from collections.abc import Iterator
from contextlib import suppress

from django.db import transaction
from django.http import HttpRequest

from members import addresses
from members.models import AddressChange, Patron
from payments import gateway, operations
from payments.models import Donation, Operation

KIND = "customer"


def confirm_address(request: HttpRequest, patron: Patron, typed: str) -> AddressChange | None:
    """`addresses.confirm`, and Stripe is told after its commit; while Stripe is away, later."""
    with transaction.atomic():
        change = addresses.confirm(request, patron, typed)
        wishes = list(_tell(change.patron, f"address:{change.pk}:confirmed")) if change else []
    _send(wishes)
    return change


def undo_address(change: AddressChange) -> Patron | None:
    """`addresses.undo`, and Stripe is told after its commit; while Stripe is away, later."""
    with transaction.atomic():
        patron = addresses.undo(change)
        wishes = list(_tell(patron, f"address:{change.pk}:undone")) if patron else []
    _send(wishes)
    return patron


def delete(donation: Donation) -> None:
    """Deletes the customer of a donation at Stripe for good; subscriptions end at once and cards come off.

    Safe to repeat; one that is gone counts as deleted. Raises gateway.Unavailable (it stays due and is sent again) or
    gateway.Refused. Source: https://docs.stripe.com/api/customers/delete
    """
    path = f"/v1/customers/{donation.customer}"
    key = f"delete_customer:{donation.customer}"
    operation = operations.store("delete_customer", key, path, {}, method="delete", donation=donation)
    try:
        operations.send(operation)
    except gateway.Refused:
        if gateway.has_customer(donation.customer):
            raise


def _tell(patron: Patron, occasion: str) -> Iterator[Operation]:
    """The stored wish for each of the patron's customers. An older one that Stripe has not answered is given up."""
    firsts = Donation.objects.filter(patron=patron).exclude(customer="").order_by("customer", "pk").distinct("customer")
    for donation in firsts:
        key = f"customer:{donation.customer}:{occasion}"
        operations.supersede(donation, {KIND}, key=key)
        path = f"/v1/customers/{donation.customer}"
        yield operations.store(KIND, key, path, {"email": patron.email}, donation=donation)


def _send(wishes: list[Operation]) -> None:
    for wish in wishes:
        with suppress(gateway.GatewayError):  # it stays stored, and is sent again or shown to staff
            operations.send(wish)
