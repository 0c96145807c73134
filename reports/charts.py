"""Charts as plain geometry, drawn by templates/reports/chart.html. Pure; every chart stands beside its table."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

WIDTH, HEIGHT, TOP, BOTTOM, LEFT = 720, 220, 22, 28, 4
# Half of what a label takes, so that the outer ones are not cut off.
HALF = 36
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
    """A word under a column."""

    x: float
    text: str


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

    width, height = WIDTH, HEIGHT


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
    step = (WIDTH - 2 * LEFT) / len(labels)
    bars = []
    for n, _label in enumerate(labels):
        above, below = zero, zero
        for place, (_, values, words) in enumerate(series):
            height = abs(float(values[n])) * scale
            if not height:
                continue
            y = above - height if values[n] > 0 else below
            above, below = (y, below) if values[n] > 0 else (above, below + height)
            x = LEFT + n * step + step * 0.12
            bars.append(
                Bar(round(x, 1), round(y, 1), round(step * 0.76, 1), round(max(height, 0.7), 1), place, words[n])
            )
    every = max(1, -(-len(labels) // 6))
    places = [(min(max(LEFT + (n + 0.5) * step, HALF), WIDTH - HALF), text) for n, text in enumerate(labels)]
    shown = [Label(round(x, 1), text) for x, text in places[::every]]
    names = tuple(name for name, _, _ in series)
    return Chart(key, name, names, tuple(bars), tuple(shown), round(zero, 1), peak, TOP)
