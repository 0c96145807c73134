"""How long records of money are kept because a law asks for it, by the newsroom's country.

Whole years after the one in which the money came. An accountant's word is better: the newsroom can set its own number.
"""

from datetime import date

from newsroom.models import Newsroom

YEARS = {
    "AT": 7,  # Bundesabgabenordnung, § 132
    "CZ": 5,  # zákon o účetnictví, § 31
    "DE": 8,  # Abgabenordnung, § 147: vouchers
    "EE": 7,  # Raamatupidamise seadus, § 12
    "ES": 6,  # Código de Comercio, art. 30
    "FR": 10,  # Code de commerce, art. L123-22
    "GB": 6,  # Companies Act 2006, s. 388, and HMRC's guidance for companies and charities
    "IT": 10,  # Codice civile, art. 2220
    "NL": 7,  # Algemene wet inzake rijksbelastingen, art. 52
    "PL": 5,  # ustawa o rachunkowości, art. 74
    "UA": 4,  # Податковий кодекс, 44.3: 1095 days from the filing of the year's report, which comes in the year after
}
LONGEST = 10


def years() -> int:
    """The newsroom's own number, or else its country's, or else the longest that is known here."""
    newsroom = Newsroom.current()
    if newsroom.bookkeeping_years is not None:
        return newsroom.bookkeeping_years
    return YEARS.get(newsroom.country, LONGEST)


def kept_through(day: date) -> date:
    """The last day on which the record of money that came on `day` has to be there."""
    return date(day.year + years(), 12, 31)
