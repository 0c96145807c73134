"""The billing portal: what a customer may do on their page, and the sessions that open it."""

from typing import Any

from . import address, clock, store

INACTIVE = {"enabled": False}


def blank_configuration(configuration_id: str, created: int) -> dict[str, Any]:
    """A configuration as a new account has it: card, invoices, details, and cancelling with the period; no pausing."""
    return {
        "id": configuration_id,
        "object": "billing_portal.configuration",
        "active": True,
        "application": None,
        "business_profile": {"headline": None, "privacy_policy_url": None, "terms_of_service_url": None},
        "created": created,
        "default_return_url": None,
        "features": {
            "customer_update": {"allowed_updates": ["email", "name"], "enabled": True},
            "invoice_history": {"enabled": True},
            "payment_method_update": {"enabled": True, "payment_method_configuration": None},
            "subscription_cancel": {
                "cancellation_reason": {"enabled": False, "options": []},
                "enabled": True,
                "mode": "at_period_end",
                "proration_behavior": "none",
            },
            "subscription_pause": {"duration": {"interval_options": [], "type": "indefinite"}, "enabled": False},
            "subscription_update": {
                "billing_cycle_anchor": None,
                "default_allowed_updates": [],
                "enabled": False,
                "products": [],
                "proration_behavior": "none",
                "schedule_at_period_end": {"conditions": []},
                "trial_update_behavior": "end_trial",
            },
        },
        "is_default": False,
        "livemode": False,
        "login_page": {"enabled": False, "url": None},
        "metadata": {},
        "name": None,
        "updated": created,
    }


def default_configuration() -> dict[str, Any]:
    """The account's own, made on first use."""
    found = store.find("billing_portal.configuration", is_default=True)
    if found:
        return found[0]
    return store.put(blank_configuration(store.new_id("bpc_"), clock.now()) | {"is_default": True})


def open_session(
    customer_id: str, configuration_id: str, return_url: str | None, flow: dict[str, Any] | None
) -> dict[str, Any]:
    """A session, and with it the address of the page."""
    session_id = store.new_id("bps_")
    return store.put(
        {
            "id": session_id,
            "object": "billing_portal.session",
            "after_expiration": None,
            "configuration": configuration_id,
            "created": clock.now(),
            "customer": customer_id,
            "customer_account": None,
            "flow": flow,
            "livemode": False,
            "locale": None,
            "on_behalf_of": None,
            "return_url": return_url,
            "url": address.url(f"/portal/{session_id}"),
        }
    )


def flow(data: dict[str, Any]) -> dict[str, Any]:
    """`flow_data` as the session shows it."""
    done = data.get("after_completion", {"type": "portal_homepage"})
    shown: dict[str, Any] = {
        "after_completion": {
            "hosted_confirmation": done.get("hosted_confirmation"),
            "redirect": done.get("redirect"),
            "type": done["type"],
        },
        "subscription_cancel": None,
        "subscription_update": None,
        "subscription_update_confirm": None,
        "type": data["type"],
    }
    if wanted := data.get("subscription_cancel"):
        shown["subscription_cancel"] = {"retention": None, "subscription": wanted["subscription"]}
    if wanted := data.get("subscription_pause"):
        shown["subscription_pause"] = {"subscription": wanted["subscription"]}
    return shown
