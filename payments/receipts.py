"""Receipts: one for each payment received, numbered without gaps within a year of the newsroom's zone."""

from django.db import connection

from newsroom import clock
from newsroom.models import Newsroom
from payments.models import Payment, Receipt


def issue(payment: Payment) -> Receipt:
    """The payment's receipt, made if it has none. Call it last in a transaction.

    The year's counter is one row: its lock is held until the caller's commit, and a rollback takes the number back,
    so numbers have no gaps and no doubles however many workers issue at once.
    """
    if receipt := Receipt.objects.filter(payment=payment).first():
        return receipt
    issued_at = clock.now()
    year = issued_at.astimezone(Newsroom.current().zone_info).year
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO payments_receiptcounter (year, last) VALUES (%s, 1) "
            "ON CONFLICT (year) DO UPDATE SET last = payments_receiptcounter.last + 1 RETURNING last",
            [year],
        )
        number = cursor.fetchone()[0]
    return Receipt.objects.create(
        payment=payment, year=year, number=number, language=payment.donation.language, issued_at=issued_at
    )
