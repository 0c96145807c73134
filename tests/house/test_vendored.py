"""What others wrote for our pages: each file named with its package, version, licence and checksum, and unchanged."""

import hashlib
import json
import re
from typing import Any

import pytest

from tests.house.tree import ROOT

FOLDER = ROOT / "static/vendor"
PACKAGES: list[dict[str, Any]] = json.loads((FOLDER / "manifest.json").read_text())


def test_every_file_is_named_once() -> None:
    named = sorted(name for package in PACKAGES for name in package["files"])
    there = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*") if path.is_file())
    assert named == [name for name in there if name != "manifest.json"]


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package["name"])
def test_package_is_what_its_checksums_say_and_brings_its_licence(package: dict[str, Any]) -> None:
    files = {name: hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() for name in package["files"]}
    assert files == package["files"]
    assert any(name.endswith("/LICENSE") for name in files)
    assert re.fullmatch(r"\d+(\.\d+)+", package["version"])
    assert package["licence"]
    assert package["source"]


def test_no_script_makes_code_or_styles_of_text() -> None:
    """As the Content-Security-Policy has it."""
    scripts = list(FOLDER.rglob("*.js"))
    assert scripts
    refused = re.compile(r"\beval\(|new Function\b|\.setAttribute\(\"style\"|<style")
    assert [path.name for path in scripts if refused.search(path.read_text())] == []
