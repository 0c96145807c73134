"""The world of a journey: the product served over HTTP, the sandbox beside it, one clock, a worker's work on demand."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from django.core.servers.basehttp import ThreadedWSGIServer
from django.db import connections
from pytest_django import Settings

from config import books
from config.wsgi import application
from letters import sending
from letters.models import Letter
from members import gifts
from newsroom import clock
from payments import donations, dunning, gateway, operations, reconciliation, replay, stripe_events
from payments.models import Donation, Payment
from tests.model import Model, together
from tests.sandbox.conftest import QuietHandler, Sandbox, sandbox, serve
from voting import rounds

__all__ = ["sandbox"]

VISA = "4242424242424242"


@dataclass
class Reader:
    """A browser without JavaScript."""

    world: "World"
    session: requests.Session = field(default_factory=requests.Session)

    def form(self, **preset: str) -> str:
        page = self.session.get(f"{self.world.url}/support/", params=preset, timeout=30)
        assert page.status_code == 200, page.text[:2000]
        return page.text

    def send(self, **fields: str) -> requests.Response:
        """The form of /support/, filled and sent; redirects are not followed."""
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.form())
        assert found
        said = {
            "interval": "monthly",
            "currency": "EUR",
            "amount": "5",
            "email": "reader@example.org",
            "language": "en",
        }
        data = {**said, **fields, "csrfmiddlewaretoken": found[1]}
        return self.session.post(f"{self.world.url}/support/", data=data, allow_redirects=False, timeout=60)

    def start(self, **fields: str) -> str:
        """The address of the payment page for a choice."""
        answer = self.send(**fields)
        assert answer.status_code == 303, (answer.status_code, answer.text[:3000])
        return answer.headers["Location"]

    def pay(self, url: str, card: str = VISA, **typed: str) -> requests.Response:
        """Pays on Stripe's page; the answer is the redirect back, or the page again."""
        data = {"number": card, "exp": "12/34", "cvc": "123", "email": "reader@example.org", "name": "R", **typed}
        return self.session.post(url, data=data, allow_redirects=False, timeout=60)

    def give(self, card: str = VISA, **fields: str) -> Donation:
        """The whole way, to where the money has arrived and everything is applied."""
        typed = {"email": fields["email"]} if "email" in fields else {}
        url = self.start(**fields)
        answer = self.pay(url, card, **typed)
        assert answer.status_code == 303, answer.text[:3000]
        self.world.settle()
        donation: Donation = Donation.objects.get(checkout_url=url)
        return donation


@dataclass
class World:
    """The product and the sandbox on one database; nothing happens in them until `settle`."""

    url: str
    sandbox: Sandbox
    model: Model = field(default_factory=lambda: Model(clock.now))

    def begin(self, month: int = 0, day: int = 10) -> None:
        """Moves to ten o'clock (UTC) of the next such day, so that no day changes while a test runs."""
        moment = clock.now().replace(hour=10, minute=0, second=0, microsecond=0) + timedelta(days=1)
        while moment.day != day or (month and moment.month != month):
            moment += timedelta(days=1)
        self.sandbox.post("clock", to=int(moment.timestamp()))

    def reader(self) -> Reader:
        return Reader(self)

    def settle(self) -> None:
        """Everything that is due happens: timers of the next seconds, webhooks, the inbox, letters."""
        done: dict[str, Any] = {}
        for _ in range(60):
            self.work()
            done = self.sandbox.post("tick")
            assert not done["timers_failed"], done
            if done["timers_run"] or done["deliveries_tried"]:
                continue
            if not operations.run_due() and not stripe_events.apply_due() and self.soon(done) is None:
                return
        raise AssertionError(f"the world does not come to rest: {done}")

    def soon(self, done: dict[str, Any]) -> int | None:
        """Moves the clock to what is due within some minutes, if anything is: fees, retries of deliveries."""
        now = clock.now()
        dues = [datetime.fromtimestamp(done[name], UTC) for name in ("next_timer", "next_delivery") if done[name]]
        near = [due for due in dues if due - now < timedelta(minutes=5)]
        if not near:
            return None
        ahead = max(0, int((min(near) - now).total_seconds())) + 1
        self.sandbox.post("clock", advance=ahead)
        return ahead

    def work(self) -> None:
        """What worker and beat do."""
        operations.run_due()
        stripe_events.apply_due()
        donations.lapse_due()
        dunning.warn_of_ends()
        gifts.deliver_due()
        gifts.end_due()
        gifts.warn_of_endings()
        gifts.forget_due()
        rounds.open_due()
        rounds.close_due()
        rounds.count_due()
        sending.send_due()

    def advance(self, **span: float) -> None:
        """Time goes on from one thing that is due to the next, and everything is applied at each."""
        until = clock.now() + timedelta(**span)
        while (left := (until - clock.now()).total_seconds()) > 1:
            next_timer = self.sandbox.post("tick")["next_timer"]
            step = 86_400.0 if next_timer is None else next_timer + 1 - clock.now().timestamp()
            self.sandbox.post("clock", advance=int(max(1, min(left, step, 3 * 86_400))))
            self.settle()

    def leap(self, **span: float) -> None:
        """Time goes on at Stripe, and what happened meanwhile is heard of only at the end."""
        self.sandbox.post("clock", advance=int(timedelta(**span).total_seconds()))
        self.settle()

    def press(self, path: str, **fields: Any) -> dict[str, Any]:
        """A button of Stripe's dashboard, and what follows from it."""
        answer = self.sandbox.post(path, **fields)
        self.settle()
        return answer

    def charge(self, donation: Donation) -> str:
        """Stripe's id of the newest charge for a donation."""
        payment: Payment = donation.payments.exclude(charge=None).latest("id")
        return str(payment.charge)

    def prove(self, *models: Model) -> dict[str, Any]:
        """The books equal the model (or the sum of several), and neither a second derivation nor a look at Stripe finds
        a difference."""
        self.sandbox.post("clock", advance=120)  # what is younger than a minute is not compared
        self.settle()
        expected = together(model.books() for model in models or [self.model])
        proof = self.books()
        assert {name: proof[name] for name in expected} == expected
        assert proof["inbox"] == {"pending": 0, "waiting": 0, "dead": 0, "oldest_pending_seconds": 0}
        assert reconciliation.reconcile() == []
        report = replay.replay(everything=True)
        assert report.ok, report
        again = self.books()
        assert {name: again[name] for name in (*expected, "letters")} == {
            name: proof[name] for name in (*expected, "letters")
        }
        return proof

    def books(self) -> dict[str, Any]:
        """The proven books; every check must hold."""
        proof = books.prove()
        wrong = [check for check in proof["checks"] if not check["ok"]]
        assert not wrong, wrong
        return proof

    def letters(self, to: str = "reader@example.org") -> list[str]:
        """Occasions of the letters sent to an address, oldest first."""
        return list(Letter.objects.filter(to=to).order_by("id").values_list("occasion", flat=True))


@pytest.fixture
def story(world: "World") -> "World":
    """A world at ten o'clock of the tenth of a month."""
    world.begin()
    return world


@pytest.fixture
def world(sandbox: Sandbox, settings: Settings) -> Iterator[World]:
    """A served product and a served sandbox that know each other's address."""
    server = ThreadedWSGIServer(("127.0.0.1", 0), QuietHandler)
    server.set_app(application)
    settings.SITE_URL = f"http://127.0.0.1:{server.server_port}"
    gateway.forget_client()
    sandbox.client.v1.webhook_endpoints.create(
        {"url": f"{settings.SITE_URL}/webhooks/stripe/", "enabled_events": ["*"]}
    )
    from sandbox.models import Endpoint

    settings.STRIPE_WEBHOOK_SECRETS = list(Endpoint.objects.values_list("secret", flat=True))
    for _ in serve(server):
        yield World(settings.SITE_URL, sandbox)
    gateway.forget_client()
    connections.close_all()
