"""Foundations and firms that stand behind the invented newsroom, by bank transfer and apart from its readers."""

import uuid
from datetime import datetime, timedelta
from random import Random

from config.seed.people import DAY, Gift, Person, boundary

# Name, address, language, of which kind, currency, amount in minor units, every so many months, how many times.
SUPPORTERS = (
    ("Фонд місцевої преси", "fond", "uk", "grant", "EUR", 1_200_000, 12, 5),
    ("Border Regions Fund", "border-regions", "en", "grant", "EUR", 450_000, 6, 3),
    ("Друкарня „Верста“", "versta", "uk", "institution", "UAH", 1_500_000, 3, 20),
    ("Hill Town Library", "library", "en", "institution", "GBP", 20_000, 4, 9),
)


def invent(months: int, seed: int, until: datetime) -> list[Gift]:
    """What they gave in the months before `until`; the newest of each some weeks ago. Nothing older than the past."""
    dice = Random(seed)  # noqa: S311  nothing here is secret
    gifts = []
    for name, local, language, giver, currency, amount, every, times in SUPPORTERS:
        person = Person(f"{local}@example.org", name, language)
        newest = until - timedelta(days=dice.randint(10, 40), hours=13)
        moments = [boundary(newest, -every * n) for n in range(times)]
        gifts += [
            Gift(
                person=person, reference=uuid.UUID(int=dice.getrandbits(128), version=4), started_at=moment,
                interval="once", currency=currency, amount=amount, cover=0, origin=0, is_offline=True, giver=giver,
            )
            for moment in moments if moment > until - months * 30.4 * DAY
        ]  # fmt: skip
    return gifts
