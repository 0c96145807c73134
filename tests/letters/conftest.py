"""A mail server to send to: real SMTP on the loopback, with answers that a test chooses."""

import socket
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import ModuleType
from typing import Any

import pytest

# aiosmtpd's decorator `public` comes from a module of that name, which here is a room. It only fills `__all__`.
_room, sys.modules["public"] = sys.modules["public"], ModuleType("public")
sys.modules["public"].public = lambda thing: thing  # type: ignore[attr-defined]
try:
    from aiosmtpd.controller import Controller
finally:
    sys.modules["public"] = _room

Answer = Callable[[], str]


@dataclass
class Sink:
    """Keeps what it accepted. `on_mail`, and for an address `on_rcpt` and `on_data`, hold answers that are used up."""

    port: int
    lines: int = 0
    accepted: list[bytes] = field(default_factory=list)
    on_mail: list[str] = field(default_factory=list)
    on_rcpt: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    on_data: dict[str, list[str | Answer]] = field(default_factory=lambda: defaultdict(list))

    @property
    def messages(self) -> list[EmailMessage]:
        return [message_from_bytes(raw, policy=policy.default) for raw in self.accepted]

    @property
    def recipients(self) -> list[str]:
        return [str(message["To"]) for message in self.messages]

    # The names are aiosmtpd's.
    async def handle_EHLO(self, _server: Any, session: Any, _envelope: Any, name: str, said: list[str]) -> list[str]:  # noqa: N802
        self.lines += 1
        session.host_name = name
        return said

    async def handle_MAIL(self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]) -> str:  # noqa: N802
        if self.on_mail:
            return self.on_mail.pop(0)
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]) -> str:  # noqa: N802
        if self.on_rcpt[address]:
            return self.on_rcpt[address].pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        answers = self.on_data[envelope.rcpt_tos[0]]
        answer = answers.pop(0) if answers else "250 OK"
        said = answer if isinstance(answer, str) else answer()
        if said == "drop":
            # Taken, and then the line breaks before the sender hears of it.
            self.accepted.append(envelope.content)
            server.transport.abort()
        elif said.startswith("250"):
            self.accepted.append(envelope.content)
        return said


@pytest.fixture
def sink(settings: Any) -> Iterator[Sink]:
    """The server, listening; Django's mail settings lead to it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        server = Sink(probe.getsockname()[1])
    controller = Controller(server, hostname="127.0.0.1", port=server.port)
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    yield server
    controller.stop()
