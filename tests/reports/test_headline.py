"""The one figure for all currencies, in main units by plain arithmetic: currencies of none, two and three decimals."""

from decimal import Decimal
from fractions import Fraction

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsroom.models import DailyRate
from reports.figures import headline

DIGITS = {"EUR": 2, "JPY": 0, "KWD": 3, "UAH": 2}
codes = st.sampled_from(sorted(DIGITS))
worth = st.integers(1, 10**14).map(lambda parts: Decimal(parts).scaleb(-10))


@given(
    sums=st.dictionaries(codes, st.integers(-(10**12), 10**12)), home=codes, worths=st.dictionaries(codes, worth)
)  # fmt: skip
@settings(deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
def test_the_one_figure_is_what_each_currency_is_worth_added_up(
    sums: dict[str, int], home: str, worths: dict[str, Decimal]
) -> None:
    rates = {code: DailyRate(currency=code, into=home, rate=rate) for code, rate in worths.items() if code != home}
    told = headline.told(sums, home, rates)
    known = {home: Decimal(1)} | {code: row.rate for code, row in rates.items()}
    main = sum(
        (Fraction(minor, 10 ** DIGITS[code]) * Fraction(known[code]) for code, minor in sums.items() if code in known),
        Fraction(0),
    )
    assert told.minor == main * 10 ** DIGITS[home]
    assert set(told.missing) == {code for code, minor in sums.items() if code not in known and minor}
    assert {row.currency for row in told.rates} == {code for code in sums if code in rates}
