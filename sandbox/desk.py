"""What giver, bank and owner do by hand on the dashboard: disputes, refunds, payouts, subscriptions, cards.

Every verb is the one that the API and the hosted pages use; here it only gets its button."""

from typing import Any

from django.db import transaction

from . import billing, disputes, params, payment_methods, payouts, refunds, subscriptions
from .buttons import Given, button, flag, text, whole, whole_or_none
from .errors import invalid


@button
@transaction.atomic
def open_dispute(given: Given) -> dict[str, Any]:
    """The bank disputes a `charge`, for a `reason`; with `inquiry` it only asks."""
    charge = params.existing("charge", text(given, "charge"))
    return disputes.open(charge["id"], given.get("reason") or "fraudulent", inquiry=flag(given, "inquiry"))


@button
@transaction.atomic
def decide_dispute(given: Given, dispute_id: str) -> dict[str, Any]:
    """The bank decides: `outcome` won or lost; `escalate` makes a dispute of an inquiry."""
    params.existing("dispute", dispute_id)
    outcome = text(given, "outcome")
    if outcome == "escalate":
        return disputes.escalate(dispute_id)
    if outcome not in ("won", "lost"):
        raise invalid("outcome is won, lost or escalate.", "outcome")
    return disputes.close(dispute_id, won=outcome == "won")


@button
@transaction.atomic
def refund(given: Given) -> dict[str, Any]:
    """The owner refunds a `charge`, all that is left of it unless an `amount` in minor units is given."""
    charge = params.existing("charge", text(given, "charge"))
    return refunds.issue(charge["id"], whole_or_none(given, "amount"))


@button
@transaction.atomic
def fail_refund(_given: Given, refund_id: str) -> dict[str, Any]:
    """The giver's bank sends the refund back."""
    params.existing("refund", refund_id)
    return refunds.fail(refund_id)


@button
@transaction.atomic
def pay_out(_given: Given) -> dict[str, Any]:
    """Pay out what is available, one payout a currency."""
    return {"payouts": payouts.sweep()}


@button
@transaction.atomic
def fail_payout(_given: Given, payout_id: str) -> dict[str, Any]:
    """The bank sends the payout back."""
    params.existing("payout", payout_id)
    return payouts.fail(payout_id)


@button
@transaction.atomic
def change_subscription(given: Given, subscription_id: str) -> dict[str, Any]:
    """`action`: cancel, cancel_at_period_end, keep, pause, resume, or change (`amount` in minor units, `interval`)."""
    params.existing("subscription", subscription_id)
    match text(given, "action"):
        case "cancel":
            return subscriptions.cancel(subscription_id)
        case "cancel_at_period_end":
            return subscriptions.cancel_at_period_end(subscription_id)
        case "keep":
            return subscriptions.keep(subscription_id)
        case "pause":
            return subscriptions.pause(subscription_id)
        case "resume":
            return billing.resume(subscription_id)
        case "change":
            return billing.change_amount(subscription_id, whole(given, "amount"), given.get("interval") or None)
        case other:
            raise invalid(f"No such action: {other}.", "action")


@button
@transaction.atomic
def change_card(given: Given, customer_id: str) -> dict[str, Any]:
    """The giver's card becomes the one of this `number`; `exp` (MM/YY) where it matters."""
    params.existing("customer", customer_id)
    return payment_methods.replace_card(customer_id, text(given, "number"), given.get("exp") or "12/34")


@button
@transaction.atomic
def turn_card(given: Given, customer_id: str) -> dict[str, Any]:
    """The giver's bank answers for their saved card as for the test card of this `number`: empty, lost, expired …"""
    params.existing("customer", customer_id)
    payment_methods.turn(customer_id, text(given, "number"))
    return {"customer": customer_id}
