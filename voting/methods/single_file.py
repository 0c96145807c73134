"""Makes `recount.py`: the modules here, one after another, in one file that needs nothing but Python.

Their text is taken as it stands. Only imports are moved: those of the standard library to the top, those of one another
away, which is possible because no two modules define the same name.
"""

import ast
from pathlib import Path

# Each after those it imports.
MODULES = (
    *("canonical", "configuration", "ballots", "outcome", "ties", "approval", "equal_shares", "schulze", "irv", "stv"),
    *("counting", "exports", "bundle", "recount"),
)
HEAD = '''#!/usr/bin/env python3
"""Counts a published round again: python3 recount.py bundle.zip

Ends with 0 if everything is equal, 1 if anything differs, 2 if this bundle cannot be counted again.
Needs Python 3.11 or newer and nothing else. This is the program that made the result, all of it.
"""

'''


class NotOneFile(Exception):
    """The modules cannot be put together as they are."""


def program() -> str:
    """The text of `recount.py`, the same every time."""
    imports, names, parts = set[str](), dict[str, str](), list[str]()
    for module in MODULES:
        source = (Path(__file__).parent / f"{module}.py").read_text(encoding="utf-8")
        tree = ast.parse(source)
        body = _body(tree, source, imports)
        for name in _defined(tree):
            if names.setdefault(name, module) != module:
                raise NotOneFile(f"{names[name]} and {module} both define {name}")
        about = "".join(f"# {line}".rstrip() + "\n" for line in (ast.get_docstring(tree) or "").splitlines())
        parts.append(f"# {'-' * 30} {module}\n\n{about}\n{body.strip()}\n")
    return HEAD + "\n".join(sorted(imports)) + "\n\n" + "\n\n".join(parts)


def _body(tree: ast.Module, source: str, imports: set[str]) -> str:
    """The module without its docstring and imports; those of the standard library are added to `imports`."""
    lines = source.splitlines(keepends=True)
    for number, node in enumerate(tree.body):
        ours = isinstance(node, ast.ImportFrom) and (node.module or "").startswith("voting.methods.")
        if isinstance(node, ast.Import | ast.ImportFrom) and not ours:
            imports.add(ast.unparse(node))
        if isinstance(node, ast.Import | ast.ImportFrom) or number == 0:
            for line in range(node.lineno - 1, node.end_lineno or node.lineno):
                lines[line] = ""
    return "".join(lines)


def _defined(tree: ast.Module) -> list[str]:
    """The names that the module itself binds at its top."""
    found = []
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.append(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found += [name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)]
    return found
