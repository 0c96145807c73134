"""The balance: a list of transactions, and nothing but their sum.

A transaction is pending until `available_on`, then available; the balance is summed from them when asked."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

from . import clock, currencies, store, timers
from .currencies import Settled
from .models import Config, Thing, Timer

LOCK = 0x5A4DBA1A
DAY = 86_400
CATEGORIES = {
    "payment": "charge",
    "payment_refund": "refund",
    "refund_failure": "refund_failure",
    "payout_failure": "payout_reversal",
}


def blank(
    transaction_id: str,
    created: int,
    kind: str,
    settled: Settled,
    source: str,
    *,
    fee: int = 0,
    fee_name: str = "Stripe processing fees",
    available_on: int | None = None,
    category: str | None = None,
    description: str | None = None,
) -> dict[str, Any]:
    """A balance transaction of signed `settled.amount`; net is that less the fee. Available at once unless told."""
    available_on = available_on or created
    details = {
        "amount": fee,
        "application": None,
        "currency": settled.currency,
        "description": fee_name,
        "type": "stripe_fee",
    }
    return {
        "id": transaction_id,
        "object": "balance_transaction",
        "amount": settled.amount,
        "available_on": available_on,
        "balance_type": "payments",
        "created": created,
        "currency": settled.currency,
        "description": description,
        "exchange_rate": settled.rate,
        "fee": fee,
        "fee_details": [details] if fee else [],
        "net": settled.amount - fee,
        "reporting_category": category or CATEGORIES.get(kind, kind),
        "source": source,
        "status": "available" if available_on <= created else "pending",
        "type": kind,
    }


def add(kind: str, settled: Settled, source: str, **more: Any) -> dict[str, Any]:
    """Book a transaction now; keywords as `blank`. A payout never runs between its writing and its commit."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [LOCK])
    transaction = store.put(blank(store.new_id("txn_"), clock.now(), kind, settled, source, **more))
    if transaction["status"] == "pending":
        release_at(transaction["available_on"])
    return transaction


def charged(charge: dict[str, Any], *, at_once: bool) -> dict[str, Any]:
    """Book a succeeded charge less Stripe's fee, available two days later."""
    config = Config.current()
    settled = currencies.settled(charge["amount"], charge["currency"], config)
    created = clock.now()
    return add(
        "charge" if charge["payment_method_details"]["type"] == "card" else "payment",
        settled,
        charge["id"],
        fee=currencies.fee(settled.amount, settled.currency, config),
        available_on=created if at_once else available_day(created),
        description=charge["description"],
    )


def negative(settled: Settled) -> Settled:
    """The same money going the other way."""
    return Settled(-settled.amount, settled.currency, settled.rate)


def available_day(created: int) -> int:
    """When a charge of that moment is available: midnight UTC two days on."""
    day = datetime.fromtimestamp(created, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return int((day + timedelta(days=2)).timestamp())


def release_at(moment: int) -> None:
    """Let what is pending until then turn available; one timer for all of it."""
    if not Timer.objects.filter(name="balance.release", due=moment).exists():
        timers.at(moment, "balance.release")


def release() -> None:
    """Mark what has become available."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE sandbox_thing SET body = jsonb_set(body, '{status}', '\"available\"')"
            " WHERE kind = 'balance_transaction' AND body @> '{\"status\": \"pending\"}'"
            " AND (body->>'available_on')::bigint <= %s",
            [clock.now()],
        )


def sums() -> dict[str, dict[str, int]]:
    """Per currency {"available": …, "pending": …} in minor units."""
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT body->>'currency', (body->>'available_on')::bigint <= %s AS here, sum((body->>'net')::bigint)"
            " FROM sandbox_thing WHERE kind = 'balance_transaction' GROUP BY 1, 2",
            [now],
        )
        rows = cursor.fetchall()
    held = {currency: {"available": 0, "pending": 0} for currency in _settlement() | {row[0] for row in rows}}
    for currency, here, amount in rows:
        held[currency]["available" if here else "pending"] += int(amount)
    return held


def summary() -> dict[str, Any]:
    """The balance object."""
    held = sorted(sums().items())

    def part(which: str) -> list[dict[str, Any]]:
        return [{"amount": s[which], "currency": c, "source_types": {"card": s[which]}} for c, s in held]

    return {
        "object": "balance",
        "available": part("available"),
        "connect_reserved": [{"amount": 0, "currency": currency} for currency, _ in held],
        "livemode": False,
        "pending": part("pending"),
        "refund_and_dispute_prefunding": {
            "available": [{"amount": 0, "currency": currency} for currency, _ in held],
            "pending": [{"amount": 0, "currency": currency} for currency, _ in held],
        },
    }


def newest_seq() -> int:
    """The place in the order of creation that everything booked so far has reached."""
    return Thing.objects.filter(kind="balance_transaction").order_by("-seq").values_list("seq", flat=True).first() or 0


def _settlement() -> set[str]:
    return set(Config.current().settlement_currencies or ["eur", "usd", "gbp"])
