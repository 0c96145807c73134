"""The pages of gift memberships: bad input stores nothing, looking claims nothing, a used link is like none."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from letters.models import Letter
from members import gifts
from members.models import GiftMembership, MailedCode, Membership, Patron
from newsroom import clock
from tests.members.test_gift_memberships import paid, token
from tests.public.conftest import Reader, nothing_stored
from tests.signing_in import patron, sign_in

FILLED = {
    "months": "6", "currency": "EUR", "amount": "5.00", "other_amount": "", "recipient_name": "", "recipient_email": "",
    "deliver_on": "", "message": "", "giver_name": "", "language": "en", "email": "",
}  # fmt: skip


def send(reader: Reader, **fields: str) -> Any:
    page = reader.get("/support/gift/").content.decode()
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert found
    body = urlencode(FILLED | fields | {"csrfmiddlewaretoken": found[1]}).encode()
    return reader.client.generic("POST", "/support/gift/", body, "application/x-www-form-urlencoded")


@pytest.mark.parametrize(
    ("field", "value", "status"),
    [
        ("months", "5", 422), ("months", "", 422), ("months", "6.0", 422), ("months", "-6", 422),
        ("months", "seven", 422),
        ("currency", "XXX", 422), ("currency", "", 422),
        ("amount", "0", 422), ("amount", "-5", 422), ("amount", "1e3", 422), ("amount", "1,000", 422),
        ("amount", "", 422),
        ("amount", "1.99", 422), ("amount", "5000", 422), ("amount", "9" * 30, 422),
        ("recipient_email", "nobody", 422), ("recipient_email", "x" * 300 + "@example.org", 422),
        ("recipient_name", "n" * 101, 422), ("recipient_name", "see evil.com", 422), ("recipient_name", "a\0b", 400),
        ("giver_name", "https://evil.example/", 422), ("giver_name", "me@evil.example", 422),
        ("giver_name", "g" * 101, 422),
        ("message", "m" * 501, 422), ("message", "look at www.evil.example", 422), ("message", "\x1b[31m", 400),
        ("deliver_on", "tomorrow", 422), ("deliver_on", "2020-02-02", 422), ("deliver_on", "2999-01-01", 422),
        ("deliver_on", "31.01.2027", 422), ("language", "fr", 422), ("email", "a@b", 422),
        ("interval", "once", 400), ("cover_fee", "on", 400), ("paid_at", "2026-01-01", 400),
    ],
)  # fmt: skip
def test_whatever_is_sent_is_answered_and_nothing_is_stored(
    reader: Reader, field: str, value: str, status: int
) -> None:
    answer = send(reader, **{field: value})
    page = answer.content.decode()
    assert answer.status_code == status
    assert nothing_stored()
    assert not GiftMembership.objects.exists()
    if status == 422:
        assert 'role="alert"' in page


def test_what_was_typed_stays_and_the_error_leads_to_its_field(reader: Reader) -> None:
    page = send(
        reader, deliver_on="2020-02-02", giver_name="Olena", message="keep <this>", months="12"
    ).content.decode()
    assert 'href="#deliver_on"' in page
    assert 'aria-describedby="deliver_on-error deliver_on-hint"' in page
    assert 'value="Olena"' in page
    assert "keep &lt;this&gt;" in page
    assert re.search(r'name="months" value="12"[^>]*checked', page)


@pytest.mark.parametrize("value", ["NaN", "-5", "<script>", "EUR' OR 1=1", "ї" * 100])
def test_a_mistyped_link_still_leads_to_the_form(reader: Reader, value: str) -> None:
    answer = reader.get("/support/gift/?" + urlencode(dict.fromkeys(("amount", "currency", "months", "story"), value)))
    assert answer.status_code == 200
    assert "<script>" not in answer.content.decode().split("</head>")[1]


def test_the_line_names_months_price_and_sum_for_every_choice(reader: Reader) -> None:
    page = reader.get("/support/gift/?currency=JPY&amount=700").content.decode()
    for months, total in ((3, "¥2,100"), (6, "¥4,200"), (12, "¥8,400")):
        assert f"{months} months × ¥700 = <strong>{total}</strong>" in page


# -- claiming ---------------------------------------------------------------------------------------------------------


def claim_at(gift: GiftMembership) -> str:
    return f"/support/gift/claim/{token(gift)}/"


def test_looking_claims_nothing(db: None, client: Client) -> None:
    gift = paid()
    for _look in range(3):
        assert client.get(claim_at(gift)).status_code == 200
        assert client.head(claim_at(gift)).status_code == 200
    assert Client(enforce_csrf_checks=True).post(claim_at(gift), {"email": "a@example.org"}).status_code == 403
    gift.refresh_from_db()
    assert gift.claimed_at is None
    assert not Letter.objects.filter(occasion="gift_claim_code").exists()


def test_a_used_a_withdrawn_and_a_forgotten_link_are_answered_like_one_that_never_was(db: None, client: Client) -> None:
    used, withdrawn, lapsed = paid(1), paid(2), paid(3)
    gifts.claim(token(used), patron("friend@example.org"))
    gifts.follow(
        withdrawn, buyer=patron("buyer@example.org"), paid_at=clock.now(), returned_at=clock.now(), is_disputed=False
    )
    GiftMembership.objects.filter(pk=lapsed.pk).update(
        lapsed_at=clock.now(), recipient_name="", recipient_email="", message=""
    )
    answers = [client.get(claim_at(gift)) for gift in (used, withdrawn, lapsed)] + [
        client.get("/support/gift/claim/x/")
    ]
    assert {answer.status_code for answer in answers} == {404}
    pages = {re.sub(r"/support/gift/claim/[^/]+/", "", answer.content.decode()) for answer in answers}
    assert len(pages) == 1
    assert "no gift membership that can still be claimed" in pages.pop()
    signed_in = sign_in(Client(), Patron.objects.get(email="friend@example.org"))
    assert "The membership is yours" in signed_in.get(claim_at(used)).content.decode()


def test_guessing_links_ends_at_a_gate(db: None, client: Client) -> None:
    statuses = [client.get(f"/support/gift/claim/{number}/").status_code for number in range(31)]
    assert statuses == [404] * 30 + [429]
    assert client.get(claim_at(paid())).status_code == 200, "a good link is no guess"


def test_a_code_that_is_wrong_claims_nothing_and_the_right_one_once(db: None, client: Client) -> None:
    gift, at = paid(), clock.today()
    assert "code" in client.post(claim_at(gift), {"email": "Friend@Example.org"}).content.decode()
    letter = Letter.objects.get(occasion="gift_claim_code")
    assert (letter.to, letter.patron) == ("friend@example.org", None)
    found = re.search(r"\d{4}-\d{4}", letter.text)
    assert found
    wrong = "0000-0000" if found[0] != "0000-0000" else "1111-1111"
    answer = client.post(claim_at(gift), {"email": "friend@example.org", "code": wrong})
    assert answer.status_code == 422
    assert not Patron.objects.filter(email="friend@example.org").exists()
    assert Client().post(claim_at(gift), {"email": "friend@example.org", "code": found[0]}).status_code == 422
    answer = client.post(claim_at(gift), {"email": "friend@example.org", "code": found[0]})
    assert "The membership is yours" in answer.content.decode()
    assert Membership.objects.get().paid_through == clock.months_later(at, 6)
    assert client.post(claim_at(gift), {"email": "friend@example.org", "code": found[0]}).status_code == 404


def test_somebody_with_an_account_gets_the_same_code_page(db: None) -> None:
    patron("known@example.org")
    gift, pages = paid(), []
    for email in ("known@example.org", "unknown@example.org"):
        page = Client().post(claim_at(gift), {"email": email}).content.decode()
        pages.append(re.sub(r'value="[A-Za-z0-9]{64}"', "", page).replace(email, ""))
    assert pages[0] == pages[1]
    assert MailedCode.objects.count() == 2


def test_the_signed_in_claim_with_one_press_and_see_from_when_it_counts(db: None, client: Client) -> None:
    friend = patron("friend@example.org")
    sign_in(client, friend)
    first, second = paid(1), paid(2)
    assert "The membership is yours" in client.post(claim_at(first)).content.decode()
    assert "The membership is yours" in client.post(claim_at(first)).content.decode(), "a double click is no error"
    later = clock.months_later(clock.today(), 6)
    assert f"{later.day} {later:%B %Y}" in client.get(claim_at(second)).content.decode()
    assert Membership.objects.count() == 1


def test_a_code_is_over_after_ten_minutes(db: None, client: Client) -> None:
    gift = paid()
    client.post(claim_at(gift), {"email": "friend@example.org"})
    found = re.search(r"\d{4}-\d{4}", Letter.objects.get(occasion="gift_claim_code").text)
    assert found
    clock.move(timedelta(minutes=11))
    assert client.post(claim_at(gift), {"email": "friend@example.org", "code": found[0]}).status_code == 422
    assert not Membership.objects.exists()
