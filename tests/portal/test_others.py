"""What belongs to another patron is answered like what is not there, wherever an address names something."""

import re

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from pytest_django import Settings

from letters.models import Letter
from members.models import Patron
from newsroom import clock
from payments import statements
from payments.models import Operation, Payment
from people import exports
from people.models import Export
from tests.house.authorization import PAGES, PATRON
from tests.portal.test_gift_memberships import paid
from tests.portal.test_payments import give
from tests.reports.conftest import running
from tests.signing_in import at_once, patron

NOBODYS = {
    "uuid": "00000000-0000-4000-8000-000000000000", "receipt": "2001-000001", "statement": "S2001-000001",
}  # fmt: skip
DONATION = "account/donations/<uuid:reference>"
# Each route that names something → its path, and which of `theirs` stands in it.
ROUTES = {
    **{f"{DONATION}/{screen}/": (f"account/donations/%s/{screen}/", "donation") for screen in (
        "amount", "rhythm", "pause", "resume", "cancel", "return", "card", "failed",
    )},
    "account/payments/<int:pk>/name/": ("account/payments/%s/name/", "payment"),
    r"account/receipts/(?P<number>[0-9]{4}-[0-9]{6,9})\.pdf$": ("account/receipts/%s.pdf", "receipt"),
    r"account/receipts/(?P<number>[0-9]{4}-[0-9]{6,9})/send/$": ("account/receipts/%s/send/", "receipt"),
    r"account/statements/(?P<number>S[1-9][0-9]{3}-[0-9]{6,9})/$": ("account/statements/%s/", "statement"),
    r"account/statements/(?P<number>S[1-9][0-9]{3}-[0-9]{6,9})\.pdf$": ("account/statements/%s.pdf", "statement"),
    "account/gift-memberships/<uuid:reference>/": ("account/gift-memberships/%s/", "gift"),
    "account/privacy/export/<uuid:reference>.zip": ("account/privacy/export/%s.zip", "export"),
    "account/second-factor/passkeys/<int:pk>/name/": ("account/second-factor/passkeys/%s/name/", "passkey"),
    "account/second-factor/passkeys/<int:pk>/remove/": ("account/second-factor/passkeys/%s/remove/", "passkey"),
}  # fmt: skip
KINDS = {"donation": "uuid", "gift": "uuid", "export": "uuid"}


def one_of_everything(of: Patron) -> dict[str, str]:
    """That a patron can have, and how addresses name it."""
    payment, today = give(of, reference=f"B-{of.pk}"), clock.today()
    statement = statements.issue(of, first=today, last=today, language="en")
    exports.ask(of)
    exports.make_due()
    key = Authenticator.objects.create(user=of, type="webauthn", data={"name": "A key", "credential": {}})
    return {
        "donation": str(running(of).reference), "payment": str(payment.pk), "receipt": str(payment.receipt),
        "statement": str(statement), "gift": str(paid(of).reference), "passkey": str(key.pk),
        "export": str(Export.objects.get(patron=of).reference),
    }  # fmt: skip


@pytest.fixture
def theirs(db: None) -> dict[str, str]:
    return one_of_everything(patron("taras@example.org"))


def test_every_address_of_the_account_that_names_something_is_tried() -> None:
    naming = {route for route, who in PAGES.items() if who == PATRON and re.search(r"[<(]", route)}
    assert naming - set(ROUTES) == set()


@pytest.mark.parametrize(("path", "what"), ROUTES.values(), ids=[path for path, _ in ROUTES.values()])
def test_anothers_is_answered_like_nobodys(theirs: dict[str, str], settings: Settings, path: str, what: str) -> None:
    settings.DEBUG = False  # or Django's own page of a missing address is shown
    browser = at_once(patron("olena@example.org"))
    before = state()
    sent = {"wish": "w", "amount": "9", "months": "3", "display": "named", "name": "Eve", "customer": "cus_other"}
    for method in ("get", "head", "post"):
        answers = []
        for number in (theirs[what], NOBODYS.get(KINDS.get(what, what), "9" * len(theirs[what]))):
            answer = getattr(browser, method)(
                f"/{path % number}?customer=cus_other", sent if method == "post" else None
            )
            text = re.sub(r'(csrfmiddlewaretoken" value=|nonce=)"[^"]*"', r"\1", answer.content.decode())
            headers = {name: said for name, said in answer.headers.items() if name != "Content-Security-Policy"}
            answers.append((answer.status_code, headers, text.replace(f"/{path % number}", "…")))
        assert answers[0] == answers[1], method
        assert answers[0][0] == (405 if (what, method) in BUTTONS.get(path, set()) else 404), method
    assert state() == before


# Only a button leads there, so that looking is no method of theirs, whoever's it is.
BUTTONS = {
    "account/donations/%s/resume/": {("donation", "get"), ("donation", "head")},
    "account/receipts/%s/send/": {("receipt", "get"), ("receipt", "head")},
    "account/receipts/%s.pdf": {("receipt", "post")},
    "account/statements/%s/": {("statement", "post")},
    "account/statements/%s.pdf": {("statement", "post")},
    "account/privacy/export/%s.zip": {("export", "post")},
    "account/donations/%s/failed/": {("donation", "post")},
}


# Whose card it is that pays, Stripe is asked for the owner alone.
ASKS_STRIPE = {"account/donations/%s/card/"}
# Only there while a charge has failed.
NOT_NOW = {"account/donations/%s/failed/"}


def state() -> tuple[object, ...]:
    """Of everything that such a request could have changed."""
    return (
        Letter.objects.count(), Operation.objects.count(), Authenticator.objects.count(),
        list(Payment.objects.values_list("display", "shown_as")), list(Patron.objects.values_list("email", "name")),
    )  # fmt: skip


def test_control_ones_own_is_found(theirs: dict[str, str]) -> None:
    browser: Client = at_once(Patron.objects.get(email="taras@example.org"))
    for path, what in ROUTES.values():
        if path not in ASKS_STRIPE | NOT_NOW and ("get" not in {method for _, method in BUTTONS.get(path, set())}):
            assert browser.get(f"/{path % theirs[what]}").status_code in {200, 302}, path
