"""`manage.py staff`: the first account of a newsroom."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from audit.models import StaffAction
from letters.models import Letter
from members.models import Patron
from tests.signing_in import first_step, patron, sign_in


def _staff(*arguments: str) -> str:
    said = StringIO()
    call_command("staff", *arguments, stdout=said)
    return said.getvalue()


def test_it_makes_an_account_and_says_what_to_do_next(db: None) -> None:
    said = _staff("Eve@Newsroom.example", "--role", "admin")
    assert Patron.objects.get().email == "eve@newsroom.example"
    assert "http://127.0.0.1:8000/account/login/" in said
    assert "authenticator app" in said
    link = StaffAction.objects.get()
    assert (link.actor, link.action, link.facts) == (None, "staff.appoint", {"role": ["", "admin"]})
    assert "eve@" not in f"{link.target}{link.facts}"


def test_the_same_command_again_changes_nothing(db: None) -> None:
    _staff("eve@newsroom.example", "--role", "admin")
    _staff("eve@newsroom.example", "--role", "admin")
    assert (Patron.objects.count(), StaffAction.objects.count()) == (1, 1)


def test_a_patron_becomes_staff_and_a_changed_role_signs_out(db: None, client: Client) -> None:
    who = patron("eve@newsroom.example", "finance", second_factor=True)
    sign_in(client, who)
    said = _staff("eve@newsroom.example", "--role", "editor")
    assert "authenticator app" not in said
    assert client.get("/reports/").headers["Location"].startswith("/account/login/")
    assert StaffAction.objects.get().facts == {"role": ["finance", "editor"]}


def test_a_lost_second_factor_is_taken_away_and_another_is_enrolled(db: None, client: Client) -> None:
    who = patron("eve@newsroom.example", "finance", second_factor=True)
    sign_in(client, who)
    for _twice in range(2):
        assert "authenticator app" in _staff(who.email, "--role", "finance", "--forget-second-factor")
    assert client.get("/reports/").headers["Location"].startswith("/account/login/")
    assert StaffAction.objects.get().action == "staff.forget_second_factor"
    assert Letter.objects.filter(occasion="security_changed", to=who.email).count() == 1
    assert first_step(client, who.email).status_code == 302
    assert client.get("/reports/").headers["Location"] == "/account/second-factor/"


@pytest.mark.parametrize("arguments", [("no-address", "--role", "admin"), ("eve@newsroom.example", "--role", "owner")])
def test_a_mistyped_address_or_role_is_refused(db: None, arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        _staff(*arguments)
    assert not Patron.objects.exists()
