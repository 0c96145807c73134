"""A renewal fails: it recovers, or it does not."""

from members.models import Membership, MembershipChange
from payments.models import Donation, Invoice
from tests.journeys.conftest import VISA, Reader, World

LATER_FAILS = "4000000000000341"
ASKS_ALWAYS = "4000002760003184"


def kinds() -> list[str]:
    return list(MembershipChange.objects.values_list("kind", flat=True))


def open_invoice_page() -> str:
    """The address in the letter: Stripe's page of the invoice that is owed."""
    return str(Invoice.objects.filter(status="open").latest("id").hosted_url)


def join_by_authenticating(reader: Reader, **fields: str) -> Donation:
    """A card whose bank asks each time: on the payment page the giver answers."""
    url = reader.start(**fields)
    asked = reader.pay(url, ASKS_ALWAYS)
    assert asked.status_code == 303
    done = reader.session.post(url, data={"action": "authenticate", "outcome": "complete"}, allow_redirects=False)
    assert done.status_code == 303
    reader.world.settle()
    donation: Donation = Donation.objects.get(checkout_url=url)
    return donation


def test_failed_renewal_recovers_with_another_card_on_stripes_page(story: World) -> None:
    reader = story.reader()
    donation = reader.give()
    told = story.model.joins(500)
    story.press(f"customers/{donation.customer}/card", number=LATER_FAILS)
    told.card_becomes("bad")
    story.advance(days=35)
    assert story.prove()["memberships"]["past_due"] == 1
    assert reader.pay(open_invoice_page()).status_code == 303
    told.pays_what_is_owed()
    assert story.prove()["memberships"]["active"] == 1
    story.advance(days=30)
    story.prove()
    assert kinds() == ["joined", "failed", "renewed", "recovered", "renewed"]
    told_of = ["last_notice", "payment_failed", "receipt", "receipt", "receipt", "recovered", "welcome"]
    assert sorted(story.letters()) == 2 * ["giving_changed"] + told_of  # to each of the other cards


def test_renewal_that_the_bank_wants_confirmed_is_confirmed_on_stripes_page(story: World) -> None:
    reader = story.reader()
    join_by_authenticating(reader)
    told = story.model.joins(500)
    told.card_becomes("bad")
    story.advance(days=32)
    assert story.prove()["memberships"]["past_due"] == 1
    page = open_invoice_page()
    answer = reader.session.post(
        page, data={"action": "authenticate", "outcome": "complete"}, allow_redirects=False, timeout=30
    )
    assert answer.status_code == 303, answer.text
    told.pays_what_is_owed()
    story.prove()
    assert sorted(story.letters()) == ["payment_failed", "receipt", "receipt", "recovered", "welcome"]


def test_renewal_that_fails_to_the_end_ends_the_membership_as_lapsed(story: World) -> None:
    donation = story.reader().give()
    told = story.model.joins(500)
    story.press(f"customers/{donation.customer}/card", number=LATER_FAILS)
    told.card_becomes("bad")
    story.advance(days=45)
    assert story.prove()["memberships"] == {"active": 0, "past_due": 0, "paused": 0, "ended": 1}
    membership = Membership.objects.get()
    assert membership.end_reason == "lapsed"
    assert kinds() == ["joined", "failed", "ended"]
    assert story.letters() == ["welcome", "receipt", "giving_changed", "payment_failed", "last_notice", "cancelled"]

    again = story.reader().give()
    story.model.joins(500)
    assert again.membership_id != membership.pk
    assert story.prove()["memberships"] == {"active": 1, "past_due": 0, "paused": 0, "ended": 1}


def test_failed_card_is_mended_before_the_next_attempt(story: World) -> None:
    donation = story.reader().give()
    told = story.model.joins(500)
    story.press(f"customers/{donation.customer}/card", number=LATER_FAILS)
    told.card_becomes("bad")
    story.advance(days=32)
    story.press(f"customers/{donation.customer}/card", number=VISA)
    told.card_becomes("good")
    story.advance(days=8)
    assert story.prove()["memberships"]["active"] == 1
    told_of = ["payment_failed", "receipt", "receipt", "recovered", "welcome"]
    assert sorted(story.letters()) == 2 * ["giving_changed"] + told_of
