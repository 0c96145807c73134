"""Payment methods: a card or a bank account, and the customer it is attached to."""

import re
from datetime import UTC, datetime
from typing import Any

from . import cards, clock, events, store
from .changes import change
from .customers import NO_ADDRESS
from .errors import ApiError, invalid

NOBODY = {"address": NO_ADDRESS, "email": None, "name": None, "phone": None, "tax_id": None}


def of_card(
    card: cards.Card,
    exp_month: int,
    exp_year: int,
    email: str | None = None,
    name: str | None = None,
    method_id: str | None = None,
    created: int | None = None,
) -> dict[str, Any]:
    """A payment method for a test card, attached to nobody yet; with a fresh id, made now, unless told."""
    return blank(
        method_id or store.new_id("pm_"),
        created or clock.now(),
        "card",
        {
            "brand": card.brand,
            "checks": {
                "address_line1_check": None,
                "address_postal_code_check": card.postal_check,
                "cvc_check": card.cvc_check,
            },
            "country": card.country,
            "display_brand": "american_express" if card.brand == "amex" else card.brand,
            "exp_month": exp_month,
            "exp_year": exp_year,
            "fingerprint": card.fingerprint,
            "funding": card.funding,
            "generated_from": None,
            "last4": card.number[-4:],
            "networks": {"available": [card.brand], "preferred": None},
            "regulated_status": "unregulated",
            "three_d_secure_usage": {"supported": card.brand != "amex"},
            "wallet": None,
        },
        NOBODY | {"email": email, "name": name},
    )


def of_iban(typed: str, email: str | None = None, name: str | None = None) -> dict[str, Any]:
    """A SEPA debit method; Declined with `invalid_iban` when the number is not one of the test numbers."""
    iban = re.sub(r"\s", "", typed).upper()
    if iban not in cards.IBANS:
        raise cards.Declined("invalid_iban", None, "iban")
    return blank(
        store.new_id("pm_"),
        clock.now(),
        "sepa_debit",
        {
            "bank_code": iban[4:9],
            "branch_code": "",
            "country": iban[:2],
            "fingerprint": cards.fingerprint(iban),
            "generated_from": {"charge": None, "setup_attempt": None},
            "last4": iban[-4:],
        },
        NOBODY | {"email": email, "name": name},
    )


def blank(method_id: str, created: int, kind: str, details: dict[str, Any], billing: dict[str, Any]) -> dict[str, Any]:
    """A payment method object of type `kind`."""
    return {
        "id": method_id,
        "object": "payment_method",
        "allow_redisplay": "limited",
        "billing_details": billing,
        kind: details,
        "created": created,
        "customer": None,
        "customer_account": None,
        "livemode": False,
        "metadata": {},
        "type": kind,
    }


def typed_card(number: str, exp: str, cvc: str, email: str | None = None, name: str | None = None) -> dict[str, Any]:
    """The payment method of a card as typed on a page, `exp` as MM/YY. Raises cards.Declined; stores nothing."""
    card = cards.by_number(number)
    match = re.fullmatch(r"\s*(\d{1,2})\s*/\s*(\d{2}|\d{4})\s*", exp)
    month, year = (int(match[1]), int(match[2])) if match else (0, 0)
    if not 1 <= month <= 12:
        raise cards.Declined("invalid_expiry_month", None, "exp")
    year += 2000 if year < 100 else 0
    if (year, month) < _month(clock.now()):
        raise cards.Declined("invalid_expiry_year", None, "exp")
    if not re.fullmatch(r"\d{3,4}", cvc.strip()):
        raise cards.Declined("incorrect_cvc", None, "cvc")
    return of_card(card, month, year, email, name)


def attach(method_id: str, customer_id: str, *, saved: bool = False) -> dict[str, Any]:
    """Attach to a customer; a declining card is refused with 402, except those that only fail later.

    `saved`: the giver was there and agreed to later charges, so cards that ask once will not ask again."""
    method = store.lock(method_id)
    if method["customer"] not in {None, customer_id}:
        raise invalid("The payment method you provided has already been attached to a customer.", "payment_method")
    if method["type"] == "card":
        card = cards.of(method)
        if card.decline and not card.attaches and not card.authentication:
            raise declined(cards.Declined(*card.decline))
    if saved:
        store.put({"id": f"saved:{method_id}", "object": "sandbox.saved", "created": clock.now()})
    if method["customer"] == customer_id:
        return method
    method = store.put(method | {"customer": customer_id})
    events.emit("payment_method.attached", method)
    return method


def detach(method_id: str) -> dict[str, Any]:
    """Take it from its customer; it cannot be used again."""
    method = store.lock(method_id)
    customer_id = method["customer"]
    if customer_id is None:
        raise invalid("The payment method you provided is not attached to a customer so detachment is impossible.")
    for subscription in store.find("subscription", default_payment_method=method_id):
        change(subscription["id"], "customer.subscription.updated", default_payment_method=None)
    customer = store.get(customer_id)
    if customer.get("invoice_settings", {}).get("default_payment_method") == method_id:
        settings = customer["invoice_settings"] | {"default_payment_method": None}
        change(customer_id, "customer.updated", invoice_settings=settings)
    method = store.put(method | {"customer": None})
    events.emit("payment_method.detached", method, {"customer": customer_id})
    return method


def make_default(customer_id: str, method_id: str) -> None:
    """Charge this one from now on, for the customer and for every subscription that has its own."""
    for subscription in store.find("subscription", customer=customer_id):
        if subscription["status"] not in {"canceled", "incomplete_expired"}:
            change(subscription["id"], "customer.subscription.updated", default_payment_method=method_id)
    settings = store.lock(customer_id)["invoice_settings"] | {"default_payment_method": method_id}
    change(customer_id, "customer.updated", invoice_settings=settings)


def turn(customer_id: str, number: str) -> None:
    """The bank answers for the customer's saved card from now on as it does for the test card of this number.

    Nobody hears of it before the next charge. Raises cards.Declined for no test card's number."""
    card = cards.by_number(number)
    default = store.get(customer_id)["invoice_settings"]["default_payment_method"]
    methods = {one["default_payment_method"] for one in store.find("subscription", customer=customer_id)} | {default}
    for method_id in methods - {None}:
        method = store.lock(method_id)
        store.put(method | {"card": method["card"] | {"fingerprint": card.fingerprint}})


def replace_card(customer_id: str, number: str, exp: str = "12/34", cvc: str = "123") -> dict[str, Any]:
    """The customer's card becomes this one, as on the portal page. Raises cards.Declined."""
    customer = store.get(customer_id)
    method = store.put(typed_card(number, exp, cvc, customer["email"], customer["name"]))
    card = cards.of(method)
    if card.decline and not card.attaches and not card.authentication:
        raise cards.Declined(*card.decline)
    attach(method["id"], customer_id, saved=True)
    make_default(customer_id, method["id"])
    return store.get(method["id"])


def updated_by_network(method_id: str, exp_month: int, exp_year: int) -> dict[str, Any]:
    """The card network tells of a card's new expiry."""
    card = store.get(method_id)["card"] | {"exp_month": exp_month, "exp_year": exp_year}
    return change(method_id, "payment_method.automatically_updated", card=card)


def of_token(token_or_id: str, param: str = "payment_method") -> dict[str, Any]:
    """The method that a parameter names: an id, or a test token such as `pm_card_visa`, which makes a new one."""
    if token_or_id in cards.BY_TOKEN:
        year, month = _month(clock.now())
        return store.put(of_card(cards.BY_TOKEN[token_or_id], month, year + 3))
    try:
        return store.get(token_or_id)
    except store.Missing:
        message = f"No such PaymentMethod: '{token_or_id}'"
        raise invalid(message, param, "resource_missing") from None


def is_saved(method_id: str) -> bool:
    """Whether the giver agreed to later charges while they were there."""
    return bool(store.get_many({f"saved:{method_id}"}))


def declined(refusal: cards.Declined, **more: Any) -> ApiError:
    """The 402 that answers a decline."""
    return ApiError(402, "card_error", str(refusal), refusal.code, refusal.decline_code, refusal.param, **more)


def _month(moment: int) -> tuple[int, int]:
    day = datetime.fromtimestamp(moment, UTC)
    return day.year, day.month
