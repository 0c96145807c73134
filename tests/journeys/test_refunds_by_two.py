"""Above the newsroom's limit one person asks for a refund and another decides; it goes back once."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from django.db import IntegrityError, connections, transaction

from audit.models import StaffAction
from letters.models import Letter
from members.models import Patron
from money.money import Money
from newsroom import clock
from newsroom.models import GivingCurrency
from payments import refund_requests, refunds
from payments.models import Payment, RefundRequest
from tests.journeys.conftest import World
from tests.journeys.test_portal import words
from tests.reports.conftest import ten_euros
from tests.signing_in import at_once, patron

LIST = "payments/refunds/"


class Colleague:
    """The browser of one of the staff, without JavaScript."""

    def __init__(self, story: World, role: str, name: str = "") -> None:
        self.base, self.session = f"{story.url}/reports/", requests.Session()
        self.who = patron(f"{name or role}@newsroom.example", role, second_factor=True)
        self.session.cookies.set("session", at_once(self.who).cookies["session"].value, domain="127.0.0.1")

    def press(self, path: str, form: str = "", **fields: str) -> str:
        """Sends what the form on a page (`form`, if it is another one) sends; what the next page says."""
        page = self.session.get(self.base + (form or path), timeout=60).text
        hidden = dict(re.findall(r'name="(csrfmiddlewaretoken|key)" value="([^"]+)"', page))
        return words(self.session.post(self.base + path, data=hidden | fields, timeout=60).text)

    def press_blindly(self, verb: str) -> int:
        """Decides about the newest request without following where that leads."""
        request = RefundRequest.objects.latest("pk")
        page = self.session.get(f"{self.base}payments/{request.payment_id}/", timeout=60).text
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert token
        data = {"csrfmiddlewaretoken": token[1], "id": str(request.pk), "decision": verb}
        return self.session.post(self.base + LIST, data=data, timeout=60, allow_redirects=False).status_code

    def refund(self, payment: Payment, amount: str) -> str:
        return self.press(f"payments/{payment.pk}/", amount=amount, reason="asked by telephone")

    def decide(self, verb: str, reason: str = "sent by bank already") -> str:
        request = RefundRequest.objects.latest("pk")
        said = {"id": str(request.pk), "decision": verb, "reason": reason}
        return self.press(LIST, f"payments/{request.payment_id}/", **said)


def at_once_by(many: int, do: Callable[[int], Any]) -> list[Any]:
    """What each of many got who did it at the same time."""

    def one(number: int) -> Any:
        try:
            return do(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(many) as crowd:
        return list(crowd.map(one, range(many)))


@pytest.fixture
def large(story: World) -> Payment:
    """250 euros, given once; one person may send back 100."""
    story.reader().give(interval="once", amount="250")
    return Payment.objects.get()


def test_more_than_the_limit_goes_back_once_a_second_person_agrees(story: World, large: Payment) -> None:
    given = story.model.gives(25000)
    support, finance = Colleague(story, "support"), Colleague(story, "finance")
    assert "Sent back." in support.refund(large, "40")
    story.settle()
    given.refunded(4000)
    assert "More than €100.00 of one payment goes back only if a second person agrees" in support.refund(large, "60.01")
    assert "waits for a second person already" in support.refund(large, "70")
    assert large.operations.count() == 1, "nothing has left"
    assert "Somebody else decides." in words(support.session.get(support.base + LIST, timeout=60).text)
    assert support.session.post(support.base + LIST, data={"id": "1"}, timeout=60).status_code == 403
    seen = support.session.get(f"{support.base}payments/{large.pk}/", timeout=60).text
    assert "A refund of €60.01 waits for a second person." in words(seen)

    page = words(finance.session.get(finance.base + LIST, timeout=60).text)
    assert "Approve" in page
    said = at_once_by(4, lambda _number: finance.press_blindly("approve"))
    assert said == [302] * 4
    story.settle()
    given.refunded(6001)
    assert large.operations.filter(kind="refund").count() == 2
    assert story.letters() == ["receipt", "refunded", "refunded"]
    assert "This was decided already." in finance.decide("decline")
    done = dict(StaffAction.objects.filter(action__startswith="refund.").values_list("action", "actor__email"))
    assert (done["refund.ask"], done["refund.approve"]) == (support.who.email, finance.who.email)
    story.prove()


def test_who_asks_does_not_decide_and_what_is_declined_does_not_go_back(story: World, large: Payment) -> None:
    given = story.model.gives(25000)
    first, second = Colleague(story, "finance", "one"), Colleague(story, "admin", "two")
    first.refund(large, "250")
    assert "You asked for this refund yourself" in first.decide("approve")
    assert "Nothing was decided: approve it, or decline it." in second.decide("", reason="why not")
    assert "Say why it is declined" in second.decide("decline", reason=" ")
    assert RefundRequest.objects.get().decided_at is None
    assert "Declined. Nothing goes back" in second.decide("decline")
    assert RefundRequest.objects.get().declined_because == "sent by bank already"
    told = Letter.objects.get(occasion="refund_declined")
    assert (told.to, told.patron) == (first.who.email, first.who)
    assert "sent by bank already" in told.text
    assert StaffAction.objects.filter(action="refund.decline").latest("pk").reason == "sent by bank already"
    assert "Declined: sent by bank already" in words(first.session.get(first.base + LIST, timeout=60).text)
    assert "This was decided already." in second.decide("approve")
    assert not large.operations.exists()

    # The control: without a key that is made of the request, each click sends the money once more.
    at_once_by(4, lambda number: refunds.issue(large, Money(6001, "EUR"), key=f"click-{number}"))
    story.settle()
    given.refunded(4 * 6001)
    story.prove()


def test_what_stripe_refuses_stays_open_and_can_be_decided_again(story: World, large: Payment) -> None:
    given = story.model.gives(25000)
    finance, admin = Colleague(story, "finance"), Colleague(story, "admin")
    finance.refund(large, "250")
    story.sandbox.post("refunds", charge=large.charge, amount=20000)  # on the dashboard, not heard of yet
    assert "Stripe did not accept this refund. Nothing was sent back, and the request stays open." in admin.decide(
        "approve"
    )
    assert RefundRequest.objects.open().count() == 1
    story.settle()
    given.refunded(20000)
    assert "Only €50.00 of this payment is left to refund." in admin.decide("approve")
    assert "Declined." in admin.decide("decline")
    finance.refund(large, "50")
    assert "Sent back." in admin.decide("approve")
    story.settle()
    given.refunded(5000)
    story.prove()


@pytest.mark.database
def test_the_database_refuses_one_who_decides_alone_and_two_requests_for_one_payment(db: None) -> None:
    payment, who = ten_euros(), Patron.objects.create(email="one@newsroom.example", role="finance")
    request = RefundRequest.objects.create(payment=payment, amount_minor=500, reason="asked", asked_by=who)
    rows = RefundRequest.objects.filter(pk=request.pk)
    for wrong in (
        {"decided_by": who, "decided_at": clock.now()}, {"decided_at": clock.now()}, {"decided_by": who},
        {"amount_minor": 0},
    ):  # fmt: skip
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**wrong)
    with pytest.raises(IntegrityError), transaction.atomic():
        RefundRequest.objects.create(payment=payment, amount_minor=1, reason="again", asked_by=who)


def test_a_currency_that_is_not_set_up_always_needs_a_second_person(db: None) -> None:
    payment = ten_euros()
    assert not refund_requests.needs_second(payment, payment.amount)
    GivingCurrency.objects.filter(code="EUR").delete()
    assert refund_requests.needs_second(payment, payment.amount)
