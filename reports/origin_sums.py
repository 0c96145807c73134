"""The SQL behind where patrons come from, made anew each night: what stands on an origin can still be corrected."""

# ruff: noqa: S608  every part of them stands in this file

from reports.sums import MISTAKE, MONTH_OF, STANDS, Sum

ORIGINS = (
    Sum(
        "reports_originrow", "",
        "what, rule, month, story_id, ask_id, campaign, currency, monthly_parts, is_old, patron_id, donation_id",
        f"""
WITH came AS (
    SELECT m.patron_id, m.at, m.month, m.currency, m.monthly_parts, c.membership_id,
           m.at < %(now)s - interval '90 days' AS is_old
    FROM reports_movement m JOIN members_membershipchange c ON c.id = m.change_id WHERE m.kind = 'new'
), credited AS (
    SELECT came.*, 'joining' AS rule, d.origin_id FROM came LEFT JOIN LATERAL (
        SELECT d.origin_id FROM payments_donation d WHERE d.membership_id = came.membership_id ORDER BY d.id LIMIT 1
    ) d ON true
    UNION ALL
    SELECT came.*, 'first', d.origin_id FROM came LEFT JOIN LATERAL (
        SELECT d.origin_id FROM payments_donation d JOIN payments_payment p ON p.donation_id = d.id
        WHERE d.patron_id = came.patron_id AND d.giver = 'reader' AND p.state = 'succeeded'
          AND (p.source = 'stripe' OR NOT EXISTS (
              SELECT 1 FROM payments_ledgerentry e WHERE e.payment_id = p.id AND {MISTAKE}))
        ORDER BY p.paid_at, p.id LIMIT 1
    ) d ON true
), rows AS (
    SELECT 'joined' AS what, rule, month, origin_id, currency, monthly_parts, is_old, patron_id,
           NULL::bigint AS donation_id
    FROM credited
    UNION ALL
    SELECT 'kept', c.rule, c.month, c.origin_id, n.currency, SUM(n.monthly_parts), true, c.patron_id, NULL
    FROM credited c JOIN reports_movement n ON n.patron_id = c.patron_id AND n.at < c.at + interval '90 days'
    WHERE c.is_old AND EXISTS (
        SELECT 1 FROM payments_payment p JOIN payments_donation d ON d.id = p.donation_id
        WHERE d.patron_id = c.patron_id AND d.interval <> 'once' AND {STANDS})
    GROUP BY c.rule, c.month, c.origin_id, n.currency, c.patron_id HAVING SUM(n.monthly_parts) <> 0
    UNION ALL
    SELECT 'started', '', {MONTH_OF.format("d.created_at")}, d.origin_id, d.currency, 0, false, NULL, d.id
    FROM payments_donation d
    WHERE NOT EXISTS (SELECT 1 FROM payments_payment p WHERE p.donation_id = d.id AND p.source = 'offline')
      AND NOT (d.subscription IS NOT NULL AND d.checkout_session IS NULL) -- made in Stripe's dashboard
)
SELECT r.what, r.rule, r.month, COALESCE(o.story_id, 0), COALESCE(o.ask_id, 0), COALESCE(o.campaign, ''), r.currency,
       r.monthly_parts, r.is_old, r.patron_id, r.donation_id
FROM rows r LEFT JOIN asks_origin o ON o.id = r.origin_id
""",
    ),
    Sum(
        "reports_originmonth", "",
        "month, rule, story_id, ask_id, campaign, currency, started, joined, joined_monthly_parts, old_enough, "
        "kept_monthly_parts",
        """
SELECT r.month, rules.rule, NULLIF(r.story_id, 0), NULLIF(r.ask_id, 0), r.campaign, r.currency,
       COUNT(*) FILTER (WHERE what = 'started'), COUNT(*) FILTER (WHERE what = 'joined'),
       COALESCE(SUM(monthly_parts) FILTER (WHERE what = 'joined'), 0),
       COUNT(*) FILTER (WHERE what = 'joined' AND is_old),
       COALESCE(SUM(monthly_parts) FILTER (WHERE what = 'kept'), 0)
FROM reports_originrow r JOIN (VALUES ('joining'), ('first')) rules(rule) ON r.rule IN ('', rules.rule)
GROUP BY 1, 2, 3, 4, 5, 6
""",
    ),
)  # fmt: skip
