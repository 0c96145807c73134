"""Staff find a person by what they have in hand, see one person at a time, and leave notes for each other."""

from collections.abc import Callable

import pytest
from django.test import Client

from audit.models import StaffAction
from members.models import Patron
from money.money import Money
from newsroom import clock
from payments import offline, statements
from payments.models import Donation, Invoice, Payment, Refund
from people.find import find
from people.models import Note

PEOPLE = "/reports/people/"


@pytest.fixture
def marko(db: None) -> Patron:
    """Gives by card under another address than his account's."""
    marko = Patron.objects.create(email="marko@example.org", name="Марко Вовчок")
    donation = Donation.objects.create(
        interval="monthly", amount_minor=500, currency="EUR", patron=marko, state="live",
        email="m.vovchok@work.example", customer="cus_Marko1", subscription="sub_Marko1", name="M. V.",
        checkout_session="cs_test_Marko1", card_last4="4242",
    )  # fmt: skip
    now = clock.now()
    Invoice.objects.create(
        stripe_id="in_Marko1", donation=donation, status="paid", amount_due_minor=500, currency="EUR",
        period_start=now, period_end=now, created_at=now,
    )  # fmt: skip
    payment = Payment.objects.create(
        donation=donation, payment_intent="pi_Marko1", charge="ch_Marko1", amount_minor=500, currency="EUR",
        state="succeeded", paid_at=now, card_last4="4242",
    )  # fmt: skip
    Refund.objects.create(
        stripe_id="re_Marko1", payment=payment, amount_minor=100, currency="EUR", status="succeeded", created_at=now
    )
    return marko


@pytest.mark.parametrize(
    "words",
    [
        "marko@example.org", "MARKO@example.org ", "m.vovchok@work.example", "вовчок", "Марко  Вовчок", "M. V.",
        "cus_Marko1", "sub_Marko1", "cs_test_Marko1", "in_Marko1", "pi_Marko1", "ch_Marko1", "re_Marko1", "4242",
    ],
)  # fmt: skip
def test_one_person_is_found_by_anything(marko: Patron, olena: Patron, words: str) -> None:
    assert [found.patron for found in find(words)] == [marko]


def test_a_person_is_found_by_receipt_statement_and_reference_at_the_bank(marko: Patron, olena: Patron) -> None:
    payment, today = Payment.objects.get(donation__patron=olena), clock.today()
    statement = statements.issue(olena, first=today, last=today, language="en")
    for words in (str(payment.receipt), f"{payment.receipt.year}-{payment.receipt.number}", str(statement), "b-1"):
        assert [found.patron for found in find(words)] == [olena], words


@pytest.mark.parametrize(
    "words", ["", " ", "x", "\u0663\u0663\u0663\u0663", "9999-999999", "cus_", "%", "__", "no one", "S0000-1"]
)
def test_nothing_is_found_by_what_leads_to_nobody(marko: Patron, olena: Patron, words: str) -> None:
    assert find(words) == []


def test_the_erased_are_not_found(olena: Patron) -> None:
    Patron.objects.filter(pk=olena.pk).update(email="x@erased.invalid", name="", is_active=False, erased_at=clock.now())
    assert find("B-1") == []


def test_the_page_leads_to_the_one_found_and_keeps_what_was_looked_for_out_of_address_and_log(
    staff: Callable[[str], Client], olena: Patron
) -> None:
    support = staff("support")
    answer = support.post(PEOPLE, {"words": "Olena@Example.org"})
    assert answer.headers["Location"] == f"/reports/patrons/{olena.pk}/"
    assert "Olena K." in support.get(answer.headers["Location"]).content.decode()
    logged = [(link.action, link.target, link.facts) for link in StaffAction.objects.all()]
    assert logged == [
        ("patron.find", f"patron:{olena.pk}", {"found": 1, "shown": [olena.pk]}),
        ("patron.view", f"patron:{olena.pk}", {}),
    ]
    assert "Nobody was found" in support.post(PEOPLE, {"words": "x@example.org"}).content.decode()


def test_several_are_listed_with_what_they_were_found_by(staff: Callable[[str], Client], olena: Patron) -> None:
    offline.record(
        email="olena.b@example.org", amount=Money(100, "EUR"), received_on=clock.today(), reference="B-2", name="O. B."
    )
    page = staff("finance").post(PEOPLE, {"words": "olena"}).content.decode()
    assert "Olena K." in page
    assert "O. B." in page
    assert "a part of the name or address" in page


@pytest.mark.parametrize("words", ["%00", "a%00b", "%ED%A0%80x", "x" * 5000, "%FF%FE", "'%22%3E%3Cscript%3E"])
def test_bad_words_are_answered_on_the_page(staff: Callable[[str], Client], words: str) -> None:
    answer = staff("support").post(PEOPLE, f"words={words}", "application/x-www-form-urlencoded")
    assert answer.status_code == 200
    assert "<script>" not in answer.content.decode()


def test_notes_are_added_read_by_colleagues_and_removed_by_their_author_alone(
    staff: Callable[[str], Client], olena: Patron
) -> None:
    support, finance, page = staff("support"), staff("finance"), f"/reports/patrons/{olena.pk}/"
    support.post(f"{page}notes/", {"text": "Moved banks; <b>asked</b> for a new receipt."})
    note = Note.objects.get()
    assert "Moved banks; &lt;b&gt;asked&lt;/b&gt;" in finance.get(page).content.decode()
    finance.post(f"{page}notes/", {"remove": note.pk})
    assert Note.objects.exists(), "a colleague's note is not theirs to remove"
    for nothing in ("x", "9" * 5000, "\x00", "-1"):
        assert support.post(f"{page}notes/", {"remove": nothing}).status_code == 302
    support.post(f"{page}notes/", {"remove": note.pk})
    assert not Note.objects.exists()
    actions = list(StaffAction.objects.values_list("action", flat=True))
    assert actions == ["note.add", "patron.view", "note.remove"]
    assert "Moved" not in str(list(StaffAction.objects.values()))


def test_an_empty_note_is_refused_with_a_sentence(staff: Callable[[str], Client], olena: Patron) -> None:
    support = staff("support")
    answer = support.post(f"/reports/patrons/{olena.pk}/notes/", {"text": " "}, follow=True)
    assert "This field is required." in answer.content.decode()
    assert not Note.objects.exists()
