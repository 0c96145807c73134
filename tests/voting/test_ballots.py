"""Casting: who may, until when, what is refused, and what is kept of it."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from members import memberships
from members.models import Membership, Tier, TierThreshold
from newsroom import clock
from tests.signing_in import patron
from tests.voting import world
from voting import ballots, eligibility, invariants, rounds, secrecy
from voting.eligibility import Reason
from voting.methods.ballots import Cast, InvalidBallot, read_ballots
from voting.methods.canonical import read_json
from voting.methods.configuration import largest_shared
from voting.models import Ballot, OpenBallot, RollEntry, Round, Topic

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def test_one_patron_has_one_ballot_that_can_be_changed():
    voter = world.member()
    opened = world.opened()
    first = ballots.cast(opened, voter, choices=["roads", "rivers"])
    again = ballots.cast(opened, voter, choices=["roads", "rivers"])
    last = ballots.cast(opened, voter, choices=["schools"])
    assert (first.is_change, again.is_change, last.is_change) == (False, True, True)
    line = read_json(OpenBallot.objects.get().line, "a ballot")
    assert line == {"choices": ["schools"], "code": last.code, "weight": 1}
    assert len({first.code, again.code, last.code}) == 3
    assert ballots.choices_of(opened, voter) == ["schools"]
    assert ballots.code_for("spring", last.nonce, ["schools"]) == last.code
    assert rounds.turnout(opened) == rounds.Turnout(roll=1, voted=1, joined=0)


def test_nothing_but_the_line_holds_the_choices_the_code_or_the_nonce():
    voter = world.member()
    opened = world.opened()
    receipt = ballots.cast(opened, voter, choices=["rivers"])
    from tests.everywhere import found

    assert found(receipt.code) == ["voting_openballot.line"]
    assert found(receipt.nonce) == []
    world.close(opened)
    assert found(receipt.code) == ["voting_ballot.line"]


@pytest.mark.parametrize(
    ("choices", "reason"),
    [
        (["parks"], "unknown"),
        (["rivers", "rivers"], "twice"),
        (["rivers", "roads", "schools", "none"], "none"),
        ("rivers", "shape"),
        ({"rivers": 100}, "shape"),
        ([["rivers"]], "shape"),
        (["rivers", "roads", "schools", "parks"], "unknown"),
        (None, "shape"),
    ],
)
def test_choices_against_the_rules_are_refused_and_change_nothing(choices: object, reason: str):
    voter = world.member()
    opened = world.opened(offers_none=True)
    ballots.cast(opened, voter, choices=["rivers"])
    before = OpenBallot.objects.get().line
    with pytest.raises(InvalidBallot) as refusal:
        ballots.cast(opened, voter, choices=choices)
    assert refusal.value.reason == reason
    assert OpenBallot.objects.get().line == before


def test_more_than_allowed_is_refused_and_a_refused_first_ballot_leaves_no_trace():
    opened = world.opened(most=2)
    late = world.member()
    with pytest.raises(InvalidBallot, match="at most 2"):
        ballots.cast(opened, late, choices=["rivers", "roads", "schools"])
    assert not RollEntry.objects.exists()
    assert not OpenBallot.objects.exists()


def test_a_withdrawn_topic_is_not_voted_for_any_more_and_ballots_with_it_stay():
    voter, other = world.member(), world.member("other@example.org")
    opened = world.opened()
    ballots.cast(opened, voter, choices=["roads"])
    rounds.withdraw(opened, Topic.objects.get(slug="roads"), reason="Built.", actor=None)
    with pytest.raises(InvalidBallot) as refusal:
        ballots.cast(opened, other, choices=["roads"])
    assert refusal.value.reason == "withdrawn"
    world.close(opened)
    result = read_json(opened.results.get().text, "the result")
    assert result["numbers"]["counted"] == 1
    assert result["count"]["why"]["roads"] == {"reason": "withdrawn"}


def test_a_second_late_is_late():
    voter = world.member()
    opened = world.opened()
    ballots.cast(opened, voter, choices=["rivers"])
    clock.move(opened.closes_at - clock.now() + timedelta(seconds=1))
    with pytest.raises(ballots.RoundClosed):
        ballots.cast(opened, voter, choices=["roads"])
    rounds.close_due()
    with pytest.raises(ballots.RoundClosed):
        ballots.cast(opened, voter, choices=["roads"])
    assert ballots.choices_of(opened, voter) is None
    assert '"choices":["rivers"]' in Ballot.objects.get().line


def test_before_the_opening_nothing_is_cast():
    voter = world.member()
    draft = world.draft(opens_at=clock.now() + world.DAY)
    rounds.schedule(draft, actor=None)
    with pytest.raises(ballots.RoundNotOpen):
        ballots.cast(draft, voter, choices=["rivers"])


def test_with_another_secret_nothing_is_cast_and_nobody_votes_twice():
    voter = world.member()
    opened = world.opened()
    ballots.cast(opened, voter, choices=["rivers"])
    with override_settings(BALLOT_SECRET="another-secret-of-forty-characters-012345"):
        with pytest.raises(ballots.KeyLost):
            ballots.cast(opened, voter, choices=["roads"])
        assert ballots.choices_of(opened, voter) is None
    assert OpenBallot.objects.count() == 1
    assert ballots.choices_of(opened, voter) == ["rivers"]


def test_keys_of_rounds_patrons_and_follows_are_all_different():
    olena, taras = world.member(), world.member("taras@example.org")
    one, other = world.topics("one", "other")
    keys = [secrecy.round_key(nonce) for nonce in ("a", "b")]
    made = {secrecy.ballot_key(key, who.pk) for key in keys for who in (olena, taras)}
    made |= {secrecy.follow_mark(who, topic) for who in (olena, taras) for topic in (one, other)}
    made |= {secrecy.fingerprint(key) for key in keys}
    assert len(made) == 10
    assert all(len(one) == 64 for one in made)


def test_who_may_not_vote_is_told_why():
    opened = world.opened()
    reader, staff = patron("reader@example.org"), patron("staff@example.org", "editor")
    now = clock.now()
    unpaid = world.member("unpaid@example.org")
    Membership.objects.filter(patron=unpaid).update(first_paid_at=None)
    lapsed = world.member("lapsed@example.org", paid=now - 80 * world.DAY)
    ended = world.member("ended@example.org", ended_at=now, end_reason="cancelled")
    paused = world.member("paused@example.org", paid=now - 31 * world.DAY, paused_at=now)
    refunded = world.member("refunded@example.org", forfeited_at=now)
    expected = {
        None: Reason.ANONYMOUS, reader: Reason.NO_MEMBER, staff: Reason.NO_MEMBER, unpaid: Reason.UNSETTLED,
        lapsed: Reason.LAPSED, ended: Reason.LAPSED, paused: Reason.PAUSED, refunded: Reason.TAKEN_BACK,
        world.member(): Reason.ELIGIBLE,
    }  # fmt: skip
    for who, reason in expected.items():
        assert eligibility.verdict(opened, who).reason == reason
        if who and reason != Reason.ELIGIBLE:
            with pytest.raises(ballots.NotEligible) as refusal:
                ballots.cast(opened, who, choices=["rivers"])
            assert refusal.value.verdict.reason == reason
            assert refusal.value.sentence == str(reason.label)
    assert not OpenBallot.objects.exists()


def test_who_joins_after_the_cut_off_votes_in_the_next_round():
    opened = world.opened()
    clock.move(6 * world.DAY - timedelta(minutes=1))
    in_time = world.member("in-time@example.org", paid=clock.now())
    clock.move(timedelta(minutes=2))
    late = world.member("late@example.org", paid=clock.now())
    ballots.cast(opened, in_time, choices=["rivers"])
    with pytest.raises(ballots.NotEligible):
        ballots.cast(opened, late, choices=["rivers"])
    assert RollEntry.objects.get().reason == "joined"
    world.close(opened)
    assert opened.roll.count() == 1


def test_where_members_at_the_opening_vote_the_roll_decides():
    before = world.member()
    opened = world.opened(eligibility="at_open")
    after = world.member("after@example.org", paid=clock.now())
    assert eligibility.verdict(opened, after).reason == Reason.NOT_ON_ROLL
    memberships.follow(Membership.objects.get(patron=before), world.facts(ended_at=clock.now(), end_reason="cancelled"))
    ballots.cast(opened, before, choices=["rivers"])
    world.close(opened)
    assert opened.roll.count() == 1


def test_who_has_voted_may_change_the_ballot_though_the_paid_time_ends():
    voter = world.member()
    opened = world.opened()
    ballots.cast(opened, voter, choices=["rivers"])
    row = Membership.objects.get()
    memberships.follow(row, world.facts(ended_at=clock.now(), end_reason="cancelled"))
    assert ballots.cast(opened, voter, choices=["roads"]).is_change
    world.close(opened)
    assert '"roads"' in Ballot.objects.get().line


def test_those_who_might_have_voted_stand_on_the_roll_at_the_close():
    opened = world.opened()
    world.member("quiet@example.org", paid=clock.now())
    world.close(opened)
    assert rounds.turnout(opened) == rounds.Turnout(roll=1, voted=0, joined=1)
    assert opened.log.get(kind="closed").facts["roll"] == 1


def weighing(*how_many: int) -> tuple[list[int], Cast, dict[str, Any], Round]:
    """So many voters of the tiers that weigh 1, 2 and 3: the weights on the roll, and what the close makes of them."""
    for number, minor in enumerate((300, 500, 900, 2000), 1):
        tier = Tier.objects.create(slug=f"t{number}", name_en="T", name_uk="Т")
        TierThreshold.objects.create(tier=tier, currency="EUR", monthly_minor=minor)
    opened = world.opened(weight=3)
    for minor, many in zip((100, 600, 5000), how_many, strict=True):
        for number in range(many):
            ballots.cast(opened, world.member(f"{minor}-{number}@example.org", amount_minor=minor), choices=["rivers"])
    roll = sorted(RollEntry.objects.values_list("weight", flat=True))
    world.close(opened)
    cast = read_ballots(opened.frozen_rules(), opened.ballots.all().lines())
    return roll, cast, read_json(opened.results.get().text, "the result"), opened


def test_ballots_weigh_as_the_tier_and_never_more_than_the_round_allows():
    roll, cast, result, opened = weighing(20, 20, 20)
    assert roll == [1] * 20 + [2] * 20 + [3] * 20
    assert (sum(cast.weighted.values()), sum(cast.single.values())) == (120, 60)
    assert result["unweighted"]["totals"]["support"]["rivers"] == 60
    assert result["count"]["totals"]["support"]["rivers"] == 120
    assert not opened.log.filter(kind="weights_lowered").exists()


@pytest.mark.parametrize(
    ("how_many", "left", "largest"),
    [((20, 20, 1), {1: 20, 2: 21}, 2), ((1, 1, 1), {1: 3}, 1), ((19, 0, 21), {1: 40}, 1)],
)
def test_no_sealed_ballot_has_a_weight_that_few_have(
    how_many: tuple[int, int, int], left: dict[int, int], largest: int
):
    _roll, cast, result, opened = weighing(*how_many)
    lines = list(opened.ballots.all().lines())
    assert Counter(int(line[-3]) for line in lines) == left
    assert lines == sorted(lines)
    assert (
        result["count"]["totals"]["support"]["rivers"]
        == sum(cast.weighted.values())
        == sum(w * n for w, n in left.items())
    )
    assert opened.log.get(kind="weights_lowered").facts == {"largest": largest}
    assert invariants.ballots() == ""


@given(st.dictionaries(st.integers(1, 3), st.integers(1, 60)))
def test_weights_are_lowered_no_further_than_need_be(ballots_of: dict[int, int]):
    def fewest(largest: int) -> int:
        return min(Counter(min(w, largest) for w, n in ballots_of.items() for _ in range(n)).values(), default=20)

    largest = largest_shared(ballots_of)
    assert largest == 1 or fewest(largest) >= 20
    assert all(fewest(more) < 20 for more in range(largest + 1, 4))
