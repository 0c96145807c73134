"""Checkout Sessions: a page on which somebody pays, and what exists once they have.

Customer, subscription and invoice come into being only with a successful payment. What a session was asked to make and
the object does not show (line items, `*_data`) is kept beside it as its order."""

from typing import Any

from . import (
    address,
    billing,
    cards,
    clock,
    currencies,
    customers,
    events,
    payment_intents,
    payment_methods,
    setup_intents,
    store,
    timers,
)
from .changes import change
from .errors import invalid
from .expansion import expandable

LIVES_FOR = 86_400
RECOVERABLE_FOR = 30 * 86_400


def blank(session_id: str, created: int, mode: str, base: str | None = None, **known: Any) -> dict[str, Any]:
    """An open session; `base` is the sandbox's address where it is known already."""
    once = mode == "payment"
    nothing: dict[str, Any] = {
        "account_tax_ids": None,
        "custom_fields": None,
        "description": None,
        "footer": None,
        "issuer": None,
        "metadata": {},
        "rendering_options": None,
    }
    return {
        "id": session_id,
        "object": "checkout.session",
        "adaptive_pricing": {"enabled": False},
        "after_expiration": None,
        "allow_promotion_codes": None,
        "amount_subtotal": None,
        "amount_total": None,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "billing_address_collection": None,
        "cancel_url": None,
        "client_reference_id": None,
        "client_secret": None,
        "collected_information": None,
        "consent": None,
        "consent_collection": None,
        "created": created,
        "currency": None,
        "currency_conversion": None,
        "custom_fields": [],
        "custom_text": {
            "after_submit": None,
            "shipping_address": None,
            "submit": None,
            "terms_of_service_acceptance": None,
        },
        "customer": None,
        "customer_account": None,
        "customer_creation": "if_required" if once else "always" if mode == "setup" else None,
        "customer_details": None,
        "customer_email": None,
        "discounts": [],
        "expires_at": created + LIVES_FOR,
        "integration_identifier": None,
        "invoice": None,
        "invoice_creation": {"enabled": False, "invoice_data": nothing} if once else None,
        "livemode": False,
        "locale": None,
        "managed_payments": None,
        "metadata": {},
        "mode": mode,
        "origin_context": None,
        "payment_intent": None,
        "payment_link": None,
        "payment_method_collection": "always" if mode == "subscription" else "if_required",
        "payment_method_configuration_details": None,
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": ["card"],
        "payment_status": "no_payment_required" if mode == "setup" else "unpaid",
        "permissions": None,
        "phone_number_collection": {"enabled": False},
        "recovered_from": None,
        "saved_payment_method_options": None
        if once
        else {"allow_redisplay_filters": ["always"], "payment_method_remove": "disabled", "payment_method_save": None},
        "setup_intent": None,
        "shipping_address_collection": None,
        "shipping_cost": None,
        "shipping_options": [],
        "status": "open",
        "submit_type": None,
        "subscription": None,
        "success_url": None,
        "total_details": None if mode == "setup" else {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
        "url": (address.url("") if base is None else base) + f"/pay/{session_id}",
        "wallet_options": None,
    } | known


def create(
    mode: str, lines: list[dict[str, Any]], order: dict[str, Any], recovered_from: str | None = None, **known: Any
) -> dict[str, Any]:
    """Open a session. `lines` are line item objects; `order` is what to make: payment_intent_data, subscription_data,
    setup_intent_data."""
    total = sum(line["amount_total"] for line in lines)
    session = blank(store.new_id("cs_test_"), clock.now(), mode, recovered_from=recovered_from, **known)
    if lines:
        session |= {"amount_subtotal": total, "amount_total": total, "currency": lines[0]["currency"]}
        if lines[0]["currency"] == "eur":
            session["payment_method_types"] = ["card", "sepa_debit"]
    if mode == "setup":
        intent_data = order.get("setup_intent_data") or {}
        session["setup_intent"] = setup_intents.create(session["customer"], metadata=intent_data.get("metadata", {}))[
            "id"
        ]
    store.put(session)
    store.put(order_of(session["id"], session["created"], lines, None, **order))
    timers.at(session["expires_at"], "checkout.expire", session=session["id"])
    return session


def line(price: dict[str, Any], quantity: int) -> dict[str, Any]:
    """A new line item object."""
    return line_of(price, quantity, store.get(price["product"])["name"], store.new_id("li_"))


def line_of(price: dict[str, Any], quantity: int, description: str, line_id: str) -> dict[str, Any]:
    """A line item object."""
    amount = price["unit_amount"] * quantity
    return {
        "id": line_id,
        "object": "item",
        "adjustable_quantity": None,
        "amount_discount": 0,
        "amount_subtotal": amount,
        "amount_tax": 0,
        "amount_total": amount,
        "currency": price["currency"],
        "description": description,
        "metadata": {},
        "price": price,
        "quantity": quantity,
    }


def order_of(
    session_id: str, created: int, lines: list[dict[str, Any]], intent_id: str | None, **data: Any
) -> dict[str, Any]:
    """What is kept beside a session."""
    kept = {"id": _order(session_id), "object": "sandbox.order", "created": created}
    return kept | {"lines": lines, "payment_intent": intent_id} | data


def order(session_id: str) -> dict[str, Any]:
    """What the session is to make: its lines and the `*_data` it was created with."""
    return store.get(_order(session_id))


@expandable("checkout.session", "line_items")
def lines_of(session: dict[str, Any]) -> dict[str, Any]:
    """The list that stands in `session.line_items` when expanded."""
    url = f"/v1/checkout/sessions/{session['id']}/line_items"
    return {"object": "list", "data": order(session["id"])["lines"], "has_more": False, "url": url}


def is_open(session_id: str) -> bool:
    """Whether it can still be paid: not complete, not expired, its time not over."""
    session = store.get(session_id)
    return bool(session["status"] == "open" and clock.now() < session["expires_at"])


def expire(session_id: str) -> dict[str, Any]:
    """Close it unpaid."""
    session = store.lock(session_id)
    if session["status"] != "open":
        message = (
            'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of '
        )
        raise invalid(f"{message}`{session['status']}`.")
    new: dict[str, Any] = {"status": "expired", "url": None}
    after = session["after_expiration"]
    if after and after["recovery"] and after["recovery"]["enabled"]:
        until = clock.now() + RECOVERABLE_FOR
        recovery = after["recovery"] | {"expires_at": until, "url": address.url(f"/pay/{session_id}/recover")}
        new["after_expiration"] = {"recovery": recovery}
    intent = order(session_id)["payment_intent"]
    if intent and store.get(intent)["status"] not in {"succeeded", "processing", "canceled"}:
        payment_intents.cancel(intent, "abandoned")
    session = change(session_id, **new)
    events.emit("checkout.session.expired", session)
    return session


@timers.verb("checkout.expire")
def expire_in_time(session: str) -> None:
    """Its time is over."""
    if store.lock(session)["status"] == "open":
        expire(session)


def recover(session_id: str) -> dict[str, Any]:
    """A new session like the expired one, whose `recovered_from` it names."""
    old = store.get(session_id)
    kept = (
        "cancel_url",
        "client_reference_id",
        "customer",
        "customer_email",
        "locale",
        "metadata",
        "submit_type",
        "success_url",
    )
    known = {key: old[key] for key in kept}
    wanted = {key: value for key, value in order(session_id).items() if key.endswith("_data")}
    return create(old["mode"], order(session_id)["lines"], wanted, recovered_from=session_id, **known)


def pay(session_id: str, method: dict[str, Any], *, authenticated: bool = False) -> dict[str, Any]:
    """The giver presses the button. The answer is the payment intent (or, in setup mode, the setup intent).

    Succeeded or processing completes the session; declined or asking for authentication leaves it open."""
    session, wanted = store.lock(session_id), store.lock(_order(session_id))
    if not is_open(session_id):
        raise invalid("This Checkout Session is no longer open.")
    store.put(method)
    if session["mode"] == "setup":
        return _set_up(session, method)
    intent_id = wanted["payment_intent"] or _intent(session, wanted)
    outcome = "succeeds"
    if method["type"] == "card":
        saved = payment_methods.is_saved(method["id"])
        outcome = cards.outcome(method, off_session=False, authenticated=authenticated, saved=saved)
    if outcome == "succeeds":
        customer_id = _customer(session, wanted, method)
        if customer_id:
            change(intent_id, customer=customer_id)
    intent = payment_intents.confirm(intent_id, method["id"], authenticated=authenticated)
    if outcome == "succeeds":
        _complete(store.get(session_id), wanted, intent, method, store.get(intent_id)["customer"])
    return intent


def fail_authentication(session_id: str) -> dict[str, Any]:
    """The giver did not pass the bank's authentication; the session stays open."""
    return payment_intents.fail_authentication(order(session_id)["payment_intent"])


def _intent(session: dict[str, Any], wanted: dict[str, Any]) -> str:
    data = wanted.get("payment_intent_data") or {}
    recurring = session["mode"] == "subscription"
    names = ", ".join(line["description"] for line in wanted["lines"])
    intent = payment_intents.create(
        session["amount_total"],
        session["currency"],
        customer=session["customer"],
        description="Subscription creation" if recurring else data.get("description", names if data else None),
        metadata=data.get("metadata", {}),
        receipt_email=data.get("receipt_email"),
        setup_future_usage="off_session" if recurring else data.get("setup_future_usage"),
        statement_descriptor_suffix=data.get("statement_descriptor_suffix"),
        payment_method_types=session["payment_method_types"],
    )
    store.put(wanted | {"payment_intent": intent["id"]})
    if not recurring:
        change(session["id"], payment_intent=intent["id"])
    intent_id: str = intent["id"]
    return intent_id


def _customer(session: dict[str, Any], wanted: dict[str, Any], method: dict[str, Any]) -> str | None:
    """The customer to charge, made now if the session is to make one, with the payment method if it is kept."""
    billing_details = method["billing_details"]
    customer_id: str | None = session["customer"]
    recurring = session["mode"] == "subscription"
    if customer_id is None and (recurring or session["customer_creation"] == "always"):
        email = session["customer_email"] or billing_details["email"]
        customer_id = customers.create(email=email, name=billing_details["name"])["id"]
        change(session["id"], customer=customer_id)
    later = recurring or (wanted.get("payment_intent_data") or {}).get("setup_future_usage")
    if customer_id and later:
        payment_methods.attach(method["id"], customer_id, saved=True)
    return customer_id


def _complete(
    session: dict[str, Any],
    wanted: dict[str, Any],
    intent: dict[str, Any],
    method: dict[str, Any],
    customer_id: str | None,
) -> None:
    paid = intent["status"] == "succeeded"
    new: dict[str, Any] = {"status": "complete", "url": None, "payment_status": "paid" if paid else "unpaid"}
    new |= _who(session, method)
    if session["mode"] == "subscription" and customer_id:
        data = wanted.get("subscription_data") or {}
        subscription = billing.start(
            customer_id,
            [(line["price"], line["quantity"]) for line in wanted["lines"]],
            method["id"],
            paid_by=intent["id"],
            metadata=data.get("metadata", {}),
            description=data.get("description"),
        )
        new |= {"subscription": subscription["id"], "invoice": subscription["latest_invoice"]}
    events.emit("checkout.session.completed", change(session["id"], **new))


def _set_up(session: dict[str, Any], method: dict[str, Any]) -> dict[str, Any]:
    card = cards.of(method)
    if card.decline and not card.attaches:
        raise cards.Declined(*card.decline)
    if session["customer"] is None:
        email = session["customer_email"] or method["billing_details"]["email"]
        customer_id = customers.create(email=email, name=method["billing_details"]["name"])["id"]
        change(session["id"], customer=customer_id)
        change(session["setup_intent"], customer=customer_id)
    intent = setup_intents.succeed(session["setup_intent"], method["id"])
    events.emit(
        "checkout.session.completed", change(session["id"], status="complete", url=None, **_who(session, method))
    )
    return intent


def _who(session: dict[str, Any], method: dict[str, Any]) -> dict[str, Any]:
    """What the page learned about the giver."""
    known = store.get(session["customer"]) if session["customer"] else {}
    typed = method["billing_details"]
    details = {
        "address": typed["address"],
        "business_name": None,
        "email": known.get("email") or session["customer_email"] or typed["email"],
        "individual_name": None,
        "name": typed["name"] or known.get("name"),
        "phone": None,
        "tax_exempt": "none",
        "tax_ids": [],
    }
    collected = {"business_name": None, "individual_name": None, "shipping_details": None}
    return {"customer_details": details, "collected_information": collected}


def _debit_known(intent: dict[str, Any]) -> None:
    """A bank's late answer: the session's payment succeeded or failed after all."""
    for wanted in store.find("sandbox.order", payment_intent=intent["id"]):
        session_id = wanted["id"].removeprefix("order:")
        if store.get(session_id)["status"] != "complete":
            continue
        if intent["status"] == "succeeded":
            session = change(session_id, payment_status="paid")
            events.emit("checkout.session.async_payment_succeeded", session)
        else:
            events.emit("checkout.session.async_payment_failed", store.get(session_id))


def check_total(lines: list[dict[str, Any]]) -> None:
    """Refuse a session whose sum Stripe would not charge, or whose lines are in several currencies."""
    if len({line["currency"] for line in lines}) > 1:
        raise invalid("All line items must be in the same currency.", "line_items")
    currencies.check_amount(sum(line["amount_total"] for line in lines), lines[0]["currency"], "line_items")


def _order(session_id: str) -> str:
    return f"order:{session_id}"


payment_intents.OUTCOMES["checkout"] = _debit_known
