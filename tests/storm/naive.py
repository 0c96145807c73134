"""The control: webhooks as tutorials have them. Acknowledged, handed to the broker, then added up.

It even looks whether an event was seen before. What it lacks is what the storm is about: a row before the answer, a
unique key, and state that is set rather than added.
"""

import json
import os
from collections.abc import Callable, Iterable
from typing import Any

import psycopg
from celery import Celery

from bench import servers

app = Celery("naive", broker=os.environ.get("REDIS_URL"))
app.conf.update(task_ignore_result=True, worker_hijack_root_logger=False, broker_connection_timeout=1)

Rows = psycopg.Connection[Any]


def _add(rows: Rows, currency: str, minor: int) -> None:
    rows.execute(
        "INSERT INTO naive_total VALUES (%s, %s) ON CONFLICT (currency) DO UPDATE SET minor = naive_total.minor + %s",
        [currency.upper(), minor, minor],
    )


HANDLERS: dict[str, Callable[[Rows, dict[str, Any]], None]] = {
    "payment_intent.succeeded": lambda rows, thing: _add(rows, thing["currency"], thing["amount"]),
    "refund.created": lambda rows, thing: _add(rows, thing["currency"], -thing["amount"]),
}


@app.task(name="naive.handle")
def handle(event: dict[str, Any]) -> None:
    """Looks, adds, notes."""
    with servers.connect(os.environ["DATABASE_URL"]) as rows:
        if rows.execute("SELECT 1 FROM naive_seen WHERE event_id = %s", [event["id"]]).fetchone():
            return
        if handler := HANDLERS.get(event["type"]):
            handler(rows, event["data"]["object"])
        rows.execute("INSERT INTO naive_seen VALUES (%s)", [event["id"]])


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The door."""
    handle.delay(json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))))
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]
