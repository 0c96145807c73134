"""The gates: exact under parallel requests, nameless at rest, deaf to forged headers."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.test import RequestFactory
from pytest_django import Settings

from limits import gates, tasks
from limits.models import Hit
from newsroom import clock
from tests.conftest import WorldDatabase

THREADS, LIMIT = 20, 5


def _let_through(attempt: Callable[[], bool]) -> int:
    """How many of 20 threads, which start together, an attempt lets through."""
    start = threading.Barrier(THREADS)

    def one(_number: int) -> bool:
        try:
            start.wait(30)
            return attempt()
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        return sum(pool.map(one, range(THREADS)))


@pytest.mark.database
def test_of_twenty_parallel_requests_exactly_the_limit_goes_through(world_db: WorldDatabase) -> None:
    assert _let_through(lambda: gates.allow("start", "198.51.100.7", limit=LIMIT, seconds=600)) == LIMIT
    assert len(Hit.objects.get().moments) == LIMIT


@pytest.mark.database
def test_control_counting_in_two_statements_lets_too_many_through(world_db: WorldDatabase) -> None:
    Hit.objects.create(gate="naive", key_hash="k", moments=[], forget_at=clock.now())
    everyone_has_looked = threading.Barrier(THREADS)

    def look_then_count() -> bool:
        hit = Hit.objects.get(gate="naive")
        everyone_has_looked.wait(30)
        if len(hit.moments) >= LIMIT:
            return False
        hit.moments.append(clock.now())
        hit.save()
        return True

    assert _let_through(look_then_count) > LIMIT


def test_the_gate_opens_again_when_the_oldest_moment_is_past(db: None) -> None:
    assert gates.allow("start", "a", limit=2, seconds=60)
    clock.move(timedelta(seconds=40))
    assert gates.allow("start", "a", limit=2, seconds=60)
    assert not gates.allow("start", "a", limit=2, seconds=60)
    clock.move(timedelta(seconds=21))
    assert gates.allow("start", "a", limit=2, seconds=60), "the first is 61 seconds old"
    assert not gates.allow("start", "a", limit=2, seconds=60), "the second is 21 seconds old"


def test_gates_and_keys_are_counted_apart(db: None) -> None:
    assert gates.allow("start", "a", limit=1, seconds=60)
    assert gates.allow("start", "b", limit=1, seconds=60)
    assert gates.allow("other", "a", limit=1, seconds=60)
    assert not gates.allow("start", "a", limit=1, seconds=60)


def test_the_key_itself_is_not_kept(db: None) -> None:
    gates.allow("start", "olena@example.org", limit=1, seconds=60)
    hit = Hit.objects.get()
    assert "olena" not in hit.key_hash
    assert len(hit.key_hash) == 64


def test_what_no_gate_looks_at_any_more_is_forgotten(db: None) -> None:
    gates.allow("short", "a", limit=1, seconds=60)
    gates.allow("long", "a", limit=1, seconds=6000)
    clock.move(timedelta(seconds=61))
    tasks.forget_old_hits()
    assert list(Hit.objects.values_list("gate", flat=True)) == ["long"]


@pytest.mark.parametrize(
    ("proxies", "direct", "forwarded", "expected"),
    [
        (0, "198.51.100.7", None, "198.51.100.7"),
        (0, "198.51.100.7", "203.0.113.1", "198.51.100.7"),
        (1, "127.0.0.1", "203.0.113.1", "203.0.113.1"),
        (1, "127.0.0.1", "6.6.6.6, 203.0.113.1", "203.0.113.1"),
        (2, "127.0.0.1", "6.6.6.6, 203.0.113.1, 192.0.2.4", "203.0.113.1"),
        (2, "127.0.0.1", "203.0.113.1", "127.0.0.1"),
        (1, "127.0.0.1", "not an address", "127.0.0.1"),
        (0, "2001:db8:1:2:3:4:5:6", None, "2001:db8:1:2::/64"),
        (0, "::ffff:198.51.100.7", None, "198.51.100.7"),
        (0, "", None, "unknown"),
    ],
)
def test_the_address_is_the_one_a_trusted_proxy_saw(
    settings: Settings, proxies: int, direct: str, forwarded: str | None, expected: str
) -> None:
    settings.TRUSTED_PROXY_COUNT = proxies
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    assert gates.address(RequestFactory().get("/", headers=headers, REMOTE_ADDR=direct)) == expected
