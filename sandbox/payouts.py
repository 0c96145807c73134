"""Payouts: what is available goes to the newsroom's bank, and comes back when the bank refuses it."""

from typing import Any

from django.db import connection
from django.db.models import Q

from . import balance, clock, events, store, timers
from .changes import change
from .currencies import Settled
from .errors import invalid
from .models import Config, Thing

ARRIVES_AFTER = 86_400
BANK = "ba_1SandboxNewsroomBank"
FAILURES = {
    "account_closed": "The bank account has been closed",
    "no_account": "The bank account could not be located",
}


def blank(payout_id: str, created: int, amount: int, currency: str) -> dict[str, Any]:
    """An automatic payout object on its way."""
    return {
        "id": payout_id,
        "object": "payout",
        "amount": amount,
        "application_fee": None,
        "application_fee_amount": None,
        "arrival_date": created + ARRIVES_AFTER,
        "automatic": True,
        "balance_transaction": None,
        "created": created,
        "currency": currency,
        "description": "STRIPE PAYOUT",
        "destination": BANK,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "livemode": False,
        "metadata": {},
        "method": "standard",
        "original_payout": None,
        "payout_method": None,
        "reconciliation_status": "completed",
        "reversed_by": None,
        "source_type": "card",
        "statement_descriptor": None,
        "status": "in_transit",
        "trace_id": {"status": "pending", "value": None},
        "type": "bank_account",
    }


def sweep() -> list[dict[str, Any]]:
    """Pay out what is available, one payout per currency; nothing where nothing or less is left."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [balance.LOCK])
    return [payout for currency in sorted(balance.sums()) if (payout := _sweep(currency))]


@timers.verb("balance.release")
def release() -> None:
    """Pending money has become available; an account with automatic payouts sends it on at once."""
    balance.release()
    if Config.current().automatic_payouts:
        sweep()


@timers.verb("payout.arrive")
def arrive(payout: str) -> None:
    """The money is in the bank."""
    if store.lock(payout)["status"] == "in_transit":
        trace = {"status": "supported", "value": f"TRACE{payout[-8:].upper()}"}
        events.emit("payout.paid", change(payout, status="paid", trace_id=trace))


def fail(payout_id: str, code: str = "account_closed") -> dict[str, Any]:
    """The bank sends the money back; it is available again."""
    payout = store.lock(payout_id)
    if payout["status"] in {"failed", "canceled"}:
        raise invalid(f"This payout is {payout['status']} and cannot fail.")
    booked = balance.add(
        "payout_failure", Settled(payout["amount"], payout["currency"], None), payout_id, description="PAYOUT FAILURE"
    )
    payout = change(
        payout_id,
        status="failed",
        failure_code=code,
        failure_message=FAILURES.get(code, "The bank refused the payout"),
        failure_balance_transaction=booked["id"],
    )
    events.emit("payout.failed", payout)
    return payout


def contents(payout_id: str) -> Q:
    """The balance transactions of a payout, itself included, as a condition on Thing."""
    swept = store.get(f"sweep:{payout_id}")
    return Q(pk__in=[*swept["transactions"], store.get(payout_id)["balance_transaction"]])


def sweep_record(payout: dict[str, Any], transactions: list[str], until: int, seq: int) -> dict[str, Any]:
    """What the payout took along: everything available by `until` and booked before place `seq`."""
    return {
        "id": f"sweep:{payout['id']}",
        "object": "sandbox.sweep",
        "created": payout["created"],
        "currency": payout["currency"],
        "transactions": transactions,
        "until": until,
        "seq": seq,
    }


def _sweep(currency: str) -> dict[str, Any] | None:
    now = clock.now()
    last = (
        Thing.objects.filter(kind="sandbox.sweep", body__contains={"currency": currency})
        .order_by("-created", "-seq")
        .first()
    )
    waiting = Thing.objects.filter(
        kind="balance_transaction", body__contains={"currency": currency}, body__available_on__lte=now
    )
    if last:
        waiting = waiting.filter(Q(body__available_on__gt=last.body["until"]) | Q(seq__gt=last.body["seq"]))
    rows = list(waiting.values_list("pk", "body__net"))
    amount = sum(net for _, net in rows)
    if amount <= 0:
        return None
    payout = store.put(blank(store.new_id("po_"), now, amount, currency))
    booked = balance.add("payout", Settled(-amount, currency, None), payout["id"], description="STRIPE PAYOUT")
    payout = change(payout["id"], balance_transaction=booked["id"])
    store.put(sweep_record(payout, [pk for pk, _ in rows], now, balance.newest_seq()))
    events.emit("payout.created", payout)
    events.emit("payout.reconciliation_completed", payout)
    timers.at(payout["arrival_date"], "payout.arrive", payout=payout["id"])
    return payout
