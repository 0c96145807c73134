"""Years, and months that do not have the day on which somebody began."""

import pytest

from members.models import Membership
from tests.journeys.conftest import World


def test_yearly_gift_is_charged_once_a_year(story: World) -> None:
    story.reader().give(interval="yearly", amount="60")
    story.model.joins(6000, months=12)
    story.leap(days=300)
    assert story.prove()["received"]["EUR"]["count"] == 1
    story.leap(days=70)
    assert story.prove()["received"]["EUR"]["payments"] == 12000
    assert Membership.objects.get().monthly_minor == 500
    assert story.letters() == ["welcome", "receipt", "receipt"]


@pytest.mark.parametrize(("month", "day", "interval", "months"), [(2, 29, "yearly", 12), (1, 31, "monthly", 1)])
def test_anchor_on_a_day_that_few_months_have(world: World, month: int, day: int, interval: str, months: int) -> None:
    world.begin(month, day)
    world.reader().give(interval=interval, amount="60")
    told = world.model.joins(6000, months=months)
    ends = []
    for _period in range(3):
        world.leap(days=31 if months == 1 else 366)
        world.prove()
        ends.append((told.paid_through().month, told.paid_through().day))
        assert Membership.objects.get().paid_through == told.paid_through()
    assert ends == ([(3, 31), (4, 30), (5, 31)] if months == 1 else [(2, 28), (2, 28), (2, 29)])
