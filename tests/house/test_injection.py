"""Three hundred strings that somebody else's program might obey, in every free text at once: no page, letter, file or
header obeys one.

They are put where texts are kept, past the forms, which refuse some: whatever a form lets through today or tomorrow is
among them.
"""

import csv
import email.policy
import json
import re
from collections.abc import Callable
from email.parser import BytesParser
from html import escape
from io import BytesIO, StringIO
from typing import Any
from zipfile import ZipFile

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError
from django.http import HttpResponseBase
from django.test import Client
from openpyxl import load_workbook
from reportlab.lib.pagesizes import A4

from asks.models import Ask
from letters import outbox, sending
from letters.models import Wording
from letters.occasions import OCCASIONS
from members import grants
from members.grants import Grant
from members.models import GrantKind, Patron, Tier
from newsroom import clock
from payments import statements
from payments.models import Dispute, Donation, Invoice, Leaving, Operation, Payment, Refund, RefundRequest
from people import exports
from people.models import Note
from reports.tables import TABLES
from stories.models import Story
from tests.house.authorization import ANYBODY, PAGES
from tests.house.injection import (
    ADDRESSES,
    ALL,
    CELLS,
    FREE,
    HEADERS,
    MADE,
    MARKUP,
    STRINGS,
    Texts,
    kept_texts,
    named,
    obeyed,
)  # fmt: skip
from tests.people.test_cells import begins_formula
from tests.portal.test_gift_memberships import paid
from tests.portal.test_others import ROUTES as ACCOUNT
from tests.portal.test_payments import give
from tests.reports.conftest import running
from tests.reports.places import NO_PAGES, STAFF, rows_to_look_at
from tests.reports.test_exports import PAGE, content, wish
from tests.signing_in import at_once, patron
from tests.voting.world import close, member, opened
from voting import rounds, suggestions
from voting.models import Topic, TopicChange

NUMBER = re.compile(r"[-+]?[0-9.,]+")


def test_there_are_three_hundred():
    assert len(set(STRINGS)) == len(STRINGS) >= 300


def test_every_text_that_is_kept_is_tried_or_is_nobodys_own_words():
    made = [field for fields in MADE.values() for field in named(fields)]
    assert kept_texts() - named(FREE) - set(made) == set(), "whose words are these?"
    assert sorted([*named(FREE), *made]) == sorted(kept_texts()), "gone, or named twice"


@pytest.mark.parametrize("text", ADDRESSES)
def test_no_story_lives_at_an_address_that_a_browser_would_run(db: None, text: str):
    with pytest.raises(IntegrityError, match="story_is_a_page"):
        Story.objects.create(url=text)


PLACES = (
    "<p>%s</p>", '<p title="%s">', "<p title='%s'>", "<input value=%s>", "<textarea>%s</textarea>", "<title>%s</title>",
    "<style>p { content: '%s' }</style>", "<!-- %s -->",
)  # fmt: skip


def test_control_what_is_not_escaped_is_found():
    for text in (*MARKUP[:10], "pwn1337", "<p onfocus=pwn()>", '<a href="java\tscript:pwn()">'):
        assert obeyed(text), text


@pytest.mark.parametrize("place", PLACES)
def test_control_strings_that_stand_together_hide_nothing(place: str):
    """Whatever a page forgets to escape, it is found with all strings at once if it is with one of them alone."""
    forgetful: list[Callable[[str], str]] = [
        str,
        lambda text: text.replace("<", "&lt;").replace(">", "&gt;"),
        lambda text: text.replace('"', "&quot;").replace("'", "&#x27;"),
        lambda text: escape(text, quote=False),
        lambda text: escape(text).replace("&#x27;", "'"),
        lambda text: escape(text).replace("&quot;", '"'),
        lambda text: text.replace("script", ""),
        lambda text: text.replace("<script", "&lt;script").replace("onerror", ""),
    ]
    for number, forget in enumerate(forgetful):
        alone = any(obeyed(place % forget(string)) for string in STRINGS)
        assert bool(obeyed(place % forget(ALL))) == alone, number
    # Nor does one hide among others that are escaped as they should be.
    before, after = escape(" ".join(HEADERS)), escape(" ".join(ADDRESSES))
    for string in STRINGS:
        if obeyed(place % string):
            assert obeyed(place % f"{before} {string} {after}"), string


@pytest.fixture
def admin(db: None) -> Patron:
    return patron("eve@newsroom.example", "admin", second_factor=True)


@pytest.fixture(autouse=True)
def long_paper(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sheets on which all strings have room, for what is printed as PDF."""
    monkeypatch.setattr("payments.paper.A4", (A4[0], 1_000_000))


@pytest.fixture
def places(admin: Patron) -> list[tuple[Client, str]]:
    """Everything that a page can show is there; the pages of staff, of a patron and of everybody."""
    found = {name: str(pk) for name, pk in rows_to_look_at(admin).items()}
    Tier.objects.get_or_create(slug="friend", defaults={"name_en": "Friend", "name_uk": "Друг"})
    voter = member("halyna@example.org")
    held = close(opened("courts", "mines", slug="autumn"))
    rounds.count_again(held, reason="A mistake.", actor=admin)
    assert rounds.count_due() == 1
    rounds.count_again(held, reason="Another.", actor=admin)
    winter = opened("lakes", "ports", slug="winter")
    rounds.withdraw(winter, Topic.objects.get(slug="ports"), reason="…", actor=admin)
    idea = suggestions.suggest(voter, title="A port", why="…", links="", language="en")
    suggestions.decline(idea, actor=admin, answer="…", public_reason="…")
    payment, gift, today = give(voter, reference="B-77"), paid(voter), clock.today()
    statement = statements.issue(voter, first=today, last=today, language="en")
    Story.objects.create(url="https://newsroom.example/a")
    Ask.objects.create(slug="footer", title="Footer")
    Leaving.objects.create(donation=payment.donation, wish="w", words="…")
    Donation.objects.filter(pk=payment.donation_id).update(display="named", shown_as="…")
    Payment.objects.filter(pk=payment.pk).update(display="named", shown_as="…")
    RefundRequest.objects.create(payment=payment, amount_minor=100, reason="…", asked_by=admin)
    RefundRequest.objects.create(
        payment=payment, amount_minor=100, reason="…", asked_by=admin, decided_by=voter, decided_at=clock.now(),
        declined_because="…",
    )  # fmt: skip
    Note.objects.create(patron=voter, author=admin, text="…")
    grants.give(patron("ivan@example.org"), Grant(GrantKind.SOLIDARITY, today, "…"), actor=admin)
    TopicChange.objects.create(topic=Topic.objects.get(slug="courts"), state="reporting", reason="…", actor=admin)
    Wording.objects.create(occasion="receipt", language="en", subject="…")
    failing, key = running(voter), Authenticator.objects.create(user=voter, type="webauthn", data=PASSKEY)
    what_machines_say(voter, payment, failing)
    found["patron"] = str(voter.pk)
    days = {"rows/lines/": f"?first={today}&last={today}"}
    days["rows/invoices/"] = f"?what=due&month={today:%Y-%m}"
    days |= {f"rows/{name}/": f"?month={today:%Y-%m}" for name in ("movements", "payments")}
    staff = [f"/reports/{STAFF.get(route, route)}".format(**found) + days.get(route, "") for route in STAFF_ROUTES]
    staff += ["/admin/", "/admin/members/patron/", f"/admin/members/patron/{voter.pk}/change/"]
    staff += [f"/admin/members/patron/{voter.pk}/history/", f"/reports/rounds/{winter.pk}/preview/"]
    numbers: dict[str, object] = {
        "donation": failing.reference, "gift": gift.reference, "payment": payment.pk, "receipt": payment.receipt,
        "statement": statement, "passkey": key.pk,
    }  # fmt: skip
    account = [f"/{path % numbers[what]}" for path, what in ACCOUNT.values() if what in numbers and "card" not in path]
    account += [f"/{route}" for route, who in PAGES.items() if who == "patron" and not set("<(") & set(route)]
    account += ["/account/second-factor/"]
    public = [f"/{route}" for route in PUBLIC]
    public += [f"/rounds/{slug}/" for slug in ("autumn", "winter")] + ["/rounds/autumn/results/", "/topics/courts/"]
    return [
        *((at_once(admin), path) for path in staff),
        *((at_once(voter), path) for path in [*account, "/rounds/winter/"]),
        *((Client(), path) for path in public),
    ]


PASSKEY = {"name": "Key", "credential": {}}


def what_machines_say(voter: Patron, payment: Payment, failing: Donation) -> None:
    """Rows that tell what Stripe, a bank or Django's admin said."""
    now, eur = clock.now(), {"amount_minor": 100, "currency": "EUR"}
    Invoice.objects.create(
        stripe_id="in_1", donation=failing, status="open", amount_due_minor=500, currency="EUR", period_start=now,
        period_end=now, attempt_count=1, created_at=now, first_failed_at=now, failure_code="expired_card",
    ).attempts.create(stripe_id="ch_1", tried_at=now, failure_code="expired_card")  # fmt: skip
    Refund.objects.create(stripe_id="re_1", payment=payment, status="failed", created_at=now, **eur)
    Dispute.objects.create(stripe_id="dp_1", payment=payment, status="needs_response", created_at=now, **eur)
    Operation.objects.create(kind="refund", key="k", path="/v1/refunds", state="refused", error="…", payment=payment)
    voter.address_changes.create(before=voter.email, after="h@example.org")
    EmailAddress.objects.create(user=voter, email=voter.email, verified=True, primary=True)
    LogEntry.objects.create(
        user=voter, content_type=ContentType.objects.get_for_model(Patron), object_id=str(voter.pk), object_repr="…",
        action_flag=CHANGE,
    )  # fmt: skip


STAFF_ROUTES = {route.removeprefix("reports/") for route in PAGES if route.startswith("reports/")} - NO_PAGES
PUBLIC = {route for route, who in PAGES.items() if who == ANYBODY and "<" not in route and "admin" not in route}


def has_a_header(answer: HttpResponseBase) -> bool:
    return any("pwn" in name.lower() or "\r" in value or "\n" in value for name, value in answer.headers.items())


def test_no_page_obeys(places: list[tuple[Client, str]]) -> None:
    """All strings at once in every field; then one that reads as an address at the beginning of each."""
    texts, found = Texts(), list[str]()
    for turn in range(1 + len(ADDRESSES)):
        texts.fill(lambda number, turn=turn: ADDRESSES[(turn + number) % len(ADDRESSES)] if turn else ALL)  # type: ignore[misc]
        assert texts.untouched() == set()
        shown = []
        for browser, path in places:
            answer = browser.get(path, headers={"accept-language": ("en", "uk")[turn % 2]})
            assert answer.status_code < 500, path
            assert not has_a_header(answer), path
            if "html" in answer.headers.get("Content-Type", "") and "pwn" in (page := answer.content.decode()):
                shown.append((browser, path))
                found += [f"{path}: {one}" for one in obeyed(page)]
        assert found == []
        places = shown  # what shows nobody's words has been looked at once
    assert len(places) > 90


def formulas(cells: list[str]) -> list[str]:
    return [cell for cell in cells if begins_formula(cell) and not NUMBER.fullmatch(cell)]


def lines(file: bytes) -> list[str]:
    """The cells of a CSV, read by a program that knows it."""
    return [cell for row in csv.reader(StringIO(file.decode("utf-8-sig"), newline="")) for cell in row]


def test_no_file_obeys(admin: Patron, places: list[tuple[Client, str]]) -> None:
    """Every table in both formats and what a patron takes away, whichever formula each field begins with."""
    texts, browser, halyna = Texts(), at_once(admin), Patron.objects.get(email="halyna@example.org")
    for turn in range(1 + len(CELLS)):
        texts.fill(lambda number, turn=turn: CELLS[(turn + number) % len(CELLS)] if turn else ALL)  # type: ignore[misc]
        for table in TABLES:
            asked = wish(table=table, reason="for the year")
            answer = browser.post(PAGE, asked)
            assert not has_a_header(answer)
            assert formulas(lines(content(answer))) == [], table
            sheet = load_workbook(BytesIO(content(browser.post(PAGE, asked | {"format": "xlsx"})))).active
            assert sheet is not None
            cells = [cell for row in sheet.iter_rows() for cell in row if cell.data_type in {"s", "f"}]
            assert formulas([str(cell.value) for cell in cells]) == [], table
            assert {cell.data_type for cell in cells} == {"s"}, table
        with ZipFile(BytesIO(exports.packed(halyna))) as taken:
            for name in taken.namelist():
                if name.endswith(".csv"):
                    assert formulas(lines(taken.read(name))) == [], name
                elif name.endswith(".json"):
                    json.loads(taken.read(name))


def printed(value: Any, text: str) -> Any:
    """A letter's context with another text in the place of each of its own; addresses of pages stay."""
    if isinstance(value, dict):
        return {name: printed(one, text) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return tuple(printed(one, text) for one in value)
    return text if isinstance(value, str) and value and not value.startswith("http") else value


@pytest.mark.parametrize("language", ["en", "uk"])
def test_no_letter_obeys(db: None, language: str) -> None:
    """Each occasion with all strings in the place of whatever it tells, then with each alone that could begin a header
    or an address, by turns in one language or the other; the newsroom calls itself so, too, and half of the occasions
    are in its own words."""
    found = []
    for name in list(OCCASIONS)[::2]:
        Wording.objects.create(occasion=name, language=language, subject="…", opening="…", closing="…")
    texts = Texts()
    for turn, text in enumerate([ALL, *[*HEADERS, *ADDRESSES][language == "uk" :: 2]]):
        texts.fill(lambda _number, text=text: text)  # type: ignore[misc]
        for name, occasion in OCCASIONS.items():
            letter = outbox.write(
                occasion=name, key=f"{name}:{turn}", to="olena@example.org", language=language,
                context=printed(occasion.example(language), text), is_neutral=bool(turn % 2),
            )  # fmt: skip
            assert letter
            message = BytesParser(policy=email.policy.default).parsebytes(sending.compose(letter).message().as_bytes())
            assert not [header for header in message if "pwn" in header.lower() or header.lower() == "bcc"]
            assert not message.defects
            for part in message.walk():
                if part.get_content_type() == "text/html":
                    found += [f"{name}: {one}" for one in obeyed(part.get_content())]
    assert found == []
