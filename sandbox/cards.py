"""Stripe's test cards and bank accounts (docs.stripe.com/testing): what each number does.

A payment method does not show its number, so its fingerprint, which is derived from the number, is the way back."""

import hashlib
import re
from dataclasses import dataclass
from typing import Any, Literal

MESSAGES = {
    "insufficient_funds": "Your card has insufficient funds.",
    "expired_card": "Your card has expired.",
    "incorrect_cvc": "Your card's security code is incorrect.",
    "incorrect_number": "Your card number is incorrect.",
    "processing_error": "An error occurred while processing your card. Try again in a little bit.",
    "card_velocity_exceeded": "Your card was declined for making repeated attempts too frequently or over its limit.",
    "authentication_required": "Your card was declined. This transaction requires authentication.",
    "test_mode_live_card": "Your card was declined. Your request was in test mode, but used a non test card.",
    "invalid_expiry_month": "Your card's expiration month is invalid.",
    "invalid_expiry_year": "Your card's expiration year is invalid.",
}
DECLINED = "Your card was declined."


class Declined(Exception):
    """The bank says no. `code` and `decline_code` are Stripe's; the text is what Stripe shows."""

    def __init__(self, code: str, decline_code: str | None = None, param: str | None = None) -> None:
        self.code, self.decline_code, self.param = code, decline_code, param
        super().__init__(MESSAGES.get(decline_code or code) or MESSAGES.get(code) or DECLINED)


@dataclass(frozen=True)
class Card:
    """What one test number does.

    `authentication`: "" never, "unless_saved" until set up for later use, "on_session" only when the giver is there,
    "always". `attaches`: a declining card that can be saved nevertheless."""

    number: str
    token: str
    says: str
    decline: tuple[str, str | None] | None = None
    authentication: Literal["", "unless_saved", "on_session", "always"] = ""
    attaches: bool = False
    dispute: str = ""
    inquiry: bool = False
    refund: Literal["", "pending", "fails"] = ""
    available_at_once: bool = False
    risk: Literal["normal", "elevated", "highest", "blocked"] = "normal"
    brand: str = "visa"
    funding: str = "credit"
    country: str = "US"
    cvc_check: str = "pass"
    postal_check: str | None = None

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.number)

    @property
    def shown(self) -> str:
        return " ".join(re.findall(".{1,4}", self.number))


def fingerprint(number: str) -> str:
    """Sixteen characters that stand for the number, as at Stripe the same for the same number."""
    return hashlib.sha256(number.encode()).hexdigest()[:16]


CARDS = (
    Card("4242424242424242", "visa", "Succeeds"),
    Card("4000056655665556", "visa_debit", "Succeeds, a debit card", funding="debit"),
    Card("5555555555554444", "mastercard", "Succeeds, Mastercard", brand="mastercard"),
    Card("378282246310005", "amex", "Succeeds, American Express", brand="amex"),
    Card("4000000000000002", "visa_chargeDeclined", "Declined", ("card_declined", "generic_decline")),
    Card(
        "4000000000009995",
        "visa_chargeDeclinedInsufficientFunds",
        "Insufficient funds",
        ("card_declined", "insufficient_funds"),
    ),
    Card("4000000000009987", "visa_chargeDeclinedLostCard", "Lost card", ("card_declined", "lost_card")),
    Card("4000000000009979", "visa_chargeDeclinedStolenCard", "Stolen card", ("card_declined", "stolen_card")),
    Card("4000000000000069", "chargeDeclinedExpiredCard", "Expired card", ("expired_card", None)),
    Card("4000000000000127", "chargeDeclinedIncorrectCvc", "Wrong security code", ("incorrect_cvc", None)),
    Card("4000000000000119", "chargeDeclinedProcessingError", "Processing error", ("processing_error", None)),
    Card(
        "4000000000006975",
        "visa_chargeDeclinedVelocityLimitExceeded",
        "Too many attempts",
        ("card_declined", "card_velocity_exceeded"),
    ),
    Card(
        "4000000000000341",
        "chargeCustomerFail",
        "Can be saved, later charges fail",
        ("card_declined", "generic_decline"),
        attaches=True,
    ),
    Card("4000002500003155", "authenticationRequiredOnSetup", "3D Secure until saved", authentication="unless_saved"),
    Card("4000002760003184", "authenticationRequired", "3D Secure every time", authentication="always"),
    Card(
        "4000003800000446",
        "authenticationRequiredSetupForOffSession",
        "3D Secure, set up for later",
        authentication="on_session",
    ),
    Card(
        "4000008260003178",
        "authenticationRequiredChargeDeclinedInsufficientFunds",
        "3D Secure, then insufficient funds",
        ("card_declined", "insufficient_funds"),
        authentication="always",
    ),
    Card("4000000000003220", "threeDSecure2Required", "3D Secure 2", authentication="on_session"),
    Card(
        "4000008400001629",
        "threeDSecureRequiredChargeDeclined",
        "3D Secure, then declined",
        ("card_declined", "generic_decline"),
        authentication="always",
    ),
    Card("4000000000003055", "threeDSecureOptional", "3D Secure not asked for"),
    Card("4000000000000259", "createDispute", "Disputed as fraudulent", dispute="fraudulent"),
    Card(
        "4000000000002685", "createDisputeProductNotReceived", "Disputed: not received", dispute="product_not_received"
    ),
    Card("4000000000001976", "createDisputeInquiry", "An inquiry", dispute="fraudulent", inquiry=True),
    Card("4000000000005423", "createIssuerFraudRecord", "Early fraud warning"),
    Card("4000000000007726", "pendingRefund", "Refunds are pending at first", refund="pending"),
    Card("4000000000005126", "refundFail", "Refunds fail later", refund="fails"),
    Card("4000000000000077", "bypassPending", "Funds available at once", available_at_once=True),
    Card(
        "4000003720000278",
        "bypassPendingInternational",
        "Funds available at once, international",
        available_at_once=True,
        country="IE",
    ),
    Card("4100000000000019", "radarBlock", "Blocked by Radar", ("card_declined", "fraudulent"), risk="blocked"),
    Card("4000000000004954", "riskLevelHighest", "Highest risk", ("card_declined", "fraudulent"), risk="highest"),
    Card("4000000000009235", "riskLevelElevated", "Elevated risk", risk="elevated"),
    Card("4000000000000101", "cvcCheckFail", "Security code check fails", cvc_check="fail"),
    Card("4000000000000036", "avsZipFail", "Postal code check fails", postal_check="fail"),
)
BY_NUMBER = {card.number: card for card in CARDS}
BY_TOKEN = {f"pm_card_{card.token}": card for card in CARDS}
BY_FINGERPRINT = {card.fingerprint: card for card in CARDS}

IBANS = {
    "AT611904300234573201": ("succeeds", 10),
    "AT321904300235473204": ("succeeds", 180),
    "AT861904300235473202": ("fails", 10),
}
"""Outcome of a debit, and after how many seconds it is known."""
IBAN_BY_FINGERPRINT = {fingerprint(iban): iban for iban in IBANS}


def by_number(typed: str) -> Card:
    """The card of a typed number; Declined as Stripe declines one that does not exist or is not a test card."""
    number = re.sub(r"[\s-]", "", typed)
    if not re.fullmatch(r"[0-9]{13,19}", number) or not _luhn(number):
        raise Declined("incorrect_number", None, "number")
    if number not in BY_NUMBER:
        raise Declined("card_declined", "test_mode_live_card", "number")
    return BY_NUMBER[number]


def of(payment_method: dict[str, Any]) -> Card:
    """The test card behind a payment method; a plain good one for a card of the seeded past."""
    return BY_FINGERPRINT.get(payment_method["card"]["fingerprint"], CARDS[0])


def outcome(
    payment_method: dict[str, Any], *, off_session: bool, authenticated: bool, saved: bool
) -> Literal["succeeds", "asks", "declines"]:
    """What the bank will say to a charge."""
    card = of(payment_method)
    asks = {"": False, "unless_saved": not saved, "on_session": not off_session, "always": True}[card.authentication]
    if asks and not authenticated:
        return "asks"
    return "declines" if card.decline else "succeeds"


def _luhn(number: str) -> bool:
    digits = [int(digit) for digit in reversed(number)]
    return sum(digits[0::2] + [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]) % 10 == 0
