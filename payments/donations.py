"""What follows from money: a donation's state, its patron, and the membership behind it.

Everything here is derived from rows that were set from Stripe's state, under the donation's lock, so it comes out the
same however often and in whatever order it runs.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

import structlog
from django.db import connection, transaction

from members import gifts, memberships
from members.memberships import AlreadyMember, Facts
from members.models import EndReason, GiftMembership, Membership, Patron
from newsroom import clock
from newsroom.models import Newsroom
from payments import emails
from payments.models import Donation, Invoice, Payment
from payments.models.donation import MOVES, DonationState
from payments.models.payment import PaymentState

log = structlog.get_logger(__name__)


def lock(donation: Donation) -> Donation:
    """The donation's row, locked until the transaction ends. Taken before payments' and memberships' rows."""
    return Donation.objects.select_for_update().get(pk=donation.pk)


def settle(donation: Donation) -> None:
    """Brings state and membership to what the donation's rows say. Call in a transaction that locked the donation.

    Letters that follow: welcome (first of a recurring gift), second_subscription, raised, giving_changed, cancelled,
    gift_given.
    """
    payments = list(donation.payments.select_related("invoice").order_by("paid_at", "id"))
    if donation.is_recurring:
        _settle_recurring(donation, payments)
    else:
        move(donation, _state_of_gift(payments))
        if donation.gift_membership and donation.patron:
            _settle_gift_membership(donation.gift_membership, donation.patron, payments)


def _settle_gift_membership(gift: GiftMembership, buyer: Patron, payments: list[Payment]) -> None:
    """Paid by the first payment received; withdrawn since the moment from which none stands."""
    paid_at = min((payment.paid_at for payment in payments if payment.paid_at), default=None)
    returned = [payment.returned_at for payment in payments if payment.returned_at]
    # A delayed payment that fails after it was received has no such moment.
    returned_at = max(returned, default=None) or gift.withdrawn_at or clock.now()
    gifts.follow(
        gift,
        buyer=buyer,
        paid_at=paid_at,
        returned_at=None if any(payment.stands for payment in payments) else returned_at,
        is_disputed=any(payment.disputed_minor for payment in payments),
    )


def move(donation: Donation, state: str) -> bool:
    """One step along MOVES; a step that is not there is left undone, since Stripe's answers can come late.

    Returns whether a step was made.
    """
    if state == donation.state or state not in MOVES[donation.state]:
        return False
    donation.state = state
    donation.save(update_fields=["state"])
    return True


def _state_of_gift(payments: list[Payment]) -> str:
    states = {payment.state for payment in payments}
    if PaymentState.SUCCEEDED in states:
        return DonationState.GIVEN
    if PaymentState.CONFIRMING in states:
        return DonationState.CONFIRMING
    return DonationState.FAILED if states else DonationState.OPEN


def _settle_recurring(donation: Donation, payments: list[Payment]) -> None:
    if not donation.subscription:
        return
    facts = facts_of(donation, payments)
    if facts is None:
        failed = payments and all(payment.state == PaymentState.FAILED for payment in payments)
        over = failed or donation.subscription_ended_at
        move(donation, DonationState.FAILED if over else DonationState.CONFIRMING)
        return
    has_moved = move(donation, DonationState.ENDED if donation.subscription_ended_at else DonationState.LIVE)
    if donation.membership is None and donation.patron:
        _join(donation, donation.patron, facts)
    if donation.membership:
        has_just_ended = has_moved and donation.state == DonationState.ENDED
        _follow(donation, donation.membership, facts, has_just_ended=has_just_ended)
        if donation.lives_on != outlives(donation, donation.membership):
            donation.lives_on = not donation.lives_on
            donation.save(update_fields=["lives_on"])


def outlives(donation: Donation, membership: Membership) -> bool:
    """Whether the membership has ended here, and the subscription behind it still lives at Stripe."""
    return membership.ended_at is not None and donation.has_live_subscription and not donation.is_second


def _join(donation: Donation, patron: Patron, facts: Facts) -> None:
    if donation.is_second and facts.ended_at:
        return
    try:
        donation.membership = memberships.start(patron, facts)
    except AlreadyMember:
        _wait_as_second(donation)
        return
    was_second, donation.is_second = donation.is_second, False
    donation.save(update_fields=["membership", "is_second"])
    if not was_second:
        emails.welcome(donation)


def _follow(donation: Donation, membership: Membership, facts: Facts, *, has_just_ended: bool) -> None:
    try:
        moves = memberships.follow(membership, facts)
    except AlreadyMember:
        _wait_as_second(donation)  # paid again after another subscription of the same patron took over
        return
    if donation.is_second and not facts.ended_at:
        donation.is_second = False
        donation.save(update_fields=["is_second"])
    _tell_of_changes(donation, moves)
    if has_just_ended or {"leaving", "ended"} & set(moves):
        _say_goodbye(donation)
    if "ended" in moves:
        _let_second_take_over(donation)


def _tell_of_changes(donation: Donation, moves: list[str]) -> None:
    """A pause whose end is known is told of again when that end moves."""
    if "changed" in moves:
        emails.raised(donation)
    if donation.paused_at and ("paused" in moves or donation.resumes_at):
        emails.changed(donation, "paused", str(donation.resumes_at or donation.paused_at))
    for move in {"resumed", "staying"} & set(moves) if donation.has_live_subscription else ():
        emails.changed(donation, move, str(clock.today()))


def _wait_as_second(donation: Donation) -> None:
    """Another subscription of the patron carries the membership; what this one carried before stays its history."""
    if donation.is_second:
        return
    donation.is_second = True
    donation.save(update_fields=["is_second"])
    emails.second_subscription(donation)


def _say_goodbye(donation: Donation) -> None:
    """Not while the subscription still lives and may charge: a membership lapses before Stripe gives up."""
    if not donation.is_second and (donation.cancels_at or donation.subscription_ended_at):
        emails.cancelled(donation)


def _let_second_take_over(donation: Donation) -> None:
    """A second subscription that still runs carries the membership once the first has ended."""
    others = Donation.objects.running().filter(patron=donation.patron, is_second=True).exclude(pk=donation.pk)
    for second in others.order_by("pk"):
        settle(lock(second))


def facts_of(donation: Donation, payments: list[Payment]) -> Facts | None:
    """What the donation's money says of its membership; None before the first payment has settled."""
    if donation.membership is None:
        # Somebody joins when the first invoice is paid, which may not have been seen yet although the payment has.
        payments = [payment for payment in payments if payment.invoice is None or payment.invoice.status != "open"]
    # A payment can be seen here before its invoice is.
    received = [payment for payment in payments if payment.state == PaymentState.SUCCEEDED and payment.invoice_id]
    owed = donation.invoices.failing().exclude(pk__in=[payment.invoice_id for payment in received])
    failing = owed.order_by("first_failed_at").first()
    failing_since = failing.first_failed_at if failing else None
    invoices = donation.invoices.filter(status__in=("paid", "void", "uncollectible"))
    return facts_on(clock.today(), donation, payments, failing_since, Newsroom.current(), invoices=invoices)


def facts_on(
    today: date,
    donation: Donation,
    payments: list[Payment],
    failing_since: datetime | None,
    newsroom: Newsroom,
    *,
    invoices: Iterable[Invoice] = (),
) -> Facts | None:
    """The same on a day of the past, from rows as they stood then, saved or not; for `seed`."""
    received = [payment for payment in payments if payment.state == PaymentState.SUCCEEDED and payment.invoice]
    if not received:
        return None
    zone = newsroom.zone_info
    newest = max(received, key=lambda payment: (payment.invoice.period_end, payment.stands))  # type: ignore[union-attr]
    covered = [payment.invoice for payment in received if payment.invoice and payment.stands]
    covered += [invoice for invoice in invoices if _asks_nothing(invoice)]
    through = max(
        [invoice.period_end for invoice in covered],
        default=min(payment.invoice.period_start for payment in received if payment.invoice),
    )
    paid_through = through.astimezone(zone).date()
    ended_at, reason = donation.subscription_ended_at, _end_reason(donation)
    last_day = paid_through + timedelta(days=newsroom.grace_days)
    # A pause keeps from lapsing what it finds alive, and revives nothing.
    asked_until = donation.paused_at.astimezone(zone).date() if donation.paused_at else today
    if ended_at is None and last_day < asked_until:
        ended_at, reason = clock.start_of(last_day + timedelta(days=1)), EndReason.LAPSED
    return Facts(
        amount_minor=donation.total.minor,
        currency=donation.currency,
        interval_months=donation.months,
        first_paid_at=min(map(_succeeded_at, received)),
        paid_through=paid_through,
        failing_since=failing_since if not donation.subscription_ended_at else None,
        paused_at=donation.paused_at if donation.has_live_subscription else None,
        resumes_at=donation.resumes_at if donation.has_live_subscription else None,
        leaves_at=donation.cancels_at if donation.has_live_subscription else None,
        ended_at=ended_at,
        end_reason=reason if ended_at else "",
        forfeited_at=None if newest.stands else newest.returned_at,
        paid_at=newest.paid_at if newest.stands else None,
    )


def _succeeded_at(payment: Payment) -> datetime:
    """A bank debit succeeds days after it was charged: when its invoice is paid; nothing else at Stripe says when."""
    moments = [payment.paid_at, payment.invoice.paid_at if payment.invoice else None]
    return max(moment for moment in moments if moment)


def _asks_nothing(invoice: Invoice) -> bool:
    """Its period is covered without a payment: by credit, paid outside Stripe, void, or written off without a try."""
    is_untried = invoice.status == "uncollectible" and not invoice.attempt_count
    return is_untried or invoice.status == "void" or (invoice.status == "paid" and not invoice.payment_intent)


def _end_reason(donation: Donation) -> str:
    """Asked to end, even while a payment was failing, is a choice; only retries that ran out are unpaid time."""
    if donation.stripe_end_reason == "payment_disputed":
        return EndReason.DISPUTED
    return EndReason.LAPSED if donation.stripe_end_reason == "payment_failed" else EndReason.CANCELLED


def lapse_due() -> int:
    """Ends memberships whose paid time and grace are over. Safe to run twice; a later payment brings them back.

    Each in a transaction of its own: one that cannot be ended is logged and does not hold up the others. Without a
    database the run ends. Returns how many were settled.
    """
    last, settled = clock.today() - timedelta(days=Newsroom.current().grace_days), 0
    due = Donation.objects.filter(
        membership__ended_at=None, membership__paused_at=None, membership__paid_through__lt=last
    )
    for pk in list(due.order_by("pk").values_list("pk", flat=True)):
        try:
            with transaction.atomic():
                settle(lock(Donation(pk=pk)))
        except Exception as error:
            if connection.connection is None or not connection.is_usable():
                raise
            log.error("membership_not_lapsed", donation=pk, error=type(error).__name__)
        else:
            settled += 1
    return settled
