"""`manage.py sandbox`: what it refuses, and that things happen by themselves in the process it starts."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from django.core.management import CommandError, call_command
from pytest_django import Settings

from tests.conftest import WorldDatabase
from tests.sandbox.conftest import Receiver

ROOT = Path(__file__).parents[2]
KEY = {"Authorization": "Bearer sk_test_123"}


def until(condition: Callable[[], object], seconds: float = 60) -> None:
    """Look again and again until it is so; a failure after that many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it has not become so in time"
        time.sleep(0.05)


@pytest.fixture
def process(world_db: WorldDatabase, receiver: Receiver) -> Iterator[str]:
    """The command in a process of its own, the receiver in the product's place; its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    running = subprocess.Popen(
        [sys.executable, "manage.py", "sandbox", "--port", str(port)],
        cwd=ROOT,
        env=world_db.environment(SITE_URL=receiver.url.removesuffix("/hook")),
    )
    url = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        assert running.poll() is None, "the command has ended"
        try:
            return requests.get(f"{url}/v1/account", headers=KEY, timeout=5).ok
        except requests.ConnectionError:
            return False

    try:
        until(answers)
        yield url
    finally:
        running.terminate()
        assert running.wait(60) == 0


def test_the_process_runs_timers_and_tells_the_product(process: str, receiver: Receiver) -> None:
    endpoints = requests.get(f"{process}/v1/webhook_endpoints", headers=KEY, timeout=10).json()["data"]
    assert [e["url"] for e in endpoints] == [receiver.url.replace("/hook", "/webhooks/stripe/")]
    assert requests.post(f"{process}/v1/customers", headers=KEY, data={"name": "Olena"}, timeout=10).ok
    until(lambda: receiver.got)
    assert json.loads(receiver.got[0][0])["type"] == "customer.created"


@pytest.mark.parametrize(
    ("changed", "value"), [("DEBUG", False), ("STRIPE_SECRET_KEY", "sk_live_123"), ("STRIPE_SECRET_KEY", "rk_live_1")]
)
def test_it_refuses_a_live_key_and_debug_off(settings: Settings, changed: str, value: object) -> None:
    setattr(settings, changed, value)
    with pytest.raises(CommandError):
        call_command("sandbox")
