"""`manage.py books` finds what a superuser does to gift memberships."""

import pytest

from members.models import GiftMembership
from tests.journeys.conftest import World
from tests.journeys.test_gift_memberships import buy, claim, link
from tests.payments.test_corruptions import found, spoilt

pytestmark = pytest.mark.database

CORRUPTIONS = {
    "a claimed one loses its gift": (
        "memberships.backed",
        (
            "UPDATE members_giftmembership SET membership_id = NULL, claimed_at = NULL, began_on = NULL"
            " WHERE claimed_at IS NOT NULL"
        ),
    ),
    "one counts as paid and is not": (
        "memberships.gifts_paid",
        "UPDATE payments_donation SET gift_membership_id = NULL WHERE gift_membership_id IS NOT NULL",
    ),
    "one is withdrawn whose payment stands": (
        "memberships.gifts_paid",
        "UPDATE members_giftmembership SET withdrawn_at = paid_at WHERE claimed_at IS NULL",
    ),
    "one lasts longer than was paid for": (
        "memberships.gifts_as_long_as_paid",
        "UPDATE members_giftmembership SET months = 12 WHERE claimed_at IS NOT NULL",
    ),
    "the membership of one is made longer": (
        "memberships.history",
        "UPDATE members_membership SET paid_through = paid_through + 365 WHERE source = 'gift'",
    ),
    "the history of one is deleted": ("memberships.history", "DELETE FROM members_membershipchange"),
}


def test_every_corruption_of_a_gift_membership_is_found(story: World) -> None:
    buy(story.reader())
    claim(story.reader(), link())
    buy(story.reader(), recipient_email="second@example.org")
    assert GiftMembership.objects.filter(claimed_at=None).count() == 1
    assert found() == {}
    for name, (check, statement) in CORRUPTIONS.items():
        with spoilt([statement]):
            assert check in found(), name
    assert found() == {}
