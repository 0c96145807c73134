"""Dunning: what became of an invoice that could not be collected, from the first failure to its recovery or its end.

Stripe makes the attempts. Here they are kept as rows set from its state, told to the giver when there is news, and
shown as one timeline to the giver and to staff.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import connection, transaction
from django.db.models import Count, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from letters import printing
from letters.models import Letter
from newsroom import clock
from newsroom.models import Newsroom
from payments import emails, gateway, inbox, wording
from payments.models import Donation, Invoice, InvoiceAttempt, StripeEvent
from payments.models.invoice import Recovery
from payments.stripe_objects import Charge, Intent
from payments.stripe_objects import Invoice as StripeInvoice

log = structlog.get_logger(__name__)

# The last notice comes so long before the end.
NOTICE = timedelta(days=3)
# Charged by itself, an invoice is paid at once; later, something had come between.
AT_ONCE = timedelta(hours=1)
# So many of the newest ends say how long Stripe tries here.
ENDS = 20

Charges = dict[str, list[Charge]]


# -- what Stripe says ------------------------------------------------------------------------------------------------


def charges(invoices: Iterable[StripeInvoice]) -> Charges:
    """By invoice, all its attempts at the bank, of those where more happened than was seen. Asks Stripe.

    An attempt that is seen as it fails needs no asking: it is the newest of its payment intent.
    """
    rows = Invoice.objects.filter(stripe_id__in=[seen.id for seen in invoices]).annotate(known=Count("attempts"))
    known = {row.stripe_id: row for row in rows}
    return {
        seen.id: gateway.charges(seen.payment_intents[-1]) if seen.payment_intents else []
        for seen in invoices
        if _more_happened(seen, known.get(seen.id))
    }


def _more_happened(seen: StripeInvoice, row: Invoice | None) -> bool:
    known = row.known if row else 0  # type: ignore[attr-defined]
    if seen.status == "open":
        return bool(seen.attempt_count > known + 1)
    if row and row.status == seen.status:
        return False
    late = bool(seen.paid_at and seen.paid_at - (seen.finalized_at or seen.created_at) > AT_ONCE)
    return bool(known) or seen.attempt_count > 1 or late


def record(row: Invoice, seen: StripeInvoice, tried: Intent | None, attempts: list[Charge] | None) -> None:
    """The failed attempts of an invoice whose row has just been set, when the first was, and the letter of news.

    Call it with the donation locked. `attempts` is what `charges` has of it. Letters that follow: payment_failed (once
    for each cause), recovered.
    """
    for charge in attempts or ():
        if charge.status == "failed":
            _note(row, charge.id, charge.created_at, charge.failure_code)
    if is_failing(seen, tried):
        _note_newest(row, seen, tried)
    if (first := row.attempts.first()) and first.tried_at != row.first_failed_at:
        row.first_failed_at = first.tried_at
        row.save(update_fields=["first_failed_at"])
    if is_failing(seen, tried):
        if row.donation.has_live_subscription:
            emails.payment_failed(row)
    elif seen.status == "paid" and attempts is not None and not row.recovered_by and row.attempts.exists():
        row.recovered_by = recovery(seen, attempts)
        row.save(update_fields=["recovered_by"])
        if row.donation.has_live_subscription and Letter.objects.filter(_letters(row)).exists():
            emails.recovered(row)


def is_failing(seen: StripeInvoice, tried: Intent | None) -> bool:
    """Tried, still owed, and no bank is at work on it."""
    return seen.status == "open" and seen.attempt_count > 0 and (tried is None or tried.status != "processing")


def _note(row: Invoice, stripe_id: str, tried_at: datetime, failure_code: str) -> None:
    """A bank says no to a debit days after it was charged, and only the event says when."""
    facts = {"invoice": row, "tried_at": tried_at, "failure_code": failure_code}
    told = StripeEvent.objects.filter(aggregate=row.payment_intent, object_id=stripe_id, type="charge.failed")
    at = told.values_list("created_at", flat=True).first()
    refused = {"tried_at": at} if at else {}
    InvoiceAttempt.objects.update_or_create(stripe_id=stripe_id, defaults=refused, create_defaults=facts | refused)


def _note_newest(row: Invoice, seen: StripeInvoice, tried: Intent | None) -> None:
    """Without a charge nobody says when it was: the first attempt follows on finalizing, another is new when seen."""
    at = tried.charged_at if tried and tried.failed_charge == tried.charge else None
    if at is None:
        at = clock.now() if row.attempts.exists() else seen.finalized_at or seen.created_at
    name = tried.failed_charge or tried.id if tried else seen.id
    _note(row, name, at, tried.failure_code if tried else "")
    InvoiceAttempt.objects.filter(stripe_id=name).update(next_attempt_at=seen.next_attempt_at)


def recovery(seen: StripeInvoice, attempts: list[Charge]) -> Recovery:
    """Read off the attempts themselves, so that it comes out the same whenever they are seen."""
    paid = next((charge for charge in attempts if charge.status == "succeeded"), None)
    failed = [charge for charge in attempts if charge.status == "failed"]
    if paid is None:
        return Recovery.OUTSIDE
    if not failed:
        return Recovery.GIVER  # the bank had asked for their word
    if failed[0].payment_method != paid.payment_method:
        return Recovery.CARD
    # Stripe counts the attempts that it makes by itself, and those that it leaves out as pointless.
    by_itself = seen.attempt_count > len(failed) and wording.is_tried_again(failed[0].failure_code)
    return Recovery.RETRY if by_itself else Recovery.GIVER


# -- the end ---------------------------------------------------------------------------------------------------------


def left_unpaid() -> QuerySet[Invoice]:
    """Failed a day ago or earlier, still owed, and no attempt planned, although the subscription lives."""
    ends = Donation.objects.running().filter(paused_at=None)
    left: QuerySet[Invoice] = Invoice.objects.failing().filter(
        donation__in=ends, next_attempt_at=None, first_failed_at__lt=clock.now() - timedelta(days=1)
    )
    return left


@dataclass(frozen=True, slots=True)
class Stop:
    """When the support ends if nothing mends it. Not `is_sure`: it may, should Stripe's attempt of then be its last."""

    at: datetime
    is_sure: bool


def patience() -> timedelta | None:
    """How long Stripe has tried to collect here before it gave up, at the least; None if it never has.

    Its API tells neither how often it tries nor which attempt is the last, so what it did is all there is to know.
    """
    given_up = Donation.objects.filter(stripe_end_reason="payment_failed", subscription_ended_at__isnull=False)
    unpaid = Invoice.objects.failed().filter(donation__in=given_up, paid_at=None).order_by("-first_failed_at")
    times = unpaid.values_list("first_failed_at", "donation__subscription_ended_at")[:ENDS]
    spans = [ended_at - first for first, ended_at in times if first and ended_at and ended_at >= first]
    return min(spans, default=None)


def hard_stop(invoice: Invoice, tries_for: timedelta | None) -> Stop | None:
    """The end of the grace, or an attempt of Stripe's before it that may be its last. None once it is paid or over.

    `tries_for` is `patience()`. While Stripe plans another attempt, none of before is the last one.
    """
    donation, first, planned = invoice.donation, invoice.first_failed_at, invoice.next_attempt_at
    if invoice.status != "open" or first is None or not donation.has_live_subscription:
        return None
    stops = []
    if planned:
        stops.append(Stop(planned if tries_for is None else max(planned, first + tries_for), is_sure=False))
    if donation.membership and not donation.membership.ended_at:
        grace = timedelta(days=Newsroom.current().grace_days + 1)
        stops.append(Stop(clock.start_of(donation.membership.paid_through + grace), is_sure=True))
    return min(stops, key=lambda stop: stop.at, default=None)


def _look_at_overdue(now: datetime) -> None:
    """Attempts whose time has passed in silence: Stripe tells nothing of one that it only counts. Once an hour each."""
    hour = timedelta(hours=1)
    silent = Invoice.objects.failing().filter(donation__in=Donation.objects.running(), next_attempt_at__lt=now - hour)
    for name in silent.values_list("donation__subscription", flat=True):
        if not StripeEvent.objects.filter(aggregate=name, type="look.overdue", received_at__gt=now - hour).exists():
            inbox.look(str(name), "overdue")


def warn_of_ends() -> int:
    """The last notice to everybody whose support is about to end unpaid, once for each invoice. Safe to run twice.

    One that cannot be written is logged and does not hold up the others. Returns how many were written.
    """
    now, written, tries_for = clock.now(), 0, patience()
    _look_at_overdue(now)
    due = Invoice.objects.failing().filter(donation__in=Donation.objects.running())
    for invoice in due.select_related("donation__membership", "donation__patron").order_by("pk"):
        try:
            stop = hard_stop(invoice, tries_for)
            # The first failure has its own letter, and says when it is tried again.
            is_news = stop and (stop.is_sure or tries_for is not None or invoice.attempt_count > 1)
            if stop and is_news and now < stop.at <= now + NOTICE:
                with transaction.atomic():
                    written += emails.last_notice(invoice, stop.at, is_sure=stop.is_sure) is not None
        except Exception as error:
            if connection.connection is None or not connection.is_usable():
                raise
            log.error("last_notice_not_written", invoice=invoice.pk, error=type(error).__name__)
    return written


# -- the timeline ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened, or lies ahead, in the words of the active language. `code` is the bank's, for staff."""

    at: datetime
    what: str
    why: str = ""
    code: str = ""
    is_ahead: bool = False

    @property
    def day(self) -> str:
        return printing.day(self.at, get_language() or "en")


def timeline(invoice: Invoice) -> list[Step]:
    """What failed, when and why; what was sent; how it ended, or what comes next and when it stops. Oldest first."""
    steps = [
        Step(tried.tried_at, _("The payment did not go through"), wording.why(tried.failure_code), tried.failure_code)
        for tried in invoice.attempts.all()
    ]
    steps += [_sent(letter) for letter in Letter.objects.filter(_letters(invoice))]
    if invoice.paid_at:
        steps.append(Step(invoice.paid_at, _("Paid"), invoice.get_recovered_by_display()))
    ended_at = invoice.donation.subscription_ended_at
    if ended_at and not invoice.paid_at:
        steps.append(Step(ended_at, _("The support ended"), _("nothing more is charged")))
    return sorted(steps, key=lambda step: step.at) + _ahead(invoice)


def mend(invoice: Invoice) -> tuple[str | Promise, str] | None:
    """The one thing that mends it, label and address; None once it is paid or over."""
    if invoice.status != "open" or not invoice.donation.has_live_subscription or not invoice.hosted_url:
        return None
    return wording.mend(invoice.failure_code), invoice.hosted_url


def _ahead(invoice: Invoice) -> list[Step]:
    stop = hard_stop(invoice, patience())
    if stop is None:
        return []
    ends = _("If nothing changes, the support ends") if stop.is_sure else _("If nothing changes, the support may end")
    steps = [Step(stop.at, ends, is_ahead=True)]
    if planned := wording.next_attempt(invoice):
        steps.insert(0, Step(planned, _("The next attempt"), is_ahead=True))
    return steps


def _sent(letter: Letter) -> Step:
    what = {
        "payment_failed": _("Letter: what happened, and what mends it"),
        "last_notice": _("Letter: the last notice"),
        "recovered": _("Letter: paid, thank you"),
    }.get(letter.occasion, _("Letter: the support has ended"))
    return Step(letter.sent_at or letter.created_at, what, letter.get_state_display())


def _letters(invoice: Invoice) -> Q:
    """The letters about an invoice; of the end's own only where the invoice was still owed then."""
    name, donation = invoice.stripe_id, invoice.donation
    about = Q(key__startswith=f"payment_failed:{name}:") | Q(key__in=[f"last_notice:{name}", f"recovered:{name}"])
    if donation.subscription_ended_at and not invoice.paid_at:
        about |= Q(key=emails.key_of_end(donation))
    return about
