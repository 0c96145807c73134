"""A mail server on the loopback that meets its senders with every trouble there is, and keeps what it took.

Troubles come one after the other, each at its stage of the dialogue, with letters in between that go through. A sender
says its process's number when it greets (tests/storm/senders.py), so that it can be killed at an exact place.
"""

import asyncio
import os
import random
import signal
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

from tests.storm.senders import PATIENCE
from tests.storm.weather import Group

# What is answered if all is well. `text` is when a letter has come whole, `taken` when it is kept and its sender does
# not know yet, `answered` when it has been told.
ANSWERS = {
    "connect": "220 here", "ehlo": "250 here", "mail": "250 go on", "rcpt": "250 go on", "data": "354 go on",
    "text": "", "taken": "250 taken", "answered": "",
}  # fmt: skip
REFUSALS = {"later": "451 4.3.0 later, please", "never": "554 5.6.0 never", "421": "421 4.3.2 going down"}
OF_A_LETTER = {"rcpt", "data", "text"}

LARGEST = 4 * 1024 * 1024  # of a letter with its PDF

Trouble = tuple[str, str]

TROUBLES: list[Trouble] = [
    *((stage, refusal) for stage in ("connect", "ehlo", "mail", *sorted(OF_A_LETTER)) for refusal in REFUSALS),
    *((stage, fault) for stage in tuple(ANSWERS)[:-1] for fault in ("drop", "slow", "late")),
]
KILLABLE = tuple(ANSWERS)[1:]


class LineOver(Exception):
    """Nobody speaks on this line any more."""


@dataclass(eq=False)
class Line:
    """One sender's connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    sender: int = 0
    recipient: str = ""
    last: str = ""

    def say(self, words: str) -> None:
        self.writer.write(words.encode() + b"\r\n")


@dataclass
class PostOffice:
    """`plan` holds the troubles to come, `calm` how many letters go through between two; `kill_all` kills `workers`."""

    port: int
    dice: random.Random
    plan: deque[Trouble]
    workers: Group
    calm: tuple[int, int] = (0, 1)
    taken: list[EmailMessage] = field(default_factory=list)
    refused_for_good: set[str] = field(default_factory=set)
    killed: list[int] = field(default_factory=list)
    # By Message-ID, how often it was taken and its sender could not know, or did not live to write it down.
    unheard: Counter[str] = field(default_factory=Counter)
    made: Counter[str] = field(default_factory=Counter)
    _lines: set[Line] = field(default_factory=set)
    _until_next: int = 2

    @contextmanager
    def open(self) -> Iterator[None]:
        """Inside it listens; outside, whoever connects is refused."""
        listening, over = threading.Event(), threading.Event()

        async def serve() -> None:
            async with await asyncio.start_server(self._converse, "127.0.0.1", self.port, limit=LARGEST):
                listening.set()
                while not over.is_set():
                    await asyncio.sleep(0.02)

        thread = threading.Thread(target=asyncio.run, args=[serve()], daemon=True)
        thread.start()
        assert listening.wait(20)
        try:
            yield
        finally:
            over.set()
            thread.join(20)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = Line(reader, writer)
        self._lines.add(line)
        with suppress(LineOver, OSError, asyncio.IncompleteReadError):
            await self._answer(line, "connect")
            while said := (await reader.readline()).decode().strip():
                await self._hear(line, said)
        self._lines.discard(line)
        writer.close()

    async def _hear(self, line: Line, said: str) -> None:
        verb, _space, rest = said.partition(" ")
        match verb.upper():
            case "EHLO":
                line.sender = int(rest.removeprefix("sender-"))
                await self._answer(line, "ehlo")
            case "MAIL":
                await self._answer(line, "mail")
            case "RCPT":
                line.recipient = rest[rest.index("<") + 1 : rest.index(">")]
                await self._answer(line, "rcpt")
            case "DATA":
                if await self._answer(line, "data"):
                    await self._take(line)
            case "QUIT":
                line.say("221 bye")
            case "RSET":
                line.say("250 forgotten")
            case _:  # HELO too: who was refused with EHLO is refused
                line.say("502 no")

    async def _take(self, line: Line) -> None:
        raw = await line.reader.readuntil(b"\r\n.\r\n")
        if await self._answer(line, "text"):
            message = message_from_bytes(raw[:-3].replace(b"\r\n..", b"\r\n."), policy=policy.default)
            self.taken.append(message)
            line.last = str(message["Message-ID"])
            self._until_next -= 1
            await self._answer(line, "taken")
            await self._answer(line, "answered")

    async def _answer(self, line: Line, stage: str) -> bool:
        """Whether all is well at this stage. Raises LineOver."""
        trouble = self._trouble(stage)
        if trouble in {"drop", "late"}:
            if stage == "taken":
                self.unheard[line.last] += 1
            await asyncio.sleep(0 if trouble == "drop" else 1.5 * PATIENCE)
            line.writer.transport.abort()
            raise LineOver
        if trouble.startswith("kill"):
            self._kill(line, stage, is_all=trouble == "kill_all")
            raise LineOver
        if trouble == "slow":
            await asyncio.sleep(PATIENCE / 4)
        answer = REFUSALS.get(trouble) or ANSWERS[stage]
        if answer:
            line.say(answer)
        if trouble == "never" and stage in OF_A_LETTER:
            self.refused_for_good.add(line.recipient)
        if trouble == "421":
            raise LineOver
        return trouble not in REFUSALS

    def _trouble(self, stage: str) -> str:
        if self._until_next > 0 or not self.plan or self.plan[0][0] != stage:
            return ""
        self._until_next = self.dice.randint(*self.calm)
        fault = self.plan.popleft()[1]
        self.made[fault] += 1
        return fault

    def _kill(self, line: Line, stage: str, *, is_all: bool) -> None:
        """The sender on this line, or the worker with all of its senders. Nobody is answered meanwhile."""
        if stage == "answered":
            time.sleep(self.dice.uniform(0, 0.004))  # it may come to its mark, and to its next letter
        for one in [one for one in self._lines if one.sender] if is_all else [line]:
            self.killed.append(one.sender)
            if is_all or stage in {"taken", "answered"}:
                self.unheard[one.last] += 1
        if is_all:
            self.workers.kill()
        else:
            os.kill(line.sender, signal.SIGKILL)
