"""What mended failed payments, month by month and by whom; and which gifts count as begun here."""

from collections.abc import Callable
from datetime import timedelta

from django.test import Client

from newsroom import clock
from payments.models import Donation, InvoiceAttempt
from reports import rollups
from reports.figures import coming, months
from tests.payments import rows
from tests.reports.test_pages_of_figures import words

Staff = Callable[[str], Client]


def test_what_mended_failed_payments_is_told_of_all_causes_and_of_each(staff: Staff) -> None:
    gift, at = rows.monthly(), clock.start_of(months.after(months.this(), -3)) + timedelta(days=3)
    told = (("in_1", "insufficient_funds", "retry", 2), ("in_2", "expired_card", "card", 4),
            ("in_3", "expired_card", "giver", 31), ("in_4", "expired_card", "", None))  # fmt: skip
    for name, code, by, days in told:
        invoice = rows.invoice(
            gift, stripe_id=name, created_at=at, first_failed_at=at, status="paid" if days else "open",
            paid_at=at + timedelta(days=days) if days else None, recovered_by=by,
        )  # fmt: skip
        InvoiceAttempt.objects.create(invoice=invoice, stripe_id=f"ch_{name}", tried_at=at, failure_code=code)
    rollups.rebuild(with_own=True)
    page = words(staff("finance").get("/reports/failed/").content.decode()).replace("\N{NO-BREAK SPACE}", " ")
    assert "By itself The patron The newsroom" in page
    assert f"{at:%b %Y} 4 50.0 % 1 1 – – – 2" in page
    assert f"{at:%b %Y} the card has expired 3 33.3 % – 1 – – – 2" in page
    assert f"{at:%b %Y} there was not enough money on the card 1 100.0 % 1 – – – – –" in page


def test_a_subscription_made_in_stripes_dashboard_was_not_begun_on_the_support_page(db: None) -> None:
    rows.monthly(checkout_session="cs_1")
    rows.monthly(patron=rows.patron(email="dashboard@example.org"), subscription="sub_2")
    Donation.objects.create(interval="once", amount_minor=500, currency="EUR", state="abandoned")
    rollups.rebuild(with_own=True)
    this = months.this()
    [source] = coming.sources(this, this, "story", "joining")
    assert source.started == 2
