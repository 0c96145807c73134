"""Webhook endpoints: who is told of what happens."""

import secrets
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction

from sandbox import clock, store
from sandbox.errors import invalid
from sandbox.events import API_VERSION
from sandbox.models import Endpoint
from sandbox.wire import endpoint, list_answer


@endpoint("POST", "/v1/webhook_endpoints", params="WebhookEndpointCreateParams")
def create(params: dict[str, Any]) -> dict[str, Any]:
    """The secret is in this answer and in no later one."""
    if urlsplit(params["url"]).scheme not in ("http", "https"):
        raise invalid("Invalid URL: An explicit scheme (such as https) must be provided.", "url", "url_invalid")
    if not params["enabled_events"]:
        raise invalid("You must enable at least one event.", "enabled_events")
    secret = f"whsec_{secrets.token_urlsafe(24)}"
    made = register(params["url"], params["enabled_events"], secret, params)
    return made | {"secret": secret}


@endpoint("GET", "/v1/webhook_endpoints", params="WebhookEndpointListParams")
def list_endpoints(params: dict[str, Any]) -> dict[str, Any]:
    """All of them, in pages."""
    return list_answer("webhook_endpoint", "/v1/webhook_endpoints", params)


@endpoint("GET", "/v1/webhook_endpoints/{endpoint_id}", params="WebhookEndpointRetrieveParams")
def retrieve(_params: dict[str, Any], endpoint_id: str) -> dict[str, Any]:
    """One of them."""
    found = store.get(endpoint_id)
    if found["object"] != "webhook_endpoint":
        raise store.Missing(endpoint_id)
    return found


@endpoint("DELETE", "/v1/webhook_endpoints/{endpoint_id}")
def delete(_params: dict[str, Any], endpoint_id: str) -> dict[str, Any]:
    """It is told nothing more; deliveries under way to it are forgotten."""
    retrieve({}, endpoint_id)
    Endpoint.objects.filter(pk=endpoint_id).delete()
    store.delete(endpoint_id)
    return {"id": endpoint_id, "object": "webhook_endpoint", "deleted": True}


def register(url: str, enabled_events: list[str], secret: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
    """An endpoint with a secret of the caller's choice."""
    params = params or {}
    made = {
        "id": store.new_id("we_"),
        "object": "webhook_endpoint",
        "api_version": params.get("api_version", API_VERSION),
        "application": None,
        "created": clock.now(),
        "description": params.get("description") or None,
        "enabled_events": enabled_events,
        "livemode": False,
        "metadata": params.get("metadata") or {},
        "status": "enabled",
        "url": url,
    }
    Endpoint.objects.create(id=made["id"], url=url, secret=secret, enabled_events=enabled_events)
    return store.put(made)


def register_product() -> None:
    """Let the product beside the sandbox hear of everything, unless somebody has registered an endpoint already.

    The product may have moved to another port since: an endpoint with its secret moves with it."""
    if not (settings.SITE_URL and settings.STRIPE_WEBHOOK_SECRETS):
        return
    url, secret = f"{settings.SITE_URL}/webhooks/stripe/", settings.STRIPE_WEBHOOK_SECRETS[0]
    with transaction.atomic():
        known = Endpoint.objects.filter(secret=secret).first()
        if known is None and not Endpoint.objects.exists():
            register(url, ["*"], secret)
        elif known and known.url != url:
            Endpoint.objects.filter(pk=known.pk).update(url=url)
            store.put(store.get(known.pk) | {"url": url})
