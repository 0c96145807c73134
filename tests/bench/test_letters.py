"""One small round of bench/letters."""

import os
import re

from bench import letters


def test_both_ways_write_their_letters_and_the_report_has_every_figure() -> None:
    name = f"bench_letters_{os.getpid()}"
    pages = letters.measure(60, name=name)
    each = letters.measure(60, sample=12, name=f"{name}_each")
    assert (pages.due, pages.letters, each.due, each.letters) == (60, 60, 60, 12)
    assert pages.producer < 50
    assert each.redis > 60 * 200 / 1e6  # a message for each of all due waits there
    said = letters.report(pages, each)
    figures = r"{}: {} letters in [\d.]+ s, [\d,]+/s; producer \+[\d.]+ MB, Redis \+[\d.]+ MB"
    assert re.search(figures.format("in pages", 60), said)
    assert re.search(figures.format(r"one task each \(a sample; memory of all 60\)", 12), said)
    assert re.search(r"ratio: [\d.]+", said)
