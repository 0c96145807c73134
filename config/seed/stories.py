"""A gift's story: what Stripe holds of it, and the rows it left here."""

from dataclasses import dataclass, field

from asks.models import Origin
from config.seed.people import Gift
from members.models import Membership, MembershipChange
from payments import stripe_objects
from payments.models import Dispute, Donation, Invoice, InvoiceAttempt, Payment, Refund
from payments.models.donation import DonationState


@dataclass
class Story:
    """A gift and its rows. `arrivals` are the movements of Stripe's balance with which the payments came, if they have.

    Refunds and disputes stand beside what Stripe says of them.
    """

    gift: Gift
    donation: Donation
    subscription: stripe_objects.Subscription | None = None
    invoices: list[Invoice] = field(default_factory=list)
    attempts: list[InvoiceAttempt] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    arrivals: list[stripe_objects.BalanceTransaction | None] = field(default_factory=list)
    refunds: list[tuple[Refund, stripe_objects.Refund]] = field(default_factory=list)
    disputes: list[tuple[Dispute, stripe_objects.Dispute]] = field(default_factory=list)
    membership: Membership | None = None
    changes: list[MembershipChange] = field(default_factory=list)


def of(gift: Gift, origins: list[Origin]) -> Story:
    """How the story begins."""
    return Story(gift, Donation(
        reference=gift.reference, interval=gift.interval, amount_minor=gift.amount, fee_cover_minor=gift.cover,
        currency=gift.currency, email=gift.person.email, name=gift.person.name, display=gift.display,
        message=gift.message, language=gift.person.language, state=DonationState.GIVEN, created_at=gift.started_at,
        giver=gift.giver, origin=None if gift.is_offline else origins[gift.origin % len(origins)],
    ))  # fmt: skip
