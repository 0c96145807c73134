"""Whether a failed payment is tried again, and when, is said by letters, pages and timeline alike, of every code."""

import pytest
from django.test import Client
from django.utils import translation

from members.models import Patron
from payments import dunning, emails, wording
from payments.models import Donation, Invoice
from tests.payments import rows
from tests.signing_in import sign_in

CODES = sorted(set().union(*wording.CAUSES.values(), wording.NOT_TRIED_AGAIN, {"", "do_not_honor", "generic_decline"}))
DAY = {"en": "3 December 2026", "uk": "3 грудня 2026 року"}


@pytest.fixture(params=DAY)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def _said(invoice: Invoice, client: Client, language: str) -> dict[str, bool]:
    """Where the day of the next attempt is named."""
    letters = {
        "letter": emails.payment_failed(invoice),
        "notice": emails.last_notice(invoice, rows.NEXT_AT, is_sure=True),
    }
    said = {where: DAY[language] in letter.text + letter.html for where, letter in letters.items() if letter}
    said["page"] = DAY[language] in client.get("/account/", headers={"Accept-Language": language}).content.decode()
    with translation.override(language):
        ahead = [step for step in dunning.timeline(invoice) if step.is_ahead]
        said["timeline"] = translation.gettext("The next attempt") in [step.what for step in ahead]
    return said


@pytest.mark.django_db
def test_letters_pages_and_timeline_agree_on_every_code(client: Client, language: str) -> None:
    donation: Donation = rows.monthly(language=language)
    sign_in(client, Patron.objects.get())
    told: dict[bool, set[str]] = {True: set(), False: set()}
    for number, code in enumerate(CODES):
        Invoice.objects.all().delete()
        invoice = rows.invoice(donation, stripe_id=f"in_{number}", failure_code=code, first_failed_at=rows.PAID_AT)
        said = _said(invoice, client, language)
        assert len(said) == 4
        assert len(set(said.values())) == 1, (code, said)
        told[said["page"]].add(code)
    assert told[False] == wording.NOT_TRIED_AGAIN
    assert {"", "insufficient_funds", "expired_card"} <= told[True]


@pytest.mark.django_db
def test_what_is_not_tried_again_promises_no_day(language: str) -> None:
    donation = rows.monthly(language=language)
    letter = emails.payment_failed(rows.invoice(donation, failure_code="highest_risk_level"))
    assert letter
    with translation.override(language):
        promise = translation.gettext("We will try once more on %(next_attempt)s.") % {"next_attempt": ""}
    assert promise.rstrip(" .") not in letter.text
