"""The wire to Stripe, in a test's hands: it passes everything on, holds an answer back, loses one, or is cut."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit


@dataclass
class Hold:
    """An answer that has been fetched and is not handed on yet."""

    method: str
    path: str
    came: threading.Event = field(default_factory=threading.Event)
    free: threading.Event = field(default_factory=threading.Event)

    def has_come(self) -> None:
        assert self.came.wait(30)

    def release(self) -> None:
        self.free.set()


class Wire:
    """A server on the loopback before the sandbox. `calls` keeps method, path and idempotency key of each request."""

    def __init__(self, behind: str) -> None:
        self.calls: list[tuple[str, str, str]] = []
        self.loses: Callable[[str, str], bool] = lambda _method, _path: False
        self.is_cut = False
        self._holds: list[Hold] = []
        address = urlsplit(behind)
        wire = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                wire.answer(self, f"{address.hostname}:{address.port}")

            def __getattr__(self, name: str) -> Callable[[], None]:
                if name.startswith("do_"):
                    return self.answer
                raise AttributeError(name)

            def log_message(self, *args: Any) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def hold(self, method: str, path: str) -> Hold:
        """The next answer to this request waits until it is released."""
        self._holds.append(hold := Hold(method, path))
        return hold

    def keys(self, path: str) -> list[str]:
        """The idempotency keys of the writes to a path."""
        return [key for method, called, key in self.calls if method == "POST" and called == path]

    def answer(self, request: BaseHTTPRequestHandler, behind: str) -> None:
        path = request.path.partition("?")[0]
        self.calls.append((request.command, path, request.headers.get("Idempotency-Key", "")))
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        if self.is_cut:  # and the SDK is told not to try again by itself, which takes seconds each time
            request.send_response(503)
            request.send_header("Stripe-Should-Retry", "false")
            request.send_header("Content-Length", "0")
            request.end_headers()
            return
        line = HTTPConnection(behind, timeout=30)
        headers = {name: value for name, value in request.headers.items() if name.lower() not in {"host", "connection"}}
        line.request(request.command, request.path, body, headers)
        answer = line.getresponse()
        content = answer.read()
        line.close()
        for hold in [one for one in self._holds if (one.method, one.path) == (request.command, path)]:
            self._holds.remove(hold)
            hold.came.set()
            hold.free.wait(60)
        if self.loses(request.command, path):
            request.close_connection = True
            return
        request.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in {"connection", "server", "date", "transfer-encoding"}:
                request.send_header(name, value)
        request.end_headers()
        request.wfile.write(content)
