"""Moulds change nothing about a letter: filled, they say what rendering each letter by itself would."""

from typing import Any

import pytest

from letters import moulds
from letters.models import Wording
from letters.occasions import OCCASIONS, Occasion
from newsroom.models import Newsroom

pytestmark = pytest.mark.django_db


def render(name: str, context: dict[str, Any], language: str = "en", wording: Wording | None = None) -> tuple[str, ...]:
    return moulds.render(OCCASIONS[name], language, context, Newsroom.current(), wording)


@pytest.mark.parametrize("language", ["en", "uk"])
@pytest.mark.parametrize("occasion", OCCASIONS.values(), ids=OCCASIONS)
def test_filled_mould_is_the_letter_rendered_by_itself(
    occasion: Occasion, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = occasion.example(language) | {"stop_token": "abc:def"}
    filled = render(occasion.name, context, language)

    def whole(context: dict[str, Any], personal: tuple[str, ...], values: list[str]) -> dict[str, Any]:
        """Nothing is marked, so nothing is shared."""
        return dict(context)

    monkeypatch.setattr(moulds, "_marked", whole)
    alone = render(occasion.name, context, language)
    # The inliner spells a non-breaking space out.
    assert (alone[0], alone[1], alone[2].replace("&nbsp;", "\N{NO-BREAK SPACE}")) == filled


def test_letters_that_differ_in_values_alone_share_a_mould() -> None:
    moulds._mould.cache_clear()
    for number in range(20):
        subject, text, html = render("raised", {"rhythm": f"€{number}.00 a month", "greeting": f"Reader {number}"})
        assert f"€{number}.00 a month" in subject
        assert f"Dear Reader {number}," in text
        assert f"Dear Reader {number}," in html
    assert moulds._mould.cache_info().misses == 1


def test_value_that_is_missing_and_cause_that_differs_make_other_letters() -> None:
    sample = OCCASIONS["payment_failed"].example("en")
    with_date, without = render("payment_failed", sample), render("payment_failed", sample | {"next_attempt": ""})
    expired = render("payment_failed", sample | {"cause": "expired"})
    assert "we will try again on" in with_date[1]
    assert "we will try again on" not in without[1]
    assert "your card has expired" in expired[1]


def test_what_staff_change_counts_for_the_next_letter() -> None:
    before = render("raised", {"rhythm": "€5.00 a month"})
    Newsroom.objects.update(public_name="Bereg", accent="#1a73e8")
    after = render("raised", {"rhythm": "€5.00 a month"})
    assert "Bereg" in after[1] and "Bereg" not in before[1]  # noqa: PT018
    assert "#1a73e8" in after[2]


def test_values_are_escaped_in_html_and_never_read_as_marks() -> None:
    mark = f"{moulds._MARK}00"
    _, text, html = render("raised", {"rhythm": '<b>"5"</b>', "greeting": f"A {mark} & B"})
    assert '<b>"5"</b>' in text
    assert "&lt;b&gt;&quot;5&quot;&lt;/b&gt;" in html
    assert f"A {mark} &amp; B" in html
