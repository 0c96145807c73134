"""What a newsroom can ask for in a currency."""

import pytest
from django.core.exceptions import ValidationError

from newsroom.models import GivingCurrency


@pytest.mark.parametrize(("code", "minimum"), [("EUR", 49), ("JPY", 49), ("PLN", 199)])
def test_minimum_below_what_stripe_charges_is_refused(db: None, code: str, minimum: int) -> None:
    currency = GivingCurrency.objects.get(code=code)
    currency.full_clean()
    currency.minimum_minor = minimum
    with pytest.raises(ValidationError, match="Stripe refuses less than"):
        currency.full_clean()
