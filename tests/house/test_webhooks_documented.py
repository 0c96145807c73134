"""docs/webhooks.md repeats the table of handled events: all of them, in the same words, and no others."""

import re

from payments import stripe_events
from tests.house.tree import ROOT


def test_handled_events_are_the_documented_ones():
    documented = re.findall(r"^\| `([a-z_.]+)` \| (.+?) \|", (ROOT / "docs/webhooks.md").read_text(), re.MULTILINE)
    assert dict(documented) == stripe_events.HANDLED
    assert len(documented) == len(stripe_events.HANDLED)
