"""Stripe's own page for a patron, opened where the card is changed. Everything else is done on pages of ours.

Source: https://docs.stripe.com/customer-management/portal-deep-links
"""

from django.conf import settings

from payments import checkout, gateway, operations
from payments.models import Donation
from payments.stripe_objects import Json

FEATURES: Json = {
    "invoice_history": {"enabled": True},
    "payment_method_update": {"enabled": True},
    "subscription_cancel": {"enabled": False},
    "customer_update": {"enabled": False},
    "subscription_update": {"enabled": False},
}


def card_page(donation: Donation, back: str) -> str:
    """A fresh, short-lived address of the page for the card of the donation's customer, which leads to `back` (a path).

    Raises checkout.StripeAway.
    """
    back = f"{settings.SITE_URL}{back}"
    try:
        params = {
            "customer": donation.customer,
            "configuration": operations.ensure("portal", "/v1/billing_portal/configurations", {"features": FEATURES}),
            "return_url": back,
            "flow_data": {
                "type": "payment_method_update",
                "after_completion": {"type": "redirect", "redirect": {"return_url": back}},
            },
        }
        return str(gateway.call("post", "/v1/billing_portal/sessions", params)["url"])
    except gateway.GatewayError as error:
        raise checkout.StripeAway from error
