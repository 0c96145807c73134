"""What a session left open must not do alone: who it is, is asked once more."""

from datetime import timedelta

import pytest
from django.test import Client

from letters.models import Letter
from newsroom import clock
from tests.signing_in import at_once, patron, recovery_code, sign_in

GUARDED, PROVE, SEND = "/account/second-factor/passkeys/add/", "/account/prove/", "/account/prove/send/"
ASKED = f"{PROVE}?next={GUARDED}"


def _stale(client: Client) -> Client:
    """The same session, eleven minutes later."""
    session = client.session
    for record in session["account_authentication_methods"]:
        record["at"] -= 660
    session.save()
    return client


def _newest_code() -> str:
    return next(line for line in Letter.objects.latest("id").text.splitlines() if "code:" in line)[-9:]


def test_whoever_has_just_signed_in_is_not_asked_again(db: None, client: Client) -> None:
    assert sign_in(client, patron()).get(GUARDED).status_code == 200


def test_after_ten_minutes_a_code_is_asked_for_and_leads_back(db: None, client: Client) -> None:
    _stale(sign_in(client, patron()))
    assert client.get(GUARDED).headers["Location"] == ASKED
    assert b'name="code"' not in client.get(ASKED).content
    assert (
        client.post(SEND, {"next": GUARDED}).headers["Location"] == f"{PROVE}?next=%2F{GUARDED[1:].replace('/', '%2F')}"
    )
    assert Letter.objects.latest("id").occasion == "proof_code"
    assert b'name="code"' in client.get(ASKED).content
    answer = client.post(PROVE, {"code": _newest_code(), "next": GUARDED})
    assert answer.headers["Location"] == GUARDED
    assert client.get(GUARDED).status_code == 200


def test_a_wrong_code_is_told_and_opens_nothing(db: None, client: Client) -> None:
    _stale(sign_in(client, patron()))
    client.post(SEND)
    for _ in range(3):
        assert b"This code does not work." in client.post(PROVE, {"code": "0000-0000"}).content
    client.post(PROVE, {"code": _newest_code()})
    assert client.get(GUARDED).headers["Location"] == ASKED


def test_a_code_is_worth_nothing_after_ten_minutes_of_the_products_clock(db: None, client: Client) -> None:
    _stale(sign_in(client, patron()))
    client.post(SEND)
    clock.move(timedelta(minutes=10, seconds=1))
    client.post(PROVE, {"code": _newest_code()})
    assert client.get(GUARDED).headers["Location"] == ASKED


def test_a_code_asked_for_in_another_browser_works_there_only(db: None) -> None:
    who = patron()
    here, there = (_stale(sign_in(Client(), who)) for _ in range(2))
    here.post(SEND)
    there.post(PROVE, {"code": _newest_code()})
    assert there.get(GUARDED).headers["Location"] == ASKED


def test_of_staff_the_second_factor_is_asked(db: None, client: Client) -> None:
    who = patron("eve@newsroom.example", "admin", second_factor=True)
    _stale(sign_in(client, who))
    asked = client.get(GUARDED).headers["Location"]
    assert asked == f"/account/second-factor/reauthenticate/?next={GUARDED}"
    client.post(SEND)
    client.post(PROVE, {"code": _newest_code()})
    assert client.get(GUARDED).headers["Location"] == asked, "a letter is not enough"
    assert client.post(asked, {"code": recovery_code(who)}).headers["Location"] == GUARDED
    assert client.get(GUARDED).status_code == 200


@pytest.mark.parametrize("role", ["", "support"])
def test_a_session_without_any_proof_is_asked(db: None, role: str) -> None:
    who = patron("eve@newsroom.example", role, second_factor=bool(role))
    client = Client()
    client.force_login(who)
    assert client.get(GUARDED).status_code == 302
    assert at_once(who).get(GUARDED).status_code == 200
