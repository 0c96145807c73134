"""Staff see what is left to do at Stripe for the erased, and note it once."""

import os
import secrets
import subprocess
import sys
from typing import Any

import pytest
from django.test import Client

from audit.models import StaffAction
from members.models import Patron
from people import erasure
from people.models import Erasure
from tests.payments import rows
from tests.signing_in import at_once, patron


def test_redaction_at_stripe_is_noted_once_and_logged(db: None) -> None:
    who = Patron.objects.create(email="olena@example.org")
    erasure.ask(who)
    erasure.erase(who)
    browser: Client = at_once(patron("help@example.org", "support"))
    assert "Stripe has redacted it" in browser.get("/reports/erasures/").content.decode()
    row = Erasure.objects.get()
    browser.post("/reports/erasures/", {"id": str(row.pk)})
    row.refresh_from_db()
    first = row.redacted_at
    assert first
    browser.post("/reports/erasures/", {"id": str(row.pk)})
    row.refresh_from_db()
    assert row.redacted_at == first
    assert StaffAction.objects.filter(action="erasure.redacted", target=f"patron:{who.pk}").exists()
    assert browser.post("/reports/erasures/", {"id": "x"}).status_code == 404


@pytest.mark.django_db
def test_staff_are_led_to_stripes_guide_and_to_the_customer_in_the_mode_of_the_keys(settings: Any) -> None:
    donation = rows.monthly(customer="cus_gone")
    assert donation.patron
    erasure.ask(donation.patron)
    browser: Client = at_once(patron("help@example.org", "support"))
    page = browser.get("/reports/erasures/").content.decode()
    assert 'href="https://docs.stripe.com/privacy/redaction/example"' in page
    assert 'href="https://dashboard.stripe.com/test/customers/cus_gone"' in page
    settings.STRIPE_DASHBOARD = "https://dashboard.stripe.com/"
    page = browser.get("/reports/erasures/").content.decode()
    assert 'href="https://dashboard.stripe.com/customers/cus_gone"' in page


@pytest.mark.parametrize(("key", "leads_to"), [("sk_live_", ""), ("rk_live_", ""), ("sk_test_", "test/")])
def test_the_keys_decide_which_part_of_the_dashboard_is_theirs(key: str, leads_to: str) -> None:
    asked = "from config import settings; print(settings.STRIPE_DASHBOARD)"
    environment = {
        "PATH": os.environ["PATH"], "SECRET_KEY": secrets.token_urlsafe(64), "BALLOT_SECRET": secrets.token_urlsafe(48),
        "SITE_URL": "https://support.example.org", "DATABASE_URL": "postgres://nobody@127.0.0.1:9/none",
        "REDIS_URL": "redis://127.0.0.1:9/0", "EMAIL_URL": "smtp://127.0.0.1:25",
        "STRIPE_SECRET_KEY": key + secrets.token_hex(24), "STRIPE_WEBHOOK_SECRET": "whsec_" + secrets.token_hex(24),
    }  # fmt: skip
    told = subprocess.run([sys.executable, "-c", asked], env=environment, check=True, capture_output=True, text=True)
    assert told.stdout.strip() == "https://dashboard.stripe.com/" + leads_to
