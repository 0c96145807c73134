"""What a patron or staff wish for a subscription: stored, sent to Stripe, and read back from its answer.

Each verb names its wish by `key`: the same wish sent twice, or by two tabs at once, has one effect. Each raises
`Unconfirmed`, gateway.Unavailable (nothing was stored) or gateway.Refused (nothing was changed).
"""

from contextlib import suppress
from datetime import datetime
from http import HTTPStatus

from django.utils.translation import gettext as _

from money.money import Money
from newsroom import bell, clock
from payments import arrivals, checkout, gateway, locks, operations, subscriptions
from payments.models import Donation, Leaving, Operation
from payments.models.donation import DonationState, Interval
from payments.models.operation import OperationState
from payments.stripe_objects import Json

# Wishes of which only the newest is meant.
KINDS = {"change", "pause", "resume", "cancel", "keep", "cancel_now"}
LONGEST_PAUSE = 12  # months


class Unconfirmed(gateway.Unavailable):
    """Stripe has not answered a wish that is stored: it may have happened, and is sent again with the same key."""


def sentence(error: gateway.GatewayError) -> str:
    """What the page says of a wish that did not end in Stripe's yes."""
    if isinstance(error, Unconfirmed):
        return _("Stripe has not confirmed this yet. Look at this page again in a minute.")
    if isinstance(error, gateway.Refused) and error.status == HTTPStatus.PAYMENT_REQUIRED:
        return _("The card was declined. Nothing was changed and nothing was charged. Change the card, then try again.")
    if isinstance(error, gateway.Refused):
        return _("Stripe did not accept this. Nothing was changed and nothing was charged.")
    return _("Stripe does not answer. Nothing was changed and nothing was charged. Try again.")


def waiting(donation: Donation) -> bool:
    """Whether a wish is stored that Stripe has not answered."""
    return bool(Operation.objects.filter(donation=donation, kind__in=KINDS, state=OperationState.PENDING).exists())


def _ask(donation: Donation, kind: str, key: str, params: Json, *, path: str = "", method: str = "post") -> Donation:
    """Stores and sends one wish, then reads the subscription back: what the page shows is what Stripe answered."""
    operations.supersede(donation, KINDS, key=key)
    operation = operations.store(
        kind, key, path or f"/v1/subscriptions/{donation.subscription}", params, method=method, donation=donation
    )
    try:
        operations.send(operation)
        _read_back(donation)
    except gateway.Unavailable as error:
        raise Unconfirmed from error
    finally:
        bell.ring("payments.apply_events")  # for whoever found the subscription busy meanwhile
    return Donation.objects.get(pk=donation.pk)


def _read_back(donation: Donation) -> None:
    with suppress(locks.Busy, arrivals.NotYet):  # then another worker is reading the same answer
        subscriptions.refresh(donation.subscription or "")


def change(donation: Donation, gift: Money, *, fee_cover_minor: int = 0, interval: str = "", key: str) -> Donation:
    """Another amount from the next charge on; nothing is charged or credited for the running period.

    Another interval begins a new period, and Stripe charges it at once: if the card is declined then, everything stays
    as it was. Stripe needs the item's id, or it adds a second item and charges both. Letter: raised.
    Source: https://docs.stripe.com/api/subscriptions/update
    """
    interval, count = interval or donation.interval, 1
    if interval == Interval.SEVERAL:
        count = donation.every_months
    seen = gateway.subscription(donation.subscription or "")
    total = gift.minor + fee_cover_minor
    price: Json = {
        "currency": gift.currency.lower(),
        "product": seen.product,
        "unit_amount": total,
        "recurring": {"interval": "year" if interval == Interval.YEARLY else "month", "interval_count": count},
    }
    params: Json = {
        "items": [{"id": seen.item, "price_data": price}],
        "metadata": {"fee_cover": str(fee_cover_minor)},
        "proration_behavior": "none",
        "payment_behavior": "error_if_incomplete",
    }
    return _ask(donation, "change", f"change:{donation.pk}:{key}:{interval}:{total}", params)


def give(donation: Donation, gift: Money, *, covers_fee: bool, interval: str = "", key: str) -> Donation:
    """More, less, or in another rhythm, in the currency that it runs in.

    Raises a checkout.Refusal for an amount outside the currency's minimum and maximum, and what `change` raises.
    """
    checkout.examine(gift, donation.language, is_new=False)
    cover = checkout.arithmetic(gift)[0].minor if covers_fee else 0
    return change(donation, gift, fee_cover_minor=cover, interval=interval, key=key)


def raise_to(donation: Donation, gift: Money, *, key: str) -> Donation:
    """The same for a giver on the way to a second subscription: a fee that was covered stays covered."""
    return give(donation, gift, covers_fee=bool(donation.fee_cover_minor), key=key)


def pause_for(donation: Donation, months: int, *, key: str) -> Donation:
    """A pause of 1 to LONGEST_PAUSE months from now."""
    if not 1 <= months <= LONGEST_PAUSE:
        raise ValueError(f"a pause of {months} months")
    return pause(donation, until=clock.months_later(clock.now(), months), key=f"{key}:{months}")


def pause(donation: Donation, *, until: datetime, key: str) -> Donation:
    """No charge until a moment; the membership is paused with it. Invoices due in that time are voided.

    Letter: paused.
    """
    params = {"pause_collection": {"behavior": "void", "resumes_at": int(until.timestamp())}}
    return _ask(donation, "pause", f"pause:{donation.pk}:{key}", params)


def resume(donation: Donation, *, key: str) -> Donation:
    """Charging goes on with the next period. Stripe has two kinds of pause, each with its own way out.

    Letter: resumed.
    """
    if donation.subscription_status == "paused":
        path = f"/v1/subscriptions/{donation.subscription}/resume"
        return _ask(donation, "resume", f"resume:{donation.pk}:{key}", {"proration_behavior": "none"}, path=path)
    return _ask(donation, "resume", f"resume:{donation.pk}:{key}", {"pause_collection": ""})


def leave(donation: Donation, *, reason: str = "", words: str = "", key: str) -> Donation:
    """Ends what a patron gives, and keeps what they said of it; nothing more is charged. Letter: cancelled.

    With what is paid for, or at once where a payment is owed: Stripe would try to collect that until the period's end.
    """
    try:
        is_owed = donation.invoices.filter(status="open").exists()
        changed = cancel_now(donation) if is_owed else cancel_at_period_end(donation, key=key)
    except Unconfirmed:
        _say(donation, reason, words, key)
        raise
    _say(donation, reason, words, key)
    return changed


def _say(donation: Donation, reason: str, words: str, key: str) -> None:
    if reason or words:
        Leaving.objects.get_or_create(donation=donation, wish=key, defaults={"reason": reason, "words": words})


def keep(donation: Donation, *, key: str) -> Donation:
    """Takes an end back that has not come. Stripe has two ways to set one, and takes back either by its own name only.

    Letter: staying.
    """
    seen = gateway.subscription(donation.subscription or "")
    params: Json = {"cancel_at_period_end": False} if seen.is_flagged_to_end else {"cancel_at": ""}
    return _ask(donation, "keep", f"keep:{donation.pk}:{key}", params)


def cancel_at_period_end(donation: Donation, *, key: str) -> Donation:
    """Ends with what is paid for."""
    return _ask(donation, "cancel", f"cancel:{donation.pk}:{key}", {"cancel_at_period_end": True})


def cancel_now(donation: Donation) -> Donation:
    """Ends at once. Stripe takes no key for this and cancels only once; an ended subscription counts as done."""
    try:
        return _ask(donation, "cancel_now", f"cancel_now:{donation.pk}", {}, method="delete")
    except gateway.Refused:
        _read_back(donation)
        changed = Donation.objects.get(pk=donation.pk)
        if changed.state != DonationState.ENDED:
            raise
        return changed
