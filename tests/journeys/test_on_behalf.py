"""Support changes, pauses and stops a gift on its giver's word: seen first, then done as if the giver had done it."""

import re
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from audit.models import StaffAction
from payments.models import Donation
from tests.journeys.conftest import Reader, World
from tests.journeys.test_portal import day, no_stripe, words
from tests.signing_in import at_once, patron

__all__ = ["no_stripe"]


@dataclass
class Support:
    """The browser of somebody in support, without JavaScript."""

    reader: Reader
    donation: Donation

    def open(self, name: str) -> str:
        return self.reader.session.get(self._address(name), timeout=60).text

    def post(self, name: str, page: str, **fields: str) -> requests.Response:
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
        return self.reader.session.post(self._address(name), data=hidden | fields, timeout=60)

    def see(self, name: str, **fields: str) -> requests.Response:
        """Fills the form in; the answer says what would happen, or what is wrong."""
        return self.post(name, self.open(name), **{"reason": "by telephone", "interval": "monthly", **fields})

    def do(self, name: str, **fields: str) -> str:
        """All of it; what the person's page says then."""
        seen = self.see(name, **fields)
        assert seen.status_code == 200, words(seen.text)
        done = self.post(name, seen.text, sure="yes")
        self.reader.world.settle()
        return words(done.text)

    def _address(self, name: str) -> str:
        return f"{self.reader.world.url}/reports/donations/{self.donation.reference}/{name}/"

    def at_stripe(self) -> Any:
        return self.reader.world.sandbox.client.v1.subscriptions.retrieve(str(self.donation.subscription))


@pytest.fixture
def support(story: World) -> Support:
    """Somebody gives five euro a month since the tenth; a colleague of support has them on the telephone."""
    donation, reader = story.reader().give(), story.reader()
    colleague = at_once(patron("support@newsroom.example", "support", second_factor=True))
    reader.session.cookies.set("session", colleague.cookies["session"].value, domain="127.0.0.1")
    return Support(reader, donation)


def logged() -> list[tuple[str, str]]:
    done = StaffAction.objects.filter(action__startswith="donation.")
    return list(done.order_by("pk").values_list("action", "reason"))


def test_support_changes_the_amount_after_seeing_what_will_happen(story: World, support: Support) -> None:
    told = story.model.joins(500)
    due = day(support.donation.period_end)
    seen = words(support.see("amount", amount="8").text)
    assert "€8.00 a month instead of €5.00 a month. Nothing is charged today." in seen
    assert f"Next charge: €8.00, {due}, Visa ····4242." in seen
    assert support.at_stripe()["items"].data[0].price.unit_amount == 500, "looking changes nothing"
    assert logged() == []

    assert f"Next charge: €8.00, {due}" in support.do("amount", amount="8")
    told.changes(800)
    [done] = StaffAction.objects.filter(action="donation.amount")
    assert done.actor
    assert (done.actor.email, done.reason, done.target) == (
        "support@newsroom.example", "by telephone", f"patron:{support.donation.patron_id}",
    )  # fmt: skip
    assert (done.facts["from_minor"], done.facts["to_minor"]) == (500, 800)
    assert story.letters() == ["welcome", "receipt", "raised"]
    story.leap(days=33)
    assert story.prove()["received"]["EUR"]["payments"] == 1300


def test_another_rhythm_is_charged_at_once_as_the_page_said(story: World, support: Support) -> None:
    told = story.model.joins(500)
    seen = words(support.see("amount", amount="60", interval="yearly").text)
    assert "€60.00 a year instead of €5.00 a month. €60.00 is charged at once" in seen
    support.do("amount", amount="60", interval="yearly")
    told.changes(6000, months=12)
    assert story.prove()["received"]["EUR"]["payments"] == 6500


def test_support_pauses_resumes_stops_and_keeps_with_the_letters_a_patron_gets(story: World, support: Support) -> None:
    told = story.model.joins(500)
    assert "The charge after it: €5.00 on" in words(support.see("pause", months="3").text)
    assert "Done; the giver is told by letter." in support.do("pause", months="3")
    told.skips_charges()
    assert "Paused until" in words(support.open("keep")), "what does not fit leads to the person"
    support.do("resume")
    told.goes_on()
    ends = day(support.donation.period_end)
    assert f"What is paid for stays theirs until {ends}; then it ends." in words(support.see("cancel").text)
    assert "Nothing more will be charged." in support.do("cancel")
    assert support.at_stripe().cancel_at_period_end
    support.do("keep")
    assert not support.at_stripe().cancel_at_period_end
    assert [action for action, _reason in logged()] == [
        "donation.pause", "donation.resume", "donation.cancel", "donation.keep",
    ]  # fmt: skip
    assert story.letters() == ["welcome", "receipt", "giving_changed", "giving_changed", "cancelled", "giving_changed"]
    story.prove()


def test_while_stripe_is_away_nothing_is_said_to_be_done(story: World, support: Support, no_stripe: Any) -> None:
    story.model.joins(500)
    seen = support.see("amount", amount="8")
    no_stripe(away=True)
    said = words(support.post("amount", seen.text, sure="yes").text)
    assert "Stripe does not answer. Nothing was changed" in said
    assert [action for action, _reason in logged()] == ["donation.amount", "donation.unchanged"]
    assert "Stripe has not confirmed this yet" in words(
        support.post("cancel", support.see("cancel").text, sure="yes").text
    )
    no_stripe(away=False)
    story.advance(minutes=1)
    story.settle()
    assert support.at_stripe().cancel_at_period_end, "a stored wish is sent again by itself"
    assert story.letters()[-1] == "cancelled"


WRONG = [
    ("amount", {"amount": "0"}, "The amount has to be more than zero."),
    ("amount", {"amount": "0.01"}, "The smallest"),
    ("amount", {"amount": "5"}, "That is what is given already."),
    ("amount", {"amount": "8", "interval": "weekly"}, "Select a valid choice."),
    ("amount", {"amount": "8", "reason": ""}, "This field is required."),
    ("pause", {"months": "13"}, "Select a valid choice."),
    ("pause", {"months": "x\0"}, ""),
    ("cancel", {"reason": "x" * 501}, "at most 500 characters"),
]


def test_what_is_wrong_is_said_and_changes_nothing(support: Support) -> None:
    for name, fields, sentence in WRONG:
        answer = support.see(name, sure="yes", **fields)
        assert answer.status_code in (400, 422)
        assert sentence in words(answer.text), (name, fields)
    assert logged() == []
    assert support.at_stripe()["items"].data[0].price.unit_amount == 500
    assert support.reader.session.get(support._address("weekly"), timeout=60).status_code == 404
