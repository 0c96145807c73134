"""How many digits a currency's minor unit has, as Stripe counts them.

Stripe's table differs from ISO 4217 and from CLDR; an exponent taken from those is wrong by a factor of a hundred for
some currencies. Source: https://docs.stripe.com/currencies.
"""

ZERO_DIGITS = frozenset("BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split())
THREE_DIGITS = frozenset("BHD JOD KWD OMR TND".split())
# Two digits at Stripe although nothing smaller than a whole unit can be charged.
WHOLE_UNITS_ONLY = frozenset("ISK UGX".split())

# Stripe refuses a smaller charge. Judged there after conversion, so this is the floor of our own minimum only.
STRIPE_MINIMUM = {
    "USD": 50, "AED": 200, "AUD": 50, "BRL": 50, "CAD": 50, "CHF": 50, "CZK": 1500, "DKK": 250, "EUR": 50, "GBP": 30,
    "HKD": 400, "HUF": 17500, "INR": 50, "JPY": 50, "MXN": 1000, "MYR": 200, "NOK": 300, "NZD": 50, "PLN": 200,
    "RON": 200, "SEK": 300, "SGD": 50, "THB": 1000,
}  # fmt: skip


def exponent(currency: str) -> int:
    """Digits after the decimal point in Stripe's amounts of this currency (upper-case ISO code)."""
    if currency in ZERO_DIGITS:
        return 0
    return 3 if currency in THREE_DIGITS else 2


def smallest_step(currency: str) -> int:
    """The smallest number of minor units by which two chargeable amounts can differ."""
    if currency in WHOLE_UNITS_ONLY:
        return 100
    return 10 if currency in THREE_DIGITS else 1
