"""Givers of a past that never happened: how one is described, and what was made of the description."""

from dataclasses import dataclass, field
from typing import Any, Literal

Outcome = Literal["paid", "recovered", "refunded", "part_refunded", "disputed", "won", "failed"]

Refusal = Literal["insufficient_funds", "expired_card", "authentication_required", "lost_card", "generic_decline"]


@dataclass(frozen=True)
class Giver:
    """Who gave what since when.

    `amount` in minor units. `interval` month, year, or "" for one gift. `outcomes` of the payments in order; those not
    named were paid. recovered: the second attempt, three days later, was; refunded, part_refunded: paid, and all or a
    third of it sent back two days later; disputed, won: paid, disputed, and lost or won; failed: every attempt so far,
    so that the subscription is past due now or has ended with the last attempt (the first payment of a subscription
    cannot fail). `refusal` is what the bank says to an attempt that fails; after a card that is lost or has expired
    another one pays. `ended_at` cancelled at that moment; `ends` will end with the period; `feedback` Stripe's word for
    why; `paused_at` since then. `key` is unique within the seed and makes the ids."""

    key: str
    email: str
    name: str | None
    currency: str
    amount: int
    interval: str
    started_at: int
    outcomes: tuple[Outcome, ...] = ()
    refusal: Refusal = "insufficient_funds"
    ended_at: int | None = None
    ends: bool = False
    paused_at: int | None = None
    feedback: str | None = None
    brand: str = "visa"
    last4: str = "4242"
    exp_month: int = 12
    exp_year: int = 2034
    product_id: str = ""
    product_name: str = "Support"
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass
class Given:
    """The ids of what was made for a giver. `payments` has one entry an attempted invoice or gift, oldest first, with
    invoice, payment_intent, charge (of the last attempt), paid_at (None if unpaid), amount, refund and dispute."""

    key: str
    session: str
    customer: str | None = None
    payment_method: str = ""
    subscription: str | None = None
    price: str = ""
    status: str = ""
    payments: list[dict[str, Any]] = field(default_factory=list)
