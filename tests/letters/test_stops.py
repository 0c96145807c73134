"""Addresses that get no more letters: how they come to be, what they hold back, and that staff can lift them."""

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from letters import bounces, outbox, privacy, sending, stops
from letters.models import CLAIM_LASTS, Letter, StoppedAddress, StopReason
from letters.occasions import Group
from members import letter_choices
from members.models import Patron
from newsroom import clock
from tests.letters.conftest import Sink

pytestmark = [pytest.mark.database, pytest.mark.usefixtures("world_db")]
ADDRESS = "olena@example.org"


def write(occasion: str, key: str = "") -> Letter:
    patron = Patron.objects.for_email(ADDRESS, language="en")
    context = {"rhythm": "€5", "card": "Visa ····4242", "expires": "soon"}
    written = outbox.write(
        occasion=occasion, key=key or occasion, to=ADDRESS, language="en", context=context, patron=patron
    )
    assert written
    return written


def told(provider: str, body: object, login: str = settings.MAIL_WEBHOOK_LOGIN) -> int:
    headers = {"Authorization": "Basic " + base64.b64encode(login.encode()).decode()} if login else None
    raw = body if isinstance(body, str) else json.dumps(body)
    answer = Client().post(f"/webhooks/mail/{provider}/", raw, content_type="application/json", headers=headers)
    return answer.status_code


NOBODY, ABOUT_A_LETTER = [
    ("on_rcpt", "550 5.1.1 nobody of that name"), ("on_rcpt", "550 no such user"),
    ("on_rcpt", "553 5.1.3 not an address"),
    ("on_rcpt", "550 5.1.1 <olena@example.org>: User unknown in relay recipient table"),
    ("on_data", "550 5.1.1 nobody after all"), ("on_data", "550 5.2.1 mailbox disabled"),
], [
    ("on_data", "554 5.6.0 odd text"), ("on_data", "550 5.7.1 looks like spam"), ("on_data", "550 no"),
    ("on_rcpt", "550 5.7.1 by policy"), ("on_rcpt", "552 5.2.2 mailbox full"), ("on_rcpt", "552 full"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("door", "said", "reason"),
    [(*one, StopReason.REFUSED) for one in NOBODY] + [(*one, StopReason.LETTER) for one in ABOUT_A_LETTER],
)
def test_after_a_refusal_for_good_no_further_letter_is_tried_until_support_lifts_the_stop(
    sink: Sink, door: str, said: str, reason: StopReason
) -> None:
    getattr(sink, door)[ADDRESS] = [said]
    write("raised")
    held = write("welcome")
    assert sending.send_due() == 0
    assert StoppedAddress.objects.values_list("address", "reason", "said").get() == (ADDRESS, reason, said)
    assert set(Letter.objects.values_list("state", "error")) == {("failed", said), ("failed", stops.NOT_SENT[reason])}
    write("raised", key="after")
    assert sending.send_due() == 0
    assert sink.messages == []
    assert stops.lift(ADDRESS)
    assert sending.requeue([held.pk]) == 1
    assert sending.send_due() == 1


@pytest.mark.parametrize(("door", "said"), ABOUT_A_LETTER)
def test_refused_letter_locks_nobody_out_and_is_forgotten_when_a_code_is_taken(
    sink: Sink, door: str, said: str
) -> None:
    getattr(sink, door)[ADDRESS] = [said] * 3
    write("raised")
    for number in range(2):
        write("sign_in_code", key=str(number))
    assert sending.send_due() == 0
    assert StoppedAddress.objects.get().reason == StopReason.LETTER
    write("welcome")
    write("sign_in_code", key="taken")
    assert sending.send_due() == 1
    assert not StoppedAddress.objects.exists()
    write("raised", key="after")
    assert sending.send_due() == 1


def test_where_nobody_is_no_code_goes_either(sink: Sink) -> None:
    sink.on_rcpt[ADDRESS] = ["552 full", "550 5.1.1 nobody"]
    write("sign_in_code", key="1")
    write("sign_in_code", key="2")
    write("sign_in_code", key="3")
    assert sending.send_due() == 0
    assert StoppedAddress.objects.get().reason == StopReason.REFUSED
    assert sink.messages == []


@pytest.mark.parametrize(
    ("door", "said"),
    [
        ("on_mail", "550 5.7.1 not you"), ("on_rcpt", "530 5.7.0 sign in first"), ("on_rcpt", "550 relaying denied"),
        ("on_rcpt", "554 5.7.1 <olena@example.org>: Relay access denied"), ("on_rcpt", "550 5.1.8 no such sender"),
        ("on_data", "550 5.7.26 neither SPF nor DKIM holds"), ("on_data", "530 5.7.0 sign in first"),
    ],
)  # fmt: skip
def test_refusal_that_is_about_us_stops_nobody_and_is_tried_again(sink: Sink, door: str, said: str) -> None:
    write("raised")
    for _time in range(3):
        if door == "on_mail":
            sink.on_mail = [said]
        else:
            getattr(sink, door)[ADDRESS] = [said]
        assert sending.send_due() == 0
        clock.move(timedelta(hours=7))
    assert not StoppedAddress.objects.exists()
    assert sending.send_due() == 1


def test_complaint_and_then_a_refusal_stop_the_address(sink: Sink) -> None:
    stops.stop(ADDRESS, StopReason.COMPLAINED, "")
    sink.on_data[ADDRESS] = ["550 5.7.1 unwanted"]
    write("raised")
    assert sending.send_due() == 0
    assert StoppedAddress.objects.get().reason == StopReason.REFUSED


def test_lifted_stop_lets_letters_through_again_with_their_own_ids(sink: Sink) -> None:
    stops.stop(ADDRESS.upper(), StopReason.REFUSED, "550 gone")
    letter = write("raised")
    assert sending.send_due() == 0
    assert stops.lift(ADDRESS)
    assert sending.requeue([letter.pk]) == 1
    assert sending.send_due() == 1
    assert sink.messages[0]["Message-ID"] == letter.message_id


def test_letters_that_wait_when_they_are_declined_stay_and_all_others_go(sink: Sink) -> None:
    reminder = write("card_expiring")
    write("raised")
    letter_choices.decline(Patron.objects.get().pk, Group.REMINDERS)
    assert sending.send_due() == 1
    assert [message["Subject"] for message in sink.messages] == ["Your support is now €5"]
    reminder.refresh_from_db()
    assert (reminder.state, reminder.attempts, reminder.error) == ("unsent", 1, stops.DECLINED)
    assert sending.requeue([reminder.pk]) == 0
    assert sending.send_due() == 0


def test_letter_in_a_dead_senders_hands_does_not_follow_whoever_is_erased_meanwhile(sink: Sink) -> None:
    refused, claimed = write("welcome"), write("raised")
    Letter.objects.filter(pk=refused.pk).update(state="failed", error="550 no")
    assert sending._claim() == claimed
    patron = Patron.objects.get()
    privacy.erase(patron, clock.now())
    Letter.objects.filter(pk=refused.pk).update(state="queued")  # staff let all go again
    clock.move(CLAIM_LASTS + timedelta(minutes=1))
    assert sending.send_due() == 0
    assert sink.recipients == []
    assert set(Letter.objects.values_list("state", "error", "text")) == {("unsent", stops.ERASED, "")}
    assert privacy.empty_before(clock.now()) == 0


def test_complaint_stops_reminders_only(sink: Sink) -> None:
    stops.stop(ADDRESS, StopReason.COMPLAINED, "")
    write("card_expiring")
    write("raised")
    assert sending.send_due() == 1
    assert [message["Subject"] for message in sink.messages] == ["Your support is now €5"]


FINAL: dict[str, Any] = {
    "postmark": {"RecordType": "Bounce", "Type": "HardBounce", "Email": ADDRESS, "Description": "gone", "ID": 1},
    "brevo": {"event": "hard_bounce", "email": ADDRESS, "ts_event": 1_700_000_000, "reason": "gone"},
    "mailjet": [{"event": "bounce", "hard_bounce": True, "email": ADDRESS, "time": 1_700_000_000, "error": "unknown"}],
    "sparkpost": [{"msys": {"message_event": {"type": "bounce", "bounce_class": "10", "raw_rcpt_to": ADDRESS,
                                             "timestamp": "1700000000", "raw_reason": "550 gone"}}}],
}  # fmt: skip


def soft(provider: str) -> Any:
    told = json.loads(json.dumps(FINAL[provider]))
    at: Any = told[0] if isinstance(told, list) else told
    at = at["msys"]["message_event"] if provider == "sparkpost" else at
    at.update(
        {"Type": "SoftBounce", "type": "blocked", "event": "soft_bounce", "hard_bounce": False, "bounce_class": "22"}
        if provider in {"postmark", "brevo"}
        else {"hard_bounce": False, "bounce_class": "22"}
    )
    return told


@pytest.mark.parametrize("provider", bounces.PROVIDERS)
def test_provider_tells_of_a_refusal_for_good_and_of_one_for_now(provider: str) -> None:
    assert told(provider, soft(provider)) == 200
    assert not StoppedAddress.objects.exists()
    for _again in range(2):
        assert told(provider, FINAL[provider]) == 200
    (stop,) = StoppedAddress.objects.all()
    assert (stop.address, stop.reason) == (ADDRESS, "refused")


def test_provider_tells_of_a_complaint_which_a_refusal_outweighs() -> None:
    assert told("postmark", {"RecordType": "SpamComplaint", "Type": "SpamComplaint", "Email": ADDRESS}) == 200
    assert StoppedAddress.objects.get().reason == "complained"
    assert told("postmark", FINAL["postmark"]) == 200
    assert told("postmark", {"RecordType": "SpamComplaint", "Type": "SpamComplaint", "Email": ADDRESS}) == 200
    assert StoppedAddress.objects.get().reason == "refused"


@pytest.mark.parametrize("login", ["", "mail:wrong", "wrong"])
def test_nobody_else_can_stop_an_address(login: str) -> None:
    assert told("postmark", FINAL["postmark"], login) == 400
    assert not StoppedAddress.objects.exists()


@pytest.mark.parametrize("body", ["", "{", "[]", '"x"', "[1]", '{"RecordType": "Bounce", "Type": "HardBounce"}'])
@pytest.mark.parametrize("provider", bounces.PROVIDERS)
def test_what_no_provider_would_send_is_refused_and_changes_nothing(provider: str, body: str) -> None:
    assert told(provider, body) in {200, 400}
    assert not StoppedAddress.objects.exists()


def test_provider_that_nobody_knows_is_not_found() -> None:
    assert told("pigeon", {}) == 404
