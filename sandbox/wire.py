"""The wire: what a Stripe client sends and gets. Handlers are registered with @endpoint and know nothing of HTTP.

    @endpoint("POST", "/v1/refunds", params="RefundCreateParams")
    def create(params: dict[str, Any]) -> dict[str, Any]: ...

    @endpoint("GET", "/v1/refunds/{id}")
    def retrieve(params: dict[str, Any], id: str) -> dict[str, Any]: ...

`params` names a TypedDict of the installed stripe package (`checkout.SessionCreateParams` for a nested module); what it
does not know is refused with `parameter_unknown`, what it requires and is not there with `parameter_missing`. Values
arrive typed by its annotations: ints are int, booleans bool, arrays list, maps dict, decimals str, and "" where Stripe
takes "" for "clear". Without `params` only `expand` is accepted. Each call runs in one transaction; see errors.ApiError
for what is undone. `expand` is applied to the answer here."""

import logging
import random
import re
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse

from . import events, expansion, forms, idempotency, store
from .errors import ApiError, invalid, missing
from .expansion import expandable
from .lists import list_answer
from .models import Config

__all__ = ["ApiError", "answer", "endpoint", "expandable", "invalid", "list_answer", "missing"]

log = logging.getLogger(__name__)
DECLINED = 402
Handler = TypeVar("Handler", bound=Callable[..., dict[str, Any]])


class Route(NamedTuple):
    """A handler and the addresses it answers."""

    pattern: re.Pattern[str]
    handler: Callable[..., dict[str, Any]]
    params: str | None


class Answer(NamedTuple):
    """What goes back to the client."""

    status: int
    body: dict[str, Any]
    replayed_from: str | None = None


ROUTES: dict[str, list[Route]] = {}


def endpoint(method: str, path: str, params: str | None = None) -> Callable[[Handler], Handler]:
    """Register the handler of a method and path; `{name}` in the path becomes a keyword argument.

    Where two paths fit, the one with fewer placeholders answers (`/v1/invoices/create_preview`)."""
    pattern = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path))

    def register(handler: Handler) -> Handler:
        routes = ROUTES.setdefault(method, [])
        routes.append(Route(pattern, handler, params))
        routes.sort(key=lambda route: route.pattern.groups)
        return handler

    return register


def answer(request: HttpRequest) -> HttpResponse:
    """Django's view of everything under /v1."""
    request_id = store.new_id("req_")
    idempotency_key = request.headers.get("Idempotency-Key") if request.method == "POST" else None
    token = events.caller.set((request_id, idempotency_key))
    try:
        result = _answer(request, request_id, idempotency_key)
    except ApiError as error:
        result = _refusal(error, request_id)
    except Exception:
        log.exception("the sandbox failed to answer %s", request.path)
        result = Answer(500, {"error": {"type": "api_error", "message": "The sandbox failed; see its log."}})
    finally:
        events.caller.reset(token)
    headers = {"Request-Id": request_id, "Stripe-Version": events.API_VERSION}
    if idempotency_key:
        headers["Idempotency-Key"] = idempotency_key
    if result.replayed_from:
        headers |= {"Idempotent-Replayed": "true", "Original-Request": result.replayed_from}
    return JsonResponse(result.body, status=result.status, headers=headers)


def _answer(request: HttpRequest, request_id: str, idempotency_key: str | None) -> Answer:
    _authenticate(request.headers.get("Authorization", ""))
    lose_answer, too_many = _chaos()
    if random.random() < too_many:
        raise ApiError(429, "invalid_request_error", "Too many requests.", code="rate_limit")
    route, path_ids = _route(request.method or "", request.path)
    raw = forms.parse(request.body if request.method == "POST" else request.META["QUERY_STRING"].encode())
    params = forms.typed(raw, route.params)
    paths = params.pop("expand", [])
    call = ""
    with transaction.atomic():
        if idempotency_key:
            call = idempotency.fingerprint("POST", request.path, raw)
            earlier = idempotency.claim(idempotency_key, call)
            if earlier is not None:
                return Answer(earlier.status, earlier.answer, earlier.request_id)
        result = _run(route, params, path_ids, paths, request_id)
        if idempotency_key:
            idempotency.remember(idempotency_key, call, result.status, result.body, request_id)
    if request.method != "GET" and random.random() < lose_answer:
        raise ApiError(500, "api_error", "The answer was lost on the way (chaos).")
    return result


def _run(route: Route, params: dict[str, Any], path_ids: dict[str, str], paths: list[str], request_id: str) -> Answer:
    """The handler's answer, or its refusal with what it wrote undone, except that a 402 leaves its traces."""
    try:
        with transaction.atomic():
            try:
                body = route.handler(params, **path_ids)
            except ApiError as error:
                if error.status == DECLINED:
                    return _refusal(error, request_id)
                raise
            return Answer(200, expansion.expand(body, paths) if paths else body)
    except store.Missing as error:
        in_path = error.thing_id in path_ids.values()
        return _refusal(missing("object", error.thing_id, status=404 if in_path else 400), request_id)
    except ApiError as error:
        return _refusal(error, request_id)


def _refusal(error: ApiError, request_id: str) -> Answer:
    body = error.body
    if code := body.get("code"):
        body = body | {"doc_url": f"https://docs.stripe.com/error-codes/{code.replace('_', '-')}"}
    return Answer(error.status, {"error": body | {"request_log_url": f"/sandbox/#{request_id}"}})


def _authenticate(header: str) -> None:
    scheme, _, key = header.partition(" ")
    if scheme != "Bearer" or not key:
        raise ApiError(
            401, "invalid_request_error", "You did not provide an API key in an Authorization: Bearer header."
        )
    if key.startswith(("sk_live_", "rk_live_")):
        raise ApiError(
            401, "invalid_request_error", "This is a sandbox: it takes no live key. Revoke this one, it was sent."
        )
    if not key.startswith(("sk_test_", "rk_test_")):
        raise ApiError(401, "invalid_request_error", "Invalid API Key provided.")


def _route(method: str, path: str) -> tuple[Route, dict[str, str]]:
    for route in ROUTES.get(method, []):
        if match := route.pattern.fullmatch(path):
            return route, match.groupdict()
    raise ApiError(404, "invalid_request_error", f"Unrecognized request URL ({method}: {path}).")


def _chaos() -> tuple[float, float]:
    """How probable it is that an answer is lost, and that a call is refused as one too many."""
    return Config.objects.values_list("lose_answer", "too_many").get()
