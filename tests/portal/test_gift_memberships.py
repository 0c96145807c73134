"""What a patron sees of the gift memberships they bought and claimed, and what can still be changed."""

from datetime import timedelta

import pytest
from django.test import Client

from letters.models import Letter
from members import gifts
from members.gifts import Terms
from members.models import GiftMembership, Patron
from money.money import Money
from newsroom import clock
from tests.signing_in import patron, sign_in

FRIEND = "friend@example.org"


@pytest.fixture
def olena(db: None) -> Patron:
    return patron("olena@example.org")


def paid(buyer: Patron) -> GiftMembership:
    """A gift membership for Mariia whose payment has arrived."""
    gift = gifts.draft(
        Terms(6, Money(500, "EUR"), clock.today(), giver_name="Olena", recipient_name="Mariia", recipient_email=FRIEND)
    )
    gifts.follow(gift, buyer=buyer, paid_at=clock.now(), returned_at=None, is_disputed=False)
    gift.refresh_from_db()
    return gift


def address(gift: GiftMembership) -> str:
    return f"/account/gift-memberships/{gift.reference}/"


def token(gift: GiftMembership) -> str:
    return gifts.link(gift).split("/")[-2]


def morning() -> None:
    """Past eight o'clock in the newsroom's zone, when letters go out."""
    clock.move(clock.start_of(clock.today() + timedelta(days=1)) + timedelta(hours=9) - clock.now())


def test_the_buyer_sees_it_with_its_link_and_the_recipient_after_claiming(olena: Patron, client: Client) -> None:
    gift = paid(olena)
    sign_in(client, olena)
    assert "Mariia" in client.get("/account/gift-memberships/").content.decode()
    page = client.get(address(gift))
    assert gifts.link(gift) in page.content.decode()
    assert "no-store" in page.headers["Cache-Control"]
    friend = patron(FRIEND)
    gifts.claim(token(gift), friend)
    page = client.get(address(gift))
    assert "/support/gift/claim/" not in page.content.decode()
    assert FRIEND not in page.content.decode(), "the buyer is not told who claimed it"
    theirs = sign_in(Client(), friend).get("/account/gift-memberships/").content.decode()
    assert "Given to you" in theirs
    assert "Olena" in theirs


def test_anothers_is_answered_as_if_there_were_none(olena: Patron, client: Client) -> None:
    gift = paid(olena)
    sign_in(client, patron("marko@example.org"))
    for answer in (client.get(address(gift)), client.post(address(gift), {"again": "1"})):
        assert answer.status_code == 404
    assert client.get("/account/gift-memberships/11111111-1111-4111-8111-111111111111/").status_code == 404
    assert "Mariia" not in client.get("/account/gift-memberships/").content.decode()


def test_the_letter_goes_out_again_once_a_day(olena: Patron, client: Client) -> None:
    gift = paid(olena)
    sign_in(client, olena)
    client.post(address(gift), {"again": "1"})
    assert not Letter.objects.filter(to=FRIEND).exists(), "before its day there is no letter"
    morning()
    gifts.deliver_due()
    for _click in range(3):
        client.post(address(gift), {"again": "1"})
    assert Letter.objects.filter(to=FRIEND).count() == 2
    morning()
    client.post(address(gift), {"again": "1"})
    assert Letter.objects.filter(to=FRIEND).count() == 3


def test_given_to_somebody_else_the_first_is_forgotten_and_their_link_is_dead(olena: Patron, client: Client) -> None:
    gift = paid(olena)
    morning()
    gifts.deliver_due()
    old = token(gift)
    sign_in(client, olena)
    later = clock.today() + timedelta(days=30)
    said = {"recipient_name": "Taras", "recipient_email": "taras@example.org", "deliver_on": later.isoformat()}
    assert client.post(address(gift), said).status_code == 302
    gift.refresh_from_db()
    assert (gift.recipient_email, gift.deliver_on, gift.delivered_at) == ("taras@example.org", later, None)
    assert gift.claim_through == clock.months_later(later, 12)
    assert not Letter.objects.filter(to=FRIEND).exists()
    assert gifts.find(old) is None
    with pytest.raises(gifts.NotClaimable):
        gifts.claim(old, patron(FRIEND))
    assert gifts.claim(token(gift), patron("taras@example.org")).claimed_at


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("recipient_email", "nobody"),
        ("recipient_name", "n" * 101),
        ("recipient_name", "www.example.com"),
        ("deliver_on", "yesterday"),
        ("deliver_on", "2020-01-01"),
        ("deliver_on", "2999-01-01"),
    ],
)
def test_what_is_wrong_changes_nothing(olena: Patron, client: Client, field: str, value: str) -> None:
    gift = paid(olena)
    sign_in(client, olena)
    answer = client.post(address(gift), {"recipient_email": "new@example.org", field: value})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    gift.refresh_from_db()
    assert gift.recipient_email == FRIEND


def test_claimed_or_paid_back_nothing_can_be_changed(olena: Patron, client: Client) -> None:
    claimed, withdrawn = paid(olena), paid(olena)
    gifts.claim(token(claimed), patron(FRIEND))
    gifts.follow(withdrawn, buyer=olena, paid_at=clock.now(), returned_at=clock.now(), is_disputed=False)
    sign_in(client, olena)
    for gift in (claimed, withdrawn):
        for said in ({"again": "1"}, {"recipient_email": "new@example.org"}):
            page = client.post(address(gift), said, follow=True).content.decode()
            assert "nothing about it can be changed any more" in page
        gift.refresh_from_db()
        assert gift.link_number == 1


def test_what_nobody_claimed_in_time_can_be_given_once_more(olena: Patron, client: Client) -> None:
    gift = paid(olena)
    clock.move(timedelta(days=368))
    assert gifts.forget_due() == 1
    assert gifts.forget_due() == 0
    gift.refresh_from_db()
    assert (gift.recipient_name, gift.recipient_email, gift.message) == ("", "", "")
    assert Letter.objects.filter(occasion="gift_unclaimed", to=olena.email).count() == 1
    sign_in(client, olena)
    assert "/support/gift/claim/" not in client.get(address(gift)).content.decode()
    client.post(address(gift), {"recipient_name": "Taras"})
    gift.refresh_from_db()
    assert gift.lapsed_at is None
    assert gifts.link(gift) in client.get(address(gift)).content.decode()
