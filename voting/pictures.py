"""Pictures of a result: SVG made here, from numbers alone. Each stands beside the table that says the same.

Colours come from classes (static/css/results.css), never from the picture, so a page is light or dark as its reader
likes, and no style stands in the page. Topics are told apart by their numbers, too. Everything is escaped.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

HUES = 8  # how many fills the style sheet has
# Of the picture of rounds, in its own units; about a phone's width of pixels.
WIDTH, BAND, GAP = 360, 24, 40
_NARROWEST_LABEL = 16


def _places(value: Fraction) -> str:
    """Hundredths, without a float."""
    hundredths = int(value * 100 + Fraction(1, 2))
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def bar(value: Fraction | int, most: Fraction | int, *, is_chosen: bool = False) -> SafeString:
    """One horizontal bar: how much of `most`."""
    width = Fraction(value) * 100 / Fraction(most) if most else Fraction(0)
    return format_html(
        '<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        '<rect class="track" width="100" height="8"/><rect class="{}" width="{}" height="8"/></svg>',
        "fill chosen" if is_chosen else "fill",
        _places(width),
    )


def parts(values: Sequence[Fraction | int], whole: Fraction | int) -> SafeString:
    """One bar of several parts, each in the next fill; what is missing to the whole stays empty."""
    begin, pieces = Fraction(0), []
    for number, value in enumerate(values):
        width = Fraction(value) * 100 / Fraction(whole) if whole else Fraction(0)
        pieces.append((f"hue-{number % HUES}", _places(begin), _places(width)))
        begin += width
    return format_html(
        '<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        '<rect class="track" width="100" height="8"/>{}</svg>',
        format_html_join("", '<rect class="{}" x="{}" width="{}" height="8"/>', pieces),
    )


@dataclass(frozen=True)
class Stage:
    """One round of a count: what each topic has, and what left whom on the way here (`to` None: nobody)."""

    tallies: Mapping[str, Fraction]
    spent: Fraction = Fraction(0)  # with nobody any more
    moves: Sequence[tuple[str, str | None, Fraction]] = field(default_factory=tuple)


@dataclass
class _Band:
    """Where a topic's votes of one round lie: from `left`, so wide; `out` and `into` grow as ribbons are drawn."""

    left: Fraction
    width: Fraction
    out: Fraction = Fraction(0)
    into: Fraction = Fraction(0)


def rounds(stages: Sequence[Stage], numbers: Mapping[str, int], title: str) -> SafeString:
    """Votes flowing from round to round, downwards: a bar a round, ribbons between them, each topic by its number."""
    order = sorted(numbers, key=lambda topic: (-stages[0].tallies.get(topic, 0), numbers[topic]))
    whole = sum(stages[0].tallies.values(), stages[0].spent) or Fraction(1)
    bands = [_bands(stage, order, whole) for stage in stages]
    ribbons = [
        ribbon
        for row, (stage, above, below) in enumerate(zip(stages[1:], bands, bands[1:], strict=False))
        for ribbon in _ribbons(_widths(stage, whole), row, above, below, numbers)
    ]
    height = len(stages) * BAND + (len(stages) - 1) * GAP
    drawn = [_bar_of_round(row, band, numbers) for row, band in enumerate(bands)]
    return format_html(
        '<svg class="rounds" viewBox="0 0 {} {}" role="img" aria-label="{}" focusable="false">{}{}</svg>',
        WIDTH, height, title,
        format_html_join("", '<path class="ribbon {}" d="{}"/>', ribbons),
        mark_safe("".join(drawn)),  # noqa: S308  each part is made by format_html
    )  # fmt: skip


def _bands(stage: Stage, order: Sequence[str], whole: Fraction) -> dict[str | None, _Band]:
    """The topics from left to right, what is with nobody last."""
    left, found = Fraction(0), dict[str | None, _Band]()
    for topic, votes in [*((topic, stage.tallies.get(topic, Fraction(0))) for topic in order), (None, stage.spent)]:
        found[topic] = _Band(left, votes * WIDTH / whole)
        left += found[topic].width
    return found


def _widths(stage: Stage, whole: Fraction) -> list[tuple[str, str | None, Fraction]]:
    return [(source, to, votes * WIDTH / whole) for source, to, votes in stage.moves if votes]


def _ribbons(
    moved: Sequence[tuple[str, str | None, Fraction]],
    row: int,
    above: dict[str | None, _Band],
    below: dict[str | None, _Band],
    numbers: Mapping[str, int],
) -> list[tuple[str, str]]:
    """What moves to others, and what stays: a class and a path each."""
    top, bottom = row * (BAND + GAP) + BAND, (row + 1) * (BAND + GAP)
    found = []
    for topic, band in above.items():
        stays = band.width - sum((width for source, _, width in moved if source == topic), Fraction(0))
        flows = [(to, width) for source, to, width in moved if source == topic]
        for to, width in ([(topic, stays)] if stays > 0 else []) + flows:
            target = below[to]
            a, b = band.left + band.out, target.left + target.into
            band.out += width
            target.into += width
            found.append((_hue(topic, numbers), _ribbon(a, b, width, top, bottom)))
    return found


def _ribbon(a: Fraction, b: Fraction, width: Fraction, top: int, bottom: int) -> str:
    middle = (top + bottom) // 2
    return (
        f"M{_places(a)} {top}C{_places(a)} {middle} {_places(b)} {middle} {_places(b)} {bottom}"
        f"H{_places(b + width)}C{_places(b + width)} {middle} {_places(a + width)} {middle} {_places(a + width)} {top}Z"
    )


def _hue(topic: str | None, numbers: Mapping[str, int]) -> str:
    return "spent" if topic is None else f"hue-{(numbers[topic] - 1) % HUES}"


def _bar_of_round(row: int, bands: dict[str | None, _Band], numbers: Mapping[str, int]) -> SafeString:
    top = row * (BAND + GAP)
    pieces = [
        (_hue(topic, numbers), _places(band.left), top, _places(band.width), BAND)
        for topic, band in bands.items()
        if band.width
    ]
    labels = [
        (_places(band.left + band.width / 2), top + BAND // 2, numbers[topic])
        for topic, band in bands.items()
        if topic is not None and band.width >= _NARROWEST_LABEL
    ]
    return format_html(
        "<g>{}{}</g>",
        format_html_join("", '<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>', pieces),
        format_html_join("", '<text x="{}" y="{}">{}</text>', labels),
    )
