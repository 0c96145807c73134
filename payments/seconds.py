"""A second subscription of a patron who already gave: its giver decides what becomes of it.

Either it is merged with the first as a raise, or its payment goes back. Both end it. Each step carries a key of its
own, so whatever was interrupted goes on where it stopped when the page is used again.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.utils.translation import gettext as _

from money.money import Money
from newsroom import clock
from payments import checkout, gateway, refunds, wishes
from payments.models import Donation
from payments.models.payment import PaymentState

# How long the letter's link leads to the choice, and a second gift can be given back without asking anybody.
TIME_TO_DECIDE = timedelta(days=45)


class CannotBeMerged(checkout.Refusal):
    """The two cannot be added: another currency or interval, or the first has ended."""

    @property
    def sentence(self) -> str:
        return _(
            "The two gifts cannot be put together: they differ in currency or interval. The second can be given back."
        )


class NotConfirmed(checkout.StripeAway):
    """Stripe did not answer, or not with yes. Using the page again goes on where it stopped."""

    @property
    def sentence(self) -> str:
        return _("This could not be confirmed yet. Try again in a minute: nothing happens twice.")


class TooLateToGiveBack(checkout.Refusal):
    """Begun too long ago: more than a mistaken payment would go back."""

    @property
    def sentence(self) -> str:
        return _("This gift began too long ago to be sent back here. Write to us, and we will find a way.")


class StillConfirming(checkout.Refusal):
    """A payment of it is on its way: it can neither be stopped nor sent back yet."""

    @property
    def sentence(self) -> str:
        return _("A payment of this gift is still being confirmed. Try again when it has arrived.")


@contextmanager
def _confirmed() -> Iterator[None]:
    try:
        yield
    except (gateway.GatewayError, refunds.RefundRefused) as error:
        raise NotConfirmed from error


def first_of(second: Donation) -> Donation | None:
    """The donation that carries the membership."""
    running = Donation.objects.running().filter(patron=second.patron, is_second=False).exclude(pk=second.pk)
    first: Donation | None = running.order_by("created_at").first()
    return first


def may_merge(second: Donation) -> bool:
    """Whether the two can become one: same currency, same interval."""
    first = first_of(second)
    return first is not None and (first.currency, first.months) == (second.currency, second.months)


def merge(second: Donation) -> Donation:
    """Raises the first by the second's amount from its next charge on, and ends the second; what was paid stays paid.

    Raises CannotBeMerged or NotConfirmed.
    """
    first = first_of(second)
    if first is None or not may_merge(second):
        raise CannotBeMerged
    gift = Money(first.amount_minor + second.amount_minor, first.currency)
    cover = first.fee_cover_minor + second.fee_cover_minor
    with _confirmed():
        raised = wishes.change(first, gift, fee_cover_minor=cover, key=f"merge:{second.pk}")
        wishes.cancel_now(second)
    return raised


def give_back(second: Donation) -> None:
    """Ends the second and sends its payments back in full.

    Raises TooLateToGiveBack, StillConfirming or NotConfirmed.
    """
    if second.created_at < clock.now() - TIME_TO_DECIDE:
        raise TooLateToGiveBack
    if second.payments.filter(state=PaymentState.CONFIRMING).exists():
        raise StillConfirming
    with _confirmed():
        wishes.cancel_now(second)
        for payment in second.payments.filter(state=PaymentState.SUCCEEDED):
            rest = refunds.left(payment)
            if rest.minor:
                refunds.issue(payment, rest, key=f"second:{payment.pk}")
