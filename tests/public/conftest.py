"""A reader's browser against the pages, and the whole world for what reaches the payment page."""

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from asks.models import Origin
from limits.models import Hit
from payments.models import Donation, Operation
from stories.models import Story
from tests.journeys.conftest import sandbox, world

__all__ = ["sandbox", "world"]

FILLED = {
    "interval": "monthly",
    "currency": "EUR",
    "amount": "5.00",
    "other_amount": "",
    "email": "reader@example.org",
    "name": "",
    "display": "anonymous",
    "message": "",
    "language": "en",
}


@dataclass
class Reader:
    """A browser without a script, which Django's protection against forged forms is not lifted for."""

    client: Client = field(default_factory=lambda: Client(enforce_csrf_checks=True, raise_request_exception=False))

    def get(self, path: str = "/support/") -> Any:
        return self.client.get(path)

    def token(self) -> str:
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.get().content.decode())
        assert found
        return found[1]

    def send(self, **fields: str) -> Any:
        """The form, filled and sent."""
        return self.send_raw(urlencode(FILLED | fields | {"csrfmiddlewaretoken": self.token()}).encode())

    def send_raw(self, body: bytes, content_type: str = "application/x-www-form-urlencoded") -> Any:
        return self.client.generic("POST", "/support/", body, content_type)


@pytest.fixture
def reader(db: None) -> Reader:
    return Reader()


def nothing_stored() -> bool:
    """No intention, no write to Stripe, no origin and no story came of it."""
    return not any(model.objects.exists() for model in (Donation, Operation, Origin, Story, Hit))
