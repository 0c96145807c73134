"""Writes to Stripe: stored first, sent with a key that a retry repeats, so that one wish has one effect.

Source: https://docs.stripe.com/api/idempotent_requests
"""

import random
from datetime import timedelta

import structlog
from django.db import transaction
from django.db.models import F

from newsroom import clock
from payments import gateway, locks
from payments.models import Donation, Operation, Payment
from payments.models.operation import OperationState
from payments.stripe_objects import Json

log = structlog.get_logger(__name__)

# Kinds that only their own page may send again: nobody waits for them any more once it is left.
INTERACTIVE = {"checkout", "expire", "product", "portal"}
# Stripe keeps a key for at least 24 hours; after that the same key would do the thing again.
KEY_KEPT = timedelta(hours=23)


def store(
    kind: str,
    key: str,
    path: str,
    params: Json,
    *,
    method: str = "post",
    donation: Donation | None = None,
    payment: Payment | None = None,
) -> Operation:
    """The operation of this key, written if it is new. An existing one keeps its first parameters."""
    operation: Operation
    operation, _ = Operation.objects.get_or_create(
        key=key,
        defaults={
            "kind": kind,
            "path": path,
            "params": params,
            "method": method,
            "donation": donation,
            "payment": payment,
        },
    )
    return operation


def ensure(kind: str, path: str, params: Json, *, exists_as: str = "") -> str:
    """The id of a thing that is made at Stripe once and for all, when it is first needed.

    A refusal is not the end: the next call asks anew. `exists_as` is the id under which it may be there already.
    """
    made = Operation.objects.filter(kind=kind, state=OperationState.DONE).values_list("result", flat=True).first()
    if made:
        return str(made)
    refused = Operation.objects.filter(kind=kind, state=OperationState.REFUSED).count()
    operation = store(kind, f"{kind}:{refused}", path, params)
    try:
        return str(send(operation)["id"])
    except gateway.Refused as error:
        if not exists_as or error.code != "resource_already_exists":
            raise
        Operation.objects.filter(pk=operation.pk).update(state=OperationState.DONE, result=exists_as)
        return exists_as


def supersede(donation: Donation, kinds: set[str], *, key: str) -> None:
    """Closes older wishes for a donation that Stripe has not answered, so that none overtakes the newer `key`."""
    older = Operation.objects.filter(donation=donation, kind__in=kinds, state=OperationState.PENDING).exclude(key=key)
    older.update(state=OperationState.REFUSED, error="superseded by a newer wish", params={}, done_at=clock.now())


def send(operation: Operation) -> Json:
    """Sends an operation and notes the answer; of one that is done, only its `id` is answered. Safe to repeat.

    One at a time: a parallel click waits for the first and finds it done. Raises gateway.Unavailable (it stays due and
    is sent again) or gateway.Refused (it is over, and is not sent again: Stripe may have forgotten its key).
    """
    try:
        with locks.exclusive(f"operation:{operation.key}", wait=True):
            operation.refresh_from_db()
            if operation.state == OperationState.REFUSED:
                raise gateway.Refused(operation.error)
            if operation.state == OperationState.DONE:
                return {"id": operation.result}
            return _send(operation)
    except locks.Busy as error:
        raise gateway.Unavailable("another request is sending it") from error


def _send(operation: Operation) -> Json:
    try:
        answer = _done_before(operation) or gateway.call(
            operation.method, operation.path, operation.params, key=operation.key
        )
    except gateway.Unavailable as error:
        _again(operation, str(error))
        raise
    except gateway.Refused as error:
        # Stripe's sentence can name an address; its code cannot.
        _over(operation, OperationState.REFUSED, error=(error.code or f"status {error.status}")[:500])
        raise
    _over(operation, OperationState.DONE, result=str(answer.get("id", ""))[:255])
    return answer


def _done_before(operation: Operation) -> Json | None:
    """A refund that Stripe made although its answer was lost, found by its wish once the key may be forgotten."""
    if operation.kind != "refund" or operation.created_at > clock.now() - KEY_KEPT:
        return None
    wish = operation.params["metadata"]["wish"]
    made = gateway.pages("/v1/refunds", {"payment_intent": operation.params["payment_intent"]})
    return next((refund for refund in made if refund["metadata"].get("wish") == wish), None)


def _again(operation: Operation, error: str) -> None:
    """Due again after a growing pause with jitter, at most an hour."""
    pause = min(3600, 15 * 2 ** min(operation.attempts, 8)) * random.uniform(0.8, 1.2)  # noqa: S311  jitter is no secret
    operation.attempts += 1
    operation.due_at = clock.now() + timedelta(seconds=pause)
    operation.error = error[:500]
    operation.save(update_fields=["attempts", "due_at", "error"])


def _over(operation: Operation, state: OperationState, *, result: str = "", error: str = "") -> None:
    """Notes the end of a pending operation. Of what was sent only an amount is kept: the rest can name a person."""
    kept = {"amount": operation.params["amount"]} if "amount" in operation.params else {}
    end = {"state": state, "result": result, "error": error, "params": kept, "done_at": clock.now()}
    Operation.objects.filter(pk=operation.pk, state=OperationState.PENDING).update(attempts=F("attempts") + 1, **end)
    for name, value in end.items():
        setattr(operation, name, value)


def run_due(limit: int = 200) -> int:
    """Sends again what no page waits for: refunds, changes of subscriptions. Returns how many were sent.

    Closes what a page began and left more than a day ago.
    """
    left = Operation.objects.filter(state=OperationState.PENDING, kind__in=INTERACTIVE)
    left.filter(created_at__lt=clock.now() - timedelta(days=1)).update(
        state=OperationState.REFUSED, error="left by its page", params={}, done_at=clock.now()
    )
    sent = 0
    for _ in range(limit):
        with transaction.atomic():
            due = Operation.objects.filter(state=OperationState.PENDING, due_at__lte=clock.now()).exclude(
                kind__in=INTERACTIVE
            )
            operation = due.select_for_update(skip_locked=True).order_by("due_at").first()
            if operation is None:
                break
            # Out of others' sight while it is sent; a killed worker leaves it due again.
            operation.due_at = clock.now() + timedelta(minutes=2)
            operation.save(update_fields=["due_at"])
        try:
            send(operation)
        except gateway.GatewayError as error:
            log.warning(
                "operation_failed", operation=str(operation.id), kind=operation.kind, error=type(error).__name__
            )
        sent += 1
    return sent
