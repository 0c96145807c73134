"""The books in figures: what givers saw, what arrived, who is a member, what waits."""

from typing import Any

from django.db.models import Count, Min, Q, Sum

from letters.models import Letter
from members.models import Membership, Standing
from newsroom import clock
from newsroom.models import Newsroom
from payments.models import LedgerEntry, StripeEvent

Figures = dict[str, Any]


def received() -> dict[str, dict[str, int]]:
    """What givers saw, by the currency they saw, in positive minor units; offline money included."""
    seen = Q(seen_currency__gt="")
    rows = (
        LedgerEntry.objects.filter(seen)
        .order_by()
        .values("seen_currency")
        .annotate(
            payments=Sum("seen_minor", filter=Q(kind="payment"), default=0),
            refunds=-Sum("seen_minor", filter=Q(kind__in=["refund", "refund_reversal", "adjustment"]), default=0),
            disputes=-Sum("seen_minor", filter=Q(kind__in=["dispute", "dispute_reversal"]), default=0),
            count=Count("id", filter=Q(kind="payment")),
        )
        .order_by("seen_currency")
    )
    return {
        row["seen_currency"]: {
            "payments": row["payments"],
            "refunds": row["refunds"],
            "disputes": row["disputes"],
            "net_of_returns": row["payments"] - row["refunds"] - row["disputes"],
            "count": row["count"],
        }
        for row in rows
    }


# Which kinds of lines make up each figure of `settled`.
PARTS = {
    "payment": ["payment"],
    "fee": ["fee", "dispute_fee"],
    "refund": ["refund", "refund_reversal"],
    "dispute": ["dispute", "dispute_reversal"],
    "adjustment": ["adjustment"],
    "payout": ["payout"],
}


def settled() -> dict[str, dict[str, int]]:
    """What moved Stripe's balance, by settlement currency, signed; the parts sum to `balance`. Stripe's lines only."""
    sums = {part: Sum("amount_minor", filter=Q(kind__in=kinds), default=0) for part, kinds in PARTS.items()}
    rows: Any = LedgerEntry.objects.from_stripe().order_by("currency").values("currency")
    totals = rows.annotate(**sums, balance=Sum("amount_minor"))
    return {total["currency"]: {part: total[part] for part in (*PARTS, "balance")} for total in totals}


def memberships() -> dict[str, int]:
    """How many memberships stand how, today in the newsroom's zone."""
    standings: Any = Membership.objects.with_standing(clock.today(), Newsroom.current().grace_days).order_by()
    found = dict(standings.values_list("standing_then").annotate(count=Count("id")))
    return {str(standing): found.get(str(standing), 0) for standing in Standing}


def inbox() -> dict[str, int]:
    """How many events are due, put off for later, dead; and the age of the oldest that has not been applied."""
    now = clock.now()
    counts = StripeEvent.objects.order_by().aggregate(
        pending=Count("id", filter=Q(state="pending", due_at__lte=now)),
        waiting=Count("id", filter=Q(state="pending", due_at__gt=now)),
        dead=Count("id", filter=Q(state="dead")),
        oldest=Min("received_at", filter=Q(state="pending")),
    )
    oldest = counts.pop("oldest")
    return counts | {"oldest_pending_seconds": int((now - oldest).total_seconds()) if oldest else 0}


def figures() -> Figures:
    """Everything but the checks. Amounts are integer minor units."""
    return {
        "as_of": clock.now().isoformat(timespec="seconds").replace("+00:00", "Z"),
        "received": received(),
        "settled": settled(),
        "memberships": memberships(),
        "letters": Letter.objects.counts(),
        "inbox": inbox(),
    }
