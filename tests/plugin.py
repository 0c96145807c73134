"""Before Django is set up: the environment of tests, their PostgreSQL, and what this machine cannot run.

Loaded by `-p tests.plugin` (pyproject.toml), earlier than any conftest, because settings read the environment once.
Nothing is skipped in silence: what a missing program keeps from running is named at the end. Where HROMADA_CI is 1, as
in `.ci/run`, every test must run, and a missing program is a failure.
"""

import os
import shutil
from collections import Counter
from collections.abc import Generator

import pytest

ENVIRONMENT = {
    "DEBUG": "1",
    "DEMO": "",
    "SECRET_KEY": "for-debug-only-tests-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEF",
    "BALLOT_SECRET": "for-debug-only-tests-ballots-0123456789-abcdef",
    "STRIPE_SECRET_KEY": "sk_test_0123456789abcdefghijklmn",
    "STRIPE_WEBHOOK_SECRET": "whsec_0123456789abcdefghijklmnopqrstuv",
    "STRIPE_API_BASE": "http://127.0.0.1:9",  # nobody listens there: a test that speaks with Stripe starts the sandbox
    "SITE_URL": "http://127.0.0.1:8000",
    "EMAIL_URL": "memorymail://",
    "REDIS_URL": "memory://",  # bells of tests reach nobody; a test with a worker brings its own broker
    "SENTRY_DSN": "",
    "ERASED_FILE": "",
    "TRUSTED_PROXY_COUNT": "0",
    "DJANGO_ALLOW_ASYNC_UNSAFE": "true",  # Playwright's synchronous face runs a loop in the test's own thread
}
# A marker, the programs one of which it needs, and what to install.
NEEDS = {
    "browser": (("chromium", "chromium-browser", "google-chrome", "chrome"), "Chromium"),
    "redis": (("redis-server", "valkey-server"), "Redis"),
    "gettext": (("xgettext",), "GNU gettext"),
}
NOT_RUN = pytest.StashKey[Counter[str]]()


def program(marker: str) -> str | None:
    """The path of the program that tests so marked need, or None where it is not installed."""
    return next((path for name in NEEDS[marker][0] if (path := shutil.which(name))), None)


def must_run_all() -> bool:
    return os.environ.get("HROMADA_CI") == "1"


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests() -> Generator[None, object, object]:
    """Set the environment before pytest-django, which is called inside this wrapper, imports the settings.

    Workers of xdist inherit it, so that all share the one server, each with a database of its own beside it.
    """
    os.environ.update(ENVIRONMENT)
    if not os.environ.get("DATABASE_URL"):
        from config import laptop

        try:
            os.environ["DATABASE_URL"] = laptop.database_url(f"run_{os.getpid()}", throwaway=True)
        except laptop.NoPostgreSQL as refusal:
            raise pytest.UsageError(str(refusal)) from None
    return (yield)


def pytest_configure(config: pytest.Config) -> None:
    config.stash[NOT_RUN] = Counter()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect what needs a program that is not here, and remember it by name."""
    missing = [marker for marker in NEEDS if not program(marker)]
    away = {item: marker for item in items for marker in missing if item.get_closest_marker(marker)}
    if away:
        config.stash[NOT_RUN].update(f"{marker}\t{item.nodeid}" for item, marker in away.items())
        config.hook.pytest_deselected(items=list(away))
        items[:] = [item for item in items if item not in away]


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Hand a worker's list to the controller; decide the exit status."""
    not_run = session.config.stash[NOT_RUN]
    if (worker := getattr(session.config, "workeroutput", None)) is not None:
        worker["not_run"] = list(not_run)
    elif not_run and must_run_all():
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    elif not_run and exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
        session.exitstatus = pytest.ExitCode.OK


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: "object", error: object) -> None:
    for line in getattr(node, "workeroutput", {}).get("not_run", []):
        node.config.stash[NOT_RUN][line] = 1  # type: ignore[attr-defined]  # xdist's node, an optional plug-in


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Name exactly what did not run, and what to install so that it does."""
    not_run = config.stash[NOT_RUN]
    if not not_run:
        return
    terminalreporter.section("did not run", red=must_run_all(), yellow=not must_run_all(), bold=True)
    for marker, (_programs, name) in NEEDS.items():
        tests = sorted(line.partition("\t")[2] for line in not_run if line.startswith(f"{marker}\t"))
        if tests:
            terminalreporter.line(f"{name} is not installed, so these did not run ({len(tests)}):")
            for test in tests:
                terminalreporter.line(f"    {test}")
    if must_run_all():
        terminalreporter.line("HROMADA_CI is 1, so this is a failure.")
