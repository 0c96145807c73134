"""The rule of who may vote stands in Python, for one, and in SQL, for all: they say the same."""

from datetime import timedelta
from itertools import product

import pytest

from members.models import Membership, Patron
from newsroom import clock
from voting import eligibility

pytestmark = [pytest.mark.django_db, pytest.mark.database]

GRACE = 14


def test_who_lives_for_one_lives_for_all() -> None:
    now, today = clock.now(), clock.today()
    offsets = [-GRACE - 1, -GRACE, -1, 0, 1]
    every = list(product(Membership.Source, [None, now], [None, now], [None, now], offsets))
    patrons = Patron.objects.bulk_create(Patron(email=f"m{number}@example.org") for number in range(len(every)))
    Membership.objects.bulk_create(
        Membership(
            patron=patron, source=source, amount_minor=minor, currency="EUR", interval_months=1, monthly_minor=minor,
            ended_at=ended, end_reason="lapsed" if ended else "",
            forfeited_at=forfeited, paused_at=paused, paid_through=today + timedelta(days=offset),
        )
        for patron, (source, ended, forfeited, paused, offset) in zip(patrons, every, strict=True)
        for minor in [0 if source == Membership.Source.GRANT else 500]
    )  # fmt: skip
    rows = Membership.objects.all()
    one_by_one = {row.pk for row in rows if eligibility._lives(row, today, GRACE)}
    together = set(rows.filter(eligibility._living(today, GRACE)).values_list("pk", flat=True))
    assert one_by_one == together
    # Recurring: due, from the first day of grace on, or paused, from today on; gifts and granted ones from today on.
    assert len(together) == (4 + 2) + 2 * (2 + 2)
