"""A worker that can be killed at any line. Reads numbers; for each, a child applies what is due and dies at that line.

Lines are those of the product's own code, counted as they are run. Writes how the child ended, and how many it ran.
"""

import json
import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import django

ROOMS = tuple(f"{Path(__file__).parents[2] / room}{os.sep}" for room in ("payments", "members", "letters", "newsroom"))


class Count:
    """Counts lines, and ends the process at the last."""

    def __init__(self, last: int) -> None:
        self.last, self.lived = last, 0

    def __call__(self, frame: FrameType, event: str, _given: Any) -> "Count | None":
        if not frame.f_code.co_filename.startswith(ROOMS):
            return None
        if event == "line":
            self.lived += 1
            if self.lived == self.last:
                os.kill(os.getpid(), signal.SIGKILL)
        return self


def live(last: int, tell: int) -> None:
    """The child: applies what is due."""
    from payments import stripe_events

    count = Count(last)
    sys.settrace(count)
    stripe_events.apply_due()
    sys.settrace(None)
    os.write(tell, str(count.lived).encode())


def main() -> None:
    django.setup()
    from django.db import connections

    for line in sys.stdin:
        connections.close_all()
        hear, tell = os.pipe()
        child = os.fork()
        if child == 0:
            status = 1
            try:
                live(int(line), tell)
                status = 0
            finally:
                os._exit(status)
        os.close(tell)
        lived = os.read(hear, 20).decode()
        os.close(hear)
        _pid, status = os.waitpid(child, 0)
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        end = "killed" if killed else "done" if status == 0 else "failed"
        sys.stdout.write(json.dumps([end, int(lived or 0)]) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
