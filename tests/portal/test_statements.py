"""Statements: any range of days, numbered, and the same for ever, whatever is sent back afterwards."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from io import BytesIO
from threading import Barrier

import pytest
from django.db import connections
from django.test import Client
from pypdf import PdfReader

from members.models import Patron
from money.money import Money
from newsroom import clock
from newsroom.models import Newsroom
from payments import offline, statement_pdf, statements
from payments.models import Payment, Refund, Statement
from tests.conftest import WorldDatabase
from tests.signing_in import patron, sign_in


@pytest.fixture
def olena(db: None) -> Patron:
    return patron("olena@example.org")


def give(giver: Patron, minor: int, currency: str = "EUR", *, days_ago: int = 0, reference: str = "B-1") -> Payment:
    day = clock.today() - timedelta(days=days_ago)
    return offline.record(email=giver.email, amount=Money(minor, currency), received_on=day, reference=reference)


def send_back(payment: Payment, minor: int) -> None:
    """As Stripe's refund would be written."""
    Refund.objects.create(
        stripe_id=f"re_{payment.pk}", payment=payment, amount_minor=minor, currency=payment.currency,
        status="succeeded", created_at=clock.now(),
    )  # fmt: skip


def text_of_pdf(content: bytes) -> str:
    """What stands on the pages, every run of white space as one space."""
    return " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages).split())


def ask(client: Client, **fields: str):
    today = clock.today().isoformat()
    return client.post("/account/statements/", {"first": today, "last": today, "language": "en"} | fields)


def test_statement_is_the_same_after_a_refund_which_the_next_one_tells(olena: Patron, client: Client) -> None:
    sign_in(client, olena)
    payment = give(olena, 2500)
    give(olena, 700, "USD", reference="B-2")
    number = ask(client).headers["Location"].rstrip("/").rpartition("/")[2]
    before = client.get(f"/account/statements/{number}.pdf").content
    page = client.get(f"/account/statements/{number}/").content.decode()
    assert "€25.00" in page
    assert "$7.00" in page
    send_back(payment, 1000)
    Newsroom.objects.update(public_name="Another name", accent="#005500", legal_name="Another one", logo=b"x")
    again = ask(client).headers["Location"].rstrip("/").rpartition("/")[2]
    assert again != number
    assert client.get(f"/account/statements/{number}.pdf").content == before
    assert "Another" not in client.get(f"/account/statements/{number}.pdf").content.decode("latin-1")
    words = text_of_pdf(client.get(f"/account/statements/{again}.pdf").content)
    assert all(said in words for said in (again, "€25.00", "−€10.00", "€15.00", "Another one", "olena@example.org"))


@pytest.mark.parametrize(("language", "said"), [("en", "Statement"), ("uk", "Виписка")])
def test_statement_is_in_the_language_asked_for_whatever_that_of_the_page(
    olena: Patron, client: Client, language: str, said: str
) -> None:
    sign_in(client, olena)
    give(olena, 2500)
    page = client.get(ask(client, language=language).headers["Location"]).content.decode()
    assert f"<h1>{said} S" in page
    assert said in text_of_pdf(statement_pdf.pdf(Statement.objects.get()))


def test_asking_twice_hands_out_one_statement(olena: Patron, client: Client) -> None:
    sign_in(client, olena)
    give(olena, 2500)
    assert ask(client).headers["Location"] == ask(client).headers["Location"]
    assert Statement.objects.count() == 1


def test_asking_eight_times_at_once_hands_out_one_statement(world_db: WorldDatabase) -> None:
    olena = patron("olena@example.org")
    give(olena, 2500)
    today = clock.today()

    def issue(_time: int) -> str:
        try:
            return str(statements.issue(olena, first=today, last=today, language="en"))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        numbers = set(pool.map(issue, range(8)))
    assert len(numbers) == 1
    assert Statement.objects.count() == 1


def test_without_the_lock_on_the_patron_several_would_be_made(world_db: WorldDatabase) -> None:
    """The control of the test above: who looks first and writes then, as here, writes twice."""
    olena, today, both = patron("olena@example.org"), clock.today(), Barrier(2)

    def issue(_time: int) -> None:
        try:
            is_there = Statement.objects.filter(patron=olena, first_on=today, last_on=today).exists()
            both.wait(30)
            if not is_there:
                Statement.objects.create(
                    patron=olena, first_on=today, last_on=today, language="en", content={}, issued_on=today
                )
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(issue, range(2)))
    assert Statement.objects.count() == 2


def test_only_what_happened_on_these_days_in_the_newsrooms_zone_is_on_it(olena: Patron) -> None:
    for days_ago, minor in ((10, 100), (5, 200), (0, 400)):
        give(olena, minor, days_ago=days_ago, reference=f"B-{minor}")
    today = clock.today()
    made = statements.issue(olena, first=today - timedelta(days=9), last=today - timedelta(days=1), language="en")
    assert [line["amount_minor"] for line in made.content["lines"]] == [200]
    Payment.objects.filter(amount_minor=400).update(paid_at=clock.start_of(today) - timedelta(seconds=1))
    made = statements.issue(olena, first=today - timedelta(days=9), last=today - timedelta(days=1), language="en")
    assert [line["amount_minor"] for line in made.content["lines"]] == [200, 400]


def test_after_an_erasure_of_the_name_the_figures_stay(olena: Patron) -> None:
    give(olena, 2500)
    made = statements.issue(olena, first=clock.today(), last=clock.today(), language="en")
    Statement.objects.update(giver="")
    made.refresh_from_db()
    words = text_of_pdf(statement_pdf.pdf(made))
    assert "olena" not in words
    assert "€25.00" in words


def test_year_of_the_letter_presets_the_whole_year(olena: Patron, client: Client) -> None:
    sign_in(client, olena)
    last_year = clock.today().year - 1
    page = client.get(f"/account/statements/?year={last_year}").content.decode()
    assert f'value="{last_year}-01-01"' in page
    assert f'value="{last_year}-12-31"' in page
    for odd in ("99999999", "-1", "0000", "x", "", "2٣45", "9999"):
        today = clock.today()
        page = client.get("/account/statements/", {"year": odd}).content.decode()
        assert f'value="{today.year}-01-01"' in page
        assert f'value="{today.isoformat()}"' in page


@pytest.mark.parametrize(
    ("first", "last", "sentence"),
    [
        ("2026-05-02", "2026-05-01", "The last day lies before the first."),
        ("2026-05-02", "9999-12-31", "The last day has not come yet"),
        ("0001-01-01", "2026-01-01", "A statement covers at most ten years."),
        ("", "2026-01-01", "Write the day as year, month and day"),
        ("yesterday", "2026-01-01", "Write the day as year, month and day"),
        ("2026-02-30", "2026-03-01", "Write the day as year, month and day"),
        ("2026-01-01", "'; DROP TABLE", "Write the day as year, month and day"),
    ],
)
def test_range_that_makes_no_sense_is_refused_in_words(
    olena: Patron, client: Client, first: str, last: str, sentence: str
) -> None:
    sign_in(client, olena)
    answer = ask(client, first=first, last=last)
    assert (answer.status_code, sentence in answer.content.decode()) == (422, True)
    assert not Statement.objects.exists()


def test_anothers_statement_is_answered_as_if_there_were_none(olena: Patron, client: Client) -> None:
    made = statements.issue(olena, first=clock.today(), last=clock.today(), language="en")
    sign_in(client, patron("marko@example.org"))
    wrong_year = str(made).replace(str(made.issued_on.year), "2001")
    for number in (str(made), "S2026-999999999", "S0000-000001", wrong_year):
        assert client.get(f"/account/statements/{number}/").status_code == 404
        assert client.get(f"/account/statements/{number}.pdf").status_code == 404
    assert str(made) not in client.get("/account/statements/").content.decode()


def test_statement_of_quiet_days_says_so(olena: Patron) -> None:
    day = date(2020, 1, 1)
    made = statements.issue(olena, first=day, last=day, language="en")
    assert "Nothing was given or returned on these days." in text_of_pdf(statement_pdf.pdf(made))
    assert statements.totals(made) == []
