"""What a stranger finds: licence, documents, docstrings, locks with hashes and without addresses."""

import ast
import re

import pytest

from tests.house.tree import ROOT, files, shown

DOCUMENTS = [
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "SECURITY.md",
    ".env.example",
    "LICENSE",
]
# An address to fetch packages from belongs to a machine's own set-up, never to the project.
REGISTRIES = re.compile(
    r"(?:pypi|pythonhosted|npmjs|yarnpkg)\.(?:org|com)"
    r"|(?:index-url|find-links|registry|resolved)\W{1,4}(?:https?|file):"
    r"|(?:deb|archive|security)\.(?:debian|ubuntu)\.\w+",
    re.IGNORECASE,
)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_document_is_there(name: str):
    assert len((ROOT / name).read_text()) > 500


def test_licence_is_the_whole_agpl():
    text = (ROOT / "LICENSE").read_text()
    assert "GNU AFFERO GENERAL PUBLIC LICENSE" in text
    assert "13. Remote Network Interaction" in text
    assert "END OF TERMS AND CONDITIONS" in text
    assert 'license = "AGPL-3.0-or-later"' in (ROOT / "pyproject.toml").read_text()


def test_every_module_says_what_it_owns():
    silent = [
        shown(path)
        for path in files(".py")
        if "migrations" not in path.parts
        and not (path.name == "__init__.py" and not path.read_text().strip())
        and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert silent == []


def test_no_file_names_a_registry():
    here = shown(ROOT / "tests/house/test_files.py")
    found = []
    for path in files():
        try:
            lines = path.read_text().splitlines()
        except UnicodeDecodeError:
            continue
        found += [
            f"{shown(path)}:{n}" for n, line in enumerate(lines, 1) if REGISTRIES.search(line) and shown(path) != here
        ]
    assert found == []


@pytest.mark.parametrize("name", ["base", "dev", "uv"])
def test_lock_pins_and_hashes_every_package_without_an_address(name: str):
    text = (ROOT / f"requirements/{name}.txt").read_text()
    assert "://" not in text
    packages = re.split(r"\n(?=[a-z0-9])", text.strip(), flags=re.IGNORECASE)
    assert packages
    assert [package for package in packages if "==" not in package or "--hash=sha256:" not in package] == []


def test_locks_hold_what_is_asked_for():
    """A name added to an .in file without `make lock` is noticed here."""
    for name in ("base", "dev", "uv"):
        asked = re.findall(
            r"^([A-Za-z0-9_.-]+)",
            re.sub(r"(?m)^(#|-r).*$", "", (ROOT / f"requirements/{name}.in").read_text()),
            re.MULTILINE,
        )
        locked = set(re.findall(r"^([a-z0-9_.-]+)==", (ROOT / f"requirements/{name}.txt").read_text(), re.MULTILINE))
        assert asked
        assert {ask.lower().replace("_", "-") for ask in asked} <= locked


def test_readme_links_lead_somewhere():
    links = [
        (path, target)
        for path in files(".md")
        for target in re.findall(r"\]\((?!https?://|mailto:|#)([^)#\s]+)", path.read_text())
    ]
    assert links
    assert [f"{shown(path)}: {target}" for path, target in links if not (path.parent / target).exists()] == []
