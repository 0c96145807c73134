"""How letters and receipts name amounts, rhythms, cards and the reasons of banks."""

from datetime import datetime

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy, ngettext

from letters import printing
from payments.models import Donation, Invoice, Payment
from payments.models.donation import Interval
from payments.models.payment import Source

BRANDS = {
    "amex": "American Express", "diners": "Diners Club", "discover": "Discover", "eftpos_au": "eftpos", "jcb": "JCB",
    "mastercard": "Mastercard", "unionpay": "UnionPay", "visa": "Visa",
}  # fmt: skip

# What a giver can do differs by cause. Codes: https://docs.stripe.com/declines/codes. Of a lost or stolen card only
# that it cannot be used is said, as that page asks.
CAUSES = {
    "funds": {"insufficient_funds", "withdrawal_count_limit_exceeded", "card_velocity_exceeded"},
    "expired": {"expired_card", "invalid_expiry_month", "invalid_expiry_year"},
    "confirmation": {"authentication_required", "subscription_payment_intent_requires_action",
                     "payment_intent_authentication_failure", "approve_with_id", "offline_pin_required"},
    "unusable": {"lost_card", "stolen_card", "pickup_card", "restricted_card", "revocation_of_authorization",
                 "revocation_of_all_authorizations", "stop_payment_order", "incorrect_number", "invalid_number",
                 "invalid_account", "card_not_supported", "currency_not_supported", "transaction_not_allowed"},
}  # fmt: skip

# Of these Stripe counts further attempts, but sends none to the bank until there is another card, or the giver's word:
# https://docs.stripe.com/billing/revenue-recovery/smart-retries
NOT_TRIED_AGAIN = CAUSES["confirmation"] | {
    "incorrect_number", "lost_card", "pickup_card", "stolen_card", "revocation_of_authorization",
    "revocation_of_all_authorizations", "highest_risk_level", "transaction_not_allowed",
}  # fmt: skip


def cause(failure_code: str) -> str:
    """`funds`, `expired`, `confirmation`, `unusable`, or `unsaid`: the bank gave no reason that helps."""
    return next((name for name, codes in CAUSES.items() if failure_code in codes), "unsaid")


def why(failure_code: str) -> str:
    """The cause in a few words of the active language."""
    return reason(cause(failure_code))


def reason(name: str) -> str:
    """The same of a cause by its name."""
    return {
        "funds": gettext("there was not enough money on the card"),
        "expired": gettext("the card has expired"),
        "confirmation": gettext("the bank wants the payment to be confirmed"),
        "unusable": gettext("the bank no longer accepts payments with this card"),
    }.get(name, gettext("the bank declined it and gave no reason"))


def is_tried_again(failure_code: str) -> bool:
    """Whether Stripe's next attempt reaches the bank while nothing else changes."""
    return failure_code not in NOT_TRIED_AGAIN


def next_attempt(invoice: Invoice) -> datetime | None:
    """When the bank is asked again without anybody's doing, as letters, pages and timeline say; None if it is not."""
    return invoice.next_attempt_at if is_tried_again(invoice.failure_code) else None


def mend(failure_code: str) -> Promise:
    """What the button says that leads to Stripe's page of an invoice, where each cause is mended."""
    said: dict[str, Promise] = {
        "funds": gettext_lazy("Pay now or use another card"),
        "confirmation": gettext_lazy("Confirm the payment"),
        "expired": gettext_lazy("Pay with another card"),
        "unusable": gettext_lazy("Pay with another card"),
    }
    return said.get(cause(failure_code), gettext_lazy("Pay or use another card"))


def rhythm(donation: Donation, language: str) -> str:
    """An amount with how often it is given: `€5.00 a month`."""
    count = donation.every_months
    with translation.override(language):
        match donation.interval:
            case Interval.MONTHLY:
                text = gettext("%(amount)s a month")
            case Interval.YEARLY:
                text = gettext("%(amount)s a year")
            case Interval.SEVERAL:
                text = ngettext("%(amount)s every %(count)s month", "%(amount)s every %(count)s months", count)
            case _:
                text = "%(amount)s"
        return text % {"amount": donation.total.format(language), "count": count}


def card(brand: str, last4: str, language: str) -> str:
    """`Visa ····4242`; empty if no card is known."""
    if not last4:
        return ""
    with translation.override(language):
        name = gettext("card") if brand in {"", "unknown"} else BRANDS.get(brand, brand.replace("_", " ").title())
    return f"{name} ····{last4}"


def next_charge(donation: Donation, language: str) -> str:
    """Amount, day and card of the next charge: `€5.00, 10 January 2027, Visa ····4242`; empty if there is none."""
    if donation.next_charge_at is None:
        return ""
    parts = [
        donation.total.format(language),
        printing.day(donation.next_charge_at, language),
        card(donation.card_brand, donation.card_last4, language),
    ]
    return ", ".join(part for part in parts if part)


def method(payment: Payment, language: str) -> str:
    """How a payment came: the card, or the name of another method."""
    if said := card(payment.card_brand, payment.card_last4, language):
        return said
    with translation.override(language):
        if payment.source == Source.OFFLINE:
            return gettext("bank transfer or cash")
        return {
            "card": gettext("card"),
            "sepa_debit": gettext("bank debit"),
            "us_bank_account": gettext("bank debit"),
            "bacs_debit": gettext("bank debit"),
            "paypal": "PayPal",
            "link": "Link",
            "revolut_pay": "Revolut Pay",
        }.get(payment.method, gettext("online payment"))


def dispute_reason(reason: str, language: str) -> str:
    """Stripe's reason of a dispute in words. Source: https://docs.stripe.com/disputes/categories."""
    with translation.override(language):
        return {
            "fraudulent": gettext("the cardholder says the payment was not theirs"),
            "unrecognized": gettext("the cardholder does not recognise the payment"),
            "duplicate": gettext("charged twice"),
            "subscription_canceled": gettext("charged after cancelling"),
            "credit_not_processed": gettext("a promised refund did not arrive"),
            "product_not_received": gettext("what was paid for was not received"),
            "product_unacceptable": gettext("what was paid for was not as described"),
            "incorrect_account_details": gettext("wrong account details"),
            "insufficient_funds": gettext("not enough money on the account"),
            "bank_cannot_process": gettext("the bank could not process it"),
            "debit_not_authorized": gettext("the account holder did not allow the debit"),
            "customer_initiated": gettext("the account holder asked for the money back"),
            "general": gettext("no particular reason"),
        }.get(reason, reason.replace("_", " "))
