"""From the door to the ledger: whole joins sent, applied by two worker processes, while Stripe answers at once."""

import json
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench import begin, load, servers
from bench import stripe_objects as stripe
from config import laptop

KINDS = (
    "checkout.session.completed", "customer.subscription.created", "invoice.paid", "payment_intent.succeeded",
    "charge.succeeded", "charge.updated",
)  # fmt: skip
AMOUNT, FEE = begin.AMOUNT, 43
UNAPPLIED = "SELECT type, attempts, error FROM payments_stripeevent WHERE state <> 'applied'"


@dataclass
class Measured:
    """What came of it. CPU in milliseconds per event, by kind of process."""

    broker: str = ""
    events: int = 0
    seconds: float = 0
    cpu: dict[str, float] = field(default_factory=dict)
    settled: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    inbox: dict[str, int] = field(default_factory=dict)
    active: int = 0


def _join(number: int, reference: str, now: int) -> tuple[dict[str, stripe.Json], list[stripe.Json]]:
    """A join at Stripe: what its API answers, and the objects of the six events."""
    name, end = str(number), now + 30 * stripe.DAY
    amounts: dict[str, Any] = {"amount": AMOUNT, "currency": "EUR"}
    session = stripe.session(name, reference, subscription=f"sub_{name}")
    running = stripe.subscription(name, reference, start=now, end=end, **amounts)
    invoice = stripe.invoice(
        name, reference, subscription=f"sub_{name}", intent=f"pi_{name}", start=now, end=end,
        reason="subscription_create", **amounts,
    )  # fmt: skip
    movement = stripe.movement(name, "charge", amount=AMOUNT, fee=FEE, currency="EUR", at=now)
    charge = stripe.charge(name, at=now, movement=movement, **amounts)
    intent = stripe.intent(name, charge=charge, **amounts)
    answers = {
        f"/v1/checkout/sessions/cs_{name}": session,
        f"/v1/subscriptions/sub_{name}": running,
        f"/v1/invoices?sub_{name}": stripe.listing("/v1/invoices", [invoice]),
        f"/v1/invoices/in_{name}": invoice,
        f"/v1/invoice_payments?pi_{name}": invoice["payments"],
        f"/v1/payment_intents/pi_{name}": intent,
    }
    young = charge | {"balance_transaction": None}
    return answers, [session, running, invoice, intent | {"latest_charge": f"ch_{name}"}, young, charge]


@contextmanager
def _stripe(joins: int, references: list[str]) -> Iterator[tuple[str, list[bytes]]]:
    """The stand-in as a process of its own; its address, and the bodies of all events."""
    now = int(time.time())
    answers: dict[str, object] = {
        "/v1/balance": {"available": [{"currency": "eur", "amount": joins * (AMOUNT - FEE)}], "pending": []}
    }
    running, bodies = [], []
    for number, reference in enumerate(references):
        more, things = _join(number, reference, now)
        answers |= more
        running.append(more[f"/v1/subscriptions/sub_{number}"])
        bodies += [load.event(f"evt_{number}_{kind}", kind, thing) for kind, thing in zip(KINDS, things, strict=True)]
    answers["/v1/subscriptions"] = stripe.listing("/v1/subscriptions", running)
    port = servers.free_port()
    with tempfile.TemporaryDirectory() as folder:
        known = Path(folder) / "answers.json"
        known.write_text(json.dumps(answers))
        with servers.process([sys.executable, "-m", "bench.stand_in", str(port), str(known)]):
            servers.await_port(port)
            yield f"http://127.0.0.1:{port}", bodies


def measure(joins: int, name: str) -> Measured:
    """Sends the events of so many joins, waits until all are applied, and proves the books."""
    database = laptop.database_url(name, throwaway=True)
    references = [str(uuid.uuid4()) for _ in range(joins)]
    seen = Measured(events=joins * len(KINDS))
    with servers.redis() as redis, _stripe(joins, references) as (address, bodies):
        seen.broker = "Redis" if redis else "files in a folder"
        env = servers.environment(database, redis, address)
        servers.manage(env, "migrate", "--verbosity", "0")
        command = [sys.executable, "-m", "bench.begin"]
        subprocess.run(command, cwd=servers.ROOT, env=env, input=json.dumps(references), text=True, check=True)
        with (
            servers.web("config.wsgi:application", env) as (port, web),
            servers.worker(env) as worker,
            servers.connect(database) as rows,
        ):
            backends = servers.Backends(rows)
            _apply(port, bodies[: len(KINDS)], backends)  # wakes everybody up
            usages = {
                "web": lambda: servers.cpu(web),
                "worker": lambda: servers.cpu(worker),
                "PostgreSQL": backends.cpu,
            }
            before = {kind: usage() for kind, usage in usages.items()}
            begun = time.perf_counter()
            _apply(port, bodies[len(KINDS) :], backends)
            seen.seconds = time.perf_counter() - begun
            measured = seen.events - len(KINDS)
            seen.cpu = {kind: (usage() - before[kind]) * 1000 / measured for kind, usage in usages.items()}
        _prove(seen, env)
    return seen


def _apply(port: int, bodies: list[bytes], backends: servers.Backends) -> None:
    run = load.send(port, [load.request(port, body, servers.SECRET) for body in bodies])
    if set(run.statuses) != {200}:
        raise SystemExit(f"not every event was acknowledged: {run.statuses}")
    end = time.monotonic() + 180
    while left := backends.rows.execute(UNAPPLIED).fetchall():
        if time.monotonic() > end:
            raise SystemExit(f"after three minutes {len(left)} events are not applied, such as {left[0]}")
        backends.cpu()
        time.sleep(0.05)


def _prove(seen: Measured, env: servers.Environment) -> None:
    books = json.loads(servers.manage(env, "books", "--json"))
    seen.wrong = [f"{check['id']}: {check['detail']}" for check in books["checks"] if not check["ok"]]
    seen.settled, seen.inbox = books["settled"]["EUR"], books["inbox"]
    seen.active = books["memberships"]["active"]


def report(seen: Measured) -> str:
    """For people."""
    joins = seen.events // len(KINDS)
    parts = ", ".join(f"{kind} {used:.1f}" for kind, used in seen.cpu.items())
    right = seen.settled["balance"] == joins * (AMOUNT - FEE) and seen.active == joins and not seen.wrong
    return (
        f"applied: {(seen.events - len(KINDS)) / seen.seconds:.0f} events/s, {joins - 1} joins of {len(KINDS)} events,"
        f" two worker processes, {seen.broker} for a bell\n"
        f"  CPU ms/event: {parts}; together {sum(seen.cpu.values()):.1f}\n"
        f"  books: {'right to the cent' if right else f'WRONG {seen}'}"
    )
