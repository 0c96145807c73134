"""Money that a giver's bank takes back, or asks about."""

from collections.abc import Iterable

from payments import emails, ledger
from payments.models import Dispute, Payment
from payments.stripe_objects import Dispute as StripeDispute

# Stripe waits for the newsroom's answer.
WANTS_ANSWER = {"warning_needs_response", "needs_response", "appeal_needs_response"}


def record(payment: Payment, seen: Iterable[StripeDispute]) -> None:
    """Sets dispute rows and ledger lines from Stripe's state; finance is told once, with Stripe's deadline.

    An inquiry moves no money and so has no movements. `won` and `lost` need not be the end: there are appeals.
    """
    for dispute in seen:
        row, _created = Dispute.objects.update_or_create(
            stripe_id=dispute.id,
            defaults={
                "payment": payment,
                "amount_minor": dispute.amount_minor,
                "currency": dispute.currency,
                "status": dispute.status,
                "reason": dispute.reason,
                "evidence_due_at": dispute.evidence_due_at,
                "created_at": dispute.created_at,
            },
        )
        for movement in dispute.movements:
            ledger.record_dispute(payment, movement, row.amount)
        if row.status in WANTS_ANSWER:
            emails.dispute_opened(row)
