"""A bank's file into the book: looked at first, then taken whole or not at all, each transfer once, however often."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from typing import Self

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import TextChoices
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from members.models import Language, Patron
from money.money import Money
from newsroom import clock
from newsroom.models import GivingCurrency
from payments import bank_files, offline
from payments.bank_files import Line
from payments.models import Donation, Payment
from payments.models.bank import BankAccount, BankFile, BankLine, BankMapping
from payments.models.donation import Giver
from payments.models.payment import Source

_ADDRESS = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+", re.ASCII)


class Outcome(TextChoices):
    """What becomes of a line."""

    READY = "ready", gettext_lazy("will be recorded")
    NOBODY = "nobody", gettext_lazy("whose is it?")
    RECORDED = "recorded", gettext_lazy("already recorded")
    REPEATED = "repeated", gettext_lazy("stands in the file twice")
    SHARED = "shared", gettext_lazy("another transfer has this reference: record this one by hand, under its own")
    OUTGOING = "outgoing", gettext_lazy("no money that came in")
    CURRENCY = "currency", gettext_lazy("a currency that is not taken here")
    FUTURE = "future", gettext_lazy("a day still to come")
    LONG_AGO = "long_ago", gettext_lazy("a day too long ago to be meant")


@dataclass(frozen=True)
class Planned:
    """A line, what becomes of it, and whose it is. `email` is empty where nobody is known.

    `giver`: a grant or an institution, where the last record of the same giver was one.
    """

    line: Line
    outcome: Outcome
    email: str = ""
    language: str = Language.EN
    giver: Giver = Giver.READER

    @property
    def asks(self) -> bool:
        """Whether staff may say whose it is."""
        return self.outcome in {Outcome.READY, Outcome.NOBODY}


class NothingToImport(Exception):
    """No line is ready, or the file is gone."""

    @property
    def sentence(self) -> str:
        return _("There is nothing to record: the file was taken already, or its day is over, or no line has a giver.")


@dataclass(frozen=True)
class Known:
    """What the database knows of the lines of one file, read once."""

    digests: set[str]
    # What stands in the book under a reference, and whether a file brought it.
    booked: Mapping[str, tuple[Money, bool]]
    accounts: Mapping[str, Patron]
    people: Mapping[str, Patron]
    currencies: set[str]

    @classmethod
    def of(cls, lines: list[Line]) -> Self:
        marks = {_mark(line.account) for line in lines if line.account}
        addresses = {address for line in lines for address in _addresses(line)}
        taken = BankLine.objects.filter(digest__in=[line.digest for line in lines])
        booked = Payment.objects.filter(reference__in=[reference(line) for line in lines]).select_related("bank_line")
        accounts = BankAccount.objects.filter(mark__in=marks).select_related("patron")
        return cls(
            digests=set(taken.values_list("digest", flat=True)),
            booked={str(row.reference): (row.amount, hasattr(row, "bank_line")) for row in booked},
            accounts={row.mark: row.patron for row in accounts},
            people={patron.email: patron for patron in Patron.objects.filter(email__in=addresses)},
            currencies=set(GivingCurrency.objects.values_list("code", flat=True)),
        )


def reference(line: Line) -> str:
    """Under what a transfer stands in the book: the bank's reference, or where it gives none, a part of the digest."""
    return line.reference[:100] or f"line {line.digest[:24]}"


def remembered(content: bytes) -> bank_files.Mapping | None:
    """How staff said last time that a CSV with this header is read. Raises NotABankFile."""
    for encoding in bank_files.ENCODINGS:
        try:
            row = BankMapping.objects.filter(header_digest=_digest(bank_files.header(content, encoding))).first()
        except bank_files.NotABankFile:
            continue
        if row:
            return bank_files.Mapping(
                columns=row.columns, encoding=row.encoding, day_format=row.day_format,
                decimal_mark=row.decimal_mark, currency=row.currency,
            )  # fmt: skip
    return None


def remember(content: bytes, mapping: bank_files.Mapping) -> None:
    """The next file with this header is read likewise."""
    digest = _digest(bank_files.header(content, mapping.encoding))
    BankMapping.objects.update_or_create(header_digest=digest, defaults=asdict(mapping))


def plan(lines: list[Line], said: Mapping[str, str] | None = None) -> list[Planned]:
    """What would become of each line. `said` is what staff say of whose it is, by digest. Changes nothing.

    A giver is known by what staff say, by the account that money came from before, or by an address in the purpose.
    """
    known, seen, today = Known.of(lines), set[str](), clock.today()
    planned = []
    for line in lines:
        outcome = _hindrance(line, known)
        if line.digest in seen:
            outcome = Outcome.REPEATED
        elif reference(line) in seen:
            outcome = outcome or Outcome.SHARED
        elif line.day > today:
            outcome = outcome or Outcome.FUTURE
        elif line.day < offline.EARLIEST:
            outcome = outcome or Outcome.LONG_AGO
        seen |= {line.digest, reference(line)}
        email, language = _whose(line, known, said or {})
        planned.append(Planned(line, outcome or (Outcome.READY if email else Outcome.NOBODY), email, language))
    givers = _givers({one.email for one in planned if one.email})
    return [replace(one, giver=givers.get(one.email, Giver.READER)) for one in planned]


def _givers(emails: set[str]) -> dict[str, Giver]:
    """What these gave as, the last time that it was recorded."""
    recorded = Donation.objects.filter(patron__email__in=emails, payments__source=Source.OFFLINE).order_by("pk")
    return {str(email): Giver(giver) for email, giver in recorded.values_list("patron__email", "giver")}


def _hindrance(line: Line, known: Known) -> Outcome | None:
    if line.minor <= 0 or line.is_reversal:
        return Outcome.OUTGOING
    if line.digest in known.digests:
        return Outcome.RECORDED
    if booked := known.booked.get(reference(line)):
        # Recorded by hand it may have another day. What a file brought had another digest, so it is another transfer.
        return Outcome.RECORDED if booked == (line.amount, False) else Outcome.SHARED
    return None if line.currency in known.currencies else Outcome.CURRENCY


def _whose(line: Line, known: Known, said: Mapping[str, str]) -> tuple[str, str]:
    """Address and language of the giver, as far as they are known."""
    if line.digest in said:
        email = said[line.digest].strip().lower()
        patron = known.people.get(email) or Patron.objects.filter(email=email).first() if email else None
        return email, patron.language if patron else Language.EN
    if (patron := known.accounts.get(_mark(line.account)) if line.account else None) and not patron.erased_at:
        return patron.email, patron.language
    addresses = _addresses(line)
    if len(addresses) != 1:
        return "", Language.EN
    patron = known.people.get(addresses[0])
    return addresses[0], patron.language if patron else Language.EN


def _addresses(line: Line) -> list[str]:
    """Those in the purpose to which a letter could go."""
    return sorted({found.lower() for found in _ADDRESS.findall(line.purpose) if _is_address(found)})


def _is_address(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return len(text) <= 254


@transaction.atomic
def carry_out(file: BankFile, lines: list[Line], said: Mapping[str, str]) -> list[Payment]:
    """Records every line that is ready, all or none, and forgets the file. Each giver gets a receipt.

    The file's row is locked, so two clicks record once. Raises NothingToImport, or offline.AlreadyRecorded if the same
    transfer is being recorded elsewhere at this moment.
    """
    row = BankFile.objects.select_for_update().get(pk=file.pk)
    ready = [one for one in plan(lines, said) if one.outcome == Outcome.READY] if row.content is not None else []
    if not ready:
        raise NothingToImport
    payments = [_record(row, one) for one in ready]
    row.content, row.imported_at = None, clock.now()
    row.save(update_fields=["content", "imported_at"])
    return payments


def _record(file: BankFile, one: Planned) -> Payment:
    payment = offline.record(
        email=one.email, amount=one.line.amount, received_on=one.line.day, reference=reference(one.line),
        language=one.language, name=one.line.name[:100], giver=one.giver,
    )  # fmt: skip
    BankLine.objects.create(digest=one.line.digest, file=file, payment=payment)
    if one.line.account and payment.donation.patron:
        BankAccount.objects.update_or_create(mark=_mark(one.line.account), defaults={"patron": payment.donation.patron})
    return payment


def _mark(account: str) -> str:
    plain = re.sub(r"\W", "", account).upper()
    return salted_hmac("payments.bank_account", plain, algorithm="sha256").hexdigest()


def _digest(columns: list[str]) -> str:
    return sha256("\x1f".join(columns).encode()).hexdigest()


def forget_forgotten() -> int:
    """Files that nobody decided about in a day lose their content. Returns how many."""
    found: int = BankFile.objects.forgotten().update(content=None)
    return found
