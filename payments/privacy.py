"""What this room holds of people: who gave, what Stripe told of it, what was asked of Stripe."""

import json
import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Q

from audit.models import StaffAction
from members.models import Patron
from newsroom import clock
from payments.models import (
    BankAccount,
    Dispute,
    Donation,
    Invoice,
    InvoiceAttempt,
    Leaving,
    Operation,
    Payment,
    Receipt,
    Refund,
    Statement,
    StripeEvent,
    Watermark,
)  # fmt: skip
from payments.models.donation import DonationState
from payments.models.operation import OperationState

_BOOKS = "until erased, or the years that bookkeeping law asks for"

HELD = {
    "BankFile.content": ("transfers in a bank's file", "to record them", "until recorded, a day at most"),
    "Donation.email": ("address typed on the form", "to know whose it is", _BOOKS),
    "Donation.name": ("giver's name", "the receipt", _BOOKS),
    "Donation.message": ("giver's words to the newsroom", "the newsroom reads them", "until erased"),
    "Donation.shown_as": ("name to show", "the supporters' page, if the giver wants that", "until erased"),
    "Donation.customer": ("number of the giver at Stripe", "to charge, and to delete there", _BOOKS),
    "Donation.card_brand": ("kind of card", "so that the giver recognises it", "until erased"),
    "Donation.card_last4": ("last digits of the card", "so that the giver recognises it", "until erased"),
    "Invoice.hosted_url": ("page at Stripe where a due payment is made", "to pay it", "until erased"),
    "StripeEvent.body": ("what Stripe told", "evidence", "until erased, or the newsroom's months of retention"),
    "Payment.shown_as": ("name to show with one payment", "the supporters' page, if wanted", "until erased"),
    "Leaving.words": ("why somebody stopped", "to do better", "until erased"),
    "Statement.giver": ("giver's name or address", "the statement", _BOOKS),
    "Statement.content": ("what was given in some days", "the statement", "as long as the book"),
    "Payment.reference": ("the bank's reference of a transfer", "bookkeeping", "as long as the book"),
    "Payment.card_brand": ("kind of card", "the receipt", "as long as the book"),
    "Payment.card_last4": ("last digits of the card", "the receipt", "as long as the book"),
    "Operation.params": ("what was asked of Stripe", "to ask again if no answer came", "until answered"),
}
NOT_GIVEN = {"BankFile": "many people's transfers, for a day; whoever gave finds the payment that is made of one"}
SECRET = {"Donation": "browser checkout_url", "BankLine": "digest", "BankAccount": "mark"}
NOT_PERSONAL = {
    "Difference": "object ours theirs",
    "BankMapping": "header_digest columns encoding day_format decimal_mark currency",
    "Donation": "currency method checkout_session subscription subscription_status stripe_end_reason",
    "StripeEvent": "event_id type api_version object_id aggregate error",
    "Watermark": "name",
    "Invoice": "stripe_id status billing_reason currency payment_intent failure_code recovered_by",
    "InvoiceAttempt": "stripe_id failure_code",
    "Payment": "payment_intent charge currency method failure_code",
    "Refund": "stripe_id currency status failure_reason",
    # What staff type: the page asks them to name nobody there.
    "RefundRequest": "reason declined_because",
    "Dispute": "stripe_id currency status reason",
    "Receipt": "language",
    "Leaving": "wish",
    "Payout": "stripe_id currency status",
    # The reference of a transfer stays with its line: the form asks staff for the bank's number, not for a name.
    "LedgerEntry": "balance_transaction reference currency seen_currency note",
    "Operation": "kind key method path result error",
}

# What stays of an event: what happened to which object, when, and how much. Everything else can say who.
KEPT = set(
    "id object type created livemode api_version data previous_attributes request idempotency_key pending_webhooks "
    "status amount amount_captured amount_due amount_paid amount_received amount_refunded amount_remaining "
    "amount_total amount_subtotal currency total subtotal fee net paid captured disputed refunded "
    "reason attempt_count attempted "
    "billing_reason cancel_at cancel_at_period_end canceled_at ended_at current_period_start current_period_end "
    "period period_start period_end start end trial_end pause_collection behavior resumes_at next_payment_attempt "
    "customer subscription payment_intent payment_method charge invoice balance_transaction latest_charge "
    "latest_invoice default_payment_method parent subscription_details items lines price product quantity unit_amount "
    "recurring interval interval_count mode payment_status failure_code code decline_code metadata donation attempt "
    "fee_cover wish client_reference_id exchange_rate available_on arrival_date status_transitions finalized_at "
    "paid_at voided_at marked_uncollectible_at".split()
)
# What a giver typed, and what leads to their payment page.
WORDS = {"email": "", "name": "", "message": "", "shown_as": "", "browser": "", "checkout_url": ""}
OVERLAP = timedelta(minutes=10)  # a row's moment can be earlier than that of one committed before it
_NUMBER = re.compile(r"\b(?:cus|sub|cs|pi|ch|py)_\w+")
# What opens a payment page or a session of Stripe's; in a body that is taken away it is left out.
OPENS = {"client_secret", "url"}
# Wishes that must still reach Stripe; none of them names anybody.
OWED = {"refund", "expire", "cancel_now", "delete_customer"}


def rows(patron: Patron) -> dict[str, Any]:
    """Gifts and their money, what Stripe told of them and is asked, and what staff did (not who of the staff)."""
    donations = donations_of(patron)
    payments = Payment.objects.filter(donation__patron=patron)
    targets = [f"payment:{pk}" for pk in payments.values_list("pk", flat=True)]
    return {
        "donations": donations,
        "invoices": Invoice.objects.filter(donation__patron=patron),
        "failed_attempts": InvoiceAttempt.objects.filter(invoice__donation__patron=patron),
        "payments": payments.order_by("pk"),
        "receipts": Receipt.objects.filter(payment__donation__patron=patron),
        "statements": Statement.objects.filter(patron=patron),
        "reasons_for_leaving": Leaving.objects.filter(donation__patron=patron),
        "refunds": Refund.objects.filter(payment__donation__patron=patron),
        "disputes": Dispute.objects.filter(payment__donation__patron=patron),
        "told_by_stripe": _told(donations),
        "asked_of_stripe": list(
            Operation.objects.filter(
                Q(donation__in=donations) | Q(payment__donation__in=donations), state=OperationState.PENDING
            ).values("created_at", "kind", "params")
        ),
        "remembered_bank_accounts": BankAccount.objects.filter(patron=patron),
        "staff_actions_about_payments": list(
            StaffAction.objects.filter(target__in=targets).values("at", "action", "target", "reason", "facts")
        ),
    }


def erase(patron: Patron, now: datetime) -> dict[str, int]:
    """Gifts lose name, address and words; what Stripe told keeps amounts, days and numbers. No line is touched."""
    donations = donations_of(patron)
    named = Q(donation__in=donations, state=OperationState.PENDING)
    closed = Operation.objects.filter(named).exclude(kind__in=OWED)
    done = {
        "wishes": closed.update(state=OperationState.REFUSED, error="erased", params={}, done_at=now),
        "events": _strip_all(_events_of(donations, patron)),
        "invoices": Invoice.objects.filter(donation__in=donations).exclude(hosted_url="").update(hosted_url=""),
        "statements": Statement.objects.filter(patron=patron).update(giver=""),
        "bank_accounts": BankAccount.objects.filter(patron=patron).delete()[0],
        "reasons_for_leaving": Leaving.objects.filter(donation__in=donations, reason="").delete()[0]
        + Leaving.objects.filter(donation__in=donations).update(words=""),
    }
    Payment.objects.filter(donation__in=donations).update(display="", shown_as="")
    card = {"card_brand": "", "card_last4": "", "card_expires_on": None}
    # What was begun and not finished is known by its nameless patron from now on, should Stripe tell of it later.
    done["donations"] = donations.update(patron=patron, display=Donation.Display.ANONYMOUS, **WORDS, **card)
    return done


def donations_of(patron: Patron) -> Any:
    """The patron's gifts, those begun with their address and not finished included."""
    return Donation.objects.filter(Q(patron=patron) | Q(patron=None, email__iexact=patron.email))


def _events_of(donations: Any, patron: Patron) -> list[int]:
    """Stored events in which the patron's address, name, or one of their numbers at Stripe stands."""
    said = {
        patron.email,
        patron.name,
        *donations.values_list("email", flat=True),
        *donations.values_list("name", flat=True),
        *_numbers_of(donations),
    }
    return _holding(form for text in said if text and len(text) > 1 for form in _as_written(text))


def _told(donations: Any) -> list[dict[str, Any]]:
    """What Stripe told of gifts, by their whole numbers alone: a name or part of a number may be somebody else's."""
    events = StripeEvent.objects.filter(pk__in=_holding(f'"{number}"' for number in _numbers_of(donations)))
    return [
        {"type": event.type, "at": event.created_at, "body": _closed(json.loads(bytes(event.body)))}
        for event in events.order_by("created_at", "pk").iterator(chunk_size=200)
    ]


def _closed(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _closed(inner) for name, inner in value.items() if name not in OPENS}
    return [_closed(inner) for inner in value] if isinstance(value, list) else value


def _numbers_of(donations: Any) -> set[str]:
    """Stripe's numbers of gifts, of their payments and of their invoices."""
    payments = Payment.objects.filter(donation__in=donations)
    invoices = Invoice.objects.filter(donation__in=donations)
    numbers: set[str] = set()
    for found in (
        donations.values_list("customer", flat=True),
        donations.values_list("subscription", flat=True),
        donations.values_list("checkout_session", flat=True),
        payments.values_list("payment_intent", flat=True),
        payments.values_list("charge", flat=True),
        invoices.values_list("stripe_id", flat=True),
        invoices.values_list("payment_intent", flat=True),
    ):
        numbers |= {number for number in found if number}
    return numbers


def _holding(signs: Iterable[str]) -> list[int]:
    """Stored events in which any of the texts stands."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.id FROM payments_stripeevent e WHERE EXISTS ("
            "SELECT 1 FROM unnest(%s::bytea[]) sign WHERE position(sign IN e.body) > 0)",
            [[sign.encode() for sign in signs]],
        )
        return [row[0] for row in cursor.fetchall()]


def _as_written(text: str) -> set[str]:
    """A text as JSON can hold it: plain, or with everything beyond ASCII escaped."""
    return {json.dumps(text, ensure_ascii=plain)[1:-1] for plain in (True, False)}


def _strip_all(events: list[int]) -> int:
    for event in StripeEvent.objects.filter(pk__in=events).iterator(chunk_size=200):
        StripeEvent.objects.filter(pk=event.pk).update(body=stripped(bytes(event.body)))
    return len(events)


def strip_late(*, since: datetime | None) -> int:
    """Strips what came for the erased since a moment (None: ever), known by their numbers at Stripe."""
    came = StripeEvent.objects.all() if since is None else StripeEvent.objects.filter(received_at__gt=since - OVERLAP)
    last, done = 0, 0
    while page := list(came.filter(pk__gt=last).order_by("pk")[:500]):
        last = page[-1].pk
        numbers = {event.pk: set(_NUMBER.findall(bytes(event.body).decode(errors="replace"))) for event in page}
        erased = _of_erased({number for found in numbers.values() for number in found})
        done += _strip_all([pk for pk, found in numbers.items() if found & erased])
    return done


def _of_erased(numbers: set[str]) -> set[str]:
    """Which of Stripe's numbers belong to the gifts of the erased."""
    gifts = Donation.objects.filter(patron__erased_at__isnull=False)
    payments = Payment.objects.filter(donation__patron__erased_at__isnull=False)
    found: set[str] = set()
    for name in ("customer", "subscription", "checkout_session"):
        found |= set(gifts.filter(**{f"{name}__in": numbers}).values_list(name, flat=True))
    for name in ("payment_intent", "charge"):
        found |= set(payments.filter(**{f"{name}__in": numbers}).values_list(name, flat=True))
    return found


def strip_before(moment: datetime) -> int:
    """Strips every event that came before a moment, once. Returns how many."""
    mark = Watermark.objects.filter(name="stripped").first()
    old = StripeEvent.objects.filter(received_at__lt=moment)
    old = old.filter(received_at__gte=mark.at - OVERLAP) if mark else old
    last, done = 0, 0
    while page := list(old.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:500]):
        last, done = page[-1], done + _strip_all(page)
    Watermark.objects.update_or_create(name="stripped", defaults={"at": moment})
    return done


def forget_unfinished(before: datetime) -> int:
    """Forgets who began to give and never did. Returns how many were begun before the moment.

    While the inbox is more than a day behind, nobody: what it has not come to yet may be their payment.
    """
    if StripeEvent.objects.pending().filter(created_at__lt=clock.now() - timedelta(days=1)).exists():
        return 0
    unfinished = Donation.objects.filter(
        created_at__lt=before, payments=None, subscription=None,
        state__in=[DonationState.OPEN, DonationState.ABANDONED, DonationState.FAILED],
    )  # fmt: skip
    return int(unfinished.exclude(**dict.fromkeys(WORDS, "")).update(**WORDS))


def forget_givers(before: datetime) -> int:
    """Forgets names on receipts that no law asks for any more: gifts whose last payment came before the moment."""
    late = Payment.objects.filter(paid_at__gte=before).values("donation")
    over = Donation.objects.filter(payments__paid_at__lt=before).exclude(pk__in=late)
    over = over.exclude(pk__in=Donation.objects.running())
    gifts = Donation.objects.filter(pk__in=over.values("pk")).exclude(**dict.fromkeys(WORDS, ""))
    return int(gifts.update(**WORDS))


def stripped(body: bytes) -> bytes:
    """An event without what can say who it is about. Stripping twice changes nothing."""
    return json.dumps(_kept(json.loads(body)), separators=(",", ":")).encode()


def _kept(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _kept(inner) for name, inner in value.items() if name in KEPT}
    return [_kept(inner) for inner in value] if isinstance(value, list) else value
