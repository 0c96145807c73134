"""Charts as plain geometry, drawn by templates/reports/chart.html. Pure; every chart stands beside its table.

Across, everything is a share of the width in per cent, and downwards in pixels: words keep their size on a phone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

HEIGHT, TOP, BOTTOM = 220, 22, 28
# So many words have room under the columns; a phone shows every other one.
MOST = 6
# Nearer to an edge than this, a word in the middle of its column would be cut off.
EDGE = 8
Number = int | Fraction


@dataclass(frozen=True)
class Bar:
    """A rectangle; `series` numbers its colour."""

    x: float
    y: float
    width: float
    height: float
    series: int
    title: str


@dataclass(frozen=True)
class Label:
    """A word under a column: in its `middle`, or from its `start` or up to its `end` at the edges."""

    x: float
    text: str
    anchor: str
    is_other: bool


@dataclass(frozen=True)
class Chart:
    """Columns over labels. `name` is what a screen reader says; `series` are the words of the legend."""

    key: str
    name: str
    series: tuple[str, ...]
    bars: tuple[Bar, ...]
    labels: tuple[Label, ...]
    zero: float
    peak: str
    peak_y: float

    height = HEIGHT


def columns(
    key: str,
    name: str,
    labels: Sequence[str],
    series: Sequence[tuple[str, Sequence[Number], Sequence[str]]],
    peak: str = "",
) -> Chart | None:
    """Columns of one or more series (name, values, what each value is in words), upwards and downwards from zero.

    None if there is nothing to draw.
    """
    ups = [sum((max(values[n], 0) for _, values, _ in series), Fraction(0)) for n in range(len(labels))]
    downs = [sum((min(values[n], 0) for _, values, _ in series), Fraction(0)) for n in range(len(labels))]
    top, low = max(ups, default=Fraction(0)), min(downs, default=Fraction(0))
    if top == low:
        return None
    scale = (HEIGHT - TOP - BOTTOM) / float(top - low)
    zero = TOP + float(top) * scale
    step = 100 / len(labels)
    bars = []
    for n, _label in enumerate(labels):
        above, below = zero, zero
        for place, (_, values, words) in enumerate(series):
            height = abs(float(values[n])) * scale
            if not height:
                continue
            y = above - height if values[n] > 0 else below
            above, below = (y, below) if values[n] > 0 else (above, below + height)
            bars.append(Bar(n * step + step * 0.12, y, step * 0.76, max(height, 0.7), place, words[n]))
    names = tuple(name for name, _, _ in series)
    return Chart(key, name, names, tuple(bars), tuple(_labels(labels)), zero, peak, TOP)


def _labels(texts: Sequence[str]) -> Iterator[Label]:
    step = 100 / len(texts)
    every = max(1, -(-len(texts) // MOST))
    for n in range(0, len(texts), every):
        middle = (n + 0.5) * step
        if middle < EDGE:
            yield Label(n * step, texts[n], "start", is_other=False)
        elif middle > 100 - EDGE:
            yield Label((n + 1) * step, texts[n], "end", is_other=bool(n // every % 2))
        else:
            yield Label(middle, texts[n], "middle", is_other=bool(n // every % 2))
