"""Runs several processes beside each other, none of which outlives the others or whoever started them.

honcho starts, watches and stops them. What it lacks is added here: what a killed process leaves behind in its group
ends too, a killed supervisor takes everything with it, and a signal in the first moment waits until it can be obeyed.
"""

import os
import signal
import threading
import time
from contextlib import suppress
from types import FrameType
from typing import Any

from honcho.manager import Manager
from honcho.printer import Printer
from honcho.process import Process

STOPS = {signal.SIGINT, signal.SIGTERM}
SECONDS_TO_END = 5


class Child(Process):  # type: ignore[misc]  # honcho is untyped
    """One process in a session of its own, looked after by a runner that is forked from the supervisor."""

    def run(self, events: Any = None, ignore_signals: bool = False) -> None:
        """The runner's whole life."""
        # A handler, unlike "ignore", is not inherited by the program that is started.
        for stop in STOPS:
            signal.signal(stop, _wait)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)
        threading.Thread(target=self._follow, args=(os.getppid(),), daemon=True).start()
        super().run(events, ignore_signals)
        self._end(signal.SIGKILL)

    def _follow(self, supervisor: int) -> None:
        """Where the supervisor is gone, the child has to go; where the child is gone, those it left behind."""
        while self._child is None or self._child.poll() is None:
            if os.getppid() != supervisor:
                self._end(signal.SIGTERM)
                time.sleep(SECONDS_TO_END)
                break
            time.sleep(0.2)
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        if self._child:
            with suppress(ProcessLookupError):
                os.killpg(self._child.pid, how)


class Supervisor(Manager):  # type: ignore[misc]  # honcho is untyped
    """`add_process(name, command)`, then `loop()` until one of them ends or SIGINT or SIGTERM comes.

    Afterwards `ended` names the processes that ended by themselves; it is empty where a signal ended them all.
    """

    def __init__(self) -> None:
        super().__init__(_Silent())
        self._process_ctor = Child
        self.ended: list[str] = []

    def terminate(self) -> None:
        """End them all."""
        if not self._terminating:
            self.ended = [name for name, process in self._processes.items() if "returncode" in process]
        super().terminate()

    def _start(self) -> None:
        """Starts them. honcho stumbles over a signal that comes before every process has its id, so signals wait."""
        signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
        super()._start()
        while not self._all_started():
            message = self.events.get()
            key = {"start": "pid", "stop": "returncode"}.get(message.type)
            if key:
                self._processes[message.name][key] = message.data[key]
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)


class _Silent(Printer):  # type: ignore[misc]  # honcho is untyped
    """Prints nothing of what honcho says of itself."""

    def write(self, message: Any) -> None: ...


def _wait(_signal: int, _frame: FrameType | None) -> None: ...
