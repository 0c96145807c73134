"""The only place that speaks with Stripe. Our types in, our types out; Stripe's exceptions end here.

Nothing here runs inside a database transaction: a slow answer must not hold locks. Answers are read as plain JSON; the
SDK's transport gives connection handling, retries with one key, and its version header.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache

import stripe
import structlog
from django.conf import settings
from django.db import connection

from payments.stripe_objects import (
    BalanceTransaction,
    Card,
    Charge,
    Customer,
    Dispute,
    Intent,
    Invoice,
    Json,
    Payout,
    Refund,
    Session,
    Subscription,
    id_of,
)

log = structlog.get_logger(__name__)

API_VERSION = "2026-10-28.endive"
# A reader may be waiting. What is cut short here is asked again with the same key, by the worker or the next click.
TIMEOUT_SECONDS = 10


class GatewayError(Exception):
    """Stripe did not do what was asked."""


class Unavailable(GatewayError):
    """Stripe was not reached, busy or broken. What was asked may have happened: ask again with the same key."""


class Refused(GatewayError):
    """Stripe understood and refused. Nothing happened."""

    def __init__(self, message: str, code: str = "", status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


class Missing(Refused):
    """Stripe has no such object."""


class BadSignature(Exception):
    """A webhook's signature is missing, wrong, too old or in the future."""


@cache
def _client() -> stripe.StripeClient:
    return stripe.StripeClient(
        settings.STRIPE_SECRET_KEY,
        base_addresses={"api": settings.STRIPE_API_BASE},
        stripe_version=API_VERSION,
        max_network_retries=1,
        http_client=stripe.RequestsClient(timeout=TIMEOUT_SECONDS),
    )


def call(method: str, path: str, params: Json | None = None, *, key: str = "") -> Json:
    """One request. `key` is the idempotency key of a write. Raises Unavailable, Refused or Missing."""
    if connection.in_atomic_block:
        raise RuntimeError("a call to Stripe inside a database transaction")
    options: Json = {"idempotency_key": key} if key else {}
    try:
        response = _client().raw_request(method, path, **(params or {}), **options)
    except stripe.InvalidRequestError as error:
        kind = Missing if error.http_status == 404 or error.code == "resource_missing" else Refused
        raise kind(error.user_message or str(error), error.code or "", error.http_status or 400) from error
    except (stripe.APIConnectionError, stripe.RateLimitError, stripe.IdempotencyError, stripe.APIError) as error:
        if isinstance(error, stripe.IdempotencyError) and error.http_status == 400:
            raise Refused(str(error), "idempotency_error") from error
        raise Unavailable(type(error).__name__) from error
    except (stripe.AuthenticationError, stripe.PermissionError) as error:
        # A key that is being replaced, or lacks a right, is ours to mend: what was asked waits for it.
        log.error("stripe_key_refused", method=method, path=path, error=type(error).__name__)
        raise Unavailable(type(error).__name__) from error
    except stripe.CardError as error:
        raise Refused(error.user_message or str(error), error.code or "", error.http_status or 402) from error
    data: Json = response.data
    return data


def pages(path: str, params: Json | None = None, *, most: int | None = None) -> Iterator[Json]:
    """Every object of a list, newest first, a hundred a request; `most` ends early."""
    query = {"limit": 100, **(params or {})}
    seen = 0
    while True:
        page = call("get", path, query)
        for item in page["data"]:
            yield item
            seen += 1
            if most is not None and seen >= most:
                return
        if not page["has_more"] or not page["data"]:
            return
        query["starting_after"] = page["data"][-1]["id"]


def verify(body: bytes, header: str) -> None:
    """Checks a webhook's signature over the raw bytes against every secret in force. Raises BadSignature.

    The SDK's check lets a timestamp of the future pass and stumbles over a signature that is not ASCII; both are
    refused here. Real time is meant, not the product's clock. Source: https://docs.stripe.com/webhooks#verify-manually
    """
    try:
        header.encode("ascii")
        stamp = int(dict(part.split("=", 1) for part in header.split(",") if "=" in part)["t"])
        text = body.decode("utf-8")
    except (UnicodeError, KeyError, ValueError) as error:
        raise BadSignature("malformed") from error
    if stamp > datetime.now(UTC).timestamp() + 300:
        raise BadSignature("future")
    for secret in settings.STRIPE_WEBHOOK_SECRETS:
        try:
            stripe.WebhookSignature.verify_header(text, header, secret, tolerance=300)
        except stripe.SignatureVerificationError:
            continue
        return
    raise BadSignature("no secret fits")


def session(session_id: str) -> Session:
    return Session.read(call("get", f"/v1/checkout/sessions/{session_id}"))


def subscription(subscription_id: str) -> Subscription:
    return Subscription.read(
        call("get", f"/v1/subscriptions/{subscription_id}", {"expand": ["default_payment_method"]})
    )


def invoices(subscription_id: str, *, most: int | None = None) -> list[Invoice]:
    """A subscription's invoices, newest first."""
    query = {"subscription": subscription_id, "expand": ["data.payments"]}
    return [Invoice.read(raw) for raw in pages("/v1/invoices", query, most=most)]


def invoice(invoice_id: str) -> Invoice:
    return Invoice.read(call("get", f"/v1/invoices/{invoice_id}", {"expand": ["payments"]}))


def invoice_of(intent_id: str) -> Invoice | None:
    """The invoice that a payment intent pays, if it pays one."""
    query = {"payment": {"type": "payment_intent", "payment_intent": intent_id}, "limit": 1}
    found = call("get", "/v1/invoice_payments", query)["data"]
    if not found:
        return None
    return invoice(id_of(found[0]["invoice"]))


def intent(intent_id: str) -> Intent:
    return Intent.read(
        call("get", f"/v1/payment_intents/{intent_id}", {"expand": ["latest_charge.balance_transaction"]})
    )


def intent_of_charge(charge_id: str) -> str:
    """The payment intent of a charge; empty for a charge made without one."""
    return id_of(call("get", f"/v1/charges/{charge_id}").get("payment_intent"))


def charges(intent_id: str) -> list[Charge]:
    """Every attempt of a payment intent that reached a bank, newest first."""
    return [Charge.read(raw) for raw in pages("/v1/charges", {"payment_intent": intent_id})]


def refunds(charge_id: str) -> list[Refund]:
    query = {"charge": charge_id, "expand": ["data.balance_transaction", "data.failure_balance_transaction"]}
    return [Refund.read(raw) for raw in pages("/v1/refunds", query)]


def disputes(charge_id: str) -> list[Dispute]:
    return [Dispute.read(raw) for raw in pages("/v1/disputes", {"charge": charge_id})]


def payout(payout_id: str) -> Payout:
    expand = ["balance_transaction", "failure_balance_transaction"]
    return Payout.read(call("get", f"/v1/payouts/{payout_id}", {"expand": expand}))


def movement(movement_id: str) -> BalanceTransaction:
    return BalanceTransaction.of(call("get", f"/v1/balance_transactions/{movement_id}"))


def movements(query: Json) -> list[BalanceTransaction]:
    """Balance transactions, newest first, by Stripe's own filters (`source`, `payout`, `type`, `created`)."""
    return [BalanceTransaction.of(raw) for raw in pages("/v1/balance_transactions", query)]


def default_card(customer_id: str) -> Card:
    """The card that a customer's invoices are charged to unless a subscription names another."""
    raw = call("get", f"/v1/customers/{customer_id}", {"expand": ["invoice_settings.default_payment_method"]})
    return Card.read((raw.get("invoice_settings") or {}).get("default_payment_method"))


def customer(customer_id: str) -> Customer:
    return Customer.read(call("get", f"/v1/customers/{customer_id}"))


def has_customer(customer_id: str) -> bool:
    """Whether a customer is there and was not deleted."""
    try:
        return not call("get", f"/v1/customers/{customer_id}").get("deleted")
    except Missing:
        return False


def balance() -> dict[str, int]:
    """Stripe's balance, available and pending together, by settlement currency."""
    raw = call("get", "/v1/balance")
    sums: dict[str, int] = {}
    for part in (*raw["available"], *raw["pending"]):
        sums[part["currency"].upper()] = sums.get(part["currency"].upper(), 0) + part["amount"]
    return sums


def forget_client() -> None:
    """For tests that move STRIPE_API_BASE: the next call makes a new client."""
    _client.cache_clear()
