"""Somebody becomes a patron and stays."""

import json
import subprocess
import sys

from django.conf import settings

from members.models import MembershipChange
from tests.conftest import WorldDatabase
from tests.journeys.conftest import World


def test_patron_joins_and_is_charged_again_three_times(story: World, world_db: WorldDatabase) -> None:
    donation = story.reader().give(interval="monthly", amount="5")
    story.model.joins(500)
    assert donation.state == "live"
    assert story.letters() == ["welcome", "receipt"]
    story.prove()
    story.advance(days=95)
    books = story.prove()
    assert books["received"]["EUR"]["payments"] == 2000
    kinds = list(MembershipChange.objects.values_list("kind", flat=True))
    assert kinds == ["joined", "renewed", "renewed", "renewed"]
    assert story.letters() == ["welcome", "receipt", "receipt", "receipt", "receipt"]
    printed = subprocess.run(
        [sys.executable, "manage.py", "books", "--json"], cwd=settings.BASE_DIR, capture_output=True, check=False,
        env=world_db.environment(STRIPE_API_BASE=story.sandbox.url), timeout=60,
    )  # fmt: skip
    assert printed.returncode == 0, printed.stderr.decode()
    said = json.loads(printed.stdout)
    assert said["ok"] is True
    assert {name: said[name] for name in ("received", "settled", "memberships")} == story.model.books()
