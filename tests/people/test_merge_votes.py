"""In a round that is not closed, two records of one person have one vote; a closed one stays as it was."""

import json
import re
from datetime import timedelta

import pytest
from django.test import Client

from config import books
from members.models import Patron
from newsroom import clock
from people import merge, merge_plan
from people.models import Merge
from tests.reports.conftest import staff
from tests.voting import world
from voting import ballots, eligibility, merging, participation, publication, rounds, secrecy
from voting.merging import Fate
from voting.methods.recount import EQUAL, recount
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


def cast(of: Round, *each: tuple[Patron, str]) -> None:
    """One after the other, each an hour later, and an hour goes by."""
    for patron, choice in each:
        ballots.cast(of, patron, choices=[choice])
        clock.move(timedelta(hours=1))


def fates(kept: Patron, other: Patron) -> list[Fate]:
    """What staff are told before they merge."""
    return [part.fate for part in merge_plan.plan(kept, other).ballots]


def without_moments(of: Round, *patrons: Patron) -> None:
    """Their ballots as they were cast before moments were kept."""
    key = secrecy.key_of(of)
    assert key
    places = [secrecy.ballot_key(key, patron.pk) for patron in patrons]
    assert OpenBallot.objects.filter(round=of, key__in=places).update(sealed_moment=None) == len(patrons)


def holds(names: tuple[str, ...] = ("voting.", "people.", "memberships.one_live", "memberships.history")) -> bool:
    wrong = [check for check in books.prove()["checks"] if not check["ok"] and check["id"].startswith(names)]
    assert wrong == []
    return True


@pytest.mark.parametrize(("first", "fate"), [("kept", Fate.TAKEN_OUT), ("merged", Fate.REPLACES)])
def test_of_two_ballots_the_earlier_stays_and_can_be_changed(
    kept: Patron, other: Patron, support: Patron, first: str, fate: Fate
) -> None:
    of = world.opened()
    order = (kept, other) if first == "kept" else (other, kept)
    cast(of, *zip(order, ("rivers", "roads"), strict=True))
    assert fates(kept, other) == [fate]
    done = together(kept, other, support)
    assert RoundLog.objects.get(round=of, kind="voided").facts == {"reason": "merged", "ballots": 1}
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
    assert may_vote(of, other) == "voided"  # what was taken out is gone, and what went over stays
    assert ballots.choices_of(of, kept) == ["schools"]
    world.close(of)
    assert chosen(of) == [["schools"]]
    said = RoundLog.objects.get(round=of, kind="closed").facts
    assert (said["roll"], said["voted"], said["counted"], said["voided"]) == (2, 2, 1, {"merged": 1})
    assert holds()


def test_a_ballot_is_as_late_as_its_last_change(kept: Patron, other: Patron, support: Patron) -> None:
    of = world.opened()
    cast(of, (kept, "rivers"), (other, "roads"))
    assert fates(kept, other) == [Fate.TAKEN_OUT]
    cast(of, (kept, "rivers"))
    assert fates(kept, other) == [Fate.REPLACES]
    assert fates(other, kept) == [Fate.TAKEN_OUT]
    together(kept, other, support)
    assert ballots.choices_of(of, kept) == ["roads"]
    assert holds()


@pytest.mark.parametrize("has_voted", [True, False])
def test_a_ballot_that_goes_over_is_as_late_as_it_was(
    kept: Patron, other: Patron, support: Patron, *, has_voted: bool
) -> None:
    """Of three records too the earliest ballot stays, whatever is merged first."""
    third = world.member("o.k@example.org")
    of = world.opened()
    cast(of, (other, "roads"), (third, "schools"), *[(kept, "rivers")] * has_voted)
    together(kept, other, support)
    assert fates(kept, third) == [Fate.TAKEN_OUT]
    together(kept, third, support)
    assert (ballots.choices_of(of, kept), OpenBallot.objects.count()) == (["roads"], 1)
    assert roll(of) == {"olena": (True, ""), "olena.k": (True, "merged"), "o.k": (True, "merged")}
    assert holds()


@pytest.mark.parametrize(
    ("unsealed", "fate"),
    [("kept", Fate.TAKEN_OUT), ("merged", Fate.REPLACES), ("both", Fate.TAKEN_OUT)],
)
def test_a_ballot_from_before_moments_were_kept_is_the_earlier_one(
    kept: Patron, other: Patron, support: Patron, unsealed: str, fate: Fate
) -> None:
    """Of two such nothing says which is: the kept record's stays."""
    of = world.opened()
    order = (kept, other) if unsealed == "merged" else (other, kept)
    cast(of, *zip(order, ("rivers", "roads"), strict=True))
    without_moments(of, *{"kept": [kept], "merged": [other], "both": [kept, other]}[unsealed])
    assert fates(kept, other) == [fate]
    together(kept, other, support)
    assert ballots.choices_of(of, kept) == ["roads"]
    ballots.cast(of, kept, choices=["schools"])
    assert not OpenBallot.objects.filter(sealed_moment=None).exists()
    assert holds()


@pytest.mark.parametrize("first", ["kept", "merged"])
def test_a_round_with_a_merge_is_counted_again_to_the_same_result(
    kept: Patron, other: Patron, support: Patron, first: str
) -> None:
    everybody = world.members(60)
    of = world.opened()
    order = (kept, other) if first == "kept" else (other, kept)
    cast(of, *zip(order, ("rivers", "roads"), strict=True))
    for number, voter in enumerate(everybody):
        ballots.cast(of, voter, choices=[["rivers"], ["schools"]][number % 2])
    together(kept, other, support)
    world.close(of)
    assert chosen(of) == [["rivers"]] * 31 + [["schools"]] * 30
    said = RoundLog.objects.get(round=of, kind="closed").facts
    assert (said["roll"], said["voted"], said["counted"], said["voided"]) == (62, 62, 61, {"merged": 1})
    published = publication.newest(of)
    assert published
    verdict = recount(b"".join(publication.chunks(publication.bundle(published.result))))
    assert verdict.code == EQUAL, verdict.sentences
    assert holds(("voting.", "people."))


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


@pytest.mark.parametrize("voters", [1, 2])
def test_while_ballots_cannot_be_found_the_preview_says_so_instead(
    staff: "object", kept: Patron, other: Patron, settings: object, voters: int
) -> None:
    of = world.opened()
    cast(of, *[(other, "roads"), (kept, "rivers")][:voters])
    settings.BALLOT_SECRET = "another secret that is long enough to be one"  # type: ignore[attr-defined]
    client: Client = staff("support")  # type: ignore[operator]
    answer = client.get(f"/reports/patrons/{kept.pk}/merge/{other.pk}/", follow=True)
    assert answer.redirect_chain == [(f"/reports/patrons/{kept.pk}/", 302)]
    assert "its ballot cannot be found just now" in answer.content.decode()


def test_the_preview_says_what_becomes_of_votes(staff: "object", kept: Patron, other: Patron) -> None:
    of = world.opened()
    ballots.cast(of, other, choices=["roads"])
    client: Client = staff("support")  # type: ignore[operator]
    address = f"/reports/patrons/{kept.pk}/merge/{other.pk}/"
    assert "Round Spring: The ballot of the merged record goes over" in client.get(address).content.decode()
    clock.move(timedelta(hours=1))
    ballots.cast(of, kept, choices=["rivers"])
    shown = client.get(address).content.decode()
    assert "Round Spring: Both have voted: the ballot of the kept record was cast or changed later and is" in shown
    assert "does not vote in that round again" in shown
    assert "A ballot that goes over stays with the record that is kept" in shown
    turned = client.get(f"/reports/patrons/{other.pk}/merge/{kept.pk}/").content.decode()
    assert "Round Spring: Both have voted: the ballot of the merged record is taken out for good." in turned
    assert "rivers" not in shown + turned
    assert "roads" not in shown + turned


def test_the_preview_says_which_ballot_goes_and_never_when_it_was_cast(
    staff: "object", kept: Patron, other: Patron
) -> None:
    of = world.opened()
    client: Client = staff("support")  # type: ignore[operator]

    def shown() -> list[str]:
        page = client.get(f"/reports/patrons/{kept.pk}/merge/{other.pk}/").content.decode()
        return re.findall(r"<li>(.+?)</li>", page)

    cast(of, (other, "roads"), (kept, "rivers"))
    before = shown()
    assert any(str(Fate.REPLACES.label) in sentence for sentence in before)
    cast(of, (other, "roads"), (kept, "rivers"))
    assert shown() == before
