"""What a mail provider tells afterwards: a letter came back for good, or its reader called it spam.

Anymail knows the providers' formats and checks the password in the webhook's address; the letters themselves leave by
SMTP as ever. How it is set up: docs/letters.md.
"""

from collections.abc import Callable, Mapping
from typing import Any

from anymail.exceptions import AnymailConfigurationError
from anymail.signals import EventType
from anymail.webhooks.brevo import BrevoTrackingWebhookView
from anymail.webhooks.mailjet import MailjetTrackingWebhookView
from anymail.webhooks.postmark import PostmarkTrackingWebhookView
from anymail.webhooks.sparkpost import SparkPostTrackingWebhookView
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from letters import stops
from letters.models import StopReason

Told = Mapping[str, Any]

# Providers whose webhooks need nothing but a password in their address, and how each says that a refusal is for good:
# Anymail calls a full mailbox a bounce too.
PROVIDERS: dict[str, tuple[type[Any], Callable[[Told], bool]]] = {
    "brevo": (BrevoTrackingWebhookView, lambda told: told.get("event") in {"hard_bounce", "invalid_email"}),
    "mailjet": (MailjetTrackingWebhookView, lambda told: told.get("hard_bounce") in {True, "1", "true"}),
    "postmark": (PostmarkTrackingWebhookView, lambda told: told.get("Type") in {"HardBounce", "BadEmailAddress"}),
    "sparkpost": (SparkPostTrackingWebhookView, lambda told: _sparkpost_class(told) in {"10", "30"}),
}


def _sparkpost_class(told: Told) -> str:
    """10 is a recipient that is none, 30 a mailbox that is none. The event stands in an envelope of its kind."""
    return next((str(event.get("bounce_class")) for event in told["msys"].values()), "")


@csrf_exempt
def receive(request: HttpRequest, provider: str) -> HttpResponseBase:
    """/webhooks/mail/postmark/ and the like. 400 without the password, or for what the provider would not send."""
    if provider not in PROVIDERS:
        raise Http404
    answer: HttpResponseBase
    try:
        answer = PROVIDERS[provider][0].as_view()(request)
    except (ValueError, LookupError, TypeError, AttributeError, AnymailConfigurationError):
        return HttpResponseBadRequest("This is not an event.\n", content_type="text/plain")
    return answer if answer.status_code != 200 else HttpResponse("heard\n", content_type="text/plain")


def hear(event: Any, esp_name: str, **_more: Any) -> None:
    """An event as Anymail reads it. Connected to its signal at start-up; heard again, it changes nothing."""
    is_final = PROVIDERS[esp_name.lower()][1]
    if not event.recipient:
        return
    if event.event_type == EventType.COMPLAINED:
        stops.stop(event.recipient, StopReason.COMPLAINED, esp_name)
    elif event.event_type in {EventType.BOUNCED, EventType.REJECTED} and is_final(event.esp_event):
        stops.stop(event.recipient, StopReason.REFUSED, event.mta_response or event.description or esp_name)
