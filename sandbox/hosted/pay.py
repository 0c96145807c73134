"""/pay/{session}: the hosted Checkout page."""

import threading
import time
from typing import Any
from urllib.parse import quote

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_http_methods

from sandbox import cards, checkout, clock, store
from sandbox.errors import ApiError
from sandbox.models import Delivery

from . import fields
from .layout import page

WAITS_FOR = 10.0
"""Seconds that the giver waits at most for the webhook before going on, as at Stripe."""
UNPROVEN = "We are unable to authenticate your payment method. Please choose a different payment method and try again."


@require_http_methods(["GET", "POST"])
def show(request: HttpRequest, session_id: str) -> HttpResponse:
    """The page, and what its buttons do: pay, or answer the bank's question."""
    session = _session(session_id)
    if session is None:
        return page("gone.html", status=404, message="There is no such page.", url=None)
    if not checkout.is_open(session_id):
        return _closed(session)
    if request.method == "GET":
        intent = _intent(session_id)
        return _ask(session) if intent.get("status") == "requires_action" else _form(session, {})
    try:
        return _pressed(request, session)
    except ApiError as refusal:
        return _closed(store.get(session_id), str(refusal))


@require_http_methods(["GET"])
def recover(_request: HttpRequest, session_id: str) -> HttpResponse:
    """The way back from an expired session, if it was to have one: a new session like it."""
    session = _session(session_id)
    recovery = ((session or {}).get("after_expiration") or {}).get("recovery")
    if session is None or not recovery or not recovery["url"] or recovery["expires_at"] < clock.now():
        return page("gone.html", status=404, message="This link has expired.", url=None)
    with transaction.atomic():
        again = checkout.recover(session_id)
    return HttpResponseRedirect(again["url"], status=303)


def _pressed(request: HttpRequest, session: dict[str, Any]) -> HttpResponse:
    typed = request.POST
    with transaction.atomic():
        if typed.get("action") == "authenticate":
            intent = _intent(session["id"])
            if intent.get("status") != "requires_action":
                return _form(session, {})
            if typed.get("outcome") != "complete":
                checkout.fail_authentication(session["id"])
                return _form(session, {}, UNPROVEN, status=402)
            method = store.get(intent["payment_method"])
            intent = checkout.pay(session["id"], method, authenticated=True)
        else:
            email = _email(session)
            if not email and "@" not in typed.get("email", "")[1:-1]:
                return _form(session, fields.kept(typed), "Enter your email address.", status=400)
            try:
                intent = checkout.pay(session["id"], fields.method(typed, email))
            except cards.Declined as refusal:
                return _form(session, fields.kept(typed), str(refusal), status=402)
    if intent["status"] == "requires_action":
        return HttpResponseRedirect(f"/pay/{session['id']}", status=303)
    if intent["status"] == "requires_payment_method":
        return _form(session, fields.kept(typed), intent["last_payment_error"]["message"], status=402)
    wait_for_webhook(session["id"])
    return HttpResponseRedirect(_success_url(session), status=303)


def wait_for_webhook(session_id: str, at_most: float = WAITS_FOR) -> None:
    """Let the webhook of the session's completion have its first try, if somebody is delivering."""
    first_tries = Delivery.objects.filter(
        state=Delivery.State.PENDING,
        attempts=0,
        event__body__type__startswith="checkout.session.",
        event__body__data__object__id=session_id,
    )
    until = time.monotonic() + at_most
    while runner_is_there() and time.monotonic() < until and first_tries.filter(due__lte=clock.now()).exists():
        time.sleep(0.05)


def runner_is_there() -> bool:
    """Whether webhooks are delivered beside this page, by the command's clockwork."""
    return any(thread.name == "clockwork" for thread in threading.enumerate())


def _session(session_id: str) -> dict[str, Any] | None:
    found = store.get_many({session_id}).get(session_id)
    return found if found and found["object"] == "checkout.session" else None


def _intent(session_id: str) -> dict[str, Any]:
    intent_id = checkout.order(session_id)["payment_intent"]
    return store.get(intent_id) if intent_id else {}


def _email(session: dict[str, Any]) -> str | None:
    customer = store.get(session["customer"]) if session["customer"] else {}
    email: str | None = customer.get("email") or session["customer_email"]
    return email


def _success_url(session: dict[str, Any]) -> str:
    url: str = session["success_url"].replace("{CHECKOUT_SESSION_ID}", quote(session["id"]))
    return url


def _form(session: dict[str, Any], typed: dict[str, str], error: str | None = None, status: int = 200) -> HttpResponse:
    lines = checkout.order(session["id"])["lines"]
    recurring = next((line["price"]["recurring"] for line in lines if line["price"]["recurring"]), None)
    return page(
        "pay.html",
        status=status,
        session=session,
        lines=lines,
        recurring=recurring,
        email=_email(session),
        typed=typed,
        error=error,
        sepa="sepa_debit" in session["payment_method_types"],
        **fields.CHOICES,
    )


def _ask(session: dict[str, Any]) -> HttpResponse:
    return page("authenticate.html", amount=session["amount_total"], currency=session["currency"], back=None)


def _closed(session: dict[str, Any], message: str | None = None) -> HttpResponse:
    if session["status"] == "complete":
        return page("gone.html", status=200, message="This payment has been made.", url=_success_url(session))
    return page("gone.html", status=410, message=message or "This link has expired.", url=session["cancel_url"])
