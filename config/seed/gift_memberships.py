"""The gift memberships of the invented past, by the product's own verbs: on its way, waiting for its day, claimed."""

from datetime import timedelta

from config.seed.stories import Story
from letters import outbox
from members import gifts
from members.models import GiftMembership, Patron
from money.money import Money
from newsroom import clock

FRIEND = {"email": "vira.sad@example.org", "name": "Віра Сад", "language": "uk"}


def write(stories: list[Story]) -> None:
    """A row for each gift that buys one: the first is delivered already, the second waits, the third is claimed."""
    with outbox.muted():
        made = [_buy(story, place) for place, story in enumerate(story for story in stories if story.gift.months)]
        gifts.deliver_due()
        for gift in made[2:]:
            gifts.claim(gifts.token(gift), Patron.objects.for_email(**FRIEND))


def _buy(story: Story, place: int) -> GiftMembership:
    gift, donation, (payment,) = story.gift, story.donation, story.payments
    days = 20 if place == 1 else 0
    donation.gift_membership = gifts.draft(
        gifts.Terms(
            months=gift.months,
            monthly=Money(gift.amount // gift.months, gift.currency),
            deliver_on=clock.day(gift.started_at) + timedelta(days=days),
            giver_name=gift.person.name,
            recipient_name=FRIEND["name"],
            recipient_email=FRIEND["email"],
            language=FRIEND["language"],
        )
    )
    donation.save(update_fields=["gift_membership"])
    if donation.patron:
        gifts.follow(
            donation.gift_membership,
            buyer=donation.patron,
            paid_at=payment.paid_at,
            returned_at=None,
            is_disputed=False,
        )
    return donation.gift_membership
