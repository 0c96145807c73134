"""Records that may be one person are named on each other's page, with what they share; nothing is done by itself."""

from collections.abc import Callable

import pytest
from django.test import Client

from audit.models import StaffAction
from members.models import Patron
from newsroom import clock
from payments.models import Donation
from people import duplicates
from tests.reports.conftest import running, staff

__all__ = ["staff"]


def person(email: str, **more: str) -> Patron:
    return Patron.objects.create(email=email, **more)


@pytest.mark.parametrize(
    ("one", "other", "is_alike"),
    [
        ("olena.k@gmail.com", "olenak@gmail.com", True),
        ("o.l.e.n.a.k+news@googlemail.com", "olenak@gmail.com", True),
        ("olena+a@example.org", "olena@example.org", True),
        ("olena+a@example.org", "olena+b@example.org", True),
        ("olena.k@example.org", "olenak@example.org", False),
        ("olena@example.org", "olena@example.com", False),
        ("olena@example.org", "molena@example.org", False),
        ("o*ena@example.org", "olena@example.org", False),
        ("olena@gmail.com", "olena@gmailxcom.org", False),
    ],
)
def test_spellings_of_one_mailbox_are_alike(db: None, one: str, other: str, is_alike: bool) -> None:
    first, second = person(one), person(other)
    for here, there in ((first, second), (second, first)):
        assert [(found.patron, str(found.by)) for found in duplicates.of(here)] == (
            [(there, "the same address in another spelling")] if is_alike else []
        )


def test_two_who_share_a_customer_an_address_or_name_and_card_are_alike(db: None) -> None:
    first, second = person("olena@example.org", name="Olena K."), person("work@example.com", name="olena k.")
    running(first)
    assert duplicates.of(second) == [], "a name alone says nothing"
    gift = running(second)
    for change, why in (
        ({"email": ""}, "the same name and the same last digits of a card"),
        ({"email": "Olena@Example.org"}, "a gift came from the other’s address"),
        ({"customer": f"cus_{first.pk}"}, "the same customer at Stripe"),
    ):
        Donation.objects.filter(pk=gift.pk).update(**change)
        for here, there in ((first, second), (second, first)):
            assert [(found.patron, str(found.by)) for found in duplicates.of(here)] == [(there, why)]
    Patron.objects.filter(pk=first.pk).update(email="x@erased.invalid", name="", is_active=False, erased_at=clock.now())
    assert duplicates.of(second) == []
    assert duplicates.of(Patron.objects.get(pk=first.pk)) == []


def test_the_page_of_a_person_names_them_and_the_log_says_who_was_shown(staff: Callable[[str], Client]) -> None:
    first, second = person("olena@gmail.com", name="Olena K."), person("o.lena@gmail.com", name="Lena")
    page = staff("support").get(f"/reports/patrons/{first.pk}/").content.decode()
    assert "Perhaps the same person:" in page
    assert f'<a href="/reports/patrons/{second.pk}/">Lena</a> (o.lena@gmail.com): the same address' in page
    assert StaffAction.objects.get(action="patron.view").facts == {"likely": [second.pk]}
