"""`dev.py test` on a machine without some program: the rest runs, and what did not run is named."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.tree import ROOT

NEEDY = "tests/house/test_translations.py::test_catalogue_holds_what_the_code_says_and_nothing_else"
CONTENT = "tests/house/test_files.py::test_licence_is_the_whole_agpl"


def pytest_without_programs(nowhere: Path, ci: str) -> "subprocess.CompletedProcess[str]":
    # The embedded server is not needed for this: the run is given the address of the one that runs it.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n0", NEEDY, CONTENT],
        cwd=ROOT,
        env=environment | {"PATH": str(nowhere), "HROMADA_CI": ci},
        capture_output=True,
        text=True,
        check=False,
    )


def test_missing_program_is_named_and_the_rest_runs(tmp_path: Path):
    run = pytest_without_programs(tmp_path, "")
    assert run.returncode == 0, run.stdout
    assert "GNU gettext is not installed" in run.stdout
    assert NEEDY in run.stdout
    assert "1 passed, 1 deselected" in run.stdout


def test_missing_program_fails_where_everything_must_run(tmp_path: Path):
    run = pytest_without_programs(tmp_path, "1")
    assert run.returncode == 1
    assert NEEDY in run.stdout


@pytest.mark.parametrize("argument", [[], ["nonsense"]])
def test_dev_py_says_what_it_can_do(argument: list[str]):
    run = subprocess.run([sys.executable, "dev.py", *argument], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 2
    assert "usage: dev.py" in run.stderr
