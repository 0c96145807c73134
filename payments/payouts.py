"""Transfers from Stripe to the newsroom's bank."""

from django.db import transaction

from payments import gateway, ledger, locks
from payments.models import Payout


def refresh(payout_id: str) -> None:
    """Sets a payout's row and lines from Stripe's state; one that failed returns its money by a line of its own."""
    with locks.exclusive(payout_id):
        seen = gateway.payout(payout_id)
        with transaction.atomic():
            row, _created = Payout.objects.update_or_create(
                stripe_id=seen.id,
                defaults={
                    "amount_minor": seen.amount_minor,
                    "currency": seen.currency,
                    "status": seen.status,
                    "arrives_on": seen.arrives_at.date(),  # Stripe means the day, and writes it as midnight UTC
                    "created_at": seen.created_at,
                },
            )
            for movement in (seen.movement, seen.failure_movement):
                if movement:
                    ledger.record_payout(row, movement)
