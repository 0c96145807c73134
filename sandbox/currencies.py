"""Stripe's currencies: how many decimals an amount has, the smallest charge, and what it is worth when settled.

The exponents are Stripe's own (docs.stripe.com/currencies), not ISO's: ISK and UGX count hundredths."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from .errors import ApiError, invalid
from .models import Config

ZERO = frozenset("bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split())
THREE = frozenset("bhd jod kwd omr tnd".split())
WHOLE_ONLY = frozenset({"isk", "ugx"})
TWO = frozenset(
    "aed all amd ang ars aud awg azn bam bbd bdt bgn bmd bnd bob brl bsd bwp byn bzd cad cdf chf cny cop crc cve czk "
    "dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gtq gyd hkd hnl hrk htg huf idr ils inr isk jmd kes kgs khr kyd "
    "kzt lak lbp lkr lrd lsl mad mdl mkd mmk mnt mop mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd pab pen pgk php "
    "pkr pln qar ron rsd rub sar sbd scr sek sgd shp sle sos srd std szl thb tjs top try ttd twd tzs uah ugx usd uyu "
    "uzs wst xcd yer zar zmw".split()
)
MINIMUM = {
    "aed": 200,
    "czk": 1500,
    "dkk": 250,
    "gbp": 30,
    "hkd": 400,
    "huf": 17500,
    "jpy": 50,
    "krw": 50,
    "mxn": 1000,
    "myr": 200,
    "nok": 300,
    "pln": 200,
    "ron": 200,
    "sek": 300,
    "thb": 1000,
}
MINIMUM |= dict.fromkeys("ars aud brl cad chf cop eur idr ils inr nzd php rub sgd usd zar".split(), 50)
SIGNS = {"eur": "€", "usd": "$", "gbp": "£", "jpy": "¥", "uah": "₴", "pln": "zł"}
LARGEST = 99_999_999


def exponent(currency: str) -> int:
    """Decimals of an API amount."""
    return 0 if currency in ZERO else 3 if currency in THREE else 2


def known(currency: str, param: str = "currency") -> str:
    """The currency in lower case; refuses one that Stripe does not know."""
    code = currency.lower()
    if code not in TWO | ZERO | THREE:
        raise invalid(
            f"Invalid currency: {currency}. Stripe currently supports these currencies: eur, usd, gbp, …", param
        )
    return code


def show(amount: int, currency: str) -> str:
    """`€12.50`, `¥1,000`, `12.50 CHF`."""
    number = f"{Decimal(amount).scaleb(-exponent(currency)):,.{exponent(currency)}f}"
    sign = SIGNS.get(currency)
    return f"{sign}{number}" if sign else f"{number} {currency.upper()}"


def check_amount(amount: int, currency: str, param: str = "amount") -> None:
    """Refuse what Stripe would not charge: too little, too much, decimals a currency does not have."""
    if amount < 0:
        raise invalid("Invalid non-negative integer", param, "parameter_invalid_integer")
    if amount > LARGEST:
        raise invalid("Amount must be no more than " + show(LARGEST, currency), param, "amount_too_large")
    if amount % {**dict.fromkeys(WHOLE_ONLY, 100), **dict.fromkeys(THREE, 10)}.get(currency, 1):
        raise invalid(f"Invalid amount for {currency.upper()}: it cannot be charged with so many decimals.", param)
    if amount and (floor := _floor(amount, currency)):
        message = f"Amount must convert to at least {floor}."
        raise ApiError(400, "invalid_request_error", message, "amount_too_small", param=param)


def _floor(amount: int, currency: str) -> str | None:
    """The least that can be charged, as it is shown, when the amount is less than that."""
    worth = settled(amount, currency)
    if currency in MINIMUM:
        return show(MINIMUM[currency], currency) if amount < MINIMUM[currency] else None
    least = MINIMUM.get(worth.currency, 50)
    return show(least, worth.currency) if worth.amount < least else None


@dataclass(frozen=True)
class Settled:
    """An amount as it arrives in the balance. `rate` is None when nothing was converted."""

    amount: int
    currency: str
    rate: float | None


def settled(amount: int, currency: str, config: Config | None = None) -> Settled:
    """What an amount (minor units) is where it settles: in its own currency if the account holds that, else in the
    account's default one."""
    config = config or Config.current()
    if currency in (config.settlement_currencies or ["eur", "usd", "gbp"]):
        return Settled(amount, currency, None)
    into = config.default_currency
    if currency not in config.rates or into not in config.rates:
        raise invalid(f"The sandbox has no exchange rate for {currency}: set one in its configuration.", "currency")
    worth, unit = (Decimal(str(config.rates[code])) for code in (currency, into))
    rate = (worth / unit).quantize(Decimal("1e-6"))
    major = Decimal(amount).scaleb(-exponent(currency)) * rate
    return Settled(rounded(major.scaleb(exponent(into))), into, float(rate))


def fee(amount: int, currency: str, config: Config | None = None) -> int:
    """Stripe's fee on a settled amount (minor units of that currency), half up."""
    share, fixed = (config or Config.current()).fees.get(currency, [0.029, 30])
    return rounded(Decimal(amount) * Decimal(str(share))) + int(fixed)


def rounded(value: Decimal) -> int:
    """Half up, as on a bill."""
    return int(value.quantize(Decimal(1), ROUND_HALF_UP))
