"""Three hundred strings that somebody else's program might obey, every text that is kept, and how to find obedience.

`FREE` and `MADE` together name every text of every model; one that is in neither fails the build.
"""

from collections.abc import Callable
from contextlib import suppress
from html.parser import HTMLParser
from itertools import product
from typing import Any

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import IntegrityError, connection, models, transaction

from audit import log
from tests.people.test_cells import FORMULAS

# Each calls itself by the one name, so that a page can be asked whether anything of it came to life.
MARKUP = [
    "<script>pwn()</script>", "<img src=x onerror=pwn()>", "<svg/onload=pwn()>", "<pwn>", "<b pwn>", "<a href=//pwn>",
    "<iframe src=//pwn>", "<base href=//pwn/>", "<link rel=stylesheet href=//pwn>", "<style>@import '//pwn'</style>",
    "<form action=//pwn>", "<meta http-equiv=refresh content=0;//pwn>", "<object data=//pwn>", "<embed src=//pwn>",
    "</title><script>pwn()</script>", "</textarea><pwn>", "</style><pwn>", "</script><pwn>", "--><pwn>", "]]><pwn>",
]  # fmt: skip
BREAKS = ["", '"', "'", '">', "'>", "`", "\\", "\\'", "&quot;", "&#34;>", "</", "\u2028"]
# Obeyed only where a text begins with one: as an address, and as a cell of a table.
ADDRESSES = [
    "javascript:pwn()", "java\tscript:pwn()", " javascript:pwn()", "data:text/html,<pwn>", "vbscript:pwn()", "//pwn",
]  # fmt: skip
CELLS = [text.replace("\x00", "") for text in FORMULAS] + ["=pwn()", "\uff1dpwn()", "+pwn", "-pwn", "@pwn", "\tpwn=1"]
HEADERS = [
    "\r\nBcc: pwn@example.org", "\nX-Pwn: 1", "\r\n\r\n<pwn>", "%0d%0aX-Pwn: 1", "\u2028X-Pwn: 1", "\x85X-Pwn: 1",
    "=?utf-8?q?=0d=0aX-Pwn:_1?=",
]  # fmt: skip
COMMANDS = [
    '" onfocus=pwn() autofocus x="', "' onmouseover=pwn() x='", "pwn{{ 191|add:1146 }}", '{% include "pwn" %}',
    "${pwn}", "{pwn}", "%(pwn)s", "{0.__class__}", "%n%s", "<!--#exec pwn-->", "'; DROP TABLE pwn; --", "\\x3cpwn\\x3e",
    "\u202epwn", "\u2066pwn", "\ufeffpwn", "\x01pwn", "\U0001f600pwn",
]  # fmt: skip
# A subject is cut, so what could break out of a header comes first.
STRINGS = [
    *HEADERS, *ADDRESSES, *COMMANDS, *CELLS, *(before + markup for before, markup in product(BREAKS, MARKUP)),
]  # fmt: skip
ALL = " ".join(STRINGS)

# Whatever people, of the newsroom or outside it, write in their own words; and what machines elsewhere say. A dot leads
# into JSON. Addresses of e-mail are among them: a quoted name before the @ may be nearly anything.
FREE = {
    "newsroom.Newsroom": "legal_name public_name address registration bank_details receipt_wording_en"
    " receipt_wording_uk neutral_subject_en neutral_subject_uk neutral_sender reply_to finance_email",
    "members.Patron": "name email",
    "members.Tier": "name_en name_uk",
    "members.GiftMembership": "giver_name message recipient_name recipient_email",
    "members.GrantedMembership": "reason",
    "members.AddressChange": "before after",
    "payments.Donation": "name message shown_as email method card_brand stripe_end_reason",
    "payments.Payment": "shown_as reference method card_brand failure_code",
    "payments.LedgerEntry": "note",
    "payments.Invoice": "failure_code",
    "payments.InvoiceAttempt": "failure_code",
    "payments.Refund": "failure_reason",
    "payments.Dispute": "reason",
    "payments.StripeEvent": "type body error",
    "payments.Operation": "error",
    "payments.Leaving": "words",
    "payments.Statement": "giver content.name",
    "payments.RefundRequest": "reason declined_because",
    "letters.Letter": "to subject text error",
    "letters.Wording": "subject opening closing",
    "letters.StoppedAddress": "address said",
    "people.Note": "text",
    "people.Merge": "reason",
    "stories.Story": "title",
    "asks.Ask": "title",
    "audit.StaffAction": "reason",
    "voting.Suggestion": "title why links answer public_reason",
    "voting.Topic": "title_en title_uk pitch_en pitch_uk plan_en plan_uk",
    "voting.TopicChange": "reason",
    "voting.Round": "title_en title_uk intro_en intro_uk recount_reason",
    "voting.RoundTopic": "withdrawn_reason",
    "voting.RoundLog": "facts.reason",
    "voting.Result": "reason",
    "account.EmailAddress": "email",
    "admin.LogEntry": "object_repr",
    "mfa.Authenticator": "data.name",
}
# Nobody's own words, and why not. Words of a closed list (`choices`), and what is too short for any, need no mention.
SHORT = 3
MADE = {
    "a code of our own or of a standard: of zones, files, letters, acts": {
        "reports.MoneyDay": "source kind", "reports.SeenDay": "kind", "reports.GiftMonth": "kind",
        "reports.InvoiceFailure": "recovered_by", "reports.RecoveryMonth": "recovered_by",
        "reports.Progress": "zone", "reports.TableExport": "table",
        "payments.Watermark": "name", "payments.BankMapping": "columns encoding day_format",
        "payments.Operation": "kind method path", "voting.Mailing": "occasion", "voting.RoundLog": "at kind",
        "voting.Round": "failure", "members.Patron": "declined_letters", "members.Consent": "version",
        "letters.Letter": "occasion attachment", "letters.Wording": "occasion", "audit.StaffAction": "action target",
        "limits.Hit": "gate", "newsroom.Newsroom": "logo_type accent zone languages", "newsroom.DailyRate": "source",
        "contenttypes.ContentType": "app_label model", "auth.Permission": "name codename", "auth.Group": "name",
        "admin.LogEntry": "object_id change_message",
    },
    "a part of an address: letters, digits and hyphens, or it leads nowhere": {
        "voting.Topic": "slug", "voting.Round": "slug", "asks.Ask": "slug", "members.Tier": "slug",
        "asks.Origin": "campaign", "reports.OriginMonth": "campaign", "reports.OriginRow": "campaign",
    },
    "an address that begins with http, as the database holds it to": {"stories.Story": "url"},
    "Stripe's own name of a thing, a state or a page, or four digits": {
        "payments.Donation": "checkout_session checkout_url customer subscription subscription_status card_last4",
        "payments.Invoice": "stripe_id status billing_reason payment_intent hosted_url",
        "payments.Difference": "object ours theirs", "payments.InvoiceAttempt": "stripe_id",
        "payments.Refund": "stripe_id status",
        "payments.Payment": "payment_intent charge card_last4", "payments.Dispute": "stripe_id status",
        "payments.Payout": "stripe_id status",
        "payments.LedgerEntry": "balance_transaction reference", "payments.Operation": "result",
        "payments.StripeEvent": "event_id api_version object_id aggregate",
    },
    "a digest, a key, a seal or chance": {
        "people.Erasure": "digest", "payments.Donation": "browser", "payments.BankLine": "digest",
        "payments.BankMapping": "header_digest", "payments.BankAccount": "mark", "payments.Operation": "key",
        "payments.Leaving": "wish", "voting.Round": "configuration_digest seed nonce key_fingerprint",
        "voting.OpenBallot": "key sealed_moment", "voting.Follow": "mark", "voting.Result": "digest",
        "voting.Bundle": "digest", "voting.RoundLog": "previous hash", "members.AddressChange": "undo_hash",
        "members.MailedCode": "subject_hash browser_hash code_hash", "members.Patron": "session_nonce",
        "members.GiftMembership": "token_hash", "members.Session": "session_key session_data",
        "members.Tombstone": "person_hash address_hash", "letters.Letter": "key message_id sealed",
        "audit.StaffAction": "previous_hash hash", "limits.Hit": "key_hash moments", "account.EmailConfirmation": "key",
    },
    "figures, numbers of rows and what was asked, put together by the product": {
        "reports.ClosedMonth": "figures", "reports.Proof": "failed", "reports.Progress": "differences",
        "people.Erasure": "proof", "people.Merge": "moved", "payments.Operation": "params",
        "voting.OpenBallot": "line", "voting.Ballot": "line", "voting.Round": "configuration",
        "voting.Result": "closing text", "members.MailedCode": "asked", "members.MembershipChange": "before after",
        "audit.StaffAction": "facts",
        "newsroom.GivingCurrency": "suggested_once suggested_monthly suggested_yearly",
    },
    "a sentence or a page of the product's, made of what is elsewhere in its words and escaped there": {
        "members.Consent": "text", "letters.Letter": "html",
    },
    "copied from invoices when the night is summed": {
        "reports.InvoiceFailure": "code", "reports.RecoveryMonth": "code",
    },
    "a file, which is handed out and not shown": {
        "people.Export": "file", "reports.TableExportPart": "content", "payments.BankFile": "content",
        "newsroom.Newsroom": "logo", "voting.Bundle": "data",
    },
}  # fmt: skip
# The staff's log, which takes no change; a line is added.
ONLY_GROWS = "audit.StaffAction"
# Stripe's stand-in is no part of what a newsroom serves.
ELSEWHERE = {"sandbox"}
TEXTS = (models.CharField, models.TextField, models.JSONField, models.BinaryField, ArrayField)


def named(fields: dict[str, str]) -> set[str]:
    """As `members.Patron.name`, without the ways into JSON."""
    return {f"{label}.{name.partition('.')[0]}" for label, names in fields.items() for name in names.split()}


def kept_texts() -> set[str]:
    """Every field that could hold words."""
    return {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if model._meta.app_label not in ELSEWHERE
        and isinstance(field, TEXTS)
        and not (field.choices or (getattr(field, "max_length", None) or SHORT + 1) <= SHORT)
    }


class Texts:
    """The free texts of all rows there are, each as wide as all strings together until the transaction is undone."""

    def __init__(self) -> None:
        self.fields = [
            (apps.get_model(label), name, pk)
            for label, names in FREE.items()
            for name in names.split()
            if label != ONLY_GROWS
            for pk in apps.get_model(label)._default_manager.order_by("pk").values_list("pk", flat=True)
        ]
        self.filled: set[str] = set()
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
            for label, _dot, name in (field.rpartition(".") for field in sorted(named(FREE))):
                model = apps.get_model(label)
                if isinstance(model._meta.get_field(name), models.CharField):
                    cursor.execute(f'ALTER TABLE {model._meta.db_table} ALTER COLUMN "{name}" TYPE text')

    def fill(self, text: Callable[[int], str]) -> None:
        """Puts a text into each, by its number, whatever triggers say; checks of the database hold."""
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            for number, (model, name, pk) in enumerate(self.fields):
                with suppress(IntegrityError), transaction.atomic():  # what is erased says nothing
                    self._put(cursor, model, name, pk, text(number))
                    self.filled.add(f"{model._meta.label}.{name}")
            cursor.execute("SET session_replication_role = DEFAULT")
        log.record(None, "note.add", reason=text(len(self.fields)))
        self.filled.add(f"{ONLY_GROWS}.reason")

    def _put(self, cursor: Any, model: type[models.Model], name: str, pk: Any, text: str) -> None:
        column, _dot, way = name.partition(".")
        field, value, place = model._meta.get_field(column), "%s", [text]
        if way:
            value, place = f"jsonb_set({column}, %s, to_jsonb(%s::text))", [f"{{{way}}}", text]
        elif isinstance(field, models.EmailField):
            begun = " ".join(text.split())[:30].lower()
            place = [f"{begun}\"'><img src=x onerror=pwn()>{column}{pk}@example.org"]
        elif isinstance(field, models.BinaryField):
            value = "convert_to(%s, 'UTF8')"
        cursor.execute(f'UPDATE {model._meta.db_table} SET "{column}" = {value} WHERE id = %s', [*place, pk])

    def untouched(self) -> set[str]:
        """Fields of which no row was there to be filled."""
        return {f"{label}.{name}" for label, names in FREE.items() for name in names.split()} - self.filled


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

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002  the parser's signature
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if (self._inside == "script" and "pwn()" in data) or (self._inside == "style" and "pwn" in data):
            self.obeyed.append(f"in {self._inside}: {data[:80]!r}")


def obeyed(page: str) -> list[str]:
    reader = Reader()
    reader.feed(page)
    reader.close()
    return reader.obeyed + (["a template"] if "pwn1337" in page else [])
