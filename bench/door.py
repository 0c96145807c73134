"""The door: events acknowledged per second, as a ratio to a bare view that verifies and inserts one row."""

import statistics
from dataclasses import dataclass, field

from bench import load, servers
from config import laptop

WARM = 100


@dataclass
class Measured:
    """What came of it. Rates in events per second, CPU in milliseconds per event, latencies in seconds."""

    events: int = 0
    ratios: list[float] = field(default_factory=list)
    rates: list[tuple[float, float]] = field(default_factory=list)
    cpu: tuple[float, float] = (0, 0)
    latencies: list[float] = field(default_factory=list)
    duplicates: dict[int, int] = field(default_factory=dict)
    forged: dict[int, int] = field(default_factory=dict)
    rows: int = 0

    @property
    def rows_more(self) -> int:
        """Rows that duplicates and forged events left behind."""
        return self.rows - WARM - self.events * len(self.ratios)


def _event(name: str) -> bytes:
    """A renewal's event of ordinary size, each of an aggregate of its own."""
    lines = [{"id": f"il_{name}", "period": {"start": 1, "end": 2}, "description": "x" * 1500}]
    details = {"subscription_details": {"subscription": f"sub_{name}", "metadata": {}}}
    thing: dict[str, object] = {"id": f"in_{name}", "object": "invoice", "parent": details, "lines": {"data": lines}}
    return load.event(f"evt_{name}", "invoice.paid", thing)


def _deliveries(port: int, count: int, tag: str) -> list[bytes]:
    """That many signed deliveries of new events."""
    return [load.request(port, _event(f"{tag}{number}"), servers.SECRET) for number in range(count)]


def measure(rounds: int, events: int, name: str) -> Measured:
    """Bare, ours, bare, ours …, each on gunicorn and PostgreSQL; then duplicates, and events with a bad signature."""
    database = laptop.database_url(name, throwaway=True)
    seen = Measured(events=events)
    with servers.redis() as redis:
        env = servers.environment(database, redis)
        servers.manage(env, "migrate", "--verbosity", "0")
        with servers.connect(database) as rows:
            rows.execute("CREATE TABLE bench_event (event_id text PRIMARY KEY, type text NOT NULL, body bytea)")
        with servers.web("bench.bare:application", env) as bare, servers.web("config.wsgi:application", env) as ours:
            for port, _ in (bare, ours):
                load.send(port, _deliveries(port, WARM, f"warm{port}x"))
            before = servers.cpu(ours[1]), servers.cpu(bare[1])
            for number in range(rounds):
                _round(seen, bare[0], ours[0], number)
            after = servers.cpu(ours[1]), servers.cpu(bare[1])
            seen.cpu = tuple((b - a) * 1000 / rounds / events for a, b in zip(before, after, strict=True))  # type: ignore[assignment]
            seen.duplicates = load.send(ours[0], _deliveries(ours[0], events, "p0x")).statuses
            forged = [raw.replace(b",v1=", b",v1=0") for raw in _deliveries(ours[0], 50, "forged")]
            seen.forged = load.send(ours[0], forged).statuses
        with servers.connect(database) as rows:
            statement = "SELECT (SELECT count(*) FROM payments_stripeevent), (SELECT count(*) FROM bench_event)"
            seen.rows, at_bare = rows.execute(statement).fetchone() or (0, 0)
    if at_bare != WARM + rounds * events:
        raise SystemExit(f"the bare view stored {at_bare} events")
    return seen


def _round(seen: Measured, bare: int, ours: int, number: int) -> None:
    limit = load.send(bare, _deliveries(bare, seen.events, f"b{number}x"))
    run = load.send(ours, _deliveries(ours, seen.events, f"p{number}x"))
    if {*limit.statuses, *run.statuses} != {200}:
        raise SystemExit(f"not every event was acknowledged: bare {limit.statuses}, ours {run.statuses}")
    seen.ratios.append(run.rate / limit.rate)
    seen.rates.append((run.rate, limit.rate))
    seen.latencies += run.latencies


def percentile(values: list[float], share: float) -> float:
    """In milliseconds."""
    return sorted(values)[int(share * (len(values) - 1))] * 1000


def report(seen: Measured) -> str:
    """For people."""
    ours, bare = (statistics.median(rate) for rate in zip(*seen.rates, strict=True))
    return (
        f"acknowledged, ours to bare: median {statistics.median(seen.ratios):.2f}, spread {min(seen.ratios):.2f} to"
        f" {max(seen.ratios):.2f} over {len(seen.ratios)} rounds of {seen.events}\n"
        f"  events/s: ours {ours:.0f}, bare {bare:.0f}; web's CPU ms/event: ours {seen.cpu[0]:.2f}, bare"
        f" {seen.cpu[1]:.2f} (ratio {seen.cpu[1] / seen.cpu[0]:.2f})\n"
        f"  ours: p50 {percentile(seen.latencies, 0.5):.1f} ms, p99 {percentile(seen.latencies, 0.99):.1f} ms\n"
        f"  duplicates answered {seen.duplicates}, forged {seen.forged}: {seen.rows_more} rows more"
    )
