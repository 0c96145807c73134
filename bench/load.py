"""A sender of webhooks: prepared bytes over kept connections, so that it takes as little of the machine as it can."""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Run:
    """What came of sending: answers by status, and the time each took, in seconds."""

    seconds: float = 0
    statuses: dict[int, int] = field(default_factory=dict)
    latencies: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Answers per second."""
        return len(self.latencies) / self.seconds


def request(port: int, body: bytes, secret: str) -> bytes:
    """One signed delivery as it goes over the wire."""
    stamp = int(time.time())
    signature = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    head = (
        f"POST /webhooks/stripe/ HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
        f"Stripe-Signature: t={stamp},v1={signature}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def event(name: str, kind: str, thing: dict[str, object]) -> bytes:
    """An event's body, laid out as Stripe lays it out."""
    return json.dumps(
        {
            "id": name, "object": "event", "api_version": "2026-10-28.endive", "created": int(time.time()),
            "data": {"object": thing}, "livemode": False, "pending_webhooks": 1,
            "request": {"id": "req_1", "idempotency_key": None}, "type": kind,
        },
        indent=2,
    ).encode()  # fmt: skip


async def _line(port: int, requests: Sequence[bytes], run: Run) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for raw in requests:
        begun = time.perf_counter()
        writer.write(raw)
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
        await reader.readexactly(length)
        run.latencies.append(time.perf_counter() - begun)
        status = int(head[9:12])
        run.statuses[status] = run.statuses.get(status, 0) + 1
        if b"connection: close" in head.lower():
            writer.close()
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.close()


def in_own_loop(work: Coroutine[Any, Any, None]) -> None:
    """Runs it to its end in a thread of its own: a browser's test may have left a loop running in this one."""
    with ThreadPoolExecutor(1) as own:
        own.submit(asyncio.run, work).result()


def send(port: int, requests: Sequence[bytes], lines: int = 8) -> Run:
    """Sends everything over some connections at once and waits for every answer."""
    run = Run()

    async def everything() -> None:
        await asyncio.gather(*(_line(port, requests[number::lines], run) for number in range(lines)))

    begun = time.perf_counter()
    in_own_loop(everything())
    run.seconds = time.perf_counter() - begun
    return run
