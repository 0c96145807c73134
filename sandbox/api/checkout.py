"""/v1/checkout/sessions"""

from typing import Any

from sandbox import checkout, clock, customers, prices
from sandbox.changes import change
from sandbox.errors import invalid
from sandbox.params import existing, given, metadata, one_of, refuse
from sandbox.wire import endpoint, list_answer

URL = "/v1/checkout/sessions"
PLAIN = (
    "billing_address_collection",
    "cancel_url",
    "client_reference_id",
    "consent_collection",
    "customer_creation",
    "customer_email",
    "integration_identifier",
    "locale",
    "origin_context",
    "payment_method_collection",
    "submit_type",
    "success_url",
)
NOT_HERE = (
    "allow_promotion_codes",
    "automatic_tax",
    "branding_settings",
    "custom_fields",
    "customer_account",
    "customer_update",
    "discounts",
    "managed_payments",
    "name_collection",
    "optional_items",
    "payment_method_configuration",
    "permissions",
    "phone_number_collection",
    "return_url",
    "shipping_address_collection",
    "shipping_options",
    "tax_id_collection",
    "wallet_options",
)
NOT_IN_SUBSCRIPTION_DATA = (
    "application_fee_percent",
    "billing_cycle_anchor",
    "billing_cycle_anchor_config",
    "default_tax_rates",
    "on_behalf_of",
    "pending_invoice_item_interval",
    "transfer_data",
    "trial_end",
    "trial_period_days",
    "trial_settings",
)
NOT_IN_INTENT_DATA = ("application_fee_amount", "on_behalf_of", "shipping", "transfer_data", "transfer_group")
DATA_OF_MODE = {"payment": "payment_intent_data", "subscription": "subscription_data", "setup": "setup_intent_data"}


@endpoint("POST", URL, params="checkout.SessionCreateParams")
def create(params: dict[str, Any]) -> dict[str, Any]:
    """Open a session with its hosted page."""
    mode = params.get("mode")
    if mode not in DATA_OF_MODE:
        raise invalid("You must provide `mode`: payment, subscription or setup.", "mode", "parameter_missing")
    _check(params, mode)
    lines = _lines(params.get("line_items", []), mode)
    known = given(params, *PLAIN) | metadata(params)
    known["expires_at"] = _expiry(params)
    if "customer" in params:
        known["customer"] = customers.living(params["customer"])["id"]
    if "custom_text" in params:
        texts = dict.fromkeys(("after_submit", "shipping_address", "submit", "terms_of_service_acceptance"))
        known["custom_text"] = texts | given(params["custom_text"], *params["custom_text"])
    if recovery := params.get("after_expiration", {}).get("recovery"):
        blank = {"allow_promotion_codes": False, "enabled": False, "expires_at": None, "url": None}
        known["after_expiration"] = {"recovery": blank | recovery}
    if "consent_collection" in params:
        shape = {"payment_method_reuse_agreement": None, "promotions": None, "terms_of_service": None}
        known["consent_collection"] = shape | params["consent_collection"]
    order = {name: params[name] for name in DATA_OF_MODE.values() if name in params}
    return checkout.create(mode, lines, order, **known)


@endpoint("GET", URL, params="checkout.SessionListParams")
def list_sessions(params: dict[str, Any]) -> dict[str, Any]:
    """All of them, in pages."""
    filters = given(params, "customer", "payment_intent", "status", "subscription", "customer_details")
    return list_answer("checkout.session", URL, params, **filters)


@endpoint("GET", URL + "/{session}", params="checkout.SessionRetrieveParams")
def retrieve(_params: dict[str, Any], session: str) -> dict[str, Any]:
    """One of them."""
    return existing("checkout.session", session)


@endpoint("POST", URL + "/{session}", params="checkout.SessionUpdateParams")
def update(params: dict[str, Any], session: str) -> dict[str, Any]:
    """Change its metadata; nothing else is imitated."""
    refuse(params, *(name for name in params if name != "metadata"))
    return change(session, **metadata(params, existing("checkout.session", session)["metadata"]))


@endpoint("POST", URL + "/{session}/expire", params="checkout.SessionExpireParams")
def expire(_params: dict[str, Any], session: str) -> dict[str, Any]:
    """Close it unpaid."""
    return checkout.expire(existing("checkout.session", session)["id"])


@endpoint("GET", URL + "/{session}/line_items", params="checkout.SessionListLineItemsParams")
def line_items(_params: dict[str, Any], session: str) -> dict[str, Any]:
    """What is on its page, all at once."""
    return checkout.lines_of(existing("checkout.session", session))


def _check(params: dict[str, Any], mode: str) -> None:
    """Refuse what does not go together."""
    refuse(params, *NOT_HERE)
    refuse(params.get("adaptive_pricing", {}), "enabled")
    refuse(params.get("invoice_creation", {}), "enabled")
    refuse(params.get("subscription_data", {}), *NOT_IN_SUBSCRIPTION_DATA)
    refuse(params.get("payment_intent_data", {}), *NOT_IN_INTENT_DATA)
    one_of(params, "customer", "customer_email")
    for other, name in DATA_OF_MODE.items():
        if other != mode and name in params:
            raise invalid(f"You can not pass `{name}` in `{mode}` mode.", name)
    if mode == "subscription" and "customer_creation" in params:
        raise invalid("`customer_creation` can only be used in `payment` and `setup` mode.", "customer_creation")
    if params.get("ui_mode", "hosted_page") != "hosted_page":
        raise invalid("The sandbox has hosted pages only.", "ui_mode")
    if "success_url" not in params:
        raise invalid("Missing required param: success_url.", "success_url", "parameter_missing")
    if params.get("payment_intent_data", {}).get("statement_descriptor"):
        message = "`statement_descriptor` is not supported for cards; use `statement_descriptor_suffix`."
        raise invalid(message, "payment_intent_data[statement_descriptor]")
    email = params.get("customer_email")
    if email is not None and "@" not in email[1:-1]:
        raise invalid(f"Invalid email address: {email}", "customer_email", "email_invalid")


def _lines(wanted: list[dict[str, Any]], mode: str) -> list[dict[str, Any]]:
    if mode == "setup":
        if wanted:
            raise invalid("You can not pass `line_items` in `setup` mode.", "line_items")
        return []
    if not wanted:
        raise invalid("You must provide `line_items`.", "line_items", "parameter_missing")
    lines = []
    for index, one in enumerate(wanted):
        at = f"line_items[{index}]"
        refuse(one, "adjustable_quantity", "tax_rates", "dynamic_tax_rates")
        if ("price" in one) == ("price_data" in one):
            raise invalid("You must specify either `price` or `price_data` for a line item.", at)
        price = (
            prices.existing(one["price"], f"{at}[price]")
            if "price" in one
            else prices.from_data(one["price_data"], f"{at}[price_data]")
        )
        if mode == "payment" and price["recurring"]:
            message = (
                "You specified `payment` mode but passed a recurring price. Either switch to `subscription` mode or "
                "use only one-time prices."
            )
            raise invalid(message, at)
        quantity = one.get("quantity", 1)
        if quantity < 1:
            raise invalid("Invalid positive integer", f"{at}[quantity]", "parameter_invalid_integer")
        lines.append(checkout.line(price, quantity))
    if mode == "subscription" and not any(line["price"]["recurring"] for line in lines):
        raise invalid(
            "You must provide at least one recurring price in `subscription` mode when using prices.", "line_items"
        )
    checkout.check_total(lines)
    return lines


def _expiry(params: dict[str, Any]) -> int:
    now = clock.now()
    expires: int = params.get("expires_at", now + checkout.LIVES_FOR)
    if not now + 1_790 <= expires:
        raise invalid(
            "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.", "expires_at"
        )
    if expires > now + 86_410:
        raise invalid(
            "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.", "expires_at"
        )
    return expires
