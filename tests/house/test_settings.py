"""What the README and .env.example say of the settings is what config/settings.py reads."""

import ast
import re

from tests.house.tree import ROOT

# Passwords that docker-compose.yml alone reads, to make two of the settings from them.
OF_COMPOSE = {"POSTGRES_PASSWORD", "REDIS_PASSWORD"}
# Set by a command, not by anybody who deploys.
OF_COMMANDS = {"DEMO"}


def read_by_settings() -> set[str]:
    """The first argument of every `env.…("NAME")` and `_secret("NAME")`."""
    tree = ast.parse((ROOT / "config/settings.py").read_text())
    names = set()
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and call.args and isinstance(first := call.args[0], ast.Constant):
            asks = call.func.value if isinstance(call.func, ast.Attribute) else call.func
            if isinstance(asks, ast.Name) and asks.id in {"env", "_secret"}:
                names.add(str(first.value))
    return names


def test_readme_lists_the_settings_that_are_read():
    table = set(re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "README.md").read_text(), re.MULTILINE))
    assert table == read_by_settings()


def test_example_environment_explains_the_settings_that_are_read():
    example = set(re.findall(r"^(?:# )?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert example - OF_COMPOSE == read_by_settings() - OF_COMMANDS
