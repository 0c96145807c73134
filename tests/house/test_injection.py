"""Three hundred strings that somebody else's program might obey, in every free text at once: no page, letter, file or
header obeys one.

They are put where texts are kept, past the forms, which refuse some: whatever a form lets through today or tomorrow is
among them.
"""

import csv
import email.policy
import json
import re
from contextlib import suppress
from email.parser import BytesParser
from html.parser import HTMLParser
from io import BytesIO, StringIO
from itertools import product
from typing import Any
from zipfile import ZipFile

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction
from django.test import Client
from openpyxl import load_workbook

from asks.models import Ask
from audit import log
from letters import outbox, sending
from letters.models import Wording
from letters.occasions import OCCASIONS
from members import grants
from members.grants import Grant
from members.models import GrantKind, Patron, Tier
from newsroom import clock
from payments import statements
from payments.models import Donation, Leaving, Payment, RefundRequest
from people import exports
from people.models import Note
from reports.tables import TABLES
from stories.models import Story
from tests.house.authorization import ANYBODY, PAGES
from tests.people.test_cells import FORMULAS, begins_formula
from tests.portal.test_gift_memberships import paid
from tests.portal.test_others import ROUTES as ACCOUNT
from tests.portal.test_payments import give
from tests.reports.places import NO_PAGES, STAFF, rows_to_look_at
from tests.reports.test_exports import PAGE, content, wish
from tests.signing_in import at_once, patron
from tests.voting.world import close, member, opened
from voting import rounds, suggestions
from voting.models import Topic, TopicChange

# Each calls itself by the one name, so that a page can be asked whether anything of it came to life.
MARKUP = [
    "<script>pwn()</script>", "<img src=x onerror=pwn()>", "<svg/onload=pwn()>", "<pwn>", "<b pwn>", "<a href=//pwn>",
    "<iframe src=//pwn>", "<base href=//pwn/>", "<link rel=stylesheet href=//pwn>", "<style>@import '//pwn'</style>",
    "<form action=//pwn>", "<meta http-equiv=refresh content=0;//pwn>", "<object data=//pwn>", "<embed src=//pwn>",
    "</title><script>pwn()</script>", "</textarea><pwn>", "</style><pwn>", "</script><pwn>", "--><pwn>", "]]><pwn>",
]  # fmt: skip
BREAKS = ["", '"', "'", '">', "'>", "`", "\\", "\\'", "&quot;", "&#34;>", "</", "\u2028"]
COMMANDS = [
    "javascript:pwn()", "java\tscript:pwn()", " javascript:pwn()", "data:text/html,<pwn>", "vbscript:pwn()", "//pwn",
    '" onfocus=pwn() autofocus x="', "' onmouseover=pwn() x='", "pwn{{ 191|add:1146 }}", '{% include "pwn" %}',
    "${pwn}", "{pwn}", "%(pwn)s", "{0.__class__}", "%n%s", "<!--#exec pwn-->", "'; DROP TABLE pwn; --", "\\x3cpwn\\x3e",
    "\r\nBcc: pwn@example.org", "\nX-Pwn: 1", "\r\n\r\n<pwn>", "%0d%0aX-Pwn: 1", "\u2028X-Pwn: 1", "\x85X-Pwn: 1",
    "=?utf-8?q?=0d=0aX-Pwn:_1?=", "\u202epwn", "\u2066pwn", "\ufeffpwn", "\x01pwn",
    "\U0001f600pwn",
]  # fmt: skip
FIRST = [*FORMULAS, "=pwn()", "\uff1dpwn()", "+pwn", "-pwn", "@pwn", "\tpwn=1"]
STRINGS = [
    *(before + markup for before, markup in product(BREAKS, MARKUP)), *COMMANDS,
    *(text.replace("\x00", "") for text in FIRST),
]  # fmt: skip
# Whatever people, of the newsroom or outside it, write in their own words; and what machines elsewhere say.
FREE = {
    "newsroom.Newsroom": "legal_name public_name address registration bank_details receipt_wording_en"
    " receipt_wording_uk neutral_subject_en neutral_subject_uk neutral_sender",
    "members.Patron": "name",
    "members.Tier": "name_en name_uk",
    "members.GiftMembership": "giver_name message recipient_name",
    "members.GrantedMembership": "reason",
    "payments.Donation": "name message shown_as",
    "payments.Payment": "shown_as reference",
    "payments.LedgerEntry": "note",
    "payments.Leaving": "words",
    "payments.Statement": "giver",
    "payments.RefundRequest": "reason",
    "letters.Wording": "subject opening closing",
    "letters.Letter": "subject text error",
    "letters.StoppedAddress": "said",
    "people.Note": "text",
    "stories.Story": "title",
    "asks.Ask": "title",
    "voting.Suggestion": "title why links answer public_reason",
    "voting.Topic": "title_en title_uk pitch_en pitch_uk plan_en plan_uk",
    "voting.TopicChange": "reason",
    "voting.Round": "title_en title_uk intro_en intro_uk",
    "voting.RoundTopic": "withdrawn_reason",
}
NUMBER = re.compile(r"[-+]?[0-9.,]+")
PUBLIC = {route for route, who in PAGES.items() if who == ANYBODY and "<" not in route and "admin" not in route}


def test_there_are_three_hundred():
    assert len(set(STRINGS)) == len(STRINGS) >= 300


def portions(most: int | None, start: int) -> list[str]:
    """All strings, from one of them on, as many at a time as fit into a field."""
    texts: list[str] = []
    for string in STRINGS[start:] + STRINGS[:start]:
        if texts and len(texts[-1]) + len(string) < min(most or 2_000, 2_000):
            texts[-1] += f" {string}"
        else:
            texts.append(string[:most])
    return texts


class Reader(HTMLParser):
    """Finds what a browser would obey."""

    def __init__(self) -> None:
        super().__init__()
        self.obeyed: list[str] = []
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag
        if "pwn" in tag:
            self.obeyed.append(f"<{tag}>")
        for name, value in attrs:
            said = "".join((value or "").split()).lower()
            address = name in {"href", "src", "action", "formaction", "data", "xlink:href"}
            if (
                "pwn" in name
                or name.startswith("on")
                or (address and said.startswith(("javascript:", "vbscript:", "data:text/html", "//pwn")))
                or (tag in {"base", "iframe", "object", "embed", "script", "style", "link", "meta"} and "pwn" in said)
                or (name == "style" and "pwn" in said)
            ):
                self.obeyed.append(f"<{tag} {name}={value!r}>")

    def handle_data(self, data: str) -> None:
        if (self._inside == "script" and "pwn()" in data) or (self._inside == "style" and "pwn" in data):
            self.obeyed.append(f"in {self._inside}: {data[:80]!r}")


def obeyed(page: str) -> list[str]:
    reader = Reader()
    reader.feed(page)
    return reader.obeyed + (["a template"] if "pwn1337" in page else [])


def test_control_what_is_not_escaped_is_found():
    for text in (*MARKUP[:10], "pwn1337", "<p onfocus=pwn()>", '<a href="java\tscript:pwn()">'):
        assert obeyed(text), text


class Texts:
    """The free texts of all rows there are, and what comes next in each."""

    def __init__(self) -> None:
        self.fields: list[tuple[type[models.Model], str, int, list[str]]] = []
        self.filled: set[tuple[str, str]] = set()
        for label, names in FREE.items():
            model = apps.get_model(label)
            for number, name in enumerate(names.split()):
                most = getattr(model._meta.get_field(name), "max_length", None)
                for pk in model._default_manager.values_list("pk", flat=True):
                    start = (len(self.fields) * 7 + number * 31) % len(STRINGS)
                    self.fields.append((model, name, pk, portions(most, start)))

    @property
    def turns(self) -> int:
        """After so many, every string stood in every field."""
        return max(len(texts) for _model, _name, _pk, texts in self.fields)

    def fill(self, turn: int) -> None:
        """Puts a portion into each, whatever triggers say; checks of the database hold."""
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            for model, name, pk, texts in self.fields:
                with suppress(IntegrityError), transaction.atomic():  # what is erased says nothing
                    cursor.execute(
                        f'UPDATE {model._meta.db_table} SET "{name}" = %s WHERE id = %s', [texts[turn % len(texts)], pk]
                    )
                    self.filled.add((model._meta.label, name))
            cursor.execute("SET session_replication_role = DEFAULT")


@pytest.fixture
def admin(db: None) -> Patron:
    return patron("eve@newsroom.example", "admin", second_factor=True)


@pytest.fixture
def places(admin: Patron) -> list[tuple[Client, str]]:
    """Everything that a page can show is there; the pages of staff, of a patron and of everybody."""
    found = {name: str(pk) for name, pk in rows_to_look_at(admin).items()}
    Tier.objects.get_or_create(slug="friend", defaults={"name_en": "Friend", "name_uk": "Друг"})
    voter = member("halyna@example.org")
    close(opened("courts", "mines", slug="autumn"))
    winter = opened("lakes", "ports", slug="winter")
    rounds.withdraw(winter, Topic.objects.get(slug="ports"), reason="…", actor=admin)
    idea = suggestions.suggest(voter, title="A port", why="…", links="", language="en")
    suggestions.decline(idea, actor=admin, answer="…", public_reason="…")
    payment, gift, today = give(voter, reference="B-77"), paid(voter), clock.today()
    statements.issue(voter, first=today, last=today, language="en")
    Story.objects.create(url="https://newsroom.example/a")
    Ask.objects.create(slug="footer", title="Footer")
    Leaving.objects.create(donation=payment.donation, wish="w", words="…")
    Donation.objects.filter(pk=payment.donation_id).update(display="named", shown_as="…")
    Payment.objects.filter(pk=payment.pk).update(display="named", shown_as="…")
    RefundRequest.objects.create(payment=payment, amount_minor=100, reason="…", asked_by=admin)
    Note.objects.create(patron=voter, author=admin, text="…")
    grants.give(patron("ivan@example.org"), Grant(GrantKind.SOLIDARITY, today, "…"), actor=admin)
    TopicChange.objects.create(topic=Topic.objects.get(slug="courts"), state="reporting", reason="…", actor=admin)
    Wording.objects.create(occasion="receipt", language="en", subject="…")
    found["patron"] = str(voter.pk)
    staff = [f"/reports/{STAFF.get(route, route)}".format(**found) for route in STAFF_ROUTES]
    named = {"donation": payment.donation.reference, "gift": gift.reference, "payment": payment.pk}
    account = [f"/{path % named[what]}" for path, what in ACCOUNT.values() if what in named]
    account += [f"/{route}" for route, who in PAGES.items() if who == "patron" and not set("<(") & set(route)]
    public = [f"/{route}" for route in PUBLIC]
    public += [f"/rounds/{slug}/" for slug in ("autumn", "winter")] + ["/rounds/autumn/results/", "/topics/courts/"]
    return [
        *((at_once(admin), path) for path in staff),
        *((at_once(voter), path) for path in [*account, "/rounds/winter/"]),
        *((Client(), path) for path in public),
    ]


STAFF_ROUTES = {route.removeprefix("reports/") for route in PAGES if route.startswith("reports/")} - NO_PAGES


@pytest.mark.storm
def test_no_page_obeys(places: list[tuple[Client, str]]) -> None:
    texts, found, seen = Texts(), list[str](), 0
    for turn in range(texts.turns):
        texts.fill(turn)
        log.record(None, "note.write", reason=STRINGS[turn])
        assert {(label, name) for label, names in FREE.items() for name in names.split()} - texts.filled == set()
        for browser, path in places:
            answer = browser.get(path, headers={"accept-language": ("en", "uk")[turn % 2]})
            assert answer.status_code < 500, path
            assert not [name for name, value in answer.headers.items() if "pwn" in name.lower() or "\n" in value]
            if "html" in answer.headers.get("Content-Type", "") and not answer.streaming:
                page = answer.content.decode()
                seen += "pwn" in page
                found += [f"{path}: {one}" for one in obeyed(page)]
        assert found == []
    assert seen > 2_000


def test_no_file_obeys(admin: Patron, places: list[tuple[Client, str]]) -> None:
    """Every table in both formats, what a patron takes away, a receipt and a statement."""
    texts, browser, halyna = Texts(), at_once(admin), Patron.objects.get(email="halyna@example.org")
    for turn in range(0, texts.turns, 4):
        texts.fill(turn)
        for table in TABLES:
            answer = browser.post(PAGE, wish(table=table, reason="for the year"))
            cells = [cell for row in csv.reader(StringIO(content(answer).decode("utf-8-sig"))) for cell in row]
            answer = browser.post(PAGE, wish(table=table, reason="for the year", format="xlsx"))
            sheet = load_workbook(BytesIO(content(answer))).active
            assert sheet is not None
            cells += [str(cell.value) for row in sheet.iter_rows() for cell in row if cell.data_type in {"s", "f"}]
            assert [cell for cell in cells if begins_formula(cell) and not NUMBER.fullmatch(cell)] == [], table
        with ZipFile(BytesIO(exports.packed(halyna))) as taken:
            for name in taken.namelist():
                if name.endswith(".csv"):
                    cells = [cell for row in csv.reader(StringIO(taken.read(name).decode("utf-8-sig"))) for cell in row]
                    assert [cell for cell in cells if begins_formula(cell) and not NUMBER.fullmatch(cell)] == [], name
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
    """Each occasion, with portions of the strings in the place of whatever it tells."""
    found = []
    for number, (name, occasion) in enumerate(OCCASIONS.items()):
        for turn, text in enumerate(portions(200, number * 7 % len(STRINGS))):
            letter = outbox.write(
                occasion=name, key=f"{name}:{turn}", to="olena@example.org", language=language,
                context=printed(occasion.example(language), text),
            )  # fmt: skip
            assert letter
            message = BytesParser(policy=email.policy.default).parsebytes(sending.compose(letter).message().as_bytes())
            assert not [header for header in message if "pwn" in header.lower() or header.lower() == "bcc"]
            assert not message.defects
            for part in message.walk():
                if part.get_content_type() == "text/html":
                    found += [f"{name}: {one}" for one in obeyed(part.get_content())]
    assert found == []
