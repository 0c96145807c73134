"""The pages that a browser is shown, read from the table of who may open what: a new one cannot be forgotten."""

import re

from tests.house.authorization import ANYBODY, PATRON
from tests.house.authorization import PAGES as ROUTES

# Read by machines, or only written to: nothing to look at.
NO_PAGES = {
    "webhooks/stripe/", "health/live", "health/ready", "metrics", "theme.css", "logo", "topics/words.json", "language/",
    "support/raise/", "topics/follow/", "account/privacy/withdraw/", "account/prove/send/",
    "account/security/sessions/end/",
}  # fmt: skip
GIFT = "account/donations/<uuid:reference>/"
# Of a gift: only written to, or shown in another state than that of a gift that simply runs.
NO_SCREENS = {"resume", "card", "return", "failed"}


def _of(who: str) -> list[str]:
    return [
        route for route, may in ROUTES.items()
        if may == who and route not in NO_PAGES and not re.search(r"[<(]", route)
    ]  # fmt: skip


READER = [f"/{route}" for route in _of(ANYBODY) if not route.startswith(("account/", "admin/"))]
SIGNED_IN = [f"/{route}" for route in _of(PATRON)]
SCREENS = [screen for route in ROUTES if route.startswith(GIFT) and (screen := route[len(GIFT) : -1]) not in NO_SCREENS]


def account(reference: object) -> list[str]:
    """Every page of a patron, those of the gift of this reference included."""
    return [*SIGNED_IN, *(f"/account/donations/{reference}/{screen}/" for screen in SCREENS)]
