"""Histories of givers at Stripe that the product has not heard of: their events are delivered later, as a test likes.

A giver fills in the product's form and pays on the sandbox's page; what happens afterwards is done at the sandbox, and
told to a model of the giver's own. `CONTAINS` names for every handled type a history in which it occurs.
"""

import json
import random
import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import requests
from django.conf import settings
from django.db import connections, transaction

from letters.models import Letter
from members.models import Membership
from newsroom import clock
from newsroom.models import Newsroom
from payments import operations, stripe_events
from payments.models import Donation, LedgerEntry, Receipt, StripeEvent
from payments.stripe_events import HANDLED
from sandbox import delivery, events, payment_methods, store
from sandbox.models import Thing
from tests.journeys.conftest import VISA, Reader, World
from tests.model import Gift, Model, Paid

IDS = re.compile(r"\b(?:cs_test|cus|sub|pi|ch|in|re|dp)_[A-Za-z0-9]+|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
Event = dict[str, Any]


@dataclass
class Giver:
    """Somebody with a history, and the model that was told it."""

    world: World
    name: str
    url: str
    model: Model = field(default_factory=lambda: Model(clock.now))
    gift: Gift | None = None
    paid: Paid | None = None
    events: list[Event] = field(default_factory=list)

    @property
    def session(self) -> dict[str, Any]:
        return store.get(self.url.rpartition("/")[2].partition("#")[0])

    @property
    def subscription(self) -> str:
        return str(self.session["subscription"])

    @property
    def customer(self) -> str:
        return str(self.session["customer"])

    @property
    def intent(self) -> str:
        """Of a gift given once, or of the newest invoice."""
        if self.session["payment_intent"]:
            return str(self.session["payment_intent"])
        invoice = store.get(self.subscription)["latest_invoice"]
        return str(store.find("invoice_payment", invoice=invoice)[0]["payment"]["payment_intent"])

    @property
    def charge(self) -> str:
        return str(store.get(self.intent)["latest_charge"])

    @property
    def told(self) -> Gift:
        assert self.gift
        return self.gift

    @property
    def given(self) -> Paid:
        assert self.paid
        return self.paid

    def button(self, action: str, **more: Any) -> None:
        self.world.sandbox.post(f"subscriptions/{self.subscription}", action=action, **more)

    def update(self, **params: Any) -> None:
        self.world.sandbox.client.v1.subscriptions.update(self.subscription, params)

    def says(self, event: str, thing: dict[str, Any]) -> None:
        """An event that Stripe has and the sandbox never makes."""
        with transaction.atomic():
            events.emit(event, thing)


Act = Callable[[Giver], None]


@dataclass(frozen=True)
class History:
    """How somebody gives, and what happens on which day afterwards."""

    interval: str = "monthly"
    typed: dict[str, str] = field(default_factory=dict)
    pays: bool = True
    arrives: bool = True
    days: dict[int, Act] = field(default_factory=dict)


def _declined_before(giver: Giver) -> None:
    """A wish for another card than the first one: see `begin`."""


def _raise(giver: Giver) -> None:
    giver.button("change", amount=900)
    giver.told.changes(900)


def _end(giver: Giver) -> None:
    giver.button("cancel")
    giver.told.ends()


def _stand_still(giver: Giver) -> None:
    giver.button("pause")
    giver.told.stands_still()


def _go_on(giver: Giver) -> None:
    giver.button("resume")
    giver.told.goes_on()


def _skip(giver: Giver) -> None:
    giver.update(pause_collection={"behavior": "void"})
    giver.told.skips_charges()


def _write_off(giver: Giver) -> None:
    giver.update(pause_collection={"behavior": "mark_uncollectible"})
    giver.told.skips_charges()


def _charge_again(giver: Giver) -> None:
    giver.update(pause_collection="")
    giver.told.goes_on()


def _change_card(giver: Giver) -> None:
    old = store.get(giver.subscription)["default_payment_method"]
    giver.world.sandbox.post(f"customers/{giver.customer}/card", number="5555555555554444")
    giver.world.sandbox.client.v1.payment_methods.detach(old)
    new = store.get(giver.subscription)["default_payment_method"]
    with transaction.atomic():
        payment_methods.updated_by_network(new, 11, 2035)
    giver.says("payment_method.updated", store.get(new))


def _bad_card(giver: Giver) -> None:
    giver.world.sandbox.post(f"customers/{giver.customer}/card", number="4000000000000341")
    giver.told.card_becomes("bad")


def _pay_what_is_owed(giver: Giver) -> None:
    page = store.get(store.get(giver.subscription)["latest_invoice"])["hosted_invoice_url"]
    assert Reader(giver.world).pay(page).status_code == 303
    giver.told.pays_what_is_owed()


def _confirm_what_is_owed(giver: Giver) -> None:
    page = store.get(store.get(giver.subscription)["latest_invoice"])["hosted_invoice_url"]
    done = {"action": "authenticate", "outcome": "complete"}
    assert requests.post(page, data=done, allow_redirects=False, timeout=30).status_code == 303
    giver.told.pays_what_is_owed()


def _stumble(giver: Giver) -> None:
    giver.says("invoice.finalization_failed", store.get(store.get(giver.subscription)["latest_invoice"]))


def _refund_part(giver: Giver) -> None:
    giver.world.sandbox.post("refunds", charge=giver.charge, amount=200)
    paid = giver.paid or giver.told.paid[-1][0]
    paid.refunded(200)


def _refund_that_fails(giver: Giver) -> None:
    giver.world.sandbox.post("refunds", charge=giver.charge, amount=200)
    giver.given.refunded(200)
    giver.given.refund_failed(200)


def _dispute(giver: Giver) -> None:
    giver.world.sandbox.post("disputes", charge=giver.charge, reason="fraudulent")
    paid = giver.paid or giver.told.paid[-1][0]
    paid.taken_by_bank()


def _answer(giver: Giver) -> None:
    dispute = store.find("dispute", charge=giver.charge)[0]["id"]
    giver.world.sandbox.client.v1.disputes.update(dispute, {"evidence": {"uncategorized_text": "winning_evidence"}})
    paid = giver.paid or giver.told.paid[-1][0]
    paid.given_back_by_bank()


SEPA = {"method": "sepa_debit"}
HISTORIES = {
    "gives once": History("once"),
    "is declined first": History("once", days={0: _declined_before}),
    "gives up": History("once", pays=False),
    "debit arrives": History("once", SEPA | {"iban": "AT611904300234573201"}),
    "debit fails": History("once", SEPA | {"iban": "AT861904300235473202"}, arrives=False),
    "stays": History(days={3: _stumble}),
    "gives more": History(days={5: _raise}),
    "ends": History(days={6: _end}),
    "stands still": History(days={5: _stand_still, 12: _go_on}),
    "skips": History(days={5: _skip, 36: _charge_again}),
    "is written off": History(days={5: _write_off, 36: _charge_again}),
    "changes the card": History(days={5: _change_card}),
    "fails and recovers": History(days={5: _bad_card, 36: _pay_what_is_owed}),
    "must confirm": History(typed={"card": "4000002760003184"}, days={36: _confirm_what_is_owed}),
    "gets a part back": History("once", days={5: _refund_part}),
    "gets a part back later": History("once", {"card": "4000000000007726"}, days={5: _refund_part}),
    "refund fails": History("once", {"card": "4000000000005126"}, days={5: _refund_that_fails}),
    "disputes and loses": History(days={5: _dispute, 6: _answer}),
    "has it all": History(
        days={
            2: _refund_part, 4: _raise, 5: _bad_card, 36: _pay_what_is_owed,
            37: _dispute, 39: _answer,
        }
    ),
}  # fmt: skip
# For every handled type a history in which it occurs; for transfers to the bank, that of the whole account.
CONTAINS = {
    "checkout.session.completed": "stays",
    "checkout.session.async_payment_succeeded": "debit arrives",
    "checkout.session.async_payment_failed": "debit fails",
    "checkout.session.expired": "gives up",
    "customer.subscription.created": "stays",
    "customer.subscription.updated": "gives more",
    "customer.subscription.deleted": "ends",
    "customer.subscription.paused": "stands still",
    "customer.subscription.resumed": "stands still",
    "customer.updated": "changes the card",
    "invoice.paid": "stays",
    "invoice.payment_failed": "fails and recovers",
    "invoice.payment_action_required": "must confirm",
    "invoice.finalization_failed": "stays",
    "invoice.voided": "skips",
    "invoice.marked_uncollectible": "is written off",
    "payment_intent.succeeded": "gives once",
    "payment_intent.processing": "debit arrives",
    "payment_intent.payment_failed": "is declined first",
    "charge.succeeded": "gives once",
    "charge.updated": "stays",
    "charge.failed": "is declined first",
    "charge.refunded": "gets a part back",
    "refund.created": "gets a part back",
    "refund.updated": "gets a part back later",
    "refund.failed": "refund fails",
    "charge.dispute.created": "disputes and loses",
    "charge.dispute.updated": "disputes and loses",
    "charge.dispute.closed": "disputes and loses",
    "charge.dispute.funds_withdrawn": "disputes and loses",
    "charge.dispute.funds_reinstated": "disputes and loses",
    "payment_method.attached": "stays",
    "payment_method.updated": "changes the card",
    "payment_method.automatically_updated": "changes the card",
    "payment_method.detached": "changes the card",
    "payout.created": "",
    "payout.updated": "",
    "payout.paid": "",
    "payout.canceled": "",
    "payout.failed": "",
    "payout.reconciliation_completed": "",
}


def begin(world: World, name: str, number: int) -> Giver:
    """Somebody fills in the form and pays; the product hears nothing of the payment."""
    history, reader, email = HISTORIES[name], world.reader(), f"giver{number}@example.org"
    amount = "10" if history.interval == "once" else "5"
    giver = Giver(world, name, reader.start(interval=history.interval, amount=amount, email=email))
    if not history.pays:
        return giver
    if _declined_before in history.days.values():
        assert reader.pay(giver.url, "4000000000009995", email=email).status_code == 402
    card = history.typed.get("card", VISA)
    typed = {key: value for key, value in history.typed.items() if key != "card"}
    answer = reader.pay(giver.url, card, email=email, **typed)
    assert answer.status_code == 303, answer.text
    if card == "4000002760003184":
        done = {"action": "authenticate", "outcome": "complete"}
        assert reader.session.post(giver.url, data=done, allow_redirects=False, timeout=30).status_code == 303
    if history.interval == "once" and history.arrives:
        giver.paid = giver.model.gives(1000)
    elif history.interval != "once":
        giver.gift = giver.model.joins(500, who=email)
        giver.gift.card = "bad" if card == "4000002760003184" else "good"
    return giver


def tell(
    world: World, names: Iterable[str], *, on: Iterable[int] = (), then: Callable[[list[Giver]], None] | None = None
) -> list[Giver]:
    """Lets histories happen side by side, all on one calendar of 45 days; `then` sees the givers `on` some days."""
    Newsroom.objects.update(starts_per_address=10_000)
    givers = [begin(world, name, number) for number, name in enumerate(names)]
    acts: dict[int, list[tuple[Giver, Act]]] = defaultdict(list)
    for giver in givers:
        for day, act in HISTORIES[giver.name].days.items():
            acts[day].append((giver, act))
    start = clock.now()
    for day in sorted({*acts, 0, 45}):
        until = start + timedelta(days=day, minutes=5)
        world.sandbox.post("clock", to=int(until.timestamp()))
        for giver, act in acts[day]:
            act(giver)
        world.sandbox.post("clock", to=int((until + timedelta(minutes=5)).timestamp()))
        if then and day in on:
            share_out(givers)
            then(givers)
    share_out(givers)
    return givers


def share_out(givers: list[Giver]) -> None:
    """Gives every giver the handled events of the own history, oldest first: those that share an id, however far."""
    owner: dict[str, str] = {}

    def root(name: str) -> str:
        while owner.setdefault(name, name) != name:
            owner[name] = name = owner[owner[name]]
        return name

    told = list(Thing.objects.filter(kind="event").order_by("created", "seq").values_list("body", flat=True))
    names = {}
    for event in told:
        names[event["id"]] = found = IDS.findall(json.dumps(event["data"]))
        for name in found[1:]:
            owner[root(name)] = root(found[0])
    mine = {root(giver.session["id"]): giver for giver in givers}
    for giver in givers:
        giver.events = []
    for event in told:
        giver_of = mine.get(root(names[event["id"]][0])) if names[event["id"]] else None
        if giver_of and event["type"] in HANDLED:
            giver_of.events.append(event)


# -- delivering and applying ------------------------------------------------------------------------------------------


def post(event: Event, line: requests.Session | None = None) -> str:
    """One delivery, signed, over HTTP: `stored` or `known`."""
    body = json.dumps(event).encode()
    signature = delivery.sign(body, settings.STRIPE_WEBHOOK_SECRETS[0], int(time.time()))
    headers = {"Stripe-Signature": signature, "Content-Type": "application/json"}
    answer = (line or requests).post(f"{settings.SITE_URL}/webhooks/stripe/", body, headers=headers, timeout=30)
    assert answer.status_code == 200, answer.text
    return answer.text.strip()


def eightfold(work: Callable[[int], Any]) -> list[Any]:
    """The same work in eight threads at once; what each brought."""

    def run(number: int) -> Any:
        try:
            return work(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as threads:
        return list(threads.map(run, range(8)))


def post_eightfold(told: list[Event]) -> int:
    """Every event over eight connections at once; how many were stored."""

    def deliver(_number: int) -> int:
        with requests.Session() as line:
            return sum(post(event, line) == "stored" for event in told)

    return sum(eightfold(deliver))


def as_another_event(event: Event, number: int) -> Event:
    """The same fact under another event's id, as Stripe sometimes has it."""
    return event | {"id": f"{event['id']}x{number}"}


def apply_all(world: World) -> None:
    """Until nothing is due any more; what was put off is waited for by the clock."""
    for _ in range(30):
        operations.run_due()
        stripe_events.apply_due()
        waiting = list(StripeEvent.objects.pending().order_by("due_at"))
        if not waiting:
            return
        ahead = (waiting[-1].due_at - clock.now()).total_seconds()
        world.sandbox.post("clock", advance=max(1, int(ahead) + 1))
    raise AssertionError([f"{event}: {event.error}" for event in StripeEvent.objects.pending()])


# -- what came of it --------------------------------------------------------------------------------------------------


def outcome(giver: Giver) -> dict[str, Any]:
    """Everything that the product holds of a giver, without ids and moments."""
    donation = Donation.objects.select_related("membership").get(checkout_url=giver.url)
    member, lines = donation.membership, LedgerEntry.objects.filter(payment__donation=donation)
    return {
        "donation": (
            donation.state, donation.amount_minor, donation.interval, donation.subscription_status, donation.card_last4,
            donation.cancels_at is None, donation.paused_at is None, donation.subscription_ended_at is None,
        ),
        "payments": sorted(donation.payments.values_list("state", "amount_minor", "refunded_minor", "disputed_minor")),
        "invoices": sorted(donation.invoices.values_list("status", "amount_due_minor")),
        "lines": sorted(lines.values_list("kind", "amount_minor", "currency")),
        "membership": member and (
            member.amount_minor, member.interval_months, str(member.paid_through), member.failing_since is None,
            member.paused_at is None, member.leaves_at is None, member.ended_at is None, member.end_reason,
            member.forfeited_at is None,
        ),
        "receipts": Receipt.objects.filter(payment__donation=donation).count(),
        "letters": Counter(
            Letter.objects.filter(to=donation.email, occasion__in=["welcome", "receipt", "refunded"])
            .values_list("occasion", flat=True)
        ),
    }  # fmt: skip


def figures(giver: Giver) -> dict[str, int]:
    """A giver's part of the books: what was seen, what settled, how memberships stand; zeros are left out."""
    sums: Counter[str] = Counter()
    for line in LedgerEntry.objects.filter(payment__donation__checkout_url=giver.url):
        part = line.kind.removesuffix("_reversal")
        sums["settled fee" if part.endswith("fee") else f"settled {part}"] += line.amount_minor
        sums[f"seen {part}s"] += abs(line.seen_minor or 0) * (
            1 if line.kind in {"payment", "refund", "dispute"} else -1
        )
        sums["seen count"] += part == "payment"
    for member in Membership.objects.filter(donations__checkout_url=giver.url):
        sums[f"{member.standing(clock.today(), 14)}"] += 1
    return {name: value for name, value in sums.items() if value}


def predicted(giver: Giver) -> dict[str, int]:
    """The same by the giver's model."""
    books = giver.model.books()
    seen, settled = books["received"].get("EUR", {}), books["settled"].get("EUR", {})
    sums = {f"seen {name}": seen[name] for name in seen if name != "net_of_returns"}
    sums |= {f"settled {name}": settled[name] for name in settled if name != "balance"}
    return {name: value for name, value in (sums | books["memberships"]).items() if value}


def is_as_predicted(giver: Giver) -> None:
    """Every part of the giver's books equals the model's."""
    assert figures(giver) == predicted(giver), giver.name


def mixed(told: list[Event], seed: int) -> list[Event]:
    """In another order, always the same for a seed."""
    return random.Random(seed).sample(told, len(told))
