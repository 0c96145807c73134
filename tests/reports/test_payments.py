"""Payments for staff: lists without names, every look at a person logged, refunds and bank transfers."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client

from audit import invariants
from audit.models import StaffAction
from letters.models import Letter
from members.models import Patron
from newsroom import clock
from payments.models import BankFile, BankLine, LedgerEntry, Payment, StripeEvent
from tests.payments import rows

OFFLINE = "/reports/payments/offline/"


def _said(**changes: str) -> dict[str, str]:
    return {
        "email": "marko@example.org", "name": "", "language": "uk", "currency": "UAH", "amount": "500,50",
        "received_on": clock.today().isoformat(), "reference": "B-7", "giver": "reader",
    } | changes  # fmt: skip


def _logged() -> list[tuple[str, str]]:
    return list(StaffAction.objects.values_list("action", "target"))


def test_the_list_names_nobody_and_is_not_logged(staff: Callable[[str], Client], payment: Payment) -> None:
    page = staff("finance").get("/reports/payments/").content.decode()
    assert "€25.00" in page
    assert "Olena" not in page
    assert "olena@" not in page
    assert _logged() == []


def test_the_list_goes_on_behind_the_last_row(staff: Callable[[str], Client], db: None) -> None:
    gift = rows.monthly()
    Payment.objects.bulk_create(
        Payment(donation=gift, payment_intent=f"pi_{n}", amount_minor=n + 1, currency="EUR", state="failed")
        for n in range(70)
    )
    finance, newest = staff("finance"), Payment.objects.latest("pk").pk
    shown = [finance.get("/reports/payments/").content.decode()]
    more = re.findall(r'rel="next" href="(\?after=\d+)"', shown[0])[0]
    shown.append(finance.get(f"/reports/payments/{more}").content.decode())
    listed = [int(pk) for page in shown for pk in re.findall(r"/reports/payments/(\d+)/", page)]
    assert listed == list(range(newest, newest - 70, -1))
    assert 'rel="next"' not in shown[1]
    for nonsense in ("-1", "0", "x", "9" * 5000):
        assert f"/reports/payments/{newest}/" in finance.get(f"/reports/payments/?after={nonsense}").content.decode()


def test_looking_at_a_payment_is_logged(staff: Callable[[str], Client], payment: Payment) -> None:
    page = staff("support").get(f"/reports/payments/{payment.pk}/").content.decode()
    assert "Olena K." in page
    assert "Send money back" not in page, "money that came without Stripe is not sent back through it"
    assert _logged() == [("payment.view", f"payment:{payment.pk}")]


def test_a_bank_transfer_is_recorded_with_receipt_and_log(staff: Callable[[str], Client]) -> None:
    answer = staff("finance").post(OFFLINE, _said())
    row = Payment.objects.get()
    assert answer.headers["Location"] == f"/reports/payments/{row.pk}/"
    assert (row.amount_minor, row.currency, row.donation.email) == (50050, "UAH", "marko@example.org")
    assert LedgerEntry.objects.get().amount_minor == 50050
    assert Letter.objects.filter(occasion="receipt", to="marko@example.org", language="uk").exists()
    link = StaffAction.objects.get()
    assert (link.action, link.target) == ("offline.record", f"payment:{row.pk}")
    assert "marko" not in str(link.facts)
    assert invariants.chain() == ""


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"amount": "0"}, "more than zero"),
        ({"amount": "1,000"}, "digits"),
        ({"amount": "NaN"}, "in digits"),
        ({"amount": "-5"}, "in digits"),
        ({"currency": "XXX"}, "valid choice"),
        ({"email": "nobody"}, "valid email"),
        ({"received_on": "2999-01-01"}, "still to come"),
        ({"received_on": "0001-01-01"}, "too far away"),
        ({"reference": ""}, "required"),
        ({"reference": "a\x00b"}, "Null characters"),
    ],
)
def test_a_mistyped_transfer_is_refused_in_words(
    staff: Callable[[str], Client], changes: dict[str, str], sentence: str
) -> None:
    answer = staff("finance").post(OFFLINE, _said(**changes))
    assert answer.status_code == 200
    assert sentence in answer.content.decode()
    assert not Payment.objects.exists()
    assert _logged() == []


def test_the_same_reference_is_refused_a_second_time(staff: Callable[[str], Client], payment: Payment) -> None:
    finance = staff("finance")
    answer = finance.post(OFFLINE, _said(reference="B-1", received_on=(clock.today() - timedelta(days=1)).isoformat()))
    assert "already recorded" in answer.content.decode()
    assert Payment.objects.count() == 1
    assert _logged() == []


def test_support_records_no_transfer(staff: Callable[[str], Client]) -> None:
    assert staff("support").post(OFFLINE, _said()).status_code == 403
    assert not Payment.objects.exists()


def test_finance_takes_a_record_back_once_and_the_log_says_why(
    staff: Callable[[str], Client], payment: Payment
) -> None:
    finance, page = staff("finance"), f"/reports/payments/{payment.pk}/"
    assert "Take the record back" in finance.get(page).content.decode()
    for _click in range(2):
        finance.post(f"{page}reverse/", {"because": "mistake", "reason": "typed a digit too much"})
    assert list(payment.lines.order_by("id").values_list("kind", "amount_minor")) == [
        ("payment", 2500), ("refund", -2500),
    ]  # fmt: skip
    assert Letter.objects.filter(occasion="refunded", to="olena@example.org").count() == 1
    link = StaffAction.objects.filter(action="offline.reverse").latest("id")
    assert (link.reason, link.facts["because"]) == ("typed a digit too much", "mistake")
    assert "Take the record back" not in finance.get(page).content.decode()
    assert invariants.chain() == ""


@pytest.mark.parametrize("said", [{}, {"because": "mistake"}, {"because": "whim", "reason": "x"}])
def test_a_record_is_not_taken_back_without_a_reason(
    staff: Callable[[str], Client], payment: Payment, said: dict[str, str]
) -> None:
    answer = staff("finance").post(f"/reports/payments/{payment.pk}/reverse/", said, follow=True)
    assert "Nothing was taken back" in answer.content.decode()
    assert not payment.refunds.exists()


def test_who_may_not_record_may_not_take_back_and_stripes_money_goes_another_way(
    staff: Callable[[str], Client], payment: Payment, stripe_payment: Payment
) -> None:
    said = {"because": "returned", "reason": "asked"}
    support = staff("support")
    assert support.post(f"/reports/payments/{payment.pk}/reverse/", said).status_code == 403
    assert "Take the record back" not in support.get(f"/reports/payments/{payment.pk}/").content.decode()
    answer = staff("finance").post(f"/reports/payments/{stripe_payment.pk}/reverse/", said, follow=True)
    assert "Only money that came without Stripe" in answer.content.decode()
    assert not LedgerEntry.objects.filter(kind="refund").exists()
    assert not StaffAction.objects.filter(action="offline.reverse").exists()


@pytest.mark.parametrize("typed", ["0", "-1", "99999999", "1,000", "NaN", ""])
def test_a_refund_that_cannot_be_is_refused_in_words(
    staff: Callable[[str], Client], stripe_payment: Payment, typed: str
) -> None:
    page = f"/reports/payments/{stripe_payment.pk}/"
    finance = staff("finance")
    form = finance.get(page).context["form"]
    answer = finance.post(page, {"key": form.initial["key"], "amount": typed, "reason": "asked"})
    assert answer.status_code == 200
    assert answer.context["form"].errors["amount"]
    assert not stripe_payment.operations.exists()


def test_nothing_personal_is_in_the_log(staff: Callable[[str], Client], payment: Payment, olena: Patron) -> None:
    support = staff("support")
    support.get(f"/reports/payments/{payment.pk}/")
    support.get(f"/reports/patrons/{olena.pk}/")
    said = str(list(StaffAction.objects.values_list("action", "target", "reason", "facts")))
    assert "olena" not in said.lower()


def test_the_log_is_for_admins(staff: Callable[[str], Client], payment: Payment) -> None:
    staff("support").get(f"/reports/payments/{payment.pk}/")
    page = staff("admin").get("/reports/log/").content.decode()
    assert "payment.view" in page
    assert "support@newsroom.example" in page


def test_no_page_of_staff_is_kept_by_a_browser(staff: Callable[[str], Client]) -> None:
    assert "no-store" in staff("finance").get("/reports/payments/").headers["Cache-Control"]


def test_an_id_of_another_kind_leads_nowhere(staff: Callable[[str], Client], olena: Patron, payment: Payment) -> None:
    """What one address names is not found at another, whatever its number."""
    browser, file = staff("admin"), BankFile.objects.create(uploaded_by=olena, content=b"a;b\n1;2\n")
    nobody, nothing = Patron.objects.latest("pk").pk + 1, payment.pk + 1
    for path in (
        f"exports/{file.reference}/file/", f"donations/{file.reference}/pause/", f"merges/{olena.pk}/undo/",
        f"payments/bank/{payment.donation.reference}/", f"payments/{nothing}/", f"patrons/{nobody}/",
        f"patrons/{nobody}/letters/", f"events/{olena.pk}/", f"letters/{nobody}/", f"rounds/{olena.pk}/",
        f"topics/{olena.pk}/", f"suggestions/{olena.pk}/", f"patrons/{olena.pk}/merge/{nobody}/",
    ):  # fmt: skip
        assert browser.get(f"/reports/{path}").status_code == 404, path
    for path in (f"payments/{nothing}/reverse/", f"payments/{nothing}/receipt/", f"patrons/{nobody}/notes/"):
        assert browser.post(f"/reports/{path}", {"text": "x"}).status_code == 404, path


def test_a_payment_leads_to_all_events_that_told_of_it(staff: Callable[[str], Client], db: None) -> None:
    gift = rows.monthly()
    row = rows.payment(gift, invoice=rows.invoice(gift))
    told = {
        "payment_intent.succeeded": ("pi_1", "pi_1"), "charge.dispute.created": ("pi_1", "dp_1"),
        "refund.created": ("ch_1", "re_1"), "invoice.paid": ("sub_1", "in_1"), "look.overdue": ("in_1", "in_1"),
    }  # fmt: skip
    others = {"invoice.voided": ("sub_1", "in_2"), "customer.updated": ("cus_1", "cus_1")}
    for kind, (aggregate, name) in (told | others).items():
        StripeEvent.objects.create(
            event_id=f"evt_{kind}", type=kind, livemode=False, aggregate=aggregate, object_id=name, body=b"{}",
            state="applied", created_at=clock.now(),
        )  # fmt: skip
    support = staff("support")
    page = support.get(f"/reports/payments/{row.pk}/").content.decode()
    linked = dict(re.findall(r'<a href="(/reports/events/\d+/)">([^<]*)</a>', page))
    assert set(linked.values()) == set(told)
    assert all(support.get(event).status_code == 200 for event in linked)


def test_a_single_gift_leads_to_what_its_payment_page_told(staff: Callable[[str], Client], db: None) -> None:
    row = rows.payment(rows.once(checkout_session="cs_1"))
    StripeEvent.objects.create(
        event_id="evt_1", type="checkout.session.completed", livemode=False, aggregate="cs_1", object_id="cs_1",
        body=b"{}", state="applied", created_at=clock.now(),
    )  # fmt: skip
    page = staff("support").get(f"/reports/payments/{row.pk}/").content.decode()
    assert "checkout.session.completed</a>" in page


def test_a_payment_says_how_it_was_recorded(staff: Callable[[str], Client], payment: Payment) -> None:
    support, admin = staff("support"), Patron.objects.create(email="a@newsroom.example", role="admin")
    page = f"/reports/payments/{payment.pk}/"
    assert "by hand, on" in support.get(page).content.decode()
    file = BankFile.objects.create(uploaded_by=admin, content=None, imported_at=clock.now())
    BankLine.objects.create(digest="d", file=file, payment=payment)
    shown = support.get(page).content.decode()
    assert f"bank's file {file.pk}, on" in unescape(shown)
    assert "B-1" in shown
