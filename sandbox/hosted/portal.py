"""/portal/{session}: the customer's own page."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_http_methods

from sandbox import billing, cards, payment_methods, store, subscriptions
from sandbox.errors import ApiError

from . import fields
from .layout import page

FEATURES = {
    "card": "payment_method_update",
    "cancel": "subscription_cancel",
    "keep": "subscription_cancel",
    "pause": "subscription_pause",
    "resume": "subscription_pause",
}


@require_http_methods(["GET", "POST"])
def show(request: HttpRequest, session_id: str) -> HttpResponse:
    """The page, and what its buttons do."""
    session = store.get_many({session_id}).get(session_id)
    if session is None or session["object"] != "billing_portal.session":
        return page("gone.html", status=404, message="There is no such page.", url=None)
    if request.method == "GET":
        return _page(session)
    try:
        with transaction.atomic():
            _do(request, session)
    except (ApiError, cards.Declined, store.Missing) as refusal:
        return _page(session, str(refusal), status=402 if isinstance(refusal, cards.Declined) else 400)
    return HttpResponseRedirect(_after(session), status=303)


def _do(request: HttpRequest, session: dict[str, Any]) -> None:
    """One button, if the configuration allows it and the subscription is the customer's own."""
    typed = request.POST
    action = typed.get("action") or ("card" if "test_card" in typed else "")
    features = store.get(session["configuration"])["features"]
    if action not in FEATURES or not features[FEATURES[action]]["enabled"]:
        raise ApiError(400, "invalid_request_error", "The portal is not set up for that.")
    if action == "card":
        number = typed.get("test_card") or typed.get("number", "")
        exp, cvc = ("12/34", "1234") if "test_card" in typed else (typed.get("exp", ""), typed.get("cvc", ""))
        payment_methods.replace_card(session["customer"], number, exp, cvc)
        return
    subscription = store.get(typed.get("subscription", ""))
    if subscription.get("customer") != session["customer"]:
        raise store.Missing(typed.get("subscription", ""))
    if action == "cancel" and features["subscription_cancel"]["mode"] == "immediately":
        subscriptions.cancel(subscription["id"])
    elif action == "cancel":
        subscriptions.cancel_at(subscription["id"], subscriptions.period(subscription)[1])
    elif action == "keep":
        subscriptions.keep(subscription["id"])
    elif action == "pause":
        subscriptions.pause(subscription["id"])
    else:
        billing.resume(subscription["id"])


def _after(session: dict[str, Any]) -> str:
    """Where a finished flow leads; else back to the page."""
    after = (session["flow"] or {}).get("after_completion")
    if after and after["type"] == "redirect":
        url: str = after["redirect"]["return_url"]
        return url
    return f"/portal/{session['id']}"


def _page(session: dict[str, Any], error: str | None = None, status: int = 200) -> HttpResponse:
    customer = store.get(session["customer"])
    mine = store.find("subscription", customer=customer["id"])
    living = [one for one in mine if one["status"] not in subscriptions.ENDED]
    default = next((one["default_payment_method"] for one in living if one["default_payment_method"]), None)
    method_id = default or customer["invoice_settings"]["default_payment_method"]
    flow = (session["flow"] or {}).get("type")
    return page(
        "portal.html",
        status=status,
        session=session,
        customer=customer,
        subscriptions=[one | {"item": one["items"]["data"][0]} for one in living],
        ended=len(mine) - len(living),
        method=store.get(method_id) if method_id else None,
        invoices=[one for one in store.find("invoice", customer=customer["id"]) if one["status"] != "draft"][:24],
        features=store.get(session["configuration"])["features"],
        flow=flow,
        error=error,
        **fields.CHOICES,
    )
