"""How figures are printed: exact numbers are rounded here and nowhere earlier."""

from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from babel.dates import format_date
from django import template
from django.contrib.humanize.templatetags.humanize import intcomma
from django.template import Context
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.translation import get_language

from money.money import Money
from reports import spoken
from reports.definitions import DEFINITIONS, Definition
from reports.figures import months
from reports.figures.coming import Source
from reports.figures.persons import Cohort
from voting.models import Round

register = template.Library()
NONE = "–"


@register.simple_tag
def amount(minor: int | Fraction | str | None, currency: str, sign: bool = False) -> str:
    """An amount of minor units, rounded to the nearest; with `sign`, what was added shows its plus."""
    if minor is None or minor == "":
        return NONE
    whole = round(Fraction(minor))
    return ("+" if sign and whole > 0 else "") + Money(whole, currency).format(get_language() or "en")


@register.filter
def printed(money: Money) -> str:
    """An amount as the reader's language writes it."""
    return money.format(get_language() or "en")


@register.filter
def rate(worth: Decimal) -> str:
    """Without the zeros at its end, and never as a power of ten."""
    text = f"{worth.normalize():f}"
    return text.replace(".", ",") if get_language() == "uk" else text


@register.filter
def said(status: str) -> str:
    """A status of Stripe's in words; one that is new is shown as it came."""
    return str(spoken.STRIPE.get(status, status))


@register.filter
def percent(share: Fraction | str | None) -> str:
    """A share of one with one digit, as the language writes it."""
    if share is None or share == "":  # of a month in which there was nobody
        return NONE
    text = f"{float(share) * 100:.1f}\N{NO-BREAK SPACE}%".replace("-", "−")
    return text.replace(".", ",") if get_language() == "uk" else text


@register.filter
def month(first: date) -> str:
    """The name of a month with its year."""
    return str(format_date(first, "LLLL y", locale=get_language() or "en"))


@register.filter
def brief(first: date) -> str:
    """A month where there is little room: `Oct 2026`, `жовт. 2026`. It does not break."""
    return str(format_date(first, _spaced("LLL y"), locale=get_language() or "en"))


@register.filter
def short_month(first: date) -> str:
    """As addresses name it."""
    return f"{first:%Y-%m}"


@register.filter(expects_localtime=True)
def day(when: date | datetime | None) -> str:
    """`1 Oct 2026`, `1 жовт. 2026`; nothing of nothing. A moment is of the zone of the page."""
    return str(format_date(when, _spaced("d MMM y"), locale=get_language() or "en")) if when else ""


@register.filter(expects_localtime=True)
def moment(when: datetime | None) -> str:
    """A day with its minute."""
    return f"{day(when)}, {when:%H:%M}" if when else ""


def _spaced(pattern: str) -> str:
    return pattern.replace(" ", "\N{NO-BREAK SPACE}")


@register.filter
def get(rows: Any, key: Any) -> Any:
    """What a mapping or a list holds under a key; nothing where it holds none."""
    try:
        return rows[key]
    except (KeyError, IndexError, TypeError):
        return None


@register.simple_tag
def definition(name: str) -> Definition:
    return DEFINITIONS[name]


@register.inclusion_tag("reports/definitions_of.html")
def definitions(*names: str) -> dict[str, Any]:
    """What the figures above it mean, folded in."""
    return {"definitions": [DEFINITIONS[name] for name in names]}


@register.simple_tag(takes_context=True)
def rows(context: Context, count: int | str | None, page: str, **asked: Any) -> str:
    """A count; for whoever may see them, it leads to the rows that it counts, on one of the pages of them."""
    return _to_rows(context, count, intcomma(count or 0), page, asked)


@register.simple_tag(takes_context=True)
def invoices(context: Context, count: int | None, row: dict[str, Any], by: str = "") -> str:
    """How many invoices were mended in a way, of a month, a cause or both; leads to them like `rows`.

    A row without a month is of all those on the page of which what mended them is known.
    """
    when = {"month": short_month(row["month"])} if "month" in row else {
        "month": short_month(context["month"]), "year": "on"
    }  # fmt: skip
    asked = {"what": "first_failed", **when, "cause": row["cause"], "by": by}
    return _to_rows(context, count, intcomma(count), "invoices", asked) if count else NONE


@register.simple_tag(takes_context=True)
def persons(context: Context, count: int | str | None, first: date, outcome: str, payer: int = 0, **more: str) -> str:
    """A count of persons; for whoever may see them, it leads to them."""
    return rows(context, count, "persons", month=short_month(first), outcome=outcome, payer=payer, **more)


@register.simple_tag(takes_context=True)
def opening(context: Context, count: int | str | None, first: date) -> str:
    """How many were live when a month began: they are those who were so when the one before it ended."""
    return persons(context, count, months.after(first, -1), "live")


@register.simple_tag(takes_context=True)
def kept(context: Context, cohort: Cohort, age: int, payer: int) -> str:
    """How many in a hundred of a cohort are live so many months later; leads to them like `persons`."""
    asked = {"month": short_month(months.after(cohort.month, age)), "outcome": "live", "payer": payer}
    asked["cohort"] = short_month(cohort.month)
    return _to_rows(context, cohort.live[age], whole_percent(cohort.shares[age]), "persons", asked)


@register.simple_tag(takes_context=True)
def came(context: Context, source: Source, what: str, worth: int | Fraction, currency: str = "") -> str:
    """How many came from a source, or how much a month in a currency; leads to them like `persons`."""
    said = amount(worth or None, currency) if currency else intcomma(worth)
    span = {name: short_month(context[name]) for name in ("first", "last")}
    asked = {"by": context["by"], "source": source.name, "rule": context["rule"], "what": what, "currency": currency}
    return _to_rows(context, worth, said, "origin-rows", span | asked)


def _to_rows(context: Context, count: int | Fraction | str | None, said: str, page: str, asked: dict[str, Any]) -> str:
    if not count or not context["sees_money"]:
        return said
    address = urlencode({name: word for name, word in asked.items() if word})
    return format_html('<a href="{}?{}">{}</a>', reverse(f"reports:{page}"), address, said)


@register.filter
def last_of_month(first: date) -> str:
    """The number of a month's last day."""
    return f"{months.last_day(first).day:02d}"


@register.filter
def of(part: int | Fraction, whole: int | Fraction) -> Fraction | None:
    """A share; nothing of nothing."""
    return Fraction(part) / Fraction(whole) if whole else None


@register.filter
def title_of(named: Round) -> str:
    """In the language of the page."""
    return named.title(get_language() or "en")


@register.filter
def days(count: Fraction | None) -> str:
    """Whole days, or a half."""
    return NONE if count is None else f"{float(count):g}".replace(".", "," if get_language() == "uk" else ".")


@register.filter
def words(text: str) -> list[str]:
    return text.split()


@register.filter
def tenth(share: Fraction) -> int:
    """The shade of a cohort's cell, 0 to 10."""
    return min(10, int(share * 10))


@register.filter
def whole_percent(share: Fraction) -> str:
    return f"{round(share * 100)}"
