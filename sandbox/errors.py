"""Refusals as Stripe words them."""

from typing import Any


class ApiError(Exception):
    """A refusal that the wire answers with Stripe's envelope.

    What the handler wrote is undone, except for 402: a declined payment leaves its traces (the failed charge, its
    events), so a handler that raises 402 must have written exactly what is to stay."""

    def __init__(
        self,
        status: int,
        type: str,  # noqa: A002 (Stripe's own word)
        message: str,
        code: str | None = None,
        decline_code: str | None = None,
        param: str | None = None,
        **more: Any,
    ) -> None:
        self.status = status
        self.body = {
            "type": type,
            "message": message,
            "code": code,
            "decline_code": decline_code,
            "param": param,
        }
        self.body = {key: value for key, value in (self.body | more).items() if value is not None}
        super().__init__(message)


def invalid(message: str, param: str | None = None, code: str | None = None) -> ApiError:
    """400: the request makes no sense."""
    return ApiError(400, "invalid_request_error", message, code=code, param=param)


def missing(kind: str, thing_id: str, param: str = "id", status: int = 404) -> ApiError:
    """404 `resource_missing`; with status 400 where the id came as a parameter."""
    message = f"No such {kind}: '{thing_id}'"
    return ApiError(status, "invalid_request_error", message, code="resource_missing", param=param)
