"""The rows of a gift as Stripe's objects have them at the end, read through the product's own readers."""

from datetime import UTC, datetime
from operator import itemgetter

from config.seed import standings
from config.seed.stories import Story
from payments import dunning, stripe_objects
from payments.models import Dispute, Donation, Invoice, InvoiceAttempt, Payment, Refund
from payments.models.payment import PaymentState, Source
from payments.stripe_objects import Json, Subscription
from payments.subscriptions import last_day


def read(story: Story, made: Json, things: dict[str, Json]) -> None:
    """What Stripe made of the gift: `made` names the objects, `things` has them by id."""
    donation = story.donation
    donation.checkout_session, donation.customer = made["session"], made["customer"] or ""
    if made["subscription"]:
        _read_subscription(story, made["subscription"], things)
    charges = _charges(things)
    for paid in made["payments"]:
        invoice = None
        intent = stripe_objects.Intent.read(
            expanded(things, paid["payment_intent"], "latest_charge", "balance_transaction")
        )
        if paid["invoice"]:
            invoice = _invoice(donation, things[paid["invoice"]], intent, charges[intent.id])
            story.invoices.append(invoice)
            _read_attempts(story, invoice, things[paid["invoice"]], charges[intent.id])
        if paid["paid_at"]:
            _read_payment(story, paid, intent, invoice, things)


def by_bank(story: Story) -> None:
    """The payment of a gift that Stripe never saw."""
    donation, received_at = story.donation, story.gift.started_at
    reference = f"bank {received_at:%Y-%m-%d}/{story.gift.reference.hex[:6]}"
    payment = Payment(
        donation=donation, source=Source.OFFLINE, reference=reference, amount_minor=donation.amount_minor,
        currency=donation.currency, state=PaymentState.SUCCEEDED, method="offline", paid_at=received_at,
        created_at=received_at, is_booked=True,
    )  # fmt: skip
    story.payments.append(payment)


def _charges(things: dict[str, Json]) -> dict[str, list[stripe_objects.Charge]]:
    """By payment intent, its attempts at the bank, newest first."""
    found: dict[str, list[stripe_objects.Charge]] = {}
    for raw in sorted((raw for raw in things.values() if raw["object"] == "charge"), key=itemgetter("created")):
        found.setdefault(raw["payment_intent"], []).insert(0, stripe_objects.Charge.read(raw))
    return found


def expanded(things: dict[str, Json], name: str, *path: str) -> Json:
    """An object with the references along the path replaced by the objects."""
    if not path or name not in things:
        return things[name]
    inner = things[name].get(path[0])
    return things[name] | {path[0]: expanded(things, inner, *path[1:]) if inner else None}


def _read_subscription(story: Story, name: str, things: dict[str, Json]) -> None:
    donation, seen = story.donation, Subscription.read(expanded(things, name, "default_payment_method"))
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
        first_failed_at=failed[-1].created_at if failed else None,
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
        paid_at=paid_at, created_at=paid_at, is_booked=bool(intent.movement),
    )  # fmt: skip
    story.payments.append(payment)
    story.arrivals.append(intent.movement)
    if paid["refund"]:
        refund = stripe_objects.Refund.read(expanded(things, paid["refund"], "balance_transaction"))
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
    standings.weigh(payment, story, datetime.max.replace(tzinfo=UTC))
