"""`manage.py demo` as a newcomer meets it: from nothing to a patron, and nothing left behind. Real processes.

It runs in a copy of the project, so that it has an `.hromada` of its own.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
import requests

from tests.config.test_laptop import within_half_a_minute
from tests.house.tree import ROOT

NOT_COPIED = (
    ".*_cache",
    ".git",
    ".hromada",
    ".venv",
    ".env",
    "__pycache__",
    "docs",
    "bench",
    "htmlcov",
    "staticfiles",
    "tests",
)
# What a shell has, and nothing that this test run has set for itself.
BARE = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "TMPDIR"}}
SECONDS_TO_START = 240  # many times what it takes, for a machine that does other things too


class Demo:
    """A running demo, what it has printed, and how to speak with it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "demo"],
            cwd=folder,
            env=BARE,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self.said = ""
        deadline = time.monotonic() + SECONDS_TO_START
        assert self.process.stdout
        for line in self.process.stdout:
            self.said += line
            if "Ctrl-C ends everything." in line:
                break
            assert time.monotonic() < deadline, self.said
        assert "Ctrl-C ends everything." in self.said, self.said
        self.site = re.findall(r"^Open  (http://127\.0\.0\.1:\d+)/$", self.said, re.MULTILINE)[0]
        self.sandbox = re.findall(r"(http://127\.0\.0\.1:\d+)/sandbox/", self.said)[0]
        self.browser = requests.Session()

    def get(self, path: str) -> str:
        page = self.browser.get(f"{self.site}{path}", timeout=60)
        assert page.status_code == 200, page.text[:2000]
        return page.text

    def send(self, path: str, **fields: str) -> requests.Response:
        """A form of the site, as a browser without scripts sends it."""
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.get(path))
        assert token
        data = {"csrfmiddlewaretoken": token[1], **fields}
        return self.browser.post(f"{self.site}{path}", data=data, allow_redirects=False, timeout=60)

    def command(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Another command beside the demo, without any setting."""
        return subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=self.folder,
            env=BARE,
            text=True,
            capture_output=True,
            check=False,
        )

    def processes(self) -> list[psutil.Process]:
        """Everything that runs because of it, the database server included."""
        return [
            process
            for process in psutil.process_iter(["cwd", "cmdline", "status"])
            if process.info["status"] != psutil.STATUS_ZOMBIE
            and (
                process.info["cwd"] == str(self.folder)
                or any(str(self.folder) in word for word in process.info["cmdline"] or [])
            )
        ]

    def ends(self) -> int:
        """Waits for its end; the exit status. Nothing of it may be left."""
        self.said += self.process.communicate(timeout=120)[0]
        assert within_half_a_minute(lambda: not self.processes()), self.processes()
        return self.process.returncode


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("demo") / "hromada"
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*NOT_COPIED))
    yield folder
    for process in psutil.process_iter(["cwd"]):
        if process.info["cwd"] == str(folder):
            process.kill()


def code_sent_to(demo: Demo, address: str) -> str:
    """The code in the newest letter to an address, found on the demo's pages once it is written."""

    def codes() -> list[str]:
        letters = demo.get(f"/demo/letters/?to={address}")
        newest = re.findall(r'href="(/demo/letters/\d+/text/)"', letters)[:1]
        return [code for path in newest for code in re.findall(r"\b\d{4}-\d{4}\b", demo.get(path))]

    assert within_half_a_minute(lambda: bool(codes()))
    return codes()[0]


def test_newcomer_becomes_a_patron_and_nothing_is_left_behind(project: Path):
    """The whole way, in one test: a demo takes its time to start."""
    demo = Demo(project)
    try:
        _become_a_patron(demo)
        _read_letters(demo)
        _sign_in_as_finance(demo)
        _prove_the_books(demo)
        second = subprocess.run(
            [sys.executable, "manage.py", "demo"], cwd=project, env=BARE, text=True, capture_output=True, check=False
        )
        assert (second.returncode, second.stderr.strip()) == (1, f"The demo is running already: {demo.site}")
    finally:
        demo.process.send_signal(signal.SIGINT)
    assert demo.ends() == 0
    assert demo.command("books").returncode == 1  # nobody's environment is joined any more

    with socket.create_server(("127.0.0.1", urlsplit(demo.site).port or 0)):
        again = Demo(project)
    try:
        assert again.site != demo.site
        assert "Inventing" not in again.said
        assert "newcomer@example.org" in again.get("/demo/letters/")
        assert "ok     stripe" in again.command("doctor").stdout  # webhooks go to the new address
        (worker,) = [
            process for process in again.processes()
            if "worker" in process.cmdline() and "worker" not in process.parent().cmdline()
        ]  # fmt: skip
        worker.kill()
        assert again.ends() == 1
        assert "worker has ended, so the demo ends." in again.said
    finally:
        again.process.send_signal(signal.SIGTERM)


def _become_a_patron(demo: Demo) -> None:
    assert "Голос Пагорба" in demo.get("/")
    begun = demo.send(
        "/support/", interval="monthly", currency="EUR", amount="5", email="newcomer@example.org", language="en"
    )
    assert begun.status_code == 303, begun.text[:2000]
    paid = demo.browser.post(
        begun.headers["Location"],
        data={"number": "4242424242424242", "exp": "12/34", "cvc": "123", "email": "newcomer@example.org", "name": "N"},
        allow_redirects=False,
        timeout=60,
    )
    assert paid.status_code == 303, paid.text[:2000]
    assert within_half_a_minute(
        lambda: "€5.00 each month has begun" in demo.browser.get(paid.headers["Location"], timeout=60).text
    )


def _read_letters(demo: Demo) -> None:
    mine = "/demo/letters/?to=newcomer@example.org"
    assert within_half_a_minute(lambda: "/attachment/" in demo.get(mine))
    letter = re.findall(r'class="subject" href="([^"]+)"', demo.get(mine))[0]
    page = demo.browser.get(f"{demo.site}{letter}", timeout=60)
    assert "€5.00" in page.text
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    attachment = re.findall(r'href="(/demo/letters/\d+/attachment/)"', demo.get(mine))[0]
    assert demo.browser.get(f"{demo.site}{attachment}", timeout=60).content.startswith(b"%PDF")


def _sign_in_as_finance(demo: Demo) -> None:
    demo.send("/account/login/", login="finance@example.org")
    demo.send("/account/login/code/confirm/", code=code_sent_to(demo, "finance@example.org"))
    shown = re.findall(r'finance@example\.org</strong>\s*<span>app <code class="now">(\d{6})', demo.get("/demo/"))
    demo.send("/account/second-factor/authenticate/", code=shown[0])
    assert "newcomer@example.org" not in demo.get("/reports/payments/")
    assert "5.00" in demo.get("/reports/payments/")


def _prove_the_books(demo: Demo) -> None:
    for words in (["books"], ["reconcile"]):
        proof = demo.command(*words)
        assert proof.returncode == 0, proof.stdout + proof.stderr
    doctor = demo.command("doctor")
    assert doctor.returncode == 0, doctor.stdout + doctor.stderr
    assert "backups are not set up here yet" in doctor.stdout
