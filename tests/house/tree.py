"""The project's own files, as the tests of the house read them."""

import os
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# What machines make, and what others wrote.
AWAY = {
    *(".git", ".venv", ".hromada", "__pycache__", "staticfiles", "node_modules", "vendor", "htmlcov", "test-results"),
    *(".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis", ".import_linter_cache"),
}


def files(*suffixes: str) -> Iterator[Path]:
    """Every file of ours, or those whose names end so."""
    for folder, folders, names in os.walk(ROOT):
        folders[:] = sorted(set(folders) - AWAY)
        yield from (Path(folder) / name for name in sorted(names) if name.endswith(suffixes or ""))


def shown(path: Path) -> str:
    """As the messages name it."""
    return path.relative_to(ROOT).as_posix()
