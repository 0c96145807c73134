"""The history of a membership tells what happened, each thing once, and no good news that was none."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from members import memberships
from members.memberships import Facts
from members.models import Membership, MembershipChange, Patron
from newsroom import clock

pytestmark = pytest.mark.django_db

JOINED_AT = datetime(2026, 3, 10, 10, tzinfo=UTC)
FAILED_AT = datetime(2026, 4, 10, 11, tzinfo=UTC)
LAPSED_AT = datetime(2026, 4, 25, tzinfo=UTC)
ENDED_AT = datetime(2026, 4, 26, 9, tzinfo=UTC)
PAID = Facts(
    amount_minor=500, currency="EUR", interval_months=1, first_paid_at=JOINED_AT, paid_through=date(2026, 4, 10)
)
FAILING = replace(PAID, failing_since=FAILED_AT)
LAPSED = replace(FAILING, ended_at=LAPSED_AT, end_reason="lapsed")
ENDED = replace(PAID, ended_at=ENDED_AT, end_reason="lapsed")
STOPPED = replace(PAID, ended_at=ENDED_AT, end_reason="cancelled")
LEAVING = replace(PAID, leaves_at=ENDED_AT)
PAUSED = replace(PAID, paused_at=FAILED_AT)
PLANNED = replace(PAUSED, resumes_at=datetime(2026, 6, 1, tzinfo=UTC))
RENEWED = replace(PAID, paid_through=date(2026, 5, 10))


@pytest.mark.parametrize(
    ("told", "kinds"),
    [
        ([FAILING, ENDED], ["failed", "ended"]),
        ([LAPSED], ["failed", "ended"]),
        ([FAILING, LAPSED, ENDED], ["failed", "ended"]),
        ([FAILING, LAPSED, STOPPED], ["failed", "ended"]),
        ([PAUSED, PLANNED, PAID], ["paused", "paused", "resumed"]),
        ([PLANNED, STOPPED], ["paused", "ended"]),
        ([LEAVING, STOPPED], ["leaving", "ended"]),
        ([PAUSED, STOPPED], ["paused", "ended"]),
        ([LEAVING, PAID, FAILING, PAID], ["leaving", "staying", "failed", "recovered"]),
        ([FAILING, LAPSED, RENEWED], ["failed", "ended", "returned", "renewed"]),
        ([FAILING, LAPSED, FAILING, RENEWED], ["failed", "ended", "returned", "failed", "renewed", "recovered"]),
        ([STOPPED, replace(STOPPED, paid_through=JOINED_AT.date(), forfeited_at=ENDED_AT)], ["ended", "forfeited"]),
    ],
)
def test_history_tells_what_happened_and_nothing_else(told: list[Facts], kinds: list[str]) -> None:
    membership = memberships.start(Patron.objects.create(email="olena@example.org"), PAID)
    for facts in told:
        memberships.follow(membership, facts)
        assert memberships.follow(membership, facts) == []
    changes = list(MembershipChange.objects.filter(membership=membership))
    assert [change.kind for change in changes] == ["joined", *kinds]
    before: dict[str, Any] = {}
    for change in changes:
        assert change.before == before
        before = change.after


@pytest.mark.parametrize("running", [FAILING, LEAVING, PAUSED])
def test_what_has_ended_neither_fails_nor_leaves_nor_pauses(running: Facts) -> None:
    membership = memberships.start(Patron.objects.create(email="olena@example.org"), PAID)
    memberships.follow(membership, running)
    memberships.follow(membership, STOPPED)
    row = Membership.objects.get()
    assert (row.failing_since, row.leaves_at, row.paused_at) == (None, None, None)
    assert (row.ended_at, row.end_reason) == (ENDED_AT, "cancelled")


@pytest.mark.parametrize(
    ("reason", "paid_at", "returned_at"),
    [
        ("lapsed", datetime(2026, 5, 3, 8, tzinfo=UTC), datetime(2026, 5, 3, 8, tzinfo=UTC)),
        ("lapsed", JOINED_AT, None),  # a refund that failed gives back what was paid long before
        ("lapsed", None, None),
        ("merged", datetime(2026, 5, 3, 8, tzinfo=UTC), None),
    ],
)
def test_what_a_payment_brings_back_is_back_when_that_was_paid(
    reason: str, paid_at: datetime | None, returned_at: datetime | None
) -> None:
    membership = memberships.start(Patron.objects.create(email="olena@example.org"), PAID)
    memberships.follow(membership, replace(ENDED, end_reason=reason))
    before = clock.now()
    assert memberships.follow(membership, replace(RENEWED, paid_at=paid_at))[0] == "returned"
    told = MembershipChange.objects.get(kind="returned").occurred_at
    assert told == returned_at if returned_at else before <= told <= clock.now()
