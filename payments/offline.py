"""Money that came without Stripe: bank transfers, cash. A source of its own in the ledger.

What is recorded stays. Money that went back, and a record that was a mistake, are answered by a line that reverses it.
"""

from datetime import date

from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from members.models import Patron
from money.money import Money
from newsroom import clock
from payments import donations, emails, receipts
from payments.models import Donation, LedgerEntry, Payment, Refund
from payments.models.donation import Giver, Interval
from payments.models.ledger import Kind
from payments.models.payment import PaymentState, Source

# Nothing that is recorded is older than computers.
EARLIEST = date(1990, 1, 1)


class Reversal(models.TextChoices):
    """Why a record is reversed."""

    RETURNED = "returned", gettext_lazy("The money was sent back to the giver")
    MISTAKE = "mistake", gettext_lazy("It was recorded by mistake")


class NotReversible(Exception):
    """Not received, or received through Stripe, where a refund sends money back."""

    @property
    def sentence(self) -> str:
        return _("Only money that came without Stripe can be taken back here.")


class AlreadyRecorded(Exception):
    """A payment of this reference is in the book."""

    @property
    def sentence(self) -> str:
        return _("A payment with this reference is already recorded.")


def record(
    *,
    email: str,
    amount: Money,
    received_on: date,
    reference: str,
    language: str = "en",
    name: str = "",
    giver: Giver = Giver.READER,
) -> Payment:
    """A gift that arrived at the bank on a day, known by its reference there: the same reference twice is refused.

    A grant's or an institution's is told apart from what readers give, in every figure.
    One transaction: donation, payment, ledger line, receipt, and the receipt's letter. Raises AlreadyRecorded.
    """
    moment = clock.start_of(received_on)
    try:
        with transaction.atomic():
            patron = Patron.objects.for_email(email, language=language, name=name)
            donation = Donation.objects.create(
                interval=Interval.ONCE, amount_minor=amount.minor, currency=amount.currency, email=patron.email,
                name=name, language=patron.language, patron=patron, giver=giver,
            )  # fmt: skip
            payment = Payment.objects.create(
                donation=donation, source=Source.OFFLINE, reference=reference, amount_minor=amount.minor,
                currency=amount.currency, state=PaymentState.SUCCEEDED, method="offline", paid_at=moment,
                is_booked=True,
            )  # fmt: skip
            LedgerEntry.objects.create(
                source=Source.OFFLINE, kind=Kind.PAYMENT, reference=reference, payment=payment, occurred_at=moment,
                amount_minor=amount.minor, currency=amount.currency, seen_minor=amount.minor,
                seen_currency=amount.currency,
            )  # fmt: skip
            donations.settle(donation)
            receipts.issue(payment)
            emails.receipt(payment)
    except IntegrityError as error:
        if Payment.objects.filter(reference=reference).exists():
            raise AlreadyRecorded from error
        raise
    return payment


def reverse(payment: Payment, *, because: Reversal) -> Refund:
    """Takes a record back whole, and tells the giver; a second call finds it done and changes nothing.

    One transaction: a refund, the reversing line, what follows for whatever the money bought, and a letter by the
    reason. The record itself, its line and its receipt stay. Raises NotReversible.
    """
    with transaction.atomic():
        donation = donations.lock(payment.donation)
        row = Payment.objects.select_for_update().get(pk=payment.pk)
        if row.source != Source.OFFLINE or row.state != PaymentState.SUCCEEDED:
            raise NotReversible
        if done := row.refunds.first():
            return done
        now = clock.now()
        refund = Refund.objects.create(
            stripe_id=f"offline:{row.pk}", payment=row, amount_minor=row.amount_minor, currency=row.currency,
            status="succeeded", created_at=now,
        )  # fmt: skip
        LedgerEntry.objects.create(
            source=Source.OFFLINE, kind=Kind.REFUND, reference=row.reference, payment=row, occurred_at=now,
            amount_minor=-row.amount_minor, currency=row.currency, seen_minor=-row.amount_minor,
            seen_currency=row.currency, note=because.value,
        )  # fmt: skip
        row.refunded_minor, row.returned_at = row.amount_minor, now
        row.save(update_fields=["refunded_minor", "returned_at"])
        donations.settle(donation)
        emails.refunded(refund, is_mistake=because == Reversal.MISTAKE)
    return refund
