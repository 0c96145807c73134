"""Why Stripe's pages show other figures: every reason, with the memberships and payments that it is about.

Each is found by an index that holds its rows alone, so the page costs the same in a large newsroom as in a small one.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from members.models import Membership
from money.money import Money
from newsroom import clock
from payments.models import Difference, Donation, LedgerEntry, Payment, Refund

SHOWN = 50


@dataclass(frozen=True)
class Row:
    """One membership or payment. `page` and `pk` lead to it; `says` is its amount, `at` when it was, if it was once."""

    label: str
    page: str
    pk: int | None
    says: str
    at: datetime | None = None


@dataclass(frozen=True)
class Reason:
    """Why, and the newest rows of it; `has_more` if there are others."""

    title: str
    why: str
    rows: list[Row]
    has_more: bool


def reasons(today: date, grace_days: int) -> Iterator[Reason]:
    """What the last comparison found, those about the monthly sum, those about money."""
    yield _found_last()
    gifts = Donation.objects.order_by("-pk")
    recurring = Membership.objects.live().filter(source="recurring").order_by("-pk")
    yield _reason(
        _("A second subscription of the same person"),
        _("It lives at Stripe and is counted there. Here it carries no membership until its giver has decided."),
        gifts.running().filter(is_second=True), _donation,
    )  # fmt: skip
    yield _reason(
        _("Ended here, still alive at Stripe"),
        _("The paid time and the days of grace are over. Stripe counts the subscription until its last attempt."),
        gifts.filter(lives_on=True), _donation,
    )  # fmt: skip
    yield _reason(
        _("The first payment is on its way"),
        _("A bank debit takes some days. Stripe counts the subscription from its beginning, and here it counts once it "
          "is paid."),
        gifts.confirming(), _donation,
    )  # fmt: skip
    yield _reason(
        _("Paused"),
        _("Stripe counts a subscription whose collection is paused as active. Here it brings nothing meanwhile."),
        recurring.filter(paused_at__isnull=False), _membership,
    )  # fmt: skip
    yield _reason(
        _("Past due, within the days of grace"),
        _("Counted here until the grace is over; in Stripe's own churn such a payer may count as gone already."),
        recurring.filter(paused_at=None, failing_since__isnull=False, paid_through__gte=today - timedelta(grace_days)),
        _membership,
    )  # fmt: skip
    yield from _about_money()


def _found_last() -> Reason:
    found = list(Difference.objects.order_by("pk")[: SHOWN + 1])
    ways, nothing = _ways([one.object for one in found]), _("nothing")
    return Reason(
        _("Not the same when everything was compared last"),
        _("Each night every object at Stripe is compared. What can be looked at again is asked for at once, so some of "
          "it may be the same by now."),
        [
            Row(*ways.get(one.object, (one.object, "", None)), _("%(what)s: here %(ours)s, at Stripe %(theirs)s") % {
                "what": one.get_kind_display(), "ours": one.ours or nothing, "theirs": one.theirs or nothing,
            })
            for one in found[:SHOWN]
        ],
        len(found) > SHOWN,
    )  # fmt: skip


def _ways(objects: list[str]) -> dict[str, tuple[str, str, int | None]]:
    """The label, page and number of the payment or patron that one of Stripe's objects belongs to."""
    paid = Payment.objects.filter(Q(payment_intent__in=objects) | Q(charge__in=objects))
    booked = LedgerEntry.objects.filter(balance_transaction__in=objects, payment__isnull=False)
    given = Donation.objects.filter(Q(subscription__in=objects) | Q(checkout_session__in=objects), patron__isnull=False)
    payments: list[tuple[Any, ...]] = [
        *paid.values_list("pk", "payment_intent", "charge"), *booked.values_list("payment", "balance_transaction")
    ]  # fmt: skip
    patrons: Iterable[tuple[Any, ...]] = given.values_list("patron", "subscription", "checkout_session")
    found = {name: (_of_payment(number), "payment", number) for number, *names in payments for name in names}
    return found | {name: (_of_patron(number), "patron", number) for number, *names in patrons for name in names}


def _about_money() -> Iterator[Reason]:
    lately = clock.now() - timedelta(days=14)
    yield _reason(
        _("Money that never was at Stripe"),
        _("Bank transfers and cash that staff recorded. They are in what was received and in net income."),
        Payment.objects.received().filter(source="offline").order_by("-pk"), _payment,
    )  # fmt: skip
    yield _reason(
        _("Received, and not in Stripe's balance yet"),
        _("Stripe makes the line in its balance a little after the charge, for some ways of paying days later."),
        Payment.objects.not_booked().order_by("-pk"), _payment,
    )  # fmt: skip
    yield _reason(
        _("Refunds on their way"),
        _("Asked for and not yet taken from the balance."),
        Refund.objects.filter(status__in=["pending", "requires_action"]).order_by("-pk"),
        lambda row: Row(_of_payment(row.payment_id), "payment", row.payment_id, _printed(row.amount), row.created_at),
    )  # fmt: skip
    yield _reason(
        _("Other business on the same Stripe account"),
        _("In Stripe's balance and in the month close, never in what givers gave."),
        LedgerEntry.objects.filter(kind="adjustment", payment=None, occurred_at__gte=lately).order_by("-occurred_at"),
        lambda row: Row(row.balance_transaction or "", "", None, _printed(Money(row.amount_minor, row.currency)),
                        row.occurred_at),
    )  # fmt: skip


def _reason(title: str, why: str, rows: "QuerySet[Any]", told: Callable[[Any], Row]) -> Reason:
    found = list(rows[: SHOWN + 1])
    return Reason(title, why, [told(row) for row in found[:SHOWN]], len(found) > SHOWN)


def _donation(row: Donation) -> Row:
    told = f"{_printed(row.total)}, {row.get_interval_display()}"
    return Row(_of_patron(row.patron_id), "patron", row.patron_id, told)


def _membership(row: Membership) -> Row:
    count, amount = row.interval_months, _printed(Money(row.amount_minor, row.currency))
    several = ngettext("%(amount)s every %(count)s month", "%(amount)s every %(count)s months", count)
    says = {1: _("%(amount)s a month"), 12: _("%(amount)s a year")}.get(count, several)
    told = says % {"amount": amount, "count": count}
    return Row(_of_patron(row.patron_id), "patron", row.patron_id, told)


def _of_payment(number: int) -> str:
    return _("Payment %(id)s") % {"id": number}


def _of_patron(number: int | None) -> str:
    return _("Patron %(id)s") % {"id": number}


def _payment(row: Payment) -> Row:
    return Row(_of_payment(row.pk), "payment", row.pk, _printed(row.amount), row.paid_at)


def _printed(amount: Money) -> str:
    return amount.format(get_language() or "en")
