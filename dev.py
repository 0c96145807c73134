#!/usr/bin/env python3
"""From a bare Python to a running Hromada: makes `.venv`, fills it by hash, then does what was asked.

Needs nothing but Python 3.11 or newer and its standard library. Running it again is cheap: nothing is installed while
the lock files are the same.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
VENV = HERE / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "hromada.installed"
INSTALLER = HERE / "requirements" / "uv.txt"
REQUIREMENTS = HERE / "requirements" / "dev.txt"
# Where this machine's pip finds packages (a mirror, a folder, a certificate), uv shall find them too.
PIP_TO_UV = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "cert": "SSL_CERT_FILE",
}


def main() -> int:
    parser = argparse.ArgumentParser(
        description="Hromada on a laptop.", epilog="Everything else: .venv/bin/python manage.py"
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("demo", help="the whole product with an invented newsroom; prints one address", add_help=False)
    commands.add_parser(
        "test", help="the tests; further arguments go to pytest, such as -m storm for the storms", add_help=False
    )
    commands.add_parser("install", help="the environment alone")
    asked, further = parser.parse_known_args()
    if sys.version_info < (3, 11):  # noqa: UP036  an older Python may well meet this file first
        return refuse("Hromada needs Python 3.11 or newer; this is " + sys.version.split()[0] + ".")
    if os.name != "posix":
        return refuse("Hromada runs on Linux and macOS. On Windows, use WSL (Ubuntu) and start there again.")
    os.chdir(HERE)
    if problem := install():
        return refuse(problem)
    compile_translations()
    become = {"demo": ["manage.py", "demo"], "test": ["-m", "pytest", "-n", "auto", "-m", "not storm"]}
    if asked.command in become:
        os.execv(PYTHON, [str(PYTHON), *become[asked.command], *further])
    return 0


def succeeds(*command: str, **how: object) -> bool:
    return subprocess.run(command, check=False, **how).returncode == 0  # type: ignore[call-overload,no-any-return]


def refuse(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 1


def install() -> str:
    """Make the environment equal to the lock files. Returns what is wrong, or nothing."""
    facts = [INSTALLER.read_bytes(), REQUIREMENTS.read_bytes(), sys.version.encode(), bytes(VENV)]
    digest = hashlib.sha256(b"".join(facts)).hexdigest()
    if STAMP.exists() and STAMP.read_text() == digest and works():
        return ""
    if problem := make_venv():
        return problem
    print("Installing what Hromada needs, each package checked by its hash …", flush=True)
    environment = os.environ | {"PIP_USER": "0", "PIP_ROOT_USER_ACTION": "ignore"}
    pip = [
        str(PYTHON),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-input",
        "--require-hashes",
    ]
    if not succeeds(*pip, "-r", str(INSTALLER), env=environment):
        return "The packages could not be fetched (above is why). Is there a way to the Python Package Index from here?"
    uv = [str(VENV / "bin" / "uv"), "pip", "install", "--quiet", "--python", str(PYTHON), "--require-hashes"]
    if not succeeds(*uv, "-r", str(REQUIREMENTS), env=pip_settings() | environment):
        print("uv could not install them (above is why); trying with pip, which takes a minute longer …", flush=True)
        if not succeeds(*pip, "-r", str(REQUIREMENTS), env=environment):
            return "The packages could not be installed; above is why."
    STAMP.write_text(digest)
    return ""


def works() -> bool:
    """Whether the environment's Python starts: it does not after a move, or when the system's Python has changed."""
    return PYTHON.exists() and succeeds(str(PYTHON), "-c", "", stderr=subprocess.DEVNULL)


def make_venv() -> str:
    try:
        import ensurepip  # noqa: F401  Debian leaves it out, and venv's own message about that is long
        import venv
    except ImportError:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        return (
            "This Python cannot make a virtual environment: its `venv` is missing. Install it and start again:\n"
            f"    Debian, Ubuntu:  sudo apt install python{version}-venv   (or python3-venv)\n"
            "    Fedora:          sudo dnf install python3\n"
            "    macOS:           brew install python"
        )
    if not works():
        print("Making .venv …", flush=True)
        shutil.rmtree(VENV, ignore_errors=True)
        venv.create(VENV, with_pip=True, symlinks=True, prompt="hromada")
    elif not succeeds(str(PYTHON), "-m", "pip", "--version", stdout=subprocess.DEVNULL):
        subprocess.run([PYTHON, "-m", "ensurepip"], check=True)
    return ""


def pip_settings() -> dict[str, str]:
    """pip's own settings on this machine, in uv's words."""
    said = subprocess.check_output([str(PYTHON), "-m", "pip", "config", "list"], text=True)
    # Each package is checked by its hash, so any of the places may hold it.
    found = {"UV_INDEX_STRATEGY": "unsafe-best-match"}
    for line in said.splitlines():
        name, _, value = line.partition("=")
        if variable := PIP_TO_UV.get(name.rpartition(".")[2]):
            found.setdefault(variable, " ".join(str(ast.literal_eval(value)).split()))
    return found


def compile_translations() -> None:
    """Make each .mo that is missing or older than its .po."""
    for po in sorted((HERE / "locale").glob("*/LC_MESSAGES/*.po")):
        mo = po.with_suffix(".mo")
        if not mo.exists() or mo.stat().st_mtime < po.stat().st_mtime:
            babel = [str(VENV / "bin" / "pybabel"), "--quiet", "compile", "-i", str(po), "-o", str(mo)]
            subprocess.run(babel, check=True)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
    except subprocess.CalledProcessError as failure:
        sys.exit(failure.returncode)
