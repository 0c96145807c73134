"""The letters of money. One function a letter: it writes a row of the outbox in the caller's transaction.

Each may be called again for the same fact: the key names it, and the second call writes nothing.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core import signing
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from letters import outbox
from letters.models import Letter
from letters.outbox import Draft
from letters.printing import day, moment
from members.models import Patron, Role
from newsroom import clock
from newsroom.models import Newsroom
from payments import names, wording
from payments.models import Dispute, Donation, Invoice, Payment, Refund, RefundRequest

Fact = tuple[str | Promise, str]


def welcome(donation: Donation) -> Letter | None:
    """To whoever has given for the first time, once the money has arrived."""
    return _write(
        donation, "welcome", f"welcome:{donation.pk}",
        facts=_standing(donation),
        action=(_("Your support"), _account()) if donation.is_recurring else (_("Support every month"), _support()),
    )  # fmt: skip


def receipt(payment: Payment, *, again: str = "") -> Letter | None:
    """With the numbered receipt as a PDF. The receipt must be issued already. `again` names a wish to have it again."""
    donation, language = payment.donation, _language(payment.donation)
    number = str(payment.receipt)
    facts: list[Fact] = [
        (_("Receipt"), number),
        (_("Amount"), payment.amount.format(language)),
        (_("Paid on"), day(payment.paid_at or payment.receipt.issued_at, language)),
        (_("Paid with"), wording.method(payment, language)),
    ]
    return _write(
        donation, "receipt", f"receipt:{payment.pk}" + (f":{again}" if again else ""),
        facts=facts + _next_charge(donation),
        action=(_("Change or stop"), _account()) if donation.has_live_subscription else None,
        attachment=f"receipt:{payment.receipt.pk}",
        number=number,
        amount=payment.amount.format(language),
        words_of_newsroom=Newsroom.current().receipt_wording(language),
    )  # fmt: skip


def payment_failed(invoice: Invoice) -> Letter | None:
    """Why, in plain words, and the one page that mends it, Stripe's page of this invoice.

    Once for each cause that an invoice fails by: a retry that fails as the one before it brings no news.
    """
    donation, language, cause = invoice.donation, _language(invoice.donation), wording.cause(invoice.failure_code)
    again = _next_attempt(invoice, language)
    return _write(
        donation, "payment_failed", f"payment_failed:{invoice.stripe_id}:{cause}",
        facts=_owed(invoice) + ([(_("Next attempt"), again)] if again else []),
        action=_mend(invoice),
        cause=cause,
        amount=invoice.due.format(language),
        next_attempt=again,
        is_last=invoice.next_attempt_at is None,
    )  # fmt: skip


def last_notice(invoice: Invoice, stop: datetime, *, is_sure: bool) -> Letter | None:
    """Before the support ends, or (not `is_sure`) may end, at `stop` since an invoice is not paid. Once for each."""
    donation, language, cause = invoice.donation, _language(invoice.donation), wording.cause(invoice.failure_code)
    ends = day(stop, language)
    again = _next_attempt(invoice, language)
    return _write(
        donation, "last_notice", f"last_notice:{invoice.stripe_id}",
        facts=[
            *_owed(invoice),
            *([(_("Next attempt"), again)] if again else []),
            (_("Ends on") if is_sure else _("May end on"), ends),
        ],
        action=_mend(invoice),
        cause=cause,
        amount=invoice.due.format(language),
        next_attempt=again,
        is_sure=is_sure,
        ends=ends,
    )  # fmt: skip


def recovered(invoice: Invoice) -> Letter | None:
    """When an invoice that had failed is paid: thanks, and the next charge."""
    donation = invoice.donation
    return _write(
        donation, "recovered", f"recovered:{invoice.stripe_id}",
        facts=_standing(donation),
        action=(_("Your support"), _account()),
        amount=invoice.due.format(_language(donation)),
    )  # fmt: skip


def _next_attempt(invoice: Invoice, language: str) -> str:
    planned = wording.next_attempt(invoice)
    return day(planned, language) if planned else ""


def _owed(invoice: Invoice) -> list[Fact]:
    donation, language = invoice.donation, _language(invoice.donation)
    card = wording.card(donation.card_brand, donation.card_last4, language)
    return [(_("Amount"), invoice.due.format(language)), *([(_("Card"), card)] if card else [])]


def _mend(invoice: Invoice) -> Fact:
    return wording.mend(invoice.failure_code), invoice.hosted_url or _account()


def cancelled(donation: Donation) -> Letter | None:
    """When a running donation has ended, or is set to end: when, why, and that nothing more is charged.

    Once for each end: one that comes when it was announced has been told of.
    """
    language, ended_at, ends_at = _language(donation), donation.subscription_ended_at, donation.cancels_at
    when = ended_at or ends_at
    if when is None:
        raise ValueError("only what has ended, or is set to end, is told of")
    return _write(
        donation, "cancelled", key_of_end(donation),
        action=(_("Come back"), _way_back(donation)),
        has_ended=ended_at is not None,
        why=donation.stripe_end_reason,
        rhythm=wording.rhythm(donation, language),
        when=day(when, language),
        member_until=_member_until(donation, language),
    )  # fmt: skip


def key_of_end(donation: Donation) -> str:
    """The key of the letter about a donation's end, which must have or await one."""
    when = _planned(donation) or donation.subscription_ended_at or donation.cancels_at
    return f"cancelled:{donation.pk}:{clock.day(when) if when else ''}"


def refunded(refund: Refund, *, is_mistake: bool = False) -> Letter | None:
    """When money has been sent back: how much of which payment, where to, and when it is there.

    `is_mistake`: no money moves, since none had come; what was recorded, with its receipt, is taken back.
    """
    payment, donation = refund.payment, refund.payment.donation
    language = _language(donation)
    facts: list[Fact] = [
        (_("Taken back") if is_mistake else _("Refunded"), refund.amount.format(language)),
        (_("Of the payment"), payment.amount.format(language)),
        (_("Paid on"), day(payment.paid_at or payment.created_at, language)),
        (_("Receipt"), str(payment.receipt)) if is_mistake else (_("Goes back to"), wording.method(payment, language)),
    ]
    return _write(
        donation, "refunded", f"refunded:{refund.stripe_id}",
        facts=facts + _next_charge(donation),
        action=(_("Change or stop"), _account()) if donation.has_live_subscription else None,
        is_full=refund.amount == payment.amount,
        is_rest=refund.amount != payment.amount and payment.refunded_minor == payment.amount_minor,
        is_mistake=is_mistake,
        amount=refund.amount.format(language),
        is_offline=payment.source == "offline",
    )  # fmt: skip


def second_subscription(donation: Donation) -> Letter | None:
    """To a patron of whom a second subscription has arrived: both run until they decide on the page this leads to."""
    language = _language(donation)
    others = Donation.objects.running().filter(patron=donation.patron, is_second=False).exclude(pk=donation.pk)
    first = others.order_by("created_at").first()
    token = signing.dumps(str(donation.reference), salt="payments.second")
    return _write(
        donation, "second_subscription", f"second:{donation.pk}",
        action=(_("Decide what happens"), f"{settings.SITE_URL}/support/second/{token}/"),
        earlier=wording.rhythm(first, language) if first else "",
        later=wording.rhythm(donation, language),
        amount=donation.total.format(language),
    )  # fmt: skip


def raised(donation: Donation) -> Letter | None:
    """When the amount or the rhythm of a running donation has changed, up or down: what is charged from now on."""
    language = _language(donation)
    return _write(
        donation, "raised", f"raised:{donation.pk}:{donation.interval}:{donation.total.minor}:{clock.today()}",
        facts=_standing(donation),
        action=(_("Your support"), _account()),
        rhythm=wording.rhythm(donation, language),
    )  # fmt: skip


def changed(donation: Donation, what: str, of: str) -> Letter | None:
    """When a running donation is `paused`, `resumed`, `staying` after all, or charged to another `card`.

    It says the next charge. `of` tells this time from another one.
    """
    language, resumes_at = _language(donation), donation.resumes_at
    return _write(
        donation, "giving_changed", f"{what}:{donation.pk}:{of}",
        facts=_standing(donation),
        action=(_("Your support"), _account()),
        what=what,
        until=day(resumes_at, language) if donation.paused_at and resumes_at else "",
        card=wording.card(donation.card_brand, donation.card_last4, language),
    )  # fmt: skip


def refund_declined(request: RefundRequest) -> Letter | None:
    """To whoever of the staff asked for it, if they still work here."""
    asker, payment = request.asked_by, request.payment
    if not (asker.is_active and asker.is_staff):
        return None
    amount = request.amount.format(asker.language)
    return outbox.write(
        occasion="refund_declined", key=f"refund_declined:{request.pk}", to=asker.email, language=asker.language,
        patron=asker,
        context={
            "amount": amount,
            "facts": [
                (_("Amount"), amount),
                (_("Payment"), f"{payment.pk} ({payment.amount.format(asker.language)})"),
                (_("Reason"), request.declined_because),
            ],
            "action": (_("Look at the payment"), f"{settings.SITE_URL}/reports/payments/{payment.pk}/"),
        },
    )  # fmt: skip


def dispute_opened(dispute: Dispute) -> list[Letter]:
    """To the newsroom's finance address; without one to its staff of finance, or else to its admins.

    Once for each thing that wants an answer: the bank's inquiry, the dispute that it becomes, an appeal.
    """
    newsroom = Newsroom.current()
    payment = dispute.payment
    to: list[tuple[str, str, Patron | None]] = [(newsroom.finance_email, newsroom.languages[0], None)]
    if not newsroom.finance_email:
        staff = Patron.objects.filter(is_active=True)
        found = list(staff.filter(role=Role.FINANCE)) or list(staff.filter(role=Role.ADMIN))
        to = [(patron.email, patron.language, patron) for patron in found]
    written = [
        outbox.write(
            occasion="dispute",
            key=f"dispute:{dispute.stripe_id}:{dispute.status}" + (f":{patron.pk}" if patron else ""),
            to=email, language=language, patron=patron,
            context={
                "facts": _dispute_facts(dispute, language),
                "action": (_("Answer at Stripe"), f"{settings.STRIPE_DASHBOARD}payments/{payment.payment_intent}"),
                "amount": dispute.amount.format(language),
                "deadline": moment(dispute.evidence_due_at, language) if dispute.evidence_due_at else "",
                "is_inquiry": dispute.is_inquiry,
            },
        )
        for email, language, patron in to
    ]  # fmt: skip
    return [letter for letter in written if letter]


def _dispute_facts(dispute: Dispute, language: str) -> list[Fact]:
    payment = dispute.payment
    facts: list[Fact] = [
        (_("Amount"), dispute.amount.format(language)),
        (_("Reason given by the bank"), wording.dispute_reason(dispute.reason, language)),
        (_("Payment"), f"{payment.pk} ({payment.amount.format(language)})"),
        (_("Paid on"), day(payment.paid_at or payment.created_at, language)),
        (_("Dispute at Stripe"), dispute.stripe_id),
    ]
    if dispute.evidence_due_at:
        facts.insert(2, (_("Evidence due"), moment(dispute.evidence_due_at, language)))
    return facts


def draft(
    donation: Donation,
    patron: Patron | None,
    occasion: str,
    key: str,
    *,
    facts: Sequence[Fact] = (),
    attachment: str = "",
    **context: Any,
) -> Draft:
    """A letter about a donation, to its patron, or to the address of a giver who is none, in their language."""
    language = patron.language if patron else donation.language
    everything = {
        "greeting": greeting(donation, language),
        "facts": facts,
        "is_recurring": donation.is_recurring,
        "account_url": _account(),
        "support_url": _support(),
        **context,
    }
    return Draft(occasion, key, patron.email if patron else donation.email, language, everything, patron, attachment)


def greeting(giver: Donation | Patron, language: str) -> str:
    """The name to greet with; empty for what is none."""
    return names.greeting(names.of(giver, names.Audience.LETTER), language)


def _write(donation: Donation, occasion: str, key: str, **context: Any) -> Letter | None:
    """To the giver. Nobody is written to whose address has been erased."""
    letter = draft(donation, donation.patron, occasion, key, **context)
    return outbox.write(**vars(letter)) if letter.to else None


def _language(donation: Donation) -> str:
    return donation.patron.language if donation.patron else donation.language


def _standing(donation: Donation) -> list[Fact]:
    """What is given, and the next charge."""
    said = wording.rhythm(donation, _language(donation))
    return [(_("You give"), said), *_next_charge(donation)]


def _next_charge(donation: Donation) -> list[Fact]:
    """Amount, day and card of the next charge, if there is one."""
    said = wording.next_charge(donation, _language(donation))
    return [(_("Next charge"), said)] if said else []


def _member_until(donation: Donation, language: str) -> str:
    """The last paid day, if it still lies ahead."""
    membership = donation.membership
    if membership is None or membership.paid_through <= clock.today() or membership.forfeited_at:
        return ""
    return day(membership.paid_through, language)


def _planned(donation: Donation) -> datetime | None:
    """When it was to end, if it ended with its period: Stripe does so some time after, perhaps on the next day."""
    ended_at, planned = donation.subscription_ended_at, donation.period_end
    if ended_at is None or planned is None:
        return None
    return planned if timedelta(0) <= ended_at - planned < timedelta(days=1) else None


def _way_back(donation: Donation) -> str:
    """To the page that takes an end back; once it has come, to the form with the old amount."""
    if donation.has_live_subscription:
        return f"{_account()}donations/{donation.reference}/return/"
    return f"{_support()}?{urlencode(donation.again)}"


def _account() -> str:
    return f"{settings.SITE_URL}/account/"


def _support() -> str:
    return f"{settings.SITE_URL}/support/"
