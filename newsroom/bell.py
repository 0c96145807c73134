"""Wakes a worker. The bell carries nothing and may fail: what is due stands in the database, and a sweep finds it."""

import os
import threading
import time

import structlog
from celery import current_app

log = structlog.get_logger(__name__)

PAUSE_SECONDS = 0.2


class _Ringer:
    """One thread of this process that rings for whoever asked, each name at most once a pause.

    A request never waits for the broker, and a ring asked for during the pause is rung after it. Of several rings
    asked for ahead of time, the earliest is kept.
    """

    def __init__(self) -> None:
        self.pid = os.getpid()
        self._due: dict[str, float] = {}
        self._wake = threading.Condition()
        threading.Thread(target=self._run, name="bell", daemon=True).start()

    def ring(self, task: str, after: float) -> None:
        at = time.monotonic() + after
        with self._wake:
            self._due[task] = min(at, self._due.get(task, at))
            self._wake.notify()

    def _next(self) -> list[str]:
        """Waits for the next tasks that are due and takes them."""
        with self._wake:
            while True:
                now = time.monotonic()
                if due := [task for task, at in self._due.items() if at <= now]:
                    for task in due:
                        del self._due[task]
                    return due
                self._wake.wait(min(self._due.values()) - now if self._due else None)

    def _run(self) -> None:
        while True:
            for task in self._next():
                try:
                    current_app.send_task(task, retry=False)
                except Exception as error:  # noqa: BLE001  whatever the broker's client raises: the sweep comes anyway
                    log.warning("bell_failed", task=task, error=type(error).__name__)
            time.sleep(PAUSE_SECONDS)


_ringer: _Ringer | None = None
_making = threading.Lock()


def ring(task: str, *, after: float = 0) -> None:
    """Asks for one run of the named task, `after` seconds from now. Returns at once and never raises."""
    global _ringer  # noqa: PLW0603  one ringer a process
    if _ringer is None or _ringer.pid != os.getpid():  # threads do not survive a fork
        with _making:
            if _ringer is None or _ringer.pid != os.getpid():
                _ringer = _Ringer()
    _ringer.ring(task, after)
