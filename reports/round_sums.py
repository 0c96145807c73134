"""The SQL behind the sums of rounds; see reports/sums.py. It reads the roll, and never a ballot."""

# ruff: noqa: S608  every part of them stands in this file and in reports/sums.py

from reports.models.taking_part import FEWEST
from reports.sums import KIND, NET, SETTLED, Sum

_VOTERS = """
WITH voters AS (
    SELECT r.id AS round_id, r.closes_at, COALESCE(p.merged_into_id, p.id) AS patron_id,
           bool_or(e.has_cast AND e.void_reason = '') AS has_voted, bool_or(e.reason = 'at_open') AS is_of_opening
    FROM voting_round r JOIN voting_rollentry e ON e.round_id = r.id JOIN members_patron p ON p.id = e.patron_id
    WHERE r.counted_at IS NOT NULL GROUP BY 1, 2, 3
)
"""


def _live(days: int) -> str:
    """Whether the voter is an active patron so many days after the close; NULL while these are not over."""
    at = f"voters.closes_at + interval '{days} days'"
    return f"CASE WHEN {at} <= %(now)s THEN COALESCE(SUM(m.persons) FILTER (WHERE m.at < {at}), 0) END"


_IN_NET = f"({KIND}) IN ({', '.join(repr(kind) for kind in NET)})"

ROUNDS = (
    Sum(
        "reports_roundpersons", "", "round_id, has_voted, is_of_opening, persons, live, live_90, live_365",
        f"""{_VOTERS}, stood AS (
    SELECT voters.round_id, voters.has_voted, voters.is_of_opening,
           {_live(0)} AS live, {_live(90)} AS live_90, {_live(365)} AS live_365
    FROM voters LEFT JOIN reports_movement m ON m.patron_id = voters.patron_id
    GROUP BY voters.round_id, voters.closes_at, voters.patron_id, voters.has_voted, voters.is_of_opening
)
SELECT round_id, has_voted, is_of_opening, COUNT(*), SUM(live), SUM(live * live_90), SUM(live * live_365)
FROM stood GROUP BY 1, 2, 3
""",
    ),
    Sum(
        "reports_votersyear", "", "year, eligible, voted",
        f"""{_VOTERS}, persons AS (
    SELECT EXTRACT(YEAR FROM closes_at AT TIME ZONE %(zone)s)::int AS year, patron_id, bool_or(has_voted) AS has_voted
    FROM voters WHERE is_of_opening GROUP BY 1, 2
)
SELECT year, COUNT(*), COUNT(*) FILTER (WHERE has_voted) FROM persons GROUP BY 1
""",
    ),
    Sum(
        "reports_roundmoney", "", "round_id, first_on, last_on, currency, net_minor, givers, voters_minor",
        f"""{_VOTERS}, ends AS (
    SELECT id AS round_id, (closes_at AT TIME ZONE %(zone)s)::date AS last_on,
           LAG((closes_at AT TIME ZONE %(zone)s)::date) OVER (ORDER BY closes_at, id) AS earlier
    FROM voting_round WHERE counted_at IS NOT NULL
), spans AS (
    SELECT round_id, last_on, GREATEST(earlier, (last_on - interval '1 year')::date) + 1 AS first_on FROM ends
), given AS (
    SELECT spans.*, e.currency, e.amount_minor, voters.patron_id
    FROM spans JOIN payments_ledgerentry e ON e.occurred_at >= (spans.first_on::timestamp AT TIME ZONE %(zone)s)
        AND e.occurred_at < ((spans.last_on + 1)::timestamp AT TIME ZONE %(zone)s) AND {SETTLED} AND {_IN_NET}
    LEFT JOIN payments_payment p ON p.id = e.payment_id LEFT JOIN payments_donation d ON d.id = p.donation_id
    LEFT JOIN voters ON voters.round_id = spans.round_id AND voters.patron_id = d.patron_id AND voters.has_voted
), sums AS (
    SELECT round_id, first_on, last_on, currency, SUM(amount_minor) AS net, COUNT(DISTINCT patron_id) AS givers,
           SUM(amount_minor) FILTER (WHERE patron_id IS NOT NULL) AS voters
    FROM given GROUP BY 1, 2, 3, 4
)
SELECT round_id, first_on, last_on, currency, net, CASE WHEN givers >= {FEWEST} THEN givers ELSE 0 END,
       CASE WHEN givers >= {FEWEST} THEN voters ELSE 0 END
FROM sums
""",
    ),
)  # fmt: skip
