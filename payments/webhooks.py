"""Stripe's door. It verifies, stores and answers; nothing else happens inside the request.

The answer 200 means: the row is committed. Redis may be away (the bell fails in silence); without PostgreSQL the answer
is 503 and Stripe sends the event again.
"""

import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.views.decorators.csrf import csrf_exempt

from newsroom import bell
from payments import gateway, inbox, stripe_events

log = structlog.get_logger(__name__)

# Stripe's events are far smaller.
LARGEST_BODY = 256 * 1024


@csrf_exempt
def receive(request: HttpRequest) -> HttpResponse:
    """Stores one event. 400 for what is not Stripe's, 413 for what is too large, 503 if it could not be stored."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if not request.META.get("CONTENT_LENGTH", "").isdecimal() or int(request.META["CONTENT_LENGTH"]) > LARGEST_BODY:
        return HttpResponse("An event is at most 256 kB.\n", status=413, content_type="text/plain")
    body = request.body
    try:
        gateway.verify(body, request.META.get("HTTP_STRIPE_SIGNATURE", ""))
        incoming = inbox.read(body)
    except gateway.BadSignature as error:
        log.warning("webhook_refused", reason=str(error))
        return _refuse("The signature does not fit.")
    except inbox.NotAnEvent as error:
        log.warning("webhook_refused", reason=str(error))
        return _refuse("This is not an event.")
    if incoming.livemode != settings.STRIPE_LIVE:
        log.warning("webhook_refused", reason="livemode")
        return _refuse("This event is of the other mode, live or test.")
    handled = incoming.type in stripe_events.HANDLED
    try:
        is_new = inbox.store(incoming, body, state="pending" if handled else "ignored")
    except (DatabaseError, InterfaceError):
        log.exception("webhook_not_stored")
        return HttpResponse("Not stored; send it again.\n", status=503, content_type="text/plain")
    if is_new and handled:
        bell.ring("payments.apply_events")
    return HttpResponse("stored\n" if is_new else "known\n", content_type="text/plain")


def _refuse(sentence: str) -> HttpResponse:
    return HttpResponse(sentence + "\n", status=400, content_type="text/plain")
