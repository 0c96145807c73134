"""What Stripe's objects say, as far as the product reads them. Plain values, taken from answers in API 2026-10-28."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

Json = dict[str, Any]


def moment(stamp: int | None) -> datetime | None:
    """Stripe's seconds since 1970 as an aware UTC time."""
    return None if stamp is None else datetime.fromtimestamp(stamp, UTC)


def known_moment(stamp: int) -> datetime:
    """The same of a time that is always there."""
    return datetime.fromtimestamp(stamp, UTC)


def id_of(reference: Any) -> str:
    """The id behind a reference, expanded or not."""
    if reference is None:
        return ""
    return str(reference["id"]) if isinstance(reference, dict) else str(reference)


def reference_of(text: Any) -> str:
    """A donation's reference in metadata; empty for whatever other businesses on the account write in its place."""
    try:
        return str(UUID(text)) if isinstance(text, str) else ""
    except ValueError:
        return ""


def _whole(text: Any) -> int:
    """A number in metadata, where everything is text; 0 if there is none."""
    return int(text) if isinstance(text, str) and text.isascii() and text.isdecimal() else 0


@dataclass(frozen=True, slots=True)
class Card:
    """How somebody pays, as far as it may be shown."""

    method: str = ""
    brand: str = ""
    last4: str = ""
    expires: tuple[int, int] | None = None  # year, month

    @classmethod
    def read(cls, raw: Any) -> "Card":
        if not isinstance(raw, dict):
            return cls()
        kind = raw.get("type") or ""
        details = raw.get(kind) or {}
        year, month = details.get("exp_year"), details.get("exp_month")
        return cls(
            kind, details.get("brand") or "", details.get("last4") or "", (year, month) if year and month else None
        )


@dataclass(frozen=True, slots=True)
class Customer:
    """A person at Stripe, as far as letters need to know. Empty if they were deleted."""

    email: str
    language: str

    @classmethod
    def read(cls, raw: Json) -> "Customer":
        spoken = raw.get("preferred_locales") or [""]
        return cls(raw.get("email") or "", spoken[0][:2])


@dataclass(frozen=True, slots=True)
class Session:
    """A Checkout session."""

    id: str
    url: str
    status: str
    payment_status: str
    reference: str
    attempt: int
    customer: str
    subscription: str
    payment_intent: str
    email: str
    expires_at: datetime | None

    @classmethod
    def read(cls, raw: Json) -> "Session":
        details = raw.get("customer_details") or {}
        return cls(
            id=raw["id"],
            url=raw.get("url") or "",
            status=raw["status"] or "",
            payment_status=raw["payment_status"],
            reference=reference_of(raw.get("client_reference_id")),
            attempt=_whole(raw["metadata"].get("attempt")),
            customer=id_of(raw.get("customer")),
            subscription=id_of(raw.get("subscription")),
            payment_intent=id_of(raw.get("payment_intent")),
            email=details.get("email") or raw.get("customer_email") or "",
            expires_at=moment(raw.get("expires_at")),
        )


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription, as far as a donation follows it."""

    id: str
    status: str
    created_at: datetime
    customer: str
    reference: str
    item: str
    product: str
    amount_minor: int
    currency: str
    every: tuple[int, str]  # 3, "month"
    anchor_at: datetime
    period_end: datetime
    cancels_at: datetime | None
    is_flagged_to_end: bool
    cancel_asked_at: datetime | None
    ended_at: datetime | None
    end_reason: str
    fee_cover_minor: int
    is_paused: bool
    resumes_at: datetime | None
    card: Card

    @classmethod
    def read(cls, raw: Json) -> "Subscription":
        """Both ways to say "cancel at the period's end" are read: the flag, and the date that flexible billing sets."""
        items = raw["items"]["data"]
        first = items[0]
        end = known_moment(first["current_period_end"])
        pause = raw.get("pause_collection")
        details = raw.get("cancellation_details") or {}
        recurring = first["price"]["recurring"]
        return cls(
            id=raw["id"],
            status=raw["status"],
            created_at=known_moment(raw["created"]),
            customer=id_of(raw["customer"]),
            reference=reference_of(raw["metadata"].get("donation")),
            item=first["id"],
            product=id_of(first["price"]["product"]),
            amount_minor=sum(int(item["price"]["unit_amount"] or 0) * int(item.get("quantity") or 1) for item in items),
            currency=raw["currency"].upper(),
            every=(int(recurring["interval_count"]), recurring["interval"]),
            anchor_at=known_moment(raw["billing_cycle_anchor"]),
            period_end=end,
            cancels_at=moment(raw.get("cancel_at")) or (end if raw["cancel_at_period_end"] else None),
            is_flagged_to_end=raw["cancel_at_period_end"],
            cancel_asked_at=moment(raw.get("canceled_at")),
            ended_at=moment(raw.get("ended_at")),
            end_reason=details.get("reason") or "",
            fee_cover_minor=_whole(raw["metadata"].get("fee_cover")),
            is_paused=pause is not None or raw["status"] == "paused",
            resumes_at=moment((pause or {}).get("resumes_at")),
            card=Card.read(raw.get("default_payment_method")),
        )

    @property
    def months(self) -> int:
        """From one charge to the next. Nobody can give by the week or the day here: ValueError."""
        count, unit = self.every
        if unit not in {"month", "year"}:
            raise ValueError(f"a subscription is charged by the {unit}; only months and years can be followed")
        return count * (12 if unit == "year" else 1)


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice of a subscription."""

    id: str
    status: str
    billing_reason: str
    subscription: str
    reference: str
    amount_due_minor: int
    currency: str
    period_start: datetime
    period_end: datetime
    attempt_count: int
    next_attempt_at: datetime | None
    hosted_url: str
    payment_intents: tuple[str, ...]  # the one that Stripe tries by itself comes last
    created_at: datetime
    finalized_at: datetime | None
    paid_at: datetime | None

    @classmethod
    def read(cls, raw: Json) -> "Invoice":
        """The service period is that of the lines: the invoice's own period is another thing."""
        details = (raw.get("parent") or {}).get("subscription_details") or {}
        periods = [line["period"] for line in raw["lines"]["data"]] or [
            {"start": raw["period_start"], "end": raw["period_end"]}
        ]
        payments = (raw.get("payments") or {}).get("data", [])
        start = known_moment(min(period["start"] for period in periods))
        end = known_moment(max(period["end"] for period in periods))
        return cls(
            id=raw["id"],
            status=raw["status"] or "",
            billing_reason=raw.get("billing_reason") or "",
            subscription=id_of(details.get("subscription")),
            reference=reference_of((details.get("metadata") or {}).get("donation")),
            amount_due_minor=raw["amount_due"],
            currency=raw["currency"].upper(),
            period_start=start,
            period_end=end,
            attempt_count=raw["attempt_count"],
            next_attempt_at=moment(raw.get("next_payment_attempt")),
            hosted_url=raw.get("hosted_invoice_url") or "",
            payment_intents=tuple(
                intent
                for entry in sorted(payments, key=lambda entry: bool(entry["is_default"]))
                if (intent := id_of(entry["payment"].get("payment_intent")))
            ),
            created_at=known_moment(raw["created"]),
            finalized_at=moment(raw["status_transitions"]["finalized_at"]),
            paid_at=moment(raw["status_transitions"]["paid_at"]),
        )


@dataclass(frozen=True, slots=True)
class BalanceTransaction:
    """A movement of Stripe's balance, in settlement currency."""

    id: str
    type: str
    amount_minor: int
    fee_minor: int
    currency: str
    rate: Decimal | None
    available_at: datetime | None
    created_at: datetime
    description: str

    @classmethod
    def read(cls, raw: Any) -> "BalanceTransaction | None":
        """None where it does not exist yet, or was not expanded."""
        return cls.of(raw) if isinstance(raw, dict) else None

    @classmethod
    def of(cls, raw: Json) -> "BalanceTransaction":
        rate = raw.get("exchange_rate")
        return cls(
            id=raw["id"],
            type=raw["type"],
            amount_minor=raw["amount"],
            fee_minor=raw["fee"],
            currency=raw["currency"].upper(),
            rate=None if rate is None else Decimal(str(rate)),
            available_at=moment(raw.get("available_on")),
            created_at=known_moment(raw["created"]),
            description=raw.get("description") or "",
        )


@dataclass(frozen=True, slots=True)
class Intent:
    """A payment intent with its newest charge."""

    id: str
    status: str
    amount_minor: int
    currency: str
    reference: str
    failure_code: str
    failed_charge: str = ""
    charge: str = ""
    charge_status: str = ""
    charged_minor: int = 0
    refunded_minor: int = 0
    is_disputed: bool = False
    charged_at: datetime | None = None
    card: Card = field(default_factory=Card)
    movement: BalanceTransaction | None = None

    @classmethod
    def read(cls, raw: Json) -> "Intent":
        charge = raw.get("latest_charge") if isinstance(raw.get("latest_charge"), dict) else None
        # A bank that wants the giver's word has not declined, so there is no error to read.
        wants_word = {"code": "authentication_required"} if raw["status"] == "requires_action" else {}
        problem = wants_word or raw.get("last_payment_error") or {}
        return cls(
            id=raw["id"],
            status=raw["status"],
            amount_minor=raw["amount"],
            currency=raw["currency"].upper(),
            reference=reference_of(raw["metadata"].get("donation")),
            failure_code=problem.get("decline_code") or problem.get("code") or "",
            failed_charge=id_of(problem.get("charge")),
            **({} if charge is None else cls._charge(charge)),
        )

    @staticmethod
    def _charge(charge: Json) -> Json:
        return {
            "charge": charge["id"],
            "charge_status": charge["status"],
            "charged_minor": charge["amount"],
            "refunded_minor": charge["amount_refunded"],
            "is_disputed": charge["disputed"],
            "charged_at": moment(charge["created"]),
            "card": Card.read(charge.get("payment_method_details")),
            "movement": BalanceTransaction.read(charge.get("balance_transaction")),
        }


@dataclass(frozen=True, slots=True)
class Charge:
    """One attempt of a payment intent. Source: https://docs.stripe.com/api/charges/object#charge_object-outcome"""

    id: str
    status: str
    failure_code: str
    payment_method: str
    created_at: datetime

    @classmethod
    def read(cls, raw: Json) -> "Charge":
        """The outcome names what the bank said; `failure_code` alone says only that a card was declined."""
        return cls(
            id=raw["id"],
            status=raw["status"],
            failure_code=(raw.get("outcome") or {}).get("reason") or raw.get("failure_code") or "",
            payment_method=id_of(raw.get("payment_method")),
            created_at=known_moment(raw["created"]),
        )


@dataclass(frozen=True, slots=True)
class Refund:
    """A refund, with the movements it made: out, and back in if it failed."""

    id: str
    amount_minor: int
    currency: str
    status: str
    failure_reason: str
    created_at: datetime
    movement: BalanceTransaction | None
    failure_movement: BalanceTransaction | None

    @classmethod
    def read(cls, raw: Json) -> "Refund":
        return cls(
            id=raw["id"],
            amount_minor=raw["amount"],
            currency=raw["currency"].upper(),
            status=raw["status"] or "",
            failure_reason=raw.get("failure_reason") or "",
            created_at=known_moment(raw["created"]),
            movement=BalanceTransaction.read(raw.get("balance_transaction")),
            failure_movement=BalanceTransaction.read(raw.get("failure_balance_transaction")),
        )


@dataclass(frozen=True, slots=True)
class Dispute:
    """A dispute, with the movements it made."""

    id: str
    amount_minor: int
    currency: str
    status: str
    reason: str
    evidence_due_at: datetime | None
    created_at: datetime
    movements: tuple[BalanceTransaction, ...]

    @classmethod
    def read(cls, raw: Json) -> "Dispute":
        return cls(
            id=raw["id"],
            amount_minor=raw["amount"],
            currency=raw["currency"].upper(),
            status=raw["status"],
            reason=raw["reason"],
            evidence_due_at=moment((raw.get("evidence_details") or {}).get("due_by")),
            created_at=known_moment(raw["created"]),
            movements=tuple(
                movement for entry in raw["balance_transactions"] if (movement := BalanceTransaction.read(entry))
            ),
        )


@dataclass(frozen=True, slots=True)
class Payout:
    """A transfer to the bank, with the movements it made: out, and back in if it failed."""

    id: str
    amount_minor: int
    currency: str
    status: str
    arrives_at: datetime
    created_at: datetime
    movement: BalanceTransaction | None
    failure_movement: BalanceTransaction | None

    @classmethod
    def read(cls, raw: Json) -> "Payout":
        return cls(
            id=raw["id"],
            amount_minor=raw["amount"],
            currency=raw["currency"].upper(),
            status=raw["status"],
            arrives_at=known_moment(raw["arrival_date"]),
            created_at=known_moment(raw["created"]),
            movement=BalanceTransaction.read(raw.get("balance_transaction")),
            failure_movement=BalanceTransaction.read(raw.get("failure_balance_transaction")),
        )
