"""The product's rows of a past that Stripe already knows, written in bulk, each kind in the order of time."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from itertools import accumulate, islice
from operator import attrgetter, itemgetter

from config.seed import copying, readings
from config.seed.people import Person
from config.seed.stories import Story
from members.models import MembershipChange, Patron
from newsroom import clock
from newsroom.models import Newsroom
from payments import ledger, stripe_objects
from payments.checkout import PRODUCT
from payments.models import LedgerEntry, Operation, Payout, Receipt, ReceiptCounter
from payments.models.ledger import Kind
from payments.models.operation import OperationState
from payments.models.payment import Source
from payments.stripe_objects import Json


def write_patrons(stories: list[Story]) -> None:
    """Those who give, oldest first."""
    first: dict[Person, datetime] = {}
    for story in stories:
        first.setdefault(story.gift.person, story.gift.started_at)
    patrons = {
        who: Patron(email=who.email, name=who.name, language=who.language, created_at=at) for who, at in first.items()
    }
    copying.write(patrons.values())
    for story in stories:
        story.donation.patron = patrons[story.gift.person]


def write(stories: list[Story], things: dict[str, Json], newsroom: Newsroom) -> None:
    """What became of their gifts. `things` has Stripe's payouts by id, with what they moved."""
    _write_gifts(stories)
    _write_book(stories, things)
    _write_receipts(stories, newsroom)
    Operation.objects.create(
        kind="product", key=f"product:{PRODUCT}", path="/v1/products", state=OperationState.DONE, result=PRODUCT
    )


def _write_gifts(stories: list[Story]) -> None:
    """All rows but the book's."""
    copying.write(story.membership for story in stories if story.membership)
    copying.write(change for _, change in sorted(_changes(stories), key=itemgetter(0)))
    for story in stories:
        story.donation.membership = story.membership
    copying.write(story.donation for story in stories)
    invoices = [invoice for story in stories for invoice in story.invoices]
    copying.write(sorted(invoices, key=attrgetter("created_at")))
    attempts = [attempt for story in stories for attempt in story.attempts]
    copying.write(sorted(attempts, key=attrgetter("tried_at")))
    payments = [payment for story in stories for payment in story.payments]
    copying.write(sorted(payments, key=attrgetter("created_at")))
    copying.write(row for story in stories for row, _ in story.refunds)
    copying.write(row for story in stories for row, _ in story.disputes)


def _changes(stories: list[Story]) -> Iterator[tuple[datetime, MembershipChange]]:
    """With when each was recorded. An ending may be dated before what was recorded earlier, but comes after it."""
    for story in stories:
        yield from zip(accumulate((change.occurred_at for change in story.changes), max), story.changes, strict=True)


def _write_book(stories: list[Story], things: dict[str, Json]) -> None:
    """The ledger's lines, by the ledger's own verbs."""
    recorded = _payouts(things)
    for story in stories:
        for payment, moved in zip(story.payments, story.arrivals, strict=False):
            if moved:
                recorded.append((moved.created_at, partial(ledger.record_payment, payment, moved)))
        for refund, back in story.refunds:
            if moved := back.movement:
                recorded.append((back.created_at, partial(ledger.record_refund, refund.payment, moved, refund.amount)))
        for dispute, seen in story.disputes:
            recorded += [
                (moved.created_at, partial(ledger.record_dispute, dispute.payment, moved, dispute.amount))
                for moved in seen.movements
            ]
    waiting = iter(sorted(recorded, key=itemgetter(0)))
    while portion := list(islice(waiting, copying.PORTION)):
        with ledger.gathering() as lines:
            for _, record in portion:
                record()
        copying.write(lines)
    copying.write(
        LedgerEntry(
            source=Source.OFFLINE, kind=Kind.PAYMENT, reference=payment.reference, payment=payment,
            amount_minor=payment.amount_minor, currency=payment.currency, seen_minor=payment.amount_minor,
            seen_currency=payment.currency, occurred_at=payment.created_at,
        )
        for story in stories for payment in story.payments if payment.source == Source.OFFLINE
    )  # fmt: skip


def _payouts(things: dict[str, Json]) -> list[tuple[datetime, Callable[[], None]]]:
    raws = sorted((raw for raw in things.values() if raw["object"] == "payout"), key=itemgetter("created"))
    seen = [stripe_objects.Payout.read(readings.expanded(things, raw["id"], "balance_transaction")) for raw in raws]
    rows = [
        Payout(stripe_id=one.id, amount_minor=one.amount_minor, currency=one.currency, status=one.status,
               arrives_on=clock.day(one.arrives_at), created_at=one.created_at)
        for one in seen
    ]  # fmt: skip
    copying.write(rows)
    return [
        (one.created_at, partial(ledger.record_payout, row, one.movement))
        for row, one in zip(rows, seen, strict=True)
        if one.movement
    ]


def _write_receipts(stories: list[Story], newsroom: Newsroom) -> None:
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
    copying.write(receipts)
    ReceiptCounter.objects.bulk_create(ReceiptCounter(year=year, last=number) for year, number in last.items())
