"""What stands at Stripe or here and moves no monthly sum, no patron and no cohort: each through its whole way."""

from datetime import timedelta
from typing import Any

from pytest_django import Settings

from members import grants
from members.grants import Grant
from members.models import GrantKind, Membership, Patron
from newsroom import clock
from payments.models import Payment, StripeEvent
from reports import rollups
from reports.figures import money, monthly, months, persons
from tests.journeys import test_gift_memberships as buying
from tests.journeys.conftest import World, sandbox, story, world
from tests.journeys.test_by_hand import customer, subscribe
from tests.journeys.test_changing import button
from tests.payments.test_webhooks import encoded, post
from tests.signing_in import patron

__all__ = ["sandbox", "story", "world"]

GOOD_CARD = "5555555555554444"


def figures() -> dict[str, Any]:
    """What the pages of the month and of retention say today; nothing of what is nothing."""
    rollups.run_due()
    assert rollups.prove()
    month = months.this()
    steps = {currency: told[-1] for currency, told in monthly.steps(month).items()}
    crowd = persons.crowds(month)[0][-1]
    found = {
        "sum": {currency: step.closing for currency, step in steps.items() if step.closing},
        "moved": {currency: step.moved for currency, step in steps.items() if step.moved},
        "givers": {currency: step.givers for currency, step in steps.items() if step.givers},
        "patrons": crowd.closing,
        "outcomes": crowd.counts,
        "cohorts": [(cohort.month, cohort.size) for cohort in persons.cohorts(month)],
        "recurring": {one.currency: one.recurring for one in money.seen(*this_month()) if one.recurring},
    }
    return {name: value for name, value in found.items() if value}


def this_month() -> tuple[Any, Any]:
    return months.this(), months.after(months.this())


def net() -> dict[str, int]:
    return money.net_income(*this_month())


def test_a_gift_membership_is_a_single_gift_and_no_patron(story: World) -> None:
    buying.buy(story.reader())
    assert buying.claim(story.reader(), buying.link()).status_code == 200
    assert Membership.objects.live().get().source == "gift"
    assert figures() == {}
    assert persons.apart() == {"gift": 1}
    [seen] = money.seen(*this_month())
    assert (seen.single, seen.recurring) == (1, 0)


def test_a_granted_membership_brings_nothing(db: None) -> None:
    until, eve = clock.today() + timedelta(days=90), patron("eve@newsroom.example", "support", second_factor=True)
    olena = Patron.objects.create(email="olena@example.org")
    grants.give(olena, Grant(GrantKind.COMPLIMENTARY, until, "She wrote for us."), actor=eve)
    rollups.rebuild(with_own=True)
    assert figures() == {}
    assert persons.apart() == {"complimentary": 1}


def test_a_first_invoice_that_nobody_has_paid_begins_nothing(story: World) -> None:
    declined, debited = story.reader(), story.reader()
    declined.pay(declined.start(amount="5"), "4000000000009995")
    url = debited.start(amount="7", email="other@example.org")
    debited.pay(url, method="sepa_debit", iban="AT861904300235473202", email="other@example.org")
    story.work()
    story.sandbox.post("tick")
    story.work()
    assert figures() == {}, "on its way"
    story.advance(days=8)
    assert Payment.objects.filter(state="failed").exists()
    assert figures() == {}
    assert not any(net().values())


def test_other_products_of_the_same_account_are_other_business(story: World) -> None:
    story.reader().give(interval="once", amount="25")
    assert figures() == {}
    before = net()
    mugs = story.sandbox.client.v1.products.create({"name": "A mug each month"})
    subscribe(story, customer(story), 1900, product=str(mugs.id), interval="month")
    story.advance(days=1)
    assert figures() == {}
    assert net() == before
    assert money.settled(*this_month())["EUR"]["adjustment"] > 0


def test_another_card_moves_nothing(story: World) -> None:
    donation = story.reader().give()
    before = figures()
    story.press(f"customers/{donation.customer}/card", number=GOOD_CARD)
    donation.refresh_from_db()
    assert donation.card_last4 == GOOD_CARD[-4:]
    assert figures() == before
    assert before["sum"] == {"EUR": 500}


def test_ten_a_month_made_a_hundred_and_twenty_a_year_moves_nothing(story: World) -> None:
    donation = story.reader().give(amount="10")
    before = figures()
    button(story, donation, "change", amount=12_000, interval="year")
    after = figures()
    assert Membership.objects.get().interval_months == 12
    for name in ("sum", "moved", "givers", "patrons", "cohorts"):
        assert after[name] == before[name]
    yearly = persons.crowds(months.this())[12][-1]
    assert (yearly.closing, yearly.left) == (1, 0)


def test_test_data_is_refused_in_a_live_installation(db: None, settings: Settings) -> None:
    settings.STRIPE_LIVE = True
    assert post(encoded(type="customer.subscription.created", livemode=False)) == 400
    assert not StripeEvent.objects.exists()
    assert figures() == {}


def test_the_control_a_gift_that_is_paid_is_in_all_of_them(story: World) -> None:
    story.reader().give()
    said = figures()
    assert (said["sum"], said["givers"], said["patrons"]) == ({"EUR": 500}, {"EUR": 1}, 1)
    assert {"moved", "outcomes", "cohorts", "recurring"} <= set(said)
