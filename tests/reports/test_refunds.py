"""A refund that staff ask for while Stripe is away: kept, logged with its reason, sent once however often clicked."""

import pytest

from audit.models import StaffAction
from tests.conftest import WorldDatabase
from tests.reports.conftest import ten_euros
from tests.signing_in import at_once, patron


@pytest.mark.database
def test_a_refund_while_stripe_is_away_is_kept_and_logged_with_its_reason(world_db: WorldDatabase) -> None:
    payment = ten_euros()
    page = f"/reports/payments/{payment.pk}/"
    support = at_once(patron("support@newsroom.example", "support", second_factor=True))
    wish = {"key": support.get(page).context["form"].initial["key"], "amount": "4", "reason": "charged twice"}
    for _click in range(2):
        assert support.post(page, wish).status_code == 302
    operation = payment.operations.get()
    assert (operation.kind, operation.params["amount"]) == ("refund", 400)
    link = StaffAction.objects.filter(action="refund.issue").latest("id")
    assert (link.reason, link.facts["amount_minor"]) == ("charged twice", 400)
    assert support.get(page).context["form"].initial["amount"] == "6.00", "what waits is no longer offered"
