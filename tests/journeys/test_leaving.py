"""A patron stops, comes back, or changes their mind."""

from members.models import Membership, MembershipChange
from payments import wishes
from payments.models import Donation
from tests.journeys.conftest import Reader, World
from tests.journeys.test_changing import button, kinds
from tests.journeys.test_portal import sign_in


def portal_button(reader: Reader, donation: Donation, action: str) -> None:
    """A button of Stripe's own page for a patron, as the newsroom's login link at Stripe opens it."""
    page = reader.world.sandbox.client.v1.billing_portal.sessions.create({"customer": donation.customer})
    pressed = reader.session.post(
        page.url, data={"action": action, "subscription": str(donation.subscription)}, allow_redirects=False, timeout=30
    )
    assert pressed.status_code == 303, pressed.text
    reader.world.settle()


def test_patron_stops_on_stripes_page_changes_their_mind_and_stops_for_good(story: World) -> None:
    reader = story.reader()
    donation = reader.give()
    told = story.model.joins(500)
    assert donation.patron
    sign_in(reader, donation.patron)
    portal_button(reader, donation, "cancel")
    told.leaves_with_the_period()
    donation.refresh_from_db()
    assert donation.cancels_at
    assert story.prove()["memberships"]["active"] == 1
    portal_button(reader, donation, "keep")
    told.stays()
    story.leap(days=33)
    assert story.prove()["received"]["EUR"]["count"] == 2
    portal_button(reader, donation, "cancel")
    told.leaves_with_the_period()
    story.leap(days=31)
    assert story.prove()["memberships"] == {"active": 0, "past_due": 0, "paused": 0, "ended": 1}
    assert kinds() == ["joined", "leaving", "staying", "renewed", "leaving", "ended"]
    assert story.letters().count("cancelled") == 2
    assert Membership.objects.get().end_reason == "cancelled"

    story.reader().give(amount="7")
    story.model.joins(700)
    assert story.prove()["memberships"] == {"active": 1, "past_due": 0, "paused": 0, "ended": 1}


def test_gift_ends_with_its_period_when_the_dashboard_says_so(story: World) -> None:
    donation = story.reader().give()
    told = story.model.joins(500)
    button(story, donation, "cancel_at_period_end")
    told.leaves_with_the_period()
    story.prove()
    story.leap(days=32)
    assert story.prove()["memberships"]["ended"] == 1
    assert story.letters() == ["welcome", "receipt", "cancelled"]


def test_gift_ends_with_its_period_by_our_verb(story: World) -> None:
    donation = story.reader().give()
    told = story.model.joins(500)
    changed = wishes.cancel_at_period_end(donation, key="c")
    told.leaves_with_the_period()
    assert changed.cancels_at
    story.leap(days=32)
    assert story.prove()["memberships"]["ended"] == 1


def test_gift_ends_at_once(story: World) -> None:
    donation = story.reader().give()
    told = story.model.joins(500)
    ended, _again = [wishes.cancel_now(donation) for _click in range(2)]
    told.ends()
    assert ended.state == "ended"
    story.leap(days=40)
    assert story.prove()["memberships"]["ended"] == 1
    assert MembershipChange.objects.filter(kind="ended").count() == 1
    assert story.letters() == ["welcome", "receipt", "cancelled"]
