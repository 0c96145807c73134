"""What the letters of money say, in both languages and both parts."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.core import signing
from django.utils import translation

from letters import moulds, outbox
from letters.models import Letter
from members.models import Membership, Patron
from newsroom import theme
from newsroom.models import Newsroom
from payments import emails, reminder_emails, wording
from payments.models import Dispute, Donation, Invoice, Receipt
from tests.payments import rows

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def newsroom() -> Newsroom:
    row = Newsroom.current()
    row.public_name, row.legal_name, row.accent = "Bereg", "NGO Bereg", "#9b2226"
    row.reply_to, row.finance_email = "hello@bereg.example", "finance@bereg.example"
    row.receipt_wording_en, row.receipt_wording_uk = "Not tax deductible.", "Дякуємо від редакції."
    row.save()
    return row


def _failed(code: str, **facts: Any) -> Callable[[str], Any]:
    return lambda language: emails.payment_failed(
        rows.invoice(rows.monthly(language=language), failure_code=code, **facts)
    )


def _receipt(language: str, donation: Any = None) -> Any:
    donation = donation or rows.monthly(language=language)
    paid = rows.payment(
        donation, **({"invoice": rows.invoice(donation, status="paid")} if donation.is_recurring else {})
    )
    rows.receipt(paid)
    return emails.receipt(paid)


def _refunded(language: str, *parts: int) -> Any:
    paid = rows.payment(rows.once(language=language))
    return [emails.refunded(rows.refund(paid, part)) for part in parts][-1]


def _second(language: str) -> Any:
    first = rows.monthly(language=language)
    second = rows.monthly(
        patron=first.patron, subscription="sub_2", amount_minor=1000, is_second=True, language=language
    )
    return emails.second_subscription(second)


def _cancelled(language: str, **facts: Any) -> Any:
    return emails.cancelled(rows.monthly(language=language, **facts))


def _dispute(language: str, **facts: Any) -> Any:
    Newsroom.objects.update(languages=[language])
    (letter,) = emails.dispute_opened(rows.dispute(rows.payment(rows.once(language=language)), **facts))
    return letter


def _reminder(draft: outbox.Draft) -> Any:
    return outbox.write(**vars(draft))


ZONE = ZoneInfo("Europe/Kyiv")
YEARLY = {"interval": "yearly", "amount_minor": 6000}
ENDED_AT = datetime(2026, 12, 10, 12, 0, tzinfo=UTC)
LETTERS: dict[str, Callable[[str], Any]] = {
    "welcome monthly": lambda language: emails.welcome(rows.monthly(language=language)),
    "welcome once": lambda language: emails.welcome(rows.once(language=language)),
    "receipt monthly": _receipt,
    "receipt once": lambda language: _receipt(language, rows.once(language=language)),
    "failed funds": _failed("insufficient_funds"),
    "failed funds last": _failed("insufficient_funds", next_attempt_at=None, attempt_count=4),
    "failed expired": _failed("expired_card"),
    "failed confirmation": _failed("authentication_required", next_attempt_at=None),
    "failed lost": _failed("lost_card"),
    "failed unsaid": _failed("do_not_honor"),
    "card expiring": lambda language: _reminder(reminder_emails.card_expiring(rows.monthly(language=language), ZONE)),
    "renewal": lambda language: _reminder(reminder_emails.renewal(rows.monthly(**YEARLY, language=language), ZONE)),
    "renewal soon": lambda language: _reminder(
        reminder_emails.renewal(rows.monthly(**YEARLY, language=language), ZONE, is_soon=True)
    ),
    "pause ending": lambda language: _reminder(
        reminder_emails.pause_ending(
            rows.monthly(language=language, paused_at=rows.PAID_AT, resumes_at=rows.PAID_AT), ZONE
        )
    ),
    "statement ready": lambda language: _reminder(
        reminder_emails.statement_ready(rows.patron(language=language), 2026)
    ),
    "cancelled later": lambda language: _cancelled(language, cancels_at=rows.NEXT_AT),
    "cancelled now": lambda language: _cancelled(
        language, subscription_status="canceled", state="ended", subscription_ended_at=ENDED_AT
    ),
    "cancelled unpaid": lambda language: _cancelled(
        language, subscription_ended_at=ENDED_AT, stripe_end_reason="payment_failed"
    ),
    "cancelled disputed": lambda language: _cancelled(
        language, subscription_ended_at=ENDED_AT, stripe_end_reason="payment_disputed"
    ),
    "refunded full": lambda language: _refunded(language, 2500),
    "refunded part": lambda language: _refunded(language, 1000),
    "refunded rest": lambda language: _refunded(language, 1000, 1500),
    "second subscription": _second,
    "raised": lambda language: emails.raised(rows.monthly(language=language, amount_minor=1000)),
    "dispute": _dispute,
    "dispute inquiry": lambda language: _dispute(language, status="warning_needs_response", evidence_due_at=None),
}


class _Page(HTMLParser):
    """The visible words, links and remote things of an HTML letter."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words, self.links, self.tags = "", list[str](), set[str]()
        self._hidden = False
        self.feed(html)
        self.words = " ".join(self.words.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self._hidden = tag in {"style", "title"}
        self.links += [value or "" for name, value in attrs if name in {"href", "src", "background"}]

    def handle_endtag(self, _tag: str) -> None:
        self._hidden = False

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.words += f" {data}"


@pytest.fixture(params=["en", "uk"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("name", LETTERS)
def test_every_letter_says_all_of_it_in_both_parts(name: str, language: str) -> None:
    letter: Letter = LETTERS[name](language)
    page = _Page(letter.html)
    for line in letter.text.splitlines():
        for piece in line.split(": ", 1) if len(line) < 100 else [line]:
            # A link in the text stands alone in a span of its own in the other part.
            for words in re.split(r"https?://\S+", piece):
                assert " ".join(words.split()).strip(": ") in page.words
    assert f'<html lang="{language}">' in letter.html
    assert "%(" not in letter.text + letter.html
    assert "\n\n\n" not in letter.text
    assert not page.tags & {"img", "script", "iframe", "link", "svg", "object"}
    ours = (settings.SITE_URL, "https://invoice.stripe.com/", "https://dashboard.stripe.com/")
    assert page.links
    assert all(link.startswith(ours) for link in page.links)
    assert all(link.startswith(ours) for link in re.findall(r"https?://\S+", letter.text))
    assert "url(" not in letter.html
    assert letter.subject
    assert "\n" not in letter.subject


@pytest.mark.parametrize("name", LETTERS)
def test_ukrainian_letters_are_ukrainian_throughout(name: str) -> None:
    letter: Letter = LETTERS[name]("uk")
    foreign = re.sub(r"https?://\S+|\S+@\S+", "", letter.subject + letter.text)
    latin = set(re.findall(r"[A-Za-z_]{2,}", foreign))
    assert latin <= {"Bereg", "Visa", "PDF", "Stripe", "UTC", "dp_"}


@pytest.mark.parametrize(
    "name", [name for name in LETTERS if "receipt" in name or "welcome" in name or name == "raised"]
)
def test_next_charge_is_named_with_amount_day_and_card_or_denied(name: str) -> None:
    text = LETTERS[name]("en").text
    if "once" in name:
        assert "nothing more will be charged" in text
        assert "Next charge" not in text
    else:
        amount = "€10.00" if name == "raised" else "€5.00"
        assert f"Next charge: {amount}, 31 December 2026, Visa ····4242" in text
        assert "http://127.0.0.1:8000/account/" in text


def test_each_cause_of_a_failed_payment_has_its_own_words() -> None:
    said = {name: LETTERS[name] for name in LETTERS if name.startswith("failed")}
    texts = {}
    for name, make in said.items():
        texts[name] = make("en").text
        Letter.objects.all().delete()
        Invoice.objects.all().delete()
        Donation.objects.all().delete()
        Patron.objects.all().delete()
    assert len(set(texts.values())) == len(texts)
    assert all("https://invoice.stripe.com/i/acct_1/test_1" in text for text in texts.values())
    assert "not enough money" in texts["failed funds"]
    assert "try again on 3 December 2026" in texts["failed funds"]
    assert "last attempt" in texts["failed funds last"]
    assert "has expired" in texts["failed expired"]
    assert "another card" in texts["failed expired"]
    assert "Your card is fine" in texts["failed confirmation"]
    assert "another card" not in texts["failed confirmation"]
    assert "last attempt" not in texts["failed confirmation"]
    for word in ("lost", "stolen"):
        assert word not in texts["failed lost"]
    assert "did not tell us why" in texts["failed unsaid"]


@pytest.mark.parametrize("code", sorted(set().union(*wording.CAUSES.values())))
def test_every_known_code_has_one_cause(code: str) -> None:
    assert sum(code in codes for codes in wording.CAUSES.values()) == 1
    assert wording.cause(code) != "unsaid"


def test_receipt_carries_number_and_attachment() -> None:
    letter = _receipt("uk")
    assert letter.subject == "Ваша квитанція 2026-000012: 5,00\xa0€".replace("\xa0", " ")
    assert letter.attachment == f"receipt:{Receipt.objects.get().pk}"
    assert "Дякуємо від редакції." in letter.text
    assert "Сплачено: 1 грудня 2026 року" in letter.text


def test_cancelled_letter_says_when_and_why_and_how_to_come_back() -> None:
    giver = rows.patron()
    donation = rows.monthly(patron=giver, cancels_at=rows.NEXT_AT)
    donation.membership = Membership.objects.create(
        patron=giver, amount_minor=500, currency="EUR", interval_months=1, monthly_minor=500,
        first_paid_at=rows.PAID_AT, paid_through=date(2099, 12, 30),
    )  # fmt: skip
    donation.save()
    letter = emails.cancelled(donation)
    assert letter is not None
    assert "ends on 31 December 2026, as you asked. Nothing more will be charged." in letter.text
    assert f"http://127.0.0.1:8000/account/donations/{donation.reference}/return/" in letter.text
    donation.subscription_ended_at = ENDED_AT
    donation.save()
    second = emails.cancelled(donation)
    assert second is not None
    assert "ended on 10 December 2026" in second.text
    assert "a member until 30 December 2099" in second.text


def test_refund_in_two_parts_ends_in_full() -> None:
    paid = rows.payment(rows.once())
    part, rest = emails.refunded(rows.refund(paid, 1000)), emails.refunded(rows.refund(paid, 1500))
    assert part is not None
    assert rest is not None
    assert "a part of your payment: £10.00" in part.text
    assert "the rest of your payment: £15.00. With that it is refunded in full." in rest.text
    assert "5 to 10 working days" in rest.text


def test_dispute_goes_to_finance_with_the_deadline_in_the_newsrooms_zone(newsroom: Newsroom) -> None:
    letter = _dispute("en")
    assert (letter.to, letter.patron) == ("finance@bereg.example", None)
    assert "Evidence due: 10 January 2027, 01:59 (UTC+02:00)" in letter.text
    assert "the cardholder says the payment was not theirs" in letter.text
    assert "https://dashboard.stripe.com/test/payments/pi_1" in letter.text
    assert "Olena" not in letter.text + letter.html
    newsroom.refresh_from_db()
    newsroom.finance_email = ""
    newsroom.save()
    rows.patron(email="admin@bereg.example", role="admin")
    dispute = Dispute.objects.get()
    Letter.objects.all().delete()
    assert [sent.to for sent in emails.dispute_opened(dispute)] == ["admin@bereg.example"]
    for number in (1, 2):
        rows.patron(email=f"finance{number}@bereg.example", role="finance")
    assert len(emails.dispute_opened(dispute)) == 2
    assert emails.dispute_opened(dispute) == []


def test_second_subscription_links_to_its_own_decision() -> None:
    letter = _second("en")
    (token,) = re.findall(r"http://127\.0\.0\.1:8000/support/second/([^/\s]+)/", letter.text)
    second = Donation.objects.get(is_second=True)
    assert signing.loads(token, salt="payments.second") == str(second.reference)
    assert "support us with €5.00 a month, and now a second support has been added: €10.00 a month" in letter.text


def test_same_fact_told_twice_is_one_letter() -> None:
    donation = rows.monthly()
    assert emails.welcome(donation) is not None
    assert emails.welcome(donation) is None
    invoice = rows.invoice(donation)
    assert emails.payment_failed(invoice) is not None
    assert emails.payment_failed(invoice) is None
    invoice.attempt_count = 2
    assert emails.payment_failed(invoice) is None  # no news
    invoice.failure_code = "expired_card"
    assert emails.payment_failed(invoice) is not None


def test_erased_giver_is_not_written_to() -> None:
    assert emails.welcome(rows.once(patron=None, email="", name="")) is None


@pytest.mark.parametrize(
    "name", ["see http://evil.example", "evil.example", "a@b.c", "<b>x</b>", "call 555", "www evil"]
)
def test_name_that_advertises_is_not_greeted(name: str) -> None:
    letter = emails.welcome(rows.once(patron=None, email="guest@example.org", name=name))
    assert letter is not None
    assert letter.text.startswith("Hello,")
    assert name not in letter.text + letter.html


def test_name_is_greeted_and_escaped_where_needed() -> None:
    letter = emails.welcome(rows.once(patron=None, email="guest@example.org", name='O\'Hara & "Sons"'))
    assert letter is not None
    assert letter.text.startswith('Dear O\'Hara & "Sons",')
    assert "Dear O&#x27;Hara &amp; &quot;Sons&quot;," in letter.html or 'Dear O\'Hara &amp; "Sons",' in letter.html


def test_letter_is_in_the_patrons_language_whatever_the_page_was_in() -> None:
    donation = rows.monthly(language="uk")
    with translation.override("en"):
        letter = emails.welcome(donation)
    assert letter is not None
    assert letter.language == "uk"
    assert "Наступне списання: 5,00\xa0€, 31 грудня 2026 року, Visa ····4242" in letter.text


@pytest.mark.parametrize("accent", ["#9b2226", "#ffff00", "#000000", "#ffffff", "#1a73e8"])
def test_any_accent_stays_readable_on_light_and_dark(accent: str, newsroom: Newsroom) -> None:
    Newsroom.objects.update(accent=accent)
    letter = emails.welcome(rows.once())
    assert letter is not None
    light, dark = theme.readable(accent, moulds.LIGHT), theme.readable(accent, moulds.DARK)
    assert f"background-color: {light}" in letter.html
    assert f"background-color: {dark} !important" in letter.html
    assert theme.contrast(light, "#ffffff") >= theme.ENOUGH  # the button's own text
    assert theme.contrast(dark, "#16130f") >= theme.ENOUGH
