"""Every sentence of the product is said in Ukrainian too, and the catalogue holds no sentence that nobody says."""

import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from tests.house.tree import ROOT

UKRAINIAN = "locale/uk/LC_MESSAGES/django.po"
# The sandbox speaks English only.
# How a friend is spoken to, or a reader in small letters; and what such a verb ends with.
FAMILIAR = re.compile(
    r"(?<![\w’'-])(?:ви|вас|вам|вами|ваш\w*|ти|тебе|тобі|тобою|твій|твоя|твоє|твої|твого|твоєї|твоїх|твоїм"
    r"|\w+(?:[єї]ш|[еи]ш))(?![\w’'-])"
)
SILENT = {"sandbox", "tests", "bench", "docs", "static", "requirements", "staticfiles", "htmlcov"}


def catalogue(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale="uk", abort_invalid=True)


def sentences(found: Catalog) -> list[Message]:
    return [message for message in found if message.id]


def forms(text: str | Sequence[str | None] | None) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(form or "" for form in text or [""])


def said(message: Message) -> tuple[str, ...]:
    return forms(message.id)


def answers(message: Message) -> tuple[str, ...]:
    return forms(message.string)


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"%\(\w+\)[sd]|%[sd]|{\w*}", text))


def test_every_sentence_of_the_catalogue_is_translated():
    messages = sentences(catalogue(ROOT / UKRAINIAN))
    assert messages
    assert [said(message) for message in messages if message.fuzzy or not all(answers(message))] == []


def test_translations_keep_what_is_filled_in():
    changed = [
        said(message)
        for message in sentences(catalogue(ROOT / UKRAINIAN))
        # A plural's first form may say "one" in words.
        if any(placeholders(answer) != placeholders(said(message)[-1]) for answer in answers(message)[-1:])
    ]
    assert changed == []


def test_readers_are_spoken_to_with_capitals_in_ukrainian():
    """«Ви», in every translation and in what the code says in Ukrainian by itself."""
    assert FAMILIAR.search("Лист для вас") and FAMILIAR.search("Якщо хочеш, зачекай")  # noqa: PT018  a control
    answered = [answer for message in sentences(catalogue(ROOT / UKRAINIAN)) for answer in answers(message)]
    code = [
        path for folder in sorted(ROOT.iterdir()) if folder.is_dir() and folder.name not in SILENT
        for path in folder.rglob("*") if path.suffix in {".py", ".html", ".txt"} and "migrations" not in path.parts
        and not any(part.startswith(".") for part in path.relative_to(ROOT).parts)
    ]  # fmt: skip
    assert "Лист для Вас" in "".join(said := [*answered, *(path.read_text() for path in code)])
    assert [text[max(0, found.start() - 40) : found.end()] for text in said for found in FAMILIAR.finditer(text)] == []


@pytest.mark.gettext
def test_catalogue_holds_what_the_code_says_and_nothing_else(tmp_path: Path):
    """`make messages`, in a copy: it must find nothing that the catalogue in git lacks, and nothing superfluous."""
    for folder in sorted(ROOT.iterdir()):
        if folder.is_dir() and not folder.name.startswith(".") and folder.name not in SILENT:
            shutil.copytree(folder, tmp_path / folder.name, ignore=shutil.ignore_patterns("__pycache__", "*.mo"))
    subprocess.run(
        [
            sys.executable,
            "-m",
            "django",
            "makemessages",
            "--locale",
            "uk",
            "--no-location",
            "--no-obsolete",
            "--verbosity",
            "0",
        ],
        cwd=tmp_path,
        env={"PATH": str(Path(shutil.which("xgettext") or "").parent) + ":/usr/bin:/bin", "LANG": "C.UTF-8"},
        check=True,
    )
    fresh = {(message.context, said(message)) for message in sentences(catalogue(tmp_path / UKRAINIAN))}
    kept = {(message.context, said(message)) for message in sentences(catalogue(ROOT / UKRAINIAN))}
    assert sorted(map(str, fresh - kept)) == [], "said, but not in the catalogue: `make messages`, then translate"
    assert sorted(map(str, kept - fresh)) == [], "in the catalogue, but nobody says it: `make messages`"


def test_no_function_of_gettext_has_another_name_than_those_that_are_looked_for():
    """`make messages` finds sentences by the names gettext knows; under another name they would stay English."""
    named = re.compile(r"gettext(?:_lazy)? as (?!_\b)(\w+)")
    code = [path for path in ROOT.rglob("*.py") if not {".venv", ".hromada"} & set(path.relative_to(ROOT).parts)]
    assert code
    assert [f"{path}: {name}" for path in code for name in named.findall(path.read_text())] == []
