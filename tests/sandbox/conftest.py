"""A served sandbox on a database of the test's own, with a Stripe client that speaks to it over HTTP."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from wsgiref.simple_server import WSGIServer

import pytest
import requests
import stripe
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from pytest_django import Settings

from sandbox.wsgi import application
from tests.conftest import WorldDatabase


class QuietHandler(WSGIRequestHandler):
    """Does not print each request, nor wait 40 ms between an answer's head and its body."""

    disable_nagle_algorithm = True

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@dataclass
class Sandbox:
    """A sandbox that is being served, and how a test reaches it."""

    url: str
    client: Any  # a stripe.StripeClient; its types make every expanded reference a string or nothing
    line: requests.Session = field(default_factory=requests.Session)

    def post(self, path: str, **fields: Any) -> dict[str, Any]:
        """Press a button of the dashboard, such as `post("clock", advance=3600)`; the answer must be a success."""
        answer = self.line.post(
            f"{self.url}/sandbox/{path}", json=fields, headers={"Accept": "application/json"}, timeout=60
        )
        assert answer.status_code == 200, answer.text
        result: dict[str, Any] = answer.json()
        return result

    def call(self, method: str, path: str, key: str = "sk_test_123", **more: Any) -> requests.Response:
        """A call without the SDK between, for what the SDK would not send."""
        headers = {"Authorization": f"Bearer {key}"} | more.pop("headers", {})
        return requests.request(method, self.url + path, headers=headers, timeout=60, **more)


@dataclass
class Receiver:
    """A webhook endpoint that keeps what it is told and answers as it is bid."""

    url: str
    got: list[tuple[bytes, str]] = field(default_factory=list)
    status: int = 200
    connections: set[Any] = field(default_factory=set)


def serve(server: Any) -> Iterator[None]:
    """Serve in a thread until the test is over."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def sandbox(world_db: WorldDatabase, settings: Settings) -> Iterator[Sandbox]:
    """A sandbox in threads of this process; nothing happens in it by itself, `post("tick")` makes it happen."""
    server: WSGIServer = ThreadedWSGIServer(("127.0.0.1", 0), QuietHandler)
    server.set_app(application)
    url = f"http://127.0.0.1:{server.server_port}"
    settings.STRIPE_API_BASE = url
    for _ in serve(server):
        yield Sandbox(url, stripe.StripeClient("sk_test_123", base_addresses={"api": url}, max_network_retries=0))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A webhook endpoint on a free port."""
    told = Receiver("")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told.got.append((body, self.headers["Stripe-Signature"]))
            told.connections.add(self.client_address)
            self.send_response(told.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told.url = f"http://127.0.0.1:{server.server_port}/hook"
    for _ in serve(server):
        yield told
