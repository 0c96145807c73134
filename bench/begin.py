"""Donations as `checkout.begin` leaves them, made in a process of its own: `python -m bench.begin < references.json`.

Each reference's place in the list is its giver's number.
"""

import json
import sys

import django

AMOUNT = 1000

if __name__ == "__main__":
    django.setup()
    from payments.models import Donation

    Donation.objects.bulk_create(
        Donation(
            reference=reference, interval="monthly", amount_minor=AMOUNT, currency="EUR",
            checkout_session=f"cs_{number}", browser=f"browser {number}",
        )
        for number, reference in enumerate(json.load(sys.stdin))
    )  # fmt: skip
