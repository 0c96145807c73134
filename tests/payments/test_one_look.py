"""A join tells of itself by several objects' events: one look at Stripe answers all that it covers, and no others."""

import pytest

from payments import stripe_events
from payments.models import Donation, LedgerEntry, StripeEvent
from tests.journeys.conftest import World

pytestmark = pytest.mark.database


def join(world: World) -> Donation:
    """Paid at Stripe and told to the inbox, applied by nobody yet."""
    reader = world.reader()
    url = reader.start(interval="monthly", amount="5")
    assert reader.pay(url).status_code == 303
    world.sandbox.post("clock", advance=60)
    world.sandbox.post("tick")
    donation: Donation = Donation.objects.get(checkout_url=url)
    return donation


def test_one_look_applies_what_was_told_before_it(story: World) -> None:
    donation = join(story)
    pending = StripeEvent.objects.pending()
    kinds = {name.partition("_")[0] for name in pending.values_list("aggregate", flat=True)}
    assert {"cs", "sub", "pi"} <= kinds
    told = pending.exclude(aggregate__startswith="cus").exclude(aggregate__startswith="pm").count()
    assert stripe_events.apply(donation.checkout_session or "") == told
    assert set(LedgerEntry.objects.values_list("kind", flat=True)) == {"payment", "fee"}
    assert not pending.filter(aggregate__regex="^(cs|sub|pi)_").exists()


def test_one_look_leaves_what_is_told_of_refunds_and_disputes(story: World) -> None:
    donation = join(story)
    intent = StripeEvent.objects.filter(type="payment_intent.succeeded").get().aggregate
    StripeEvent.objects.filter(type="charge.updated").update(type="charge.dispute.closed")
    stripe_events.apply(donation.checkout_session or "")
    assert list(StripeEvent.objects.pending().filter(aggregate=intent).values_list("type", flat=True)) == [
        "charge.dispute.closed"
    ]


def test_one_look_leaves_what_is_told_after_it(story: World, monkeypatch: pytest.MonkeyPatch) -> None:
    donation = join(story)
    late = StripeEvent.objects.get(type="charge.updated")
    StripeEvent.objects.filter(pk=late.pk).delete()
    look = stripe_events.refresh

    def look_while_another_event_comes(aggregate: str, hints: set[str]) -> set[str]:
        besides = look(aggregate, hints)
        late.pk = None
        late.save(force_insert=True)
        return besides

    monkeypatch.setattr(stripe_events, "refresh", look_while_another_event_comes)
    stripe_events.apply(donation.checkout_session or "")
    assert StripeEvent.objects.pending().filter(type="charge.updated").count() == 1
