"""What reaches a log line, or Sentry: what went wrong and where, never what somebody typed, gave or is called.

The message of an exception is left out: PostgreSQL's prints the row that failed, Stripe's can name an address. Paths
stand without what follows the question mark, and without the tokens in them that open a page.
"""

import re
import sys
from collections.abc import Iterator
from logging import LogRecord
from traceback import walk_tb
from typing import Any

import psycopg
from django.http import HttpRequest
from django_structlog.middlewares import RequestMiddleware as DjangoRequestMiddleware

# Where a token in the path opens a page without signing in.
_TOKENS = re.compile(r"(/account/(?:address/undo|letters/stop)/|/support/(?:second|gift/claim)/)[^/\s\"']+")
# Nothing is meant to bring these here; a library that prints one is stopped by this.
_ADDRESSES = re.compile(r"[\w.+%-]+(?:@|%40)[\w-]+(?:\.[\w-]+)+", re.IGNORECASE)
# What Sentry is told; all else that its integrations gather is left out.
_FOR_SENTRY = (
    "event_id", "timestamp", "platform", "level", "logger", "transaction", "transaction_info", "release",
    "environment", "server_name", "sdk", "type",
)  # fmt: skip


class RequestMiddleware(DjangoRequestMiddleware):
    """The line of a request: method and path."""

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        return f"{request.method} {clean(request.path)}"


def clean(text: str) -> str:
    """`text` without tokens and addresses."""
    return _ADDRESSES.sub("[address]", _TOKENS.sub(r"\1[token]", text))


def scrub(_logger: Any, _name: str, line: dict[str, Any]) -> dict[str, Any]:
    """The last processor before a line is printed."""
    error = _error_of(line.pop("exc_info", None))
    given = line.get("exception")
    if isinstance(given, BaseException):
        error = line.pop("exception")
    said = {str(one) for one in _chain(error)}
    for name, value in line.items():
        line[name] = _scrubbed(value if not isinstance(value, str) or value not in said else error)
    if error is not None:
        line["exception"] = [describe(one) for one in _chain(error)]
    return line


def without_messages(record: LogRecord) -> bool:
    """Filter: exceptions among a message's arguments become their types, and so do Celery's texts of them."""
    if isinstance(record.args, dict):
        spoken = {"exc", "traceback"} & record.args.keys()
        error = _error_of(record.exc_info)
        record.args = {
            **{name: _named(value) for name, value in record.args.items()},
            **dict.fromkeys(spoken, type(error).__name__ if error else ""),
        }
    elif record.args:
        record.args = tuple(_named(value) for value in record.args)
    return True


def describe(error: BaseException) -> dict[str, Any]:
    """Type, frames and, of a refusal by PostgreSQL, the state and the name of the constraint."""
    told: dict[str, Any] = {"type": f"{type(error).__module__}.{type(error).__qualname__}"}
    if isinstance(error, psycopg.Error):
        told |= {"sqlstate": error.sqlstate, "constraint": error.diag.constraint_name}
    code = ((frame.f_code, line) for frame, line in walk_tb(error.__traceback__))
    return told | {"frames": [f"{at.co_filename}:{line} {at.co_qualname}" for at, line in code]}


def before_send(event: Any, _hint: dict[str, Any]) -> Any:
    """Sentry's hook: the same for what is sent there."""
    told = {name: _scrubbed(event[name]) for name in _FOR_SENTRY if name in event}
    if "request" in event:
        request = event["request"]
        told["request"] = {"method": request.get("method"), "url": clean(request.get("url", "").partition("?")[0])}
    if "exception" in event:
        kept = ("type", "module", "mechanism", "stacktrace")
        values = event["exception"].get("values", [])
        told["exception"] = {"values": [{name: one[name] for name in kept if name in one} for one in values]}
    elif "logentry" in event:
        told["logentry"] = {"message": clean(str(event["logentry"].get("message", "")))}
    return told


def _error_of(exc_info: Any) -> BaseException | None:
    if isinstance(exc_info, BaseException):
        return exc_info
    found = exc_info if isinstance(exc_info, tuple) else sys.exc_info() if exc_info else (None, None, None)
    error: BaseException | None = found[1]
    return error


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An exception and what it came from."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _scrubbed(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {name: _scrubbed(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set):
        return [_scrubbed(inner) for inner in value]
    return _named(value)


def _named(value: Any) -> Any:
    return type(value).__name__ if isinstance(value, BaseException) else value
