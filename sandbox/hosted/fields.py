"""What a giver types on a hosted page, turned into a payment method."""

from typing import Any

from django.http import QueryDict

from sandbox import cards, payment_methods

SHOWN = tuple(card for card in cards.CARDS if card.number not in {"4000056655665556", "378282246310005"})
IBANS = (
    ("AT611904300234573201", "Succeeds after a few seconds"),
    ("AT321904300235473204", "Succeeds after three minutes"),
    ("AT861904300235473202", "Fails after a few seconds"),
)


def method(typed: QueryDict, email: str | None = None) -> dict[str, Any]:
    """The payment method as typed, or behind the pressed test button. Raises cards.Declined; stores nothing."""
    email, name = email or typed.get("email", "").strip() or None, typed.get("name", "").strip() or None
    if typed.get("test_iban") or typed.get("method") == "sepa_debit":
        return payment_methods.of_iban(typed.get("test_iban") or typed.get("iban", ""), email, name)
    if number := typed.get("test_card"):
        return payment_methods.typed_card(number, "12/34", "1234", email, name)
    return payment_methods.typed_card(typed.get("number", ""), typed.get("exp", ""), typed.get("cvc", ""), email, name)


def kept(typed: QueryDict) -> dict[str, str]:
    """What is shown again after a refusal; never the card."""
    return {key: typed.get(key, "") for key in ("email", "name", "method")}


CHOICES = {"test_cards": SHOWN, "test_ibans": IBANS}
