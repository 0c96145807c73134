"""Compares with Stripe. What is missing here goes into the inbox and takes the way of every event.

Events are kept by Stripe for 30 days (https://docs.stripe.com/api/events/list); objects for good, so the nightly look
compares objects.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice

from django.db import transaction
from django.db.models import Sum

from money.money import Money
from newsroom import bell, clock
from payments import adoption, gateway, inbox, stripe_events
from payments.models import Difference, Dispute, Donation, LedgerEntry, Payment, Payout, Refund, StripeEvent, Watermark
from payments.models.donation import DonationState
from payments.stripe_objects import Json, Subscription, id_of, moment

EVENTS_KEPT = timedelta(days=30)
OVERLAP = timedelta(hours=2)
Kind = Difference.Kind


def catch_up() -> int:
    """Lists Stripe's events since the last look, with two hours of overlap, and stores those that never came."""
    begun = clock.now()
    mark = Watermark.objects.filter(name="events").first()
    since = max(mark.at - OVERLAP, begun - EVENTS_KEPT) if mark else begun - EVENTS_KEPT
    stored = 0
    for raw in gateway.pages("/v1/events", {"created": {"gte": int(since.timestamp())}}):
        if raw["type"] in stripe_events.HANDLED:
            body = json.dumps(raw).encode()
            stored += inbox.store(inbox.read(body), body, StripeEvent.Source.RECONCILE)
    Watermark.objects.update_or_create(name="events", defaults={"at": begun})
    if stored:
        bell.ring("payments.apply_events")
    return stored


def is_due() -> bool:
    """Whether all objects should be compared now: between 02:00 and 03:00 UTC, or a day after that was missed."""
    now = clock.now()
    missed = now - timedelta(hours=26)
    return now.astimezone(UTC).hour == 2 or not Watermark.objects.filter(name="reconcile", at__gt=missed).exists()


def reconcile(since: datetime | None = None) -> list[Difference]:
    """Every difference between our rows and Stripe's objects created since a moment (None: all of them).

    Safe to run at any time, also twice at once: it asks the inbox to look at what can be looked at, and keeps what was
    found where everything was compared. Objects of the last minute are left out, since their events may still be on
    their way.
    """
    begun = clock.now()
    created: Json = {
        "created": {"lte": int(begun.timestamp()) - 60} | ({"gte": int(since.timestamp())} if since else {})
    }
    found = [
        *_subscriptions(created),
        *_movements(created, whole=since is None),
        *_refunds(created),
        *_disputes(created),
        *_payouts(created),
        *_sessions(created),
    ]
    for difference in found:
        if difference.asked:
            inbox.look(difference.object, "reconcile")
    if since is None:
        found += balance_differences()
    with transaction.atomic():
        # First, since it is held: of two comparisons at once the one waits here for the other.
        Watermark.objects.update_or_create(name="reconcile", defaults={"at": begun})
        if since is None:
            Difference.objects.all().delete()
            Difference.objects.bulk_create(found, batch_size=5_000)
    return found


def _difference(kind: str, object: str, ours: str, theirs: str, *, asked: bool = True) -> Difference:  # noqa: A002
    return Difference(kind=kind, object=object, ours=ours, theirs=theirs, asked=asked)


def _chunks(items: Iterable[Json]) -> Iterator[list[Json]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, 100)):
        yield chunk


def _subscriptions(created: Json) -> Iterator[Difference]:
    for chunk in _chunks(gateway.pages("/v1/subscriptions", {"status": "all", **created})):
        ours = {row.subscription: row for row in Donation.objects.filter(subscription__in=[raw["id"] for raw in chunk])}
        for raw in chunk:
            seen, row = Subscription.read(raw), ours.get(raw["id"])
            theirs = _terms(
                seen.status, seen.amount_minor, seen.currency, seen.cancels_at if not seen.ended_at else None
            )
            if row is None:
                known = bool(seen.reference) and Donation.objects.filter(reference=seen.reference).exists()
                known = known or adoption.is_ours(seen)
                if known or seen.status not in {"canceled", "incomplete_expired"}:
                    yield _difference(Kind.SUBSCRIPTION_UNKNOWN, seen.id, "", theirs, asked=known)
                continue
            our_terms = _terms(row.subscription_status, row.total.minor, row.currency, row.cancels_at)
            if our_terms != theirs:
                yield _difference(Kind.SUBSCRIPTION, seen.id, our_terms, theirs)


def _terms(status: str, minor: int, currency: str, cancels_at: datetime | None) -> str:
    return f"{status}, {Money(minor, currency)}" + (f", ends {cancels_at:%Y-%m-%d %H:%M}" if cancels_at else "")


def _movements(created: Json, *, whole: bool) -> Iterator[Difference]:
    at_stripe: set[str] = set()
    for chunk in _chunks(gateway.pages("/v1/balance_transactions", {"expand": ["data.source"], **created})):
        ids = [raw["id"] for raw in chunk]
        at_stripe.update(ids if whole else [])
        sums = LedgerEntry.objects.filter(balance_transaction__in=ids).values("balance_transaction", "currency")
        nets = {
            line["balance_transaction"]: (line["net"], line["currency"])
            for line in sums.annotate(net=Sum("amount_minor"))
        }
        for raw in chunk:
            net = (raw["net"], raw["currency"].upper())
            ours = nets.get(raw["id"])
            if ours is None and raw["net"] == 0:
                continue
            if ours is None:
                yield _difference(Kind.MOVEMENT_UNKNOWN, _way_to(raw), "", f"{raw['id']} {Money(*net)}")
            elif ours != net:
                yield _difference(Kind.MOVEMENT, raw["id"], str(Money(*ours)), str(Money(*net)), asked=False)
    if whole:
        yield from _unknown_to_stripe(at_stripe, created)


def _unknown_to_stripe(at_stripe: set[str], created: Json) -> Iterator[Difference]:
    until = moment(created["created"]["lte"])
    ours = (
        LedgerEntry.objects.from_stripe()
        .filter(occurred_at__lte=until)
        .order_by()
        .values_list("balance_transaction", "amount_minor", "currency")
    )
    for movement, minor, currency in ours.iterator():
        if movement not in at_stripe:
            yield _difference(Kind.UNKNOWN_TO_STRIPE, str(movement), str(Money(minor, currency)), "", asked=False)


def _way_to(raw: Json) -> str:
    """The object through which a movement is applied: its charge, refund's charge, dispute's charge or payout."""
    source = raw["source"] if isinstance(raw["source"], dict) else {}
    kind = source.get("object", "")
    if kind in {"charge", "refund", "dispute"}:
        return id_of(source.get("payment_intent")) or id_of(source.get("charge")) or str(source["id"])
    return str(source["id"]) if kind == "payout" else str(raw["id"])


def _refunds(created: Json) -> Iterator[Difference]:
    for chunk in _chunks(gateway.pages("/v1/refunds", created)):
        ours = dict(
            Refund.objects.filter(stripe_id__in=[raw["id"] for raw in chunk]).values_list("stripe_id", "status")
        )
        for raw in chunk:
            status = ours.get(raw["id"], "")
            if status != raw["status"] and (raw["id"] in ours or _is_ours(raw)):
                yield _difference(Kind.REFUND, _intent_of(raw), status, raw["status"])


def _disputes(created: Json) -> Iterator[Difference]:
    for chunk in _chunks(gateway.pages("/v1/disputes", created)):
        ours = dict(
            Dispute.objects.filter(stripe_id__in=[raw["id"] for raw in chunk]).values_list("stripe_id", "status")
        )
        for raw in chunk:
            status = ours.get(raw["id"], "")
            if status != raw["status"] and (raw["id"] in ours or _is_ours(raw)):
                yield _difference(Kind.DISPUTE, _intent_of(raw), status, raw["status"])


def _intent_of(raw: Json) -> str:
    return id_of(raw.get("payment_intent")) or id_of(raw.get("charge"))


def _is_ours(raw: Json) -> bool:
    """Whether the charge behind a refund or dispute is a payment here."""
    return Payment.objects.filter(charge=id_of(raw.get("charge"))).exists()


def _payouts(created: Json) -> Iterator[Difference]:
    for chunk in _chunks(gateway.pages("/v1/payouts", created)):
        ours = dict(
            Payout.objects.filter(stripe_id__in=[raw["id"] for raw in chunk]).values_list("stripe_id", "status")
        )
        for raw in chunk:
            if ours.get(raw["id"]) != raw["status"]:
                yield _difference(Kind.PAYOUT, raw["id"], ours.get(raw["id"], ""), raw["status"])


def _sessions(created: Json) -> Iterator[Difference]:
    """Sessions that are over at Stripe and still open here."""
    for chunk in _chunks(gateway.pages("/v1/checkout/sessions", created)):
        over = {raw["id"]: raw["status"] for raw in chunk if raw["status"] != "open"}
        still_open = Donation.objects.filter(checkout_session__in=over, state=DonationState.OPEN)
        for session in still_open.values_list("checkout_session", flat=True):
            yield _difference(Kind.CHECKOUT, str(session), "open", over[str(session)])


def balance_differences() -> list[Difference]:
    """Per currency: the book's Stripe lines, payouts included, against Stripe's balance, to the minor unit."""
    lines = LedgerEntry.objects.from_stripe().order_by().values("currency").annotate(sum=Sum("amount_minor"))
    ours = {line["currency"]: line["sum"] for line in lines}
    theirs = gateway.balance()
    return [
        _difference(
            Kind.BALANCE,
            currency,
            *(str(Money(sums.get(currency, 0), currency)) for sums in (ours, theirs)),
            asked=False,
        )
        for currency in sorted({*ours, *theirs})
        if ours.get(currency, 0) != theirs.get(currency, 0)
    ]
