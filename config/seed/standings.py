"""What followed from money for a membership, said by the product's own rule and told in the order of time.

So these are the rows that living through it would have left.
"""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from itertools import pairwise

from config.seed.stories import Story
from members import memberships
from members.models import Membership
from newsroom.models import Newsroom
from payments import donations
from payments.models import Payment
from payments.models.donation import DonationState


def tell(story: Story, newsroom: Newsroom, until: datetime) -> None:
    """The membership and its history: at each moment something happened, the rows as they stood, and what they say."""
    for now, following in pairwise([*sorted(set(_moments(story))), until]):
        _step(story, newsroom, now)
        if (lapse := _lapses_at(story.membership, newsroom)) and lapse < following:
            _step(story, newsroom, lapse)
    story.donation.state = DonationState.ENDED if story.donation.subscription_ended_at else DonationState.LIVE
    if story.membership:
        story.donation.lives_on = donations.outlives(story.donation, story.membership)


def _moments(story: Story) -> Iterator[datetime]:
    assert story.subscription  # noqa: S101  only recurring gifts are told
    seen = story.subscription
    happened = [
        *(payment.paid_at for payment in story.payments),
        *(invoice.first_failed_at for invoice in story.invoices),
        *(refund.created_at for refund, _ in story.refunds),
        *(movement.created_at for _, dispute in story.disputes for movement in dispute.movements),
        *(seen.cancel_asked_at, seen.ended_at, story.gift.paused_at),
    ]
    yield from (moment for moment in happened if moment)


def _step(story: Story, newsroom: Newsroom, now: datetime) -> None:
    payments, failing = _as_of(story, now)
    facts = donations.facts_on(now.astimezone(newsroom.zone_info).date(), story.donation, payments, failing, newsroom)
    if facts is None:
        return
    if story.membership is None:
        story.membership, joined = memberships.begin(story.donation.patron, facts)  # type: ignore[arg-type]
        story.membership.created_at = now
        story.changes.append(joined)
    story.changes += memberships.tell(story.membership, facts, now)
    story.membership.first_paid_at = facts.first_paid_at


def _as_of(story: Story, now: datetime) -> tuple[list[Payment], datetime | None]:
    """Puts the rows in memory to where they stood. Returns the payments there were, and since when one was failing."""
    donation, seen, paused_at = story.donation, story.subscription, story.gift.paused_at
    assert seen  # noqa: S101  only recurring gifts are told
    has_ended, is_paused = bool(seen.ended_at and seen.ended_at <= now), bool(paused_at and paused_at <= now)
    asked = bool(seen.cancel_asked_at and seen.cancel_asked_at <= now)
    unpaid = [invoice for invoice in story.invoices if not (invoice.paid_at and invoice.paid_at <= now)]
    failing = [since for invoice in unpaid if (since := invoice.first_failed_at) and since <= now]
    donation.subscription_ended_at = seen.ended_at if has_ended else None
    donation.stripe_end_reason = seen.end_reason if has_ended or asked else ""
    donation.cancel_asked_at = seen.cancel_asked_at if asked else None
    donation.cancels_at = seen.cancels_at if asked and not has_ended else None
    donation.paused_at, donation.resumes_at = (paused_at, seen.resumes_at) if is_paused else (None, None)
    donation.subscription_status = seen.status if has_ended or is_paused else "past_due" if failing else "active"
    payments = [payment for payment in story.payments if payment.paid_at and payment.paid_at <= now]
    for payment in [row.payment for row, _ in story.refunds] + [row.payment for row, _ in story.disputes]:
        weigh(payment, story, now)
    return payments, min(failing, default=None)


def weigh(payment: Payment, story: Story, now: datetime) -> None:
    """How much of the payment had gone back by then, as arrivals.py weighs it."""
    back = [row for row, _ in story.refunds if row.payment is payment and row.created_at <= now]
    taken = [
        row for row, seen in story.disputes if row.payment is payment
        and sum(movement.amount_minor for movement in seen.movements if movement.created_at <= now) < 0
    ]  # fmt: skip
    payment.refunded_minor = sum(row.amount_minor for row in back)
    payment.disputed_minor = sum(row.amount_minor for row in taken)
    moments = [row.created_at for row in back] + [row.created_at for row in taken]
    payment.returned_at = None if payment.stands or not moments else max(moments)


def _lapses_at(membership: Membership | None, newsroom: Newsroom) -> datetime | None:
    """When a membership ends that nobody pays any more."""
    if membership is None or membership.ended_at or membership.paused_at:
        return None
    day = membership.paid_through + timedelta(days=newsroom.grace_days + 1)
    return datetime.combine(day, time.min, newsroom.zone_info)
