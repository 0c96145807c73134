"""The product's rows of a past that Stripe already knows.

Everything is read from Stripe's objects through the product's own readers, and what follows from money for a membership
is said by the product's own rule, told in the order of time. So these are the rows that living through it would have
left; only they are written in bulk.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from functools import partial
from itertools import pairwise
from operator import attrgetter, itemgetter

from asks.models import Origin
from config.seed.people import Gift, Person
from members import memberships
from members.models import Membership, MembershipChange, Patron
from newsroom import clock
from newsroom.models import Newsroom
from payments import donations, dunning, ledger, stripe_objects
from payments.checkout import PRODUCT
from payments.models import (
    Dispute,
    Donation,
    Invoice,
    InvoiceAttempt,
    LedgerEntry,
    Operation,
    Payment,
    Payout,
    Receipt,
    ReceiptCounter,
    Refund,
)  # fmt: skip
from payments.models.donation import DonationState
from payments.models.ledger import Kind
from payments.models.operation import OperationState
from payments.models.payment import PaymentState, Source
from payments.stripe_objects import Json, Subscription, moment
from payments.subscriptions import last_day

BATCH = 1000


@dataclass
class Story:
    """A gift, what Stripe made of it (`made`: ids), and its rows."""

    gift: Gift
    made: Json
    donation: Donation
    subscription: Subscription | None = None
    invoices: list[Invoice] = field(default_factory=list)
    attempts: list[InvoiceAttempt] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    intents: list[stripe_objects.Intent] = field(default_factory=list)
    refunds: list[tuple[Refund, stripe_objects.Refund]] = field(default_factory=list)
    disputes: list[tuple[Dispute, stripe_objects.Dispute]] = field(default_factory=list)
    membership: Membership | None = None
    changes: list[MembershipChange] = field(default_factory=list)


def write(
    gifts: Iterable[tuple[Gift, Json]], origins: list[Origin], things: dict[str, Json], until: datetime
) -> list[Story]:
    """Writes it all, oldest first. `things` are Stripe's objects by id. Call it in a transaction."""
    newsroom = Newsroom.current()
    stories = [Story(gift, made, _donation(gift, origins)) for gift, made in gifts]
    _save_patrons(stories)
    charges = _charges(things)
    for story in stories:
        _read(story, things, charges)
    for story in stories:
        if story.subscription:
            _tell(story, newsroom, until)
    _save(stories)
    _save_book(stories, things)
    _save_receipts(stories, newsroom)
    Operation.objects.create(
        kind="product", key=f"product:{PRODUCT}", path="/v1/products", state=OperationState.DONE, result=PRODUCT
    )
    return stories


def _donation(gift: Gift, origins: list[Origin]) -> Donation:
    return Donation(
        reference=gift.reference, interval=gift.interval, amount_minor=gift.amount, fee_cover_minor=gift.cover,
        currency=gift.currency, email=gift.person.email, name=gift.person.name, display=gift.display,
        message=gift.message, language=gift.person.language, state=DonationState.GIVEN, created_at=gift.started_at,
        origin=None if gift.is_offline else origins[gift.origin % len(origins)],
    )  # fmt: skip


def _save_patrons(stories: list[Story]) -> None:
    first: dict[Person, datetime] = {}
    for story in stories:
        first.setdefault(story.gift.person, story.gift.started_at)
    made = Patron.objects.bulk_create(
        [Patron(email=who.email, name=who.name, language=who.language, created_at=at) for who, at in first.items()]
    )
    patrons = dict(zip(first, made, strict=True))
    for story in stories:
        story.donation.patron = patrons[story.gift.person]


# -- what Stripe says ------------------------------------------------------------------------------------------------


def _charges(things: dict[str, Json]) -> dict[str, list[stripe_objects.Charge]]:
    """By payment intent, its attempts at the bank, newest first."""
    found: dict[str, list[stripe_objects.Charge]] = {}
    for raw in sorted((raw for raw in things.values() if raw["object"] == "charge"), key=itemgetter("created")):
        found.setdefault(raw["payment_intent"], []).insert(0, stripe_objects.Charge.read(raw))
    return found


def _read(story: Story, things: dict[str, Json], charges: dict[str, list[stripe_objects.Charge]]) -> None:
    """The rows of one gift as Stripe's objects have them at the end."""
    gift, donation = story.gift, story.donation
    if gift.is_offline:
        reference = f"bank {gift.started_at:%Y-%m-%d}/{gift.reference.hex[:6]}"
        story.payments.append(_offline(donation, reference, gift.started_at))
        return
    donation.checkout_session, donation.customer = story.made["session"], story.made["customer"] or ""
    if story.made["subscription"]:
        _read_subscription(story, things)
    for paid in story.made["payments"]:
        invoice = None
        intent = stripe_objects.Intent.read(
            _expanded(things, paid["payment_intent"], "latest_charge", "balance_transaction")
        )
        if paid["invoice"]:
            invoice = _invoice(donation, things[paid["invoice"]], intent, charges[intent.id])
            story.invoices.append(invoice)
            _read_attempts(story, invoice, things[paid["invoice"]], charges[intent.id])
        if paid["paid_at"]:
            _read_payment(story, paid, intent, invoice, things)


def _expanded(things: dict[str, Json], name: str, *path: str) -> Json:
    """An object with the references along the path replaced by the objects."""
    if not path or name not in things:
        return things[name]
    inner = things[name].get(path[0])
    return things[name] | {path[0]: _expanded(things, inner, *path[1:]) if inner else None}


def _read_subscription(story: Story, things: dict[str, Json]) -> None:
    donation, seen = (
        story.donation,
        Subscription.read(_expanded(things, story.made["subscription"], "default_payment_method")),
    )
    story.subscription = seen
    donation.subscription, donation.customer = seen.id, seen.customer
    donation.anchor_at, donation.period_end = seen.anchor_at, seen.period_end
    donation.method, donation.card_brand, donation.card_last4 = seen.card.method, seen.card.brand, seen.card.last4
    donation.card_expires_on = last_day(seen.card)


def _invoice(
    donation: Donation, raw: Json, intent: stripe_objects.Intent, charges: list[stripe_objects.Charge]
) -> Invoice:
    seen = stripe_objects.Invoice.read(raw)
    failed = [charge for charge in charges if charge.status == "failed"]
    return Invoice(
        donation=donation, stripe_id=seen.id, status=seen.status, billing_reason=seen.billing_reason,
        amount_due_minor=seen.amount_due_minor, currency=seen.currency, period_start=seen.period_start,
        period_end=seen.period_end, attempt_count=seen.attempt_count, next_attempt_at=seen.next_attempt_at,
        payment_intent=intent.id, hosted_url=seen.hosted_url, created_at=seen.created_at, paid_at=seen.paid_at,
        failure_code=failed[0].failure_code if failed else "",
        first_failed_at=moment(raw["status_transitions"]["finalized_at"]) if failed else None,
    )  # fmt: skip


def _read_attempts(story: Story, invoice: Invoice, raw: Json, charges: list[stripe_objects.Charge]) -> None:
    """The attempts that failed, each with the moment of the one that came next."""
    failed = [charge for charge in charges if charge.status == "failed"]
    if not failed:
        return
    following = [invoice.next_attempt_at, *(charge.created_at for charge in charges)][-len(failed) - 1 :]
    story.attempts += [
        InvoiceAttempt(invoice=invoice, stripe_id=charge.id, tried_at=charge.created_at,
                       failure_code=charge.failure_code, next_attempt_at=then)
        for charge, then in zip(failed, following, strict=False)
    ]  # fmt: skip
    if invoice.status == "paid":
        invoice.recovered_by = dunning.recovery(stripe_objects.Invoice.read(raw), charges)


def _read_payment(
    story: Story, paid: Json, intent: stripe_objects.Intent, invoice: Invoice | None, things: dict[str, Json]
) -> None:
    paid_at = datetime.fromtimestamp(paid["paid_at"], UTC)
    payment = Payment(
        donation=story.donation, invoice=invoice, payment_intent=intent.id, charge=intent.charge,
        amount_minor=intent.charged_minor, currency=intent.currency, state=PaymentState.SUCCEEDED,
        method=intent.card.method, card_brand=intent.card.brand, card_last4=intent.card.last4,
        paid_at=paid_at, created_at=paid_at,
    )  # fmt: skip
    story.payments.append(payment)
    story.intents.append(intent)
    if paid["refund"]:
        refund = stripe_objects.Refund.read(_expanded(things, paid["refund"], "balance_transaction"))
        row = Refund(payment=payment, stripe_id=refund.id, amount_minor=refund.amount_minor, currency=refund.currency,
                     status=refund.status, created_at=refund.created_at)  # fmt: skip
        story.refunds.append((row, refund))
    if paid["dispute"]:
        dispute = stripe_objects.Dispute.read(things[paid["dispute"]])
        taken = Dispute(
            payment=payment, stripe_id=dispute.id, amount_minor=dispute.amount_minor, currency=dispute.currency,
            status=dispute.status, reason=dispute.reason, evidence_due_at=dispute.evidence_due_at,
            created_at=dispute.created_at,
        )  # fmt: skip
        story.disputes.append((taken, dispute))
    _weigh(payment, story, datetime.max.replace(tzinfo=UTC))


def _offline(donation: Donation, reference: str, received_at: datetime) -> Payment:
    return Payment(
        donation=donation, source=Source.OFFLINE, reference=reference, amount_minor=donation.amount_minor,
        currency=donation.currency, state=PaymentState.SUCCEEDED, method="offline", paid_at=received_at,
        created_at=received_at,
    )  # fmt: skip


# -- what followed for the membership, in the order of time ----------------------------------------------------------


def _tell(story: Story, newsroom: Newsroom, until: datetime) -> None:
    """The membership and its history: at each moment something happened, the rows as they stood, and what they say."""
    for now, following in pairwise([*sorted(set(_moments(story))), until]):
        _step(story, newsroom, now)
        if (lapse := _lapses_at(story.membership, newsroom)) and lapse < following:
            _step(story, newsroom, lapse)
    story.donation.state = DonationState.ENDED if story.donation.subscription_ended_at else DonationState.LIVE


def _moments(story: Story) -> Iterator[datetime]:
    assert story.subscription  # noqa: S101  only recurring gifts are told
    seen = story.subscription
    happened = [
        *(payment.paid_at for payment in story.payments),
        *(invoice.first_failed_at for invoice in story.invoices),
        *(refund.created_at for refund, _ in story.refunds),
        *(movement.created_at for _, dispute in story.disputes for movement in dispute.movements),
        *(seen.cancel_asked_at, seen.ended_at, story.gift.paused_at),
    ]
    yield from (moment for moment in happened if moment)


def _step(story: Story, newsroom: Newsroom, now: datetime) -> None:
    payments, failing = _as_of(story, now)
    facts = donations.facts_on(now.astimezone(newsroom.zone_info).date(), story.donation, payments, failing, newsroom)
    if facts is None:
        return
    if story.membership is None:
        story.membership, joined = memberships.begin(story.donation.patron, facts)  # type: ignore[arg-type]
        story.membership.created_at = now
        story.changes.append(joined)
    story.changes += memberships.tell(story.membership, facts, now)
    story.membership.first_paid_at, story.membership.resumes_at = facts.first_paid_at, facts.resumes_at


def _as_of(story: Story, now: datetime) -> tuple[list[Payment], datetime | None]:
    """Puts the rows in memory to where they stood. Returns the payments there were, and since when one was failing."""
    donation, seen, paused_at = story.donation, story.subscription, story.gift.paused_at
    assert seen  # noqa: S101  only recurring gifts are told
    has_ended, is_paused = bool(seen.ended_at and seen.ended_at <= now), bool(paused_at and paused_at <= now)
    asked = bool(seen.cancel_asked_at and seen.cancel_asked_at <= now)
    unpaid = [invoice for invoice in story.invoices if not (invoice.paid_at and invoice.paid_at <= now)]
    failing = [since for invoice in unpaid if (since := invoice.first_failed_at) and since <= now]
    donation.subscription_ended_at = seen.ended_at if has_ended else None
    donation.stripe_end_reason = seen.end_reason if has_ended or asked else ""
    donation.cancel_asked_at = seen.cancel_asked_at if asked else None
    donation.cancels_at = seen.cancels_at if asked and not has_ended else None
    donation.paused_at, donation.resumes_at = (paused_at, seen.resumes_at) if is_paused else (None, None)
    donation.subscription_status = seen.status if has_ended or is_paused else "past_due" if failing else "active"
    payments = [payment for payment in story.payments if payment.paid_at and payment.paid_at <= now]
    for payment in payments:
        _weigh(payment, story, now)
    return payments, min(failing, default=None)


def _weigh(payment: Payment, story: Story, now: datetime) -> None:
    """How much of the payment had gone back by then, as arrivals.py weighs it."""
    back = [row for row, _ in story.refunds if row.payment is payment and row.created_at <= now]
    taken = [
        row for row, seen in story.disputes if row.payment is payment
        and sum(movement.amount_minor for movement in seen.movements if movement.created_at <= now) < 0
    ]  # fmt: skip
    payment.refunded_minor = sum(row.amount_minor for row in back)
    payment.disputed_minor = sum(row.amount_minor for row in taken)
    moments = [row.created_at for row in back] + [row.created_at for row in taken]
    payment.returned_at = None if payment.stands or not moments else max(moments)


def _lapses_at(membership: Membership | None, newsroom: Newsroom) -> datetime | None:
    """When a membership ends that nobody pays any more."""
    if membership is None or membership.ended_at or membership.paused_at:
        return None
    day = membership.paid_through + timedelta(days=newsroom.grace_days + 1)
    return datetime.combine(day, time.min, newsroom.zone_info)


# -- writing ---------------------------------------------------------------------------------------------------------


def _save(stories: list[Story]) -> None:
    """All rows but the book's, each kind in the order of time."""
    Membership.objects.bulk_create([story.membership for story in stories if story.membership], batch_size=BATCH)
    changes = [change for story in stories for change in story.changes]
    MembershipChange.objects.bulk_create(sorted(changes, key=attrgetter("occurred_at")), batch_size=BATCH)
    for story in stories:
        story.donation.membership = story.membership
    Donation.objects.bulk_create([story.donation for story in stories], batch_size=BATCH)
    invoices = [invoice for story in stories for invoice in story.invoices]
    Invoice.objects.bulk_create(sorted(invoices, key=attrgetter("created_at")), batch_size=BATCH)
    attempts = [attempt for story in stories for attempt in story.attempts]
    InvoiceAttempt.objects.bulk_create(sorted(attempts, key=attrgetter("tried_at")), batch_size=BATCH)
    payments = [payment for story in stories for payment in story.payments]
    Payment.objects.bulk_create(sorted(payments, key=attrgetter("created_at")), batch_size=BATCH)
    Refund.objects.bulk_create([row for story in stories for row, _ in story.refunds])
    Dispute.objects.bulk_create([row for story in stories for row, _ in story.disputes])


def _save_book(stories: list[Story], things: dict[str, Json]) -> None:
    """The ledger's lines, by the ledger's own verbs, in the order of time."""
    recorded = _payouts(things)
    for story in stories:
        for payment, intent in zip(story.payments, story.intents, strict=False):
            if moved := intent.movement:
                recorded.append((moved.created_at, partial(ledger.record_payment, payment, moved)))
        for refund, back in story.refunds:
            if moved := back.movement:
                recorded.append((back.created_at, partial(ledger.record_refund, refund.payment, moved, refund.amount)))
        for dispute, seen in story.disputes:
            recorded += [
                (moved.created_at, partial(ledger.record_dispute, dispute.payment, moved, dispute.amount))
                for moved in seen.movements
            ]
    with ledger.in_bulk():
        for _, record in sorted(recorded, key=itemgetter(0)):
            record()
    LedgerEntry.objects.bulk_create(
        LedgerEntry(
            source=Source.OFFLINE, kind=Kind.PAYMENT, reference=payment.reference, payment=payment,
            amount_minor=payment.amount_minor, currency=payment.currency, seen_minor=payment.amount_minor,
            seen_currency=payment.currency, occurred_at=payment.created_at,
        )
        for story in stories for payment in story.payments if payment.source == Source.OFFLINE
    )  # fmt: skip


def _payouts(things: dict[str, Json]) -> list[tuple[datetime, Callable[[], None]]]:
    raws = sorted((raw for raw in things.values() if raw["object"] == "payout"), key=itemgetter("created"))
    seen = [stripe_objects.Payout.read(_expanded(things, raw["id"], "balance_transaction")) for raw in raws]
    rows = Payout.objects.bulk_create(
        Payout(stripe_id=one.id, amount_minor=one.amount_minor, currency=one.currency, status=one.status,
               arrives_on=clock.day(one.arrives_at), created_at=one.created_at)
        for one in seen
    )  # fmt: skip
    return [
        (one.created_at, partial(ledger.record_payout, row, one.movement))
        for row, one in zip(rows, seen, strict=True)
        if one.movement
    ]


def _save_receipts(stories: list[Story], newsroom: Newsroom) -> None:
    """Numbered without gaps in each year, in the order in which money arrived."""
    last: dict[int, int] = {}
    receipts = []
    payments = [payment for story in stories for payment in story.payments]
    for payment in sorted(payments, key=attrgetter("created_at", "id")):
        issued_at = payment.created_at + timedelta(seconds=4)
        year = issued_at.astimezone(newsroom.zone_info).year
        last[year] = last.get(year, 0) + 1
        language = payment.donation.language
        receipts.append(Receipt(payment=payment, year=year, number=last[year], language=language, issued_at=issued_at))
    Receipt.objects.bulk_create(receipts, batch_size=BATCH)
    ReceiptCounter.objects.bulk_create(ReceiptCounter(year=year, last=number) for year, number in last.items())
