"""However a supervised process or its supervisor ends, nothing outlives it. Real processes, real signals."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.config.test_laptop import within_half_a_minute
from tests.house.tree import ROOT

# A process that has a child of its own, both of which say who they are; `stubborn` ones do not hear SIGTERM.
MEMBER = """
import os, pathlib, signal, sys, time
folder, name = pathlib.Path(sys.argv[1]), sys.argv[2]
if os.fork() == 0:
    name += "-child"
if "stubborn" in name:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
(folder / f"{name}.new").write_text(str(os.getpid()))
(folder / f"{name}.new").rename(folder / f"{name}.pid")
time.sleep(300)
"""
SUPERVISOR = """
import sys
from config.supervisor import Supervisor
running = Supervisor()
for name, command in zip(sys.argv[1::2], sys.argv[2::2]):
    running.add_process(name, command)
running.loop()
print("ended", *running.ended)
"""


class Team:
    """A supervisor with two members, and what has become of them all."""

    def __init__(self, folder: Path, *names: str) -> None:
        self.folder = folder
        member = folder / "member.py"
        member.write_text(MEMBER)
        arguments = [
            part for name in names for part in (name, f"exec {sys.executable} {member} {folder} {name} >/dev/null")
        ]
        self.supervisor = subprocess.Popen(
            [sys.executable, "-c", SUPERVISOR, *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        said = [folder / f"{name}{which}.pid" for name in names for which in ("", "-child")]
        assert within_half_a_minute(lambda: all(path.exists() for path in said))
        self.members = {path.stem: psutil.Process(int(path.read_text())) for path in said}
        self.everybody = [*self.members.values(), *psutil.Process(self.supervisor.pid).children(recursive=True)]

    def are_gone(self) -> bool:
        return within_half_a_minute(lambda: not any(is_running(process) for process in self.everybody))


def is_running(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    made = Team(tmp_path, "web", "worker")
    yield made
    for process in made.everybody:
        if is_running(process):
            process.kill()
    made.supervisor.kill()
    made.supervisor.communicate()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_everybody(team: Team, how: signal.Signals):
    team.supervisor.send_signal(how)
    said, _ = team.supervisor.communicate(timeout=60)
    assert said == "ended\n"
    assert team.are_gone()


def test_a_killed_member_takes_the_others_with_it_and_is_named(team: Team):
    team.members["worker"].kill()
    said, _ = team.supervisor.communicate(timeout=60)
    assert said == "ended worker\n"
    assert team.are_gone()


def test_members_do_not_outlive_a_killed_supervisor(team: Team):
    team.supervisor.kill()
    assert team.are_gone()


def test_a_member_that_does_not_listen_is_killed(tmp_path: Path):
    team = Team(tmp_path, "web", "stubborn")
    begun = time.monotonic()
    team.supervisor.send_signal(signal.SIGTERM)
    team.supervisor.communicate(timeout=60)
    assert team.are_gone()
    assert time.monotonic() - begun > 4  # it was given its time
