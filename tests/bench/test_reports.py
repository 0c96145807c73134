"""One small round of bench/reports."""

import time

from bench import reports


def test_every_page_asks_as_often_in_a_small_newsroom_as_in_a_larger_one() -> None:
    small, large = (reports.made(lines) for lines in (400, 4_000))
    month = time.strftime("%Y-%m", time.gmtime(time.time() - 40 * 86400))
    try:
        for _time in range(2):  # the first does not count
            for page in reports.PAGES:
                for newsroom in (small, large):
                    newsroom.open(page.format(month=month))
    finally:
        for newsroom in (small, large):
            newsroom.pages.kill()
            newsroom.pages.wait()
    assert large.lines > 5 * small.lines
    told, _beyond = reports.report(small, large)
    assert len(told) == len(reports.PAGES)
    for page, runs in small.took.items():
        assert runs[-1][3] == large.took[page][-1][3] > 0, page
