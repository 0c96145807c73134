"""Webhooks take a short way that pages do not take; what every answer needs stands before it."""

import pytest
from django.test import Client, override_settings

pytestmark = pytest.mark.django_db  # the page that refuses reads the newsroom's name
URL = "/webhooks/stripe/"


@pytest.fixture
def sender() -> Client:
    return Client(raise_request_exception=False)


def test_machine_is_answered_with_every_headers_guard_and_no_cookie(sender: Client) -> None:
    answer = sender.post(URL, b"{}", content_type="application/json")
    assert (answer.status_code, answer.content) == (400, b"The signature does not fit.\n")
    assert answer.headers["Content-Length"] == str(len(answer.content))
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert not answer.cookies
    assert not hasattr(answer.wsgi_request, "session")


def test_host_that_is_not_ours_is_refused(sender: Client) -> None:
    assert sender.post(URL, b"{}", content_type="application/json", headers={"Host": "evil.example"}).status_code == 400


def test_plain_http_is_sent_to_https_where_the_site_has_it(sender: Client) -> None:
    with override_settings(SECURE_SSL_REDIRECT=True):
        assert Client().post(URL, b"{}", content_type="application/json").status_code == 301


def test_only_post_is_taken(sender: Client) -> None:
    answer = sender.get(URL)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


def test_body_over_the_limit_is_refused(sender: Client) -> None:
    assert sender.post(URL, b"x" * 300_000, content_type="application/json").status_code == 413
    assert sender.post(URL, b"x" * 1_100_000, content_type="application/json").status_code == 413


def test_address_that_no_view_has_is_not_found(sender: Client) -> None:
    assert sender.post("/webhooks/other/", b"{}", content_type="application/json").status_code == 404
