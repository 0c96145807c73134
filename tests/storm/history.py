"""Histories of givers at Stripe, made from a seed: what its API answers from when on, and what events it sends."""

import random
import uuid
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from bench import load
from bench import stripe_objects as stripe
from bench.stripe_objects import DAY, Json
from tests.storm.model import DISPUTE_FEE, Payment, settled_part

# What a currency settles in, and at what rate (minor units to minor units).
SETTLES: dict[str, tuple[str, float | None]] = {
    "EUR": ("EUR", None), "USD": ("USD", None), "GBP": ("EUR", 1.17), "UAH": ("EUR", 0.022), "PLN": ("EUR", 0.23),
    "JPY": ("EUR", 0.62),
}  # fmt: skip


@dataclass
class Step:
    """From here on Stripe answers so, and sends these events: id, type, object."""

    answers: dict[str, Any]
    events: list[tuple[str, str, Json]]


@dataclass
class Giver:
    """Somebody who gives once or monthly, with all that follows, told as steps."""

    number: int
    dice: random.Random
    now: int
    steps: list[Step] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    is_over: bool = False

    def __post_init__(self) -> None:
        dice = self.dice
        self.name = f"{self.number}"
        self.reference = str(uuid.UUID(int=dice.getrandbits(128), version=4))
        self.currency = dice.choice(list(SETTLES))
        self.amount = dice.randrange(500, 9000, 50)
        self.is_monthly = dice.random() < 0.7
        self.periods = dice.randint(1, 4) if self.is_monthly else 1
        self.start = self.now - (self.periods - 1) * 30 * DAY - 5 * DAY
        self.invoices: list[Json] = []
        for period in range(self.periods):
            if not self.is_over:
                self._period(period)
        for payment in list(self.payments):
            self._afterwards(payment)

    def _tell(self, answers: dict[str, Any], *events: tuple[str, Json]) -> None:
        step = len(self.steps)
        named = [(f"evt_{self.name}x{step}x{place}", kind, thing) for place, (kind, thing) in enumerate(events)]
        self.steps.append(Step(answers, named))

    @property
    def _money(self) -> dict[str, Any]:
        return {"amount": self.amount, "currency": self.currency}

    def _subscription(self, period: int, **more: Any) -> Json:
        end = self.start + (period + 1) * 30 * DAY
        return stripe.subscription(self.name, self.reference, start=self.start, end=end, **self._money, **more)

    def _invoice(self, period: int, **more: Any) -> Json:
        name, begin = f"{self.name}p{period}", self.start + period * 30 * DAY
        reason = "subscription_cycle" if period else "subscription_create"
        return stripe.invoice(
            name, self.reference, subscription=f"sub_{self.name}", intent=f"pi_{name}", start=begin,
            end=begin + 30 * DAY, reason=reason, **self._money, **more,
        )  # fmt: skip

    def _answers(self, invoice: Json | None, subscription: Json | None, intent: Json) -> dict[str, Any]:
        answers: dict[str, Any] = {f"/v1/payment_intents/{intent['id']}": intent}
        answers[f"/v1/invoice_payments?{intent['id']}"] = stripe.listing("/v1/invoice_payments", [])
        answers[f"/v1/charges?{intent['id']}"] = stripe.listing("/v1/charges", [intent["latest_charge"]])
        if invoice and subscription:
            self.invoices = [invoice, *(old for old in self.invoices if old["id"] != invoice["id"])]
            answers |= {
                f"/v1/subscriptions/sub_{self.name}": subscription,
                f"/v1/invoices?sub_{self.name}": stripe.listing("/v1/invoices", self.invoices),
                f"/v1/invoices/{invoice['id']}": invoice,
                f"/v1/invoice_payments?{intent['id']}": invoice["payments"],
            }
        return answers

    def _period(self, period: int) -> None:
        name, at = f"{self.name}p{period}", self.start + period * 30 * DAY
        fails = period > 0 and self.dice.random() < 0.3
        self.is_over = fails and self.dice.random() < 0.4
        if fails:
            self._fail(period, name, at)
        if not self.is_over:
            self._pay(period, name, at, attempts=1 + fails)

    def _fail(self, period: int, name: str, at: int) -> None:
        charge = stripe.charge(name, at=at, movement=None, status="failed", **self._money)
        intent = stripe.intent(name, charge=charge, **self._money)
        running = self._subscription(period, status="past_due")
        invoice = self._invoice(period, status="open")
        self._tell(
            self._answers(invoice, running, intent),
            ("charge.failed", charge), ("payment_intent.payment_failed", intent), ("invoice.payment_failed", invoice),
            ("customer.subscription.updated", running),
        )  # fmt: skip
        if self.is_over:
            ended = self._subscription(period, ended=at + 2 * DAY)
            written_off = self._invoice(period, status="uncollectible", attempts=2)
            self._tell(
                self._answers(written_off, ended, intent),
                ("customer.subscription.deleted", ended), ("invoice.marked_uncollectible", written_off),
            )  # fmt: skip

    def _pay(self, period: int, name: str, at: int, attempts: int) -> None:
        currency, rate = SETTLES[self.currency]
        settled = round(self.amount * rate) if rate else self.amount
        fee = 5 + settled * 29 // 1000
        self.payments.append(Payment(self.reference, name, self.amount, self.currency, settled, fee, currency))
        invoice = self._invoice(period, attempts=attempts) if self.is_monthly else None
        running = self._subscription(period) if self.is_monthly else None
        young = stripe.charge(name, at=at, movement=None, **self._money)
        intent = self._intent(name, young)
        answers = self._answers(invoice, running, intent)
        events = [("payment_intent.succeeded", intent), ("charge.succeeded", young)]
        if invoice and running:
            events += [("invoice.paid", invoice)]
            events += [("customer.subscription.updated" if period else "customer.subscription.created", running)]
        if period == 0:
            of_what = {"subscription": f"sub_{self.name}"} if self.is_monthly else {"intent": f"pi_{name}"}
            session = stripe.session(self.name, self.reference, **of_what)
            answers[f"/v1/checkout/sessions/cs_{self.name}"] = session
            events += [("checkout.session.completed", session)]
        self.dice.shuffle(events)
        self._tell(answers, *events)
        self._charge_is(self.payments[-1], at, ("charge.updated",))

    def _intent(self, name: str, charge: Json) -> Json:
        return stripe.intent(name, charge=charge, reference=None if self.is_monthly else self.reference, **self._money)

    def _charge_is(self, payment: Payment, at: int, kinds: tuple[str, ...], **more: Any) -> dict[str, Any]:
        """A charge with its movement now; told by the events of these types, about the charge."""
        moved = stripe.movement(
            payment.name, "charge", amount=payment.settled, fee=payment.fee, currency=payment.currency, at=at,
            rate=SETTLES[self.currency][1],
        )  # fmt: skip
        charge = stripe.charge(payment.name, at=at, movement=moved, **self._money, **more)
        answers = {f"/v1/payment_intents/pi_{payment.name}": self._intent(payment.name, charge)}
        if kinds:
            self._tell(answers, *((kind, charge) for kind in kinds))
        return answers

    def _afterwards(self, payment: Payment) -> None:
        fate = self.dice.random()
        place = self.payments.index(payment)
        if fate < 0.25:
            cuts = sorted({0, payment.seen, *(self.dice.randrange(10, payment.seen, 10) for _ in "ab")})
            parts = [b - a for a, b in pairwise(cuts)][: self.dice.randint(1, 3)]
            self.payments[place] = self._refund(payment, parts)
        elif fate < 0.4:
            self.payments[place] = self._dispute(payment, self.dice.choice(["won", "lost"]))

    def _refund(self, payment: Payment, parts: list[int]) -> Payment:
        name, at, made = payment.name, self.now - 3 * DAY, []
        for number, part in enumerate(parts):
            back = -settled_part(payment, part)
            moved = stripe.movement(f"{name}r{number}", "refund", amount=back, fee=0, currency=payment.currency, at=at)
            made.append(
                stripe.refund(
                    f"{name}r{number}", charge=f"ch_{name}", intent=f"pi_{name}", amount=part,
                    currency=payment.seen_currency, at=at, movement=moved,
                )
            )  # fmt: skip
            answers = self._charge_is(payment, at, (), refunded=sum(parts[: number + 1]))
            answers[f"/v1/refunds?ch_{name}"] = stripe.listing("/v1/refunds", list(made))
            thing = {"id": f"ch_{name}", "object": "charge", "payment_intent": f"pi_{name}"}
            self._tell(
                answers, ("refund.created", made[-1]), ("charge.refunded", thing), ("refund.updated", made[-1])
            )  # fmt: skip
        return Payment(**vars(payment) | {"refunds": tuple(parts)})

    def _dispute(self, payment: Payment, end: str) -> Payment:
        name, at = payment.name, self.now - 2 * DAY
        taken = stripe.movement(
            f"{name}d", "adjustment", amount=-payment.settled, fee=DISPUTE_FEE, currency=payment.currency, at=at
        )
        given = stripe.movement(
            f"{name}w", "adjustment", amount=payment.settled, fee=0, currency=payment.currency, at=at
        )

        def tell(status: str, movements: list[Json], *kinds: str) -> None:
            seen = stripe.dispute(
                name, charge=f"ch_{name}", intent=f"pi_{name}", amount=payment.seen, currency=payment.seen_currency,
                status=status, at=at, movements=movements,
            )  # fmt: skip
            answers = self._charge_is(payment, at, (), disputed=True)
            answers[f"/v1/disputes?ch_{name}"] = stripe.listing("/v1/disputes", [seen])
            self._tell(answers, *((f"charge.dispute.{kind}", seen) for kind in kinds))

        tell("needs_response", [taken], "created", "funds_withdrawn")
        if end == "won":
            tell("won", [taken, given], "closed", "funds_reinstated")
        else:
            tell("lost", [taken], "closed")
        return Payment(**vars(payment) | {"dispute": end})


@dataclass
class Delivery:
    """One copy of an event. With it, if it is the first of its step, what Stripe answers from then on."""

    event_id: str
    body: bytes
    answers: dict[str, Any] | None = None


@dataclass
class History:
    """All givers, and all deliveries in the order in which they are sent."""

    givers: list[Giver]
    deliveries: list[Delivery]

    @property
    def payments(self) -> list[Payment]:
        return [payment for giver in self.givers for payment in giver.payments]

    @property
    def event_ids(self) -> set[str]:
        return {delivery.event_id for delivery in self.deliveries}

    @property
    def closing_answers(self) -> dict[str, Any]:
        """The lists that the proof of the books asks for."""
        running: dict[str, Any] = {}
        for giver in self.givers:
            for step in giver.steps:
                running |= {path: it for path, it in step.answers.items() if path.startswith("/v1/subscriptions/")}
        return {"/v1/subscriptions": stripe.listing("/v1/subscriptions", list(running.values()))}


def make(seed: int, events: int, now: int) -> History:
    """At least so many events, three deliveries of each: half with their copies side by side, half strewn over the run.

    One in twenty happens to be told by a second event, with an id of its own.
    """
    dice = random.Random(seed)
    givers: list[Giver] = []
    while sum(len(step.events) for giver in givers for step in giver.steps) * 1.05 < events:
        givers.append(Giver(len(givers), dice, now))
    return History(givers, _strew(list(_told(givers, dice)), dice))


def _told(givers: list[Giver], dice: random.Random) -> list[Delivery]:
    """The first copies, in the order in which things happen; each giver's own order is kept."""
    turns = [giver for giver in givers for _ in giver.steps]
    dice.shuffle(turns)
    steps = {giver.number: iter(giver.steps) for giver in givers}
    told = []
    for giver in turns:
        step = next(steps[giver.number])
        answers: dict[str, Any] | None = step.answers
        for name, kind, thing in step.events:
            told.append(Delivery(name, load.event(name, kind, thing), answers))
            answers = None
            if dice.random() < 0.05:
                told.append(Delivery(f"{name}again", load.event(f"{name}again", kind, thing)))
    return told


def _strew(told: list[Delivery], dice: random.Random) -> list[Delivery]:
    """Every event three times."""
    placed: list[tuple[float, Delivery]] = []
    for place, first in enumerate(told):
        copy = Delivery(first.event_id, first.body)
        is_strewn = dice.random() < 0.5
        later = [dice.uniform(place, len(told)) for _ in "ab"] if is_strewn else [place + 0.1, place + 0.2]
        placed += [(place, first), *((at, copy) for at in later)]
    return [delivery for _, delivery in sorted(placed, key=lambda pair: pair[0])]
