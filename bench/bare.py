"""The limit for the door: a bare Django view that verifies a webhook and inserts one row. No middleware."""

import gc
import json
import os

os.environ["DJANGO_SETTINGS_MODULE"] = "bench.bare_settings"

import stripe
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path

SECRET = os.environ["STRIPE_WEBHOOK_SECRET"]


def receive(request: HttpRequest) -> HttpResponse:
    """Verify, insert, answer."""
    body = request.body
    try:
        stripe.WebhookSignature.verify_header(
            body.decode(), request.META["HTTP_STRIPE_SIGNATURE"], SECRET, tolerance=300
        )
    except (KeyError, ValueError, stripe.SignatureVerificationError):
        return HttpResponse(status=400, headers={"Content-Length": "0"})
    event = json.loads(body)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO bench_event (event_id, type, body) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
            [event["id"], event["type"], body],
        )
    return HttpResponse("stored", headers={"Content-Length": "6"})


urlpatterns = [path("webhooks/stripe/", receive)]
application = get_wsgi_application()
gc.freeze()  # as config.wsgi does
