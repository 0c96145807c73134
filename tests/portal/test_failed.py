"""The page of payments that failed: one's own, with the one thing that mends it."""

import pytest
from django.test import Client

from members.models import Patron
from payments.models import Invoice, InvoiceAttempt
from tests.payments import rows
from tests.signing_in import patron, sign_in


@pytest.fixture
def invoice(db: None) -> Invoice:
    failed: Invoice = rows.invoice(rows.monthly(), first_failed_at=rows.PAID_AT)
    InvoiceAttempt.objects.create(
        invoice=failed, stripe_id="ch_2", tried_at=rows.PAID_AT, failure_code="insufficient_funds"
    )
    return failed


def _address(invoice: Invoice) -> str:
    return f"/account/donations/{invoice.donation.reference}/failed/"


def test_a_patron_sees_why_and_what_mends_it_and_not_the_banks_code(invoice: Invoice, client: Client) -> None:
    sign_in(client, Patron.objects.get())
    page = client.get(_address(invoice)).content.decode()
    assert "there was not enough money on the card" in page
    assert f'href="{invoice.hosted_url}"' in page
    assert "The next attempt" in page
    assert "insufficient_funds" not in page


def test_what_is_over_offers_nothing_to_pay(invoice: Invoice, client: Client) -> None:
    invoice.donation.subscription_status = "canceled"
    invoice.donation.save()
    sign_in(client, Patron.objects.get())
    assert invoice.hosted_url not in client.get(_address(invoice)).content.decode()


def test_anothers_failures_are_answered_as_if_there_were_none(invoice: Invoice, client: Client) -> None:
    sign_in(client, patron("marko@example.org"))
    theirs = client.get(_address(invoice))
    nobodys = client.get("/account/donations/6f1c2a36-0f3a-4c0e-9c0a-6a2b8a1b7f10/failed/")
    assert (theirs.status_code, nobodys.status_code) == (404, 404)
