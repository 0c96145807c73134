"""A seeded past: complete, consistent, the same for the same seed, and alive."""

import time

from sandbox import clock, history, store
from sandbox.history import Giver
from sandbox.models import Thing
from tests.sandbox import lifecycle
from tests.sandbox.conftest import Sandbox
from tests.sandbox.lifecycle import DAY


def givers(now: int) -> list[Giver]:
    """One of every kind."""
    year = now - 400 * DAY
    return [
        Giver("once", "a@example.org", None, "eur", 2500, "", year, metadata={"donation": "1"}),
        Giver("sent-back", "b@example.org", "B", "uah", 50_000, "", year, ("refunded",)),
        Giver("faithful", "c@example.org", "C", "eur", 1000, "month", year, metadata={"donation": "3"}),
        Giver("yearly", "d@example.org", "D", "usd", 9000, "year", year),
        Giver("bumpy", "e@example.org", "E", "eur", 700, "month", year, ("paid", "recovered", "refunded", "disputed")),
        Giver("gave-up", "f@example.org", "F", "gbp", 500, "month", year, ("paid", "paid", "failed")),
        Giver("behind", "g@example.org", "G", "eur", 800, "month", now - 32 * DAY, ("paid", "failed")),
        Giver("left", "h@example.org", "H", "jpy", 1500, "month", year, ended_at=year + 100 * DAY),
        Giver("leaving", "i@example.org", "I", "eur", 900, "month", year, ends=True),
        Giver("vindicated", "k@example.org", "K", "eur", 3000, "", year, ("won",)),
        Giver("overpaid", "l@example.org", "L", "pln", 9000, "year", year, ("part_refunded",)),
        Giver("resting", "j@example.org", "J", "eur", 900, "month", year, paused_at=year + 40 * DAY),
    ]


def test_the_past_is_complete_and_balanced(sandbox: Sandbox) -> None:
    made = {one.key: one for one in history.build(givers(clock.now()), seed=1)}
    assert lifecycle.check_everything(sandbox) > 100
    assert lifecycle.balance_sums(sandbox) == lifecycle.transaction_sums(sandbox)
    statuses = {key: one.status for key, one in made.items()}
    assert statuses == {
        "once": "complete",
        "sent-back": "complete",
        "faithful": "active",
        "yearly": "active",
        "bumpy": "active",
        "gave-up": "canceled",
        "behind": "past_due",
        "left": "canceled",
        "leaving": "active",
        "vindicated": "complete",
        "overpaid": "active",
        "resting": "paused",
    }
    faithful = made["faithful"]
    assert len(faithful.payments) == 14
    invoice = sandbox.client.v1.invoices.retrieve(faithful.payments[5]["invoice"], {"expand": ["payments"]})
    assert invoice.payments.data[0].payment.payment_intent == faithful.payments[5]["payment_intent"]
    assert invoice.parent.subscription_details.metadata["donation"] == "3"
    assert len(sandbox.client.v1.charges.list({"customer": made["behind"].customer}).data) == 2
    session = sandbox.client.v1.checkout.sessions.retrieve(faithful.session, {"expand": ["line_items"]})
    assert (session.subscription, session.line_items.data[0].amount_total) == (faithful.subscription, 1000)


def test_every_payout_is_the_sum_of_what_it_took_along(sandbox: Sandbox) -> None:
    history.build(givers(clock.now()), seed=1)
    paid_out = list(sandbox.client.v1.payouts.list({"limit": 100}).auto_paging_iter())
    assert len(paid_out) > 10
    for payout in paid_out:
        inside = sandbox.client.v1.balance_transactions.list({"payout": payout.id, "limit": 100}).auto_paging_iter()
        assert sum(one.net for one in inside) == 0
    before = lifecycle.balance_sums(sandbox)
    from sandbox import payouts

    available = {
        part.currency: part.amount for part in sandbox.client.v1.balance.retrieve().available if part.amount > 0
    }
    assert {one["currency"]: one["amount"] for one in payouts.sweep()} == available
    assert lifecycle.balance_sums(sandbox) == {
        currency: rest for currency, amount in before.items() if (rest := amount - available.get(currency, 0))
    }


def test_the_living_go_on_living(sandbox: Sandbox) -> None:
    made = {one.key: one for one in history.build(givers(clock.now()), seed=1)}
    sandbox.post("clock", advance=32 * DAY)
    status = {
        key: sandbox.client.v1.subscriptions.retrieve(one.subscription).status
        for key, one in made.items()
        if one.subscription
    }
    assert status == {
        "faithful": "active",
        "yearly": "active",
        "bumpy": "active",
        "gave-up": "canceled",
        "behind": "canceled",
        "left": "canceled",
        "leaving": "canceled",
        "overpaid": "active",
        "resting": "paused",
    }
    renewed = sandbox.client.v1.invoices.list({"subscription": made["faithful"].subscription, "limit": 100}).data
    assert len(renewed) in (15, 16)
    assert renewed[0].status == "paid"
    assert lifecycle.types(sandbox)["invoice.paid"] >= 2
    lifecycle.check_everything(sandbox)
    assert lifecycle.balance_sums(sandbox) == lifecycle.transaction_sums(sandbox)


def test_the_same_seed_makes_the_same_objects(sandbox: Sandbox) -> None:
    now = clock.now()
    first = history.build(givers(now), seed=7)
    bodies = {body["id"]: body for body in store.find("charge")}
    Thing.objects.all().delete()
    assert history.build(givers(now), seed=7) == first
    assert {body["id"]: body for body in store.find("charge")} == bodies
    other = history.build(givers(now), seed=8)
    assert {one.session for one in other}.isdisjoint(one.session for one in first)


def test_hundreds_of_givers_are_written_in_bulk(sandbox: Sandbox) -> None:
    now = clock.now()
    started = time.monotonic()
    crowd = [Giver(str(n), f"{n}@example.org", None, "eur", 1000, "month", now - 300 * DAY - n) for n in range(200)]
    made = history.build(crowd, seed=1)
    written = Thing.objects.count()
    print(f"{written} objects in {time.monotonic() - started:.1f} s")  # noqa: T201 (a measurement to look at)
    assert sum(len(one.payments) for one in made) == 200 * 10
    assert written > 10_000
