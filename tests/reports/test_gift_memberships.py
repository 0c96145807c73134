"""Support sees the gift memberships of a patron, and only looks."""

from collections.abc import Callable

from django.test import Client

from audit.models import StaffAction
from members import gifts
from tests.members.test_gift_memberships import paid, token
from tests.signing_in import patron


def test_support_sees_what_was_bought_and_what_came_of_it(staff: Callable[[str], Client]) -> None:
    gift, support = paid(), staff("support")
    assert gift.buyer
    page = support.get(f"/reports/patrons/{gift.buyer.pk}/").content.decode()
    assert "friend0@example.org" in page
    assert "waits for its day" in page
    assert "/support/gift/claim/" not in page, "staff cannot claim it"
    friend = patron("friend0@example.org")
    gifts.claim(token(gift), friend)
    page = support.get(f"/reports/patrons/{gift.buyer.pk}/").content.decode()
    assert "friend0@example.org" not in page
    assert "Gift membership" in support.get(f"/reports/patrons/{friend.pk}/").content.decode()
    assert StaffAction.objects.filter(action="patron.view").count() == 3
