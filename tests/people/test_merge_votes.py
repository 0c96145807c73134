"""In a round that is not closed, two records of one person have one vote; a closed one stays as it was."""

import json

import pytest
from django.test import Client

from config import books
from members.models import Patron
from people import merge
from people.models import Merge
from tests.reports.conftest import staff
from tests.voting import world
from voting import ballots, eligibility, merging, participation, rounds
from voting.models import Ballot, OpenBallot, RollEntry, Round, RoundLog

__all__ = ["staff"]


@pytest.fixture
def support(db: None) -> Patron:
    return Patron.objects.create(email="help@newsroom.example", role="support")


@pytest.fixture
def kept(db: None) -> Patron:
    return world.member("olena@example.org")


@pytest.fixture
def other(db: None) -> Patron:
    return world.member("olena.k@work.example")


def together(kept: Patron, other: Patron, by: Patron) -> Merge:
    done = merge.merge(kept, other, reason="One person.", actor=by)
    kept.refresh_from_db()
    other.refresh_from_db()
    return done


def roll(of: Round) -> dict[str, tuple[bool, str]]:
    """By address: whether a ballot was cast, and why it does not count."""
    entries = RollEntry.objects.filter(round=of).select_related("patron")
    return {entry.patron.email.partition("@")[0]: (entry.has_cast, entry.void_reason) for entry in entries}


def chosen(of: Round) -> list[list[str]]:
    return sorted(json.loads(line)["choices"] for line in Ballot.objects.filter(round=of).lines())


def may_vote(of: Round, patron: Patron) -> str:
    return str(eligibility.verdict(of, patron).reason)


def holds(names: tuple[str, ...] = ("voting.", "people.", "memberships.one_live", "memberships.history")) -> bool:
    wrong = [check for check in books.prove()["checks"] if not check["ok"] and check["id"].startswith(names)]
    assert wrong == []
    return True


def test_of_two_ballots_the_kept_records_stays_and_can_be_changed(kept: Patron, other: Patron, support: Patron) -> None:
    of = world.opened()
    ballots.cast(of, kept, choices=["rivers"])
    ballots.cast(of, other, choices=["roads"])
    done = together(kept, other, support)
    assert roll(of) == {"olena": (True, ""), "olena.k": (True, "merged")}
    assert (OpenBallot.objects.count(), ballots.choices_of(of, kept), ballots.choices_of(of, other)) == (
        1, ["rivers"], None,
    )  # fmt: skip
    assert rounds.turnout(of).voted == 1
    assert ballots.cast(of, kept, choices=["schools"]).is_change
    with pytest.raises(ballots.NotEligible):
        ballots.cast(of, other, choices=["roads"])
    assert holds()

    merge.undo(done, reason="Two after all.", actor=support)
    assert may_vote(of, other) == "voided"  # what was taken out is gone
    world.close(of)
    assert chosen(of) == [["schools"]]
    said = RoundLog.objects.get(round=of, kind="closed").facts
    assert (said["roll"], said["voted"], said["counted"], said["voided"]) == (2, 2, 1, {"merged": 1})
    assert holds()


@pytest.mark.parametrize("rule", ["at_cast", "at_open"])
def test_the_only_ballot_goes_over(kept: Patron, other: Patron, support: Patron, rule: str) -> None:
    of = world.opened(eligibility=rule)
    ballots.cast(of, other, choices=["roads"])
    done = together(kept, other, support)
    assert ballots.choices_of(of, kept) == ["roads"]
    assert roll(of)["olena"] == (True, "")
    assert [part.round for part in participation.of(kept)] == [of]
    assert ballots.cast(of, kept, choices=["rivers"]).is_change
    merge.undo(done, reason="Two after all.", actor=support)
    assert ballots.choices_of(of, kept) == ["rivers"]  # it stays where it is
    with pytest.raises(ballots.NotEligible):
        ballots.cast(of, other, choices=["roads"])
    world.close(of)
    assert chosen(of) == [["rivers"]]
    assert holds()


def test_a_place_on_the_roll_of_the_opening_goes_over(other: Patron, support: Patron) -> None:
    of = world.opened(eligibility="at_open")
    kept = Patron.objects.create(email="olena@example.org")
    assert may_vote(of, kept) == "no_member"
    together(kept, other, support)
    assert may_vote(of, kept) == "eligible"
    ballots.cast(of, kept, choices=["roads"])
    with pytest.raises(ballots.NotEligible):  # a request that was under way when the records were merged
        ballots.cast(of, other, choices=["rivers"])
    world.close(of)
    assert chosen(of) == [["roads"]]
    assert holds()


def test_nobody_votes_by_the_record_that_rests_even_where_the_opening_settled_who_votes(
    kept: Patron, other: Patron, support: Patron
) -> None:
    of = world.opened(eligibility="at_open")
    together(kept, other, support)
    with pytest.raises(ballots.NotEligible):
        ballots.cast(of, other, choices=["rivers"])
    assert roll(of) == {"olena": (False, ""), "olena.k": (False, "")}


def test_a_round_that_opens_after_the_merge_has_one_line(kept: Patron, other: Patron, support: Patron) -> None:
    of = world.draft()
    rounds.schedule(of, actor=None)
    together(kept, other, support)
    assert rounds.open_due() == 1
    assert roll(of) == {"olena": (False, "")}


def test_in_a_closed_round_both_ballots_stay(kept: Patron, other: Patron, support: Patron) -> None:
    of = world.opened()
    ballots.cast(of, kept, choices=["rivers"])
    ballots.cast(of, other, choices=["roads"])
    world.close(of)
    before = (roll(of), chosen(of), RoundLog.objects.filter(round=of).count())
    together(kept, other, support)
    assert (roll(of), chosen(of), RoundLog.objects.filter(round=of).count()) == before
    assert [part.round for part in participation.of(kept)] == [of]
    assert holds()


def test_while_ballots_cannot_be_found_nothing_is_merged(
    kept: Patron, other: Patron, support: Patron, settings: object
) -> None:
    of = world.opened()
    ballots.cast(of, other, choices=["roads"])
    settings.BALLOT_SECRET = "another secret that is long enough to be one"  # type: ignore[attr-defined]
    with pytest.raises(merging.BallotNotFound) as refused:
        merge.merge(kept, other, reason="One person.", actor=support)
    assert "cannot be found" in refused.value.sentence
    other.refresh_from_db()
    assert (other.merged_into, roll(of)["olena.k"]) == (None, (True, ""))


def test_the_preview_says_what_becomes_of_votes(staff: "object", kept: Patron, other: Patron) -> None:
    of = world.opened()
    ballots.cast(of, other, choices=["roads"])
    client: Client = staff("support")  # type: ignore[operator]
    address = f"/reports/patrons/{kept.pk}/merge/{other.pk}/"
    assert "Round Spring: The ballot of the merged record goes over" in client.get(address).content.decode()
    ballots.cast(of, kept, choices=["rivers"])
    shown = client.get(address).content.decode()
    assert "taken out for good" in shown
    assert "does not vote in that round again" in shown
    assert "rivers" not in shown
