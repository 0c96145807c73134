"""What must hold of the books; collected by `manage.py books`, explained in docs/ledger.md.

Each statement selects what is wrong. A check that asks Stripe says so in its id and fails when Stripe cannot be asked.
"""

from collections.abc import Callable

from django.db import connection

from newsroom import clock, patience
from payments import gateway, reconciliation
from payments.models import Donation

# id → what a violation means, and the SQL that finds them. `%(now)s` is the product's clock.
STATEMENTS: dict[str, tuple[str, str]] = {
    "ledger.payment": (
        "a line of money from or to a giver has no payment",
        """
SELECT e.id FROM payments_ledgerentry e
WHERE e.kind NOT IN ('fee', 'adjustment', 'payout') AND e.payment_id IS NULL
""",
    ),
    "ledger.line_of_payment": (
        "a payment received more than an hour ago has no line",
        """
SELECT p.id FROM payments_payment p
WHERE p.state = 'succeeded' AND p.paid_at < %(now)s - interval '1 hour'
  AND NOT EXISTS (SELECT 1 FROM payments_ledgerentry e WHERE e.payment_id = p.id AND e.kind = 'payment')
""",
    ),
    "ledger.booked": (
        "a payment is said to be in the book and has no line, or the reverse",
        """
SELECT p.id FROM payments_payment p
WHERE p.is_booked <> EXISTS (SELECT 1 FROM payments_ledgerentry e WHERE e.payment_id = p.id AND e.kind = 'payment')
""",
    ),
    "ledger.payment_seen": (
        "the line of a payment does not show what the giver saw",
        """
SELECT e.id FROM payments_ledgerentry e JOIN payments_payment p ON p.id = e.payment_id
WHERE e.kind = 'payment' AND (e.seen_minor <> p.amount_minor OR e.seen_currency <> p.currency)
""",
    ),
    "ledger.payment_once": (
        "the money of one payment is in the book twice",
        """
SELECT e.payment_id FROM payments_ledgerentry e WHERE e.kind = 'payment'
GROUP BY e.payment_id HAVING COUNT(*) > 1
""",
    ),
    "ledger.same_currency": (
        "money that was not converted arrived or left as another amount than the giver saw",
        """
SELECT e.id FROM payments_ledgerentry e
WHERE e.kind IN ('payment', 'refund', 'refund_reversal') AND e.seen_currency = e.currency
  AND e.seen_minor <> e.amount_minor
""",
    ),
    "ledger.payment_received": (
        "a line belongs to a payment that was not received",
        """
SELECT e.id FROM payments_ledgerentry e JOIN payments_payment p ON p.id = e.payment_id
WHERE e.kind = 'payment' AND p.state <> 'succeeded' AND NOT EXISTS (
    SELECT 1 FROM payments_ledgerentry r WHERE r.payment_id = p.id AND r.kind IN ('refund', 'dispute', 'adjustment'))
""",
    ),
    "ledger.one_currency": (
        "a payment was settled in two currencies",
        """
SELECT e.payment_id FROM payments_ledgerentry e WHERE e.payment_id IS NOT NULL
GROUP BY e.payment_id HAVING COUNT(DISTINCT e.currency) > 1
""",
    ),
    "ledger.signs": (
        "a line has the wrong sign for its kind",
        """
SELECT e.id FROM payments_ledgerentry e
WHERE (e.kind IN ('payment', 'refund_reversal', 'dispute_reversal') AND e.amount_minor <= 0)
   OR (e.kind IN ('refund', 'dispute') AND e.amount_minor >= 0)
   OR (e.seen_minor IS NOT NULL AND sign(e.seen_minor) <> sign(e.amount_minor))
""",
    ),
    "ledger.not_twice": (
        "one movement is in the book both as a giver's money and as other business",
        """
SELECT e.balance_transaction FROM payments_ledgerentry e WHERE e.balance_transaction IS NOT NULL
GROUP BY e.balance_transaction
HAVING bool_or(e.kind = 'adjustment') AND bool_or(e.kind NOT IN ('adjustment'))
""",
    ),
    "ledger.only_grows": (
        "a trigger that refuses to change the book, the history or the staff's log is gone or switched off",
        """
SELECT wanted.place
FROM (VALUES
    ('payments_ledgerentry', 'only_grows'), ('payments_receipt', 'only_grows'), ('payments_refund', 'refunds_fit'),
    ('members_membershipchange', 'only_grows'), ('audit_staffaction', 'staff_action_only_grows')
) wanted(place, name)
WHERE NOT EXISTS (
    SELECT 1 FROM pg_trigger t
    WHERE t.tgrelid = wanted.place::regclass AND t.tgname = wanted.name AND t.tgenabled IN ('O', 'A'))
""",
    ),
    "refunds.within_payment": (
        "more was refunded than paid",
        """
SELECT p.id FROM payments_payment p JOIN payments_refund r ON r.payment_id = p.id
WHERE r.status NOT IN ('failed', 'canceled')
GROUP BY p.id, p.amount_minor HAVING SUM(r.amount_minor) > p.amount_minor
""",
    ),
    "refunds.sum_on_payment": (
        "a payment's refunded sum is not that of its refunds",
        """
SELECT p.id FROM payments_payment p WHERE p.refunded_minor <> (
    SELECT COALESCE(SUM(r.amount_minor), 0) FROM payments_refund r
    WHERE r.payment_id = p.id AND r.status NOT IN ('failed', 'canceled'))
""",
    ),
    "refunds.lines": (
        "what the book says was refunded is not what the refunds say",
        """
SELECT p.id FROM payments_payment p WHERE (
    SELECT COALESCE(-SUM(e.seen_minor), 0) FROM payments_ledgerentry e
    WHERE e.payment_id = p.id AND e.kind IN ('refund', 'refund_reversal')
) <> (
    SELECT COALESCE(SUM(r.amount_minor), 0) FROM payments_refund r
    WHERE r.payment_id = p.id AND r.status = 'succeeded' AND r.created_at < %(now)s - interval '1 hour'
) AND NOT EXISTS (
    SELECT 1 FROM payments_refund r WHERE r.payment_id = p.id
    AND (r.status IN ('pending', 'requires_action') OR r.created_at >= %(now)s - interval '1 hour'))
""",
    ),
    "disputes.lines": (
        "a payment's disputed sum is not what the book says the bank holds",
        """
SELECT p.id FROM payments_payment p WHERE p.disputed_minor <> (
    SELECT COALESCE(-SUM(e.seen_minor), 0) FROM payments_ledgerentry e
    WHERE e.payment_id = p.id AND e.kind IN ('dispute', 'dispute_reversal'))
""",
    ),
    "receipts.none_owed": (
        "a payment received has no receipt",
        """
SELECT p.id FROM payments_payment p LEFT JOIN payments_receipt r ON r.payment_id = p.id
WHERE p.state = 'succeeded' AND r.id IS NULL
""",
    ),
    "receipts.no_gap": (
        "the numbers of a year have a gap, or the counter is not at the last",
        """
SELECT r.year FROM payments_receipt r LEFT JOIN payments_receiptcounter c ON c.year = r.year
GROUP BY r.year, c.last
HAVING COUNT(*) <> MAX(r.number) OR MIN(r.number) <> 1 OR MAX(r.number) IS DISTINCT FROM c.last
""",
    ),
    "receipts.sent": (
        "a receipt has no letter, though its giver was not erased",
        """
SELECT r.id FROM payments_receipt r JOIN payments_payment p ON p.id = r.payment_id
WHERE NOT EXISTS (SELECT 1 FROM letters_letter l WHERE l.key = 'receipt:' || p.id)
  AND NOT EXISTS (
    SELECT 1 FROM payments_donation d JOIN members_patron m ON m.id = d.patron_id
    WHERE d.id = p.donation_id AND m.erased_at IS NOT NULL)
""",
    ),
    "memberships.one_live": (
        "a patron has two live recurring memberships",
        """
SELECT m.patron_id FROM members_membership m WHERE m.source = 'recurring' AND m.ended_at IS NULL
GROUP BY m.patron_id HAVING COUNT(*) > 1
""",
    ),
    "memberships.backed": (
        "a membership runs without a live subscription, gift or grant behind it",
        """
SELECT m.id FROM members_membership m WHERE m.source = 'recurring' AND m.ended_at IS NULL AND NOT EXISTS (
    SELECT 1 FROM payments_donation d WHERE d.membership_id = m.id AND d.subscription IS NOT NULL
    AND d.subscription_status NOT IN ('', 'canceled', 'incomplete_expired'))
UNION ALL
SELECT m.id FROM members_membership m WHERE m.source = 'gift' AND m.ended_at IS NULL AND NOT EXISTS (
    SELECT 1 FROM members_giftmembership g WHERE g.membership_id = m.id AND g.withdrawn_at IS NULL)
UNION ALL
SELECT m.id FROM members_membership m WHERE m.source = 'grant' AND NOT EXISTS (
    SELECT 1 FROM members_grantedmembership g WHERE g.membership_id = m.id)
""",
    ),
    "memberships.gifts_paid": (
        "a gift membership counts as paid without a payment that stands, or as taken back with one",
        """
SELECT g.id FROM members_giftmembership g
WHERE g.paid_at IS NOT NULL AND (g.withdrawn_at IS NULL) <> EXISTS (
    SELECT 1 FROM payments_donation d JOIN payments_payment p ON p.donation_id = d.id
    WHERE d.gift_membership_id = g.id AND p.state = 'succeeded' AND p.refunded_minor < p.amount_minor
    AND p.disputed_minor = 0)
""",
    ),
    "memberships.gifts_as_long_as_paid": (
        "the membership of a gift does not end when its months are over",
        """
SELECT g.id FROM members_giftmembership g JOIN members_membership m ON m.id = g.membership_id
WHERE m.paid_through <> CASE WHEN g.withdrawn_at IS NULL
    THEN (g.began_on + make_interval(months => g.months))::date ELSE g.began_on END
""",
    ),
    "memberships.paid": (
        "a recurring membership began without a payment received",
        """
SELECT m.id FROM members_membership m WHERE m.source = 'recurring' AND NOT EXISTS (
    SELECT 1 FROM payments_donation d JOIN payments_payment p ON p.donation_id = d.id
    WHERE d.membership_id = m.id AND p.paid_at IS NOT NULL)
""",
    ),
    "memberships.history": (
        "a membership is not what its last change says, or has none",
        """
SELECT m.id FROM members_membership m LEFT JOIN LATERAL (
    SELECT c.after FROM members_membershipchange c WHERE c.membership_id = m.id ORDER BY c.id DESC LIMIT 1
) last ON true
WHERE (last.after IS NULL AND m.source <> 'grant')
   OR (last.after->>'monthly_minor')::int <> m.monthly_minor OR last.after->>'paid_through' <> m.paid_through::text
   OR (last.after->>'ended_at' IS NULL) <> (m.ended_at IS NULL)
""",
    ),
    "memberships.history_whole": (
        "a change of a membership does not begin where the one before it ended",
        """
SELECT told.id FROM (
    SELECT c.id, c.before, LAG(c.after, 1, '{}') OVER (PARTITION BY c.membership_id ORDER BY c.id) AS earlier
    FROM members_membershipchange c
) told
WHERE told.before - 'resumes_at' <> told.earlier - 'resumes_at'
""",
    ),
    "donations.live_has_membership": (
        "a live subscription that was paid carries no membership and is not known as a second one",
        """
SELECT d.id FROM payments_donation d
WHERE d.state = 'live' AND d.membership_id IS NULL AND NOT d.is_second
""",
    ),
    "donations.lives_on": (
        "a gift is said to live on at Stripe after its membership and does not, or the reverse",
        """
SELECT d.id FROM payments_donation d LEFT JOIN members_membership m ON m.id = d.membership_id
WHERE d.lives_on <> (m.ended_at IS NOT NULL AND NOT d.is_second AND d.subscription IS NOT NULL
    AND d.subscription_status NOT IN ('', 'canceled', 'incomplete_expired'))
""",
    ),
    "donations.chargeable": (
        "a running gift has nothing that it could be charged to",
        """
SELECT d.id FROM payments_donation d
WHERE d.subscription_status IN ('active', 'past_due', 'trialing') AND d.paused_at IS NULL AND d.cancels_at IS NULL
  AND d.method = ''
""",
    ),
    "donations.next_charge": (
        "a running gift is a day past its next charge, and has no invoice for it",
        """
SELECT d.id FROM payments_donation d
WHERE d.subscription_status IN ('active', 'past_due', 'trialing') AND d.paused_at IS NULL AND d.cancels_at IS NULL
  AND (d.period_end IS NULL OR d.period_end < %(now)s - interval '1 day')
""",
    ),
    "donations.renewals_met": (
        "of ten renewals or more that were due within a week, fewer than half were paid",
        """
SELECT MIN(i.id) FROM payments_invoice i
WHERE i.billing_reason = 'subscription_cycle' AND i.status <> 'void' AND i.amount_due_minor > 0
  AND i.created_at BETWEEN %(now)s - interval '8 days' AND %(now)s - interval '1 day'
HAVING COUNT(*) >= 10 AND 2 * COUNT(i.paid_at) < COUNT(*)
""",
    ),
    "inbox.none_dead": ("events could not be applied", "SELECT id FROM payments_stripeevent WHERE state = 'dead'"),
    "inbox.moves": (
        "events have been waiting for more than a day",
        """
SELECT id FROM payments_stripeevent WHERE state = 'pending' AND received_at < %(now)s - interval '1 day'
""",
    ),
}


def _check(sentence: str, statement: str) -> Callable[[], str]:
    def check() -> str:
        with patience.without_limit(), connection.cursor() as cursor:
            cursor.execute(
                f"SELECT COUNT(*), MIN(wrong::text) FROM ({statement}) found(wrong)",  # noqa: S608  our own statements
                {"now": clock.now()},
            )
            count, first = cursor.fetchone()
        return f"{sentence}: {count}, for example {first}" if count else ""

    return check


def balance_at_stripe() -> str:
    """Per currency, the book's Stripe lines, payouts included, sum to Stripe's balance, to the minor unit."""
    try:
        differences = reconciliation.balance_differences()
    except gateway.GatewayError as error:
        return f"Stripe could not be asked: {type(error).__name__}"
    return "; ".join(f"{found.object}: book {found.ours}, Stripe {found.theirs}" for found in differences)


def subscriptions_at_stripe() -> str:
    """Every live subscription at Stripe is known here, and every one that lives here lives there."""
    try:
        at_stripe = {raw["id"] for raw in gateway.pages("/v1/subscriptions") if raw["status"] != "canceled"}
    except gateway.GatewayError as error:
        return f"Stripe could not be asked: {type(error).__name__}"
    here = {str(name) for name in Donation.objects.running().values_list("subscription", flat=True)}
    words = []
    if unknown := at_stripe - here:
        words.append(f"{len(unknown)} live at Stripe and not here, for example {min(unknown)}")
    if gone := here - at_stripe:
        words.append(f"{len(gone)} live here and not at Stripe, for example {min(gone)}")
    return "; ".join(words)


# By the id under which `books` prints it: a function that returns what is wrong, in words, or an empty text.
INVARIANTS: dict[str, Callable[[], str]] = {
    "ledger.balance": balance_at_stripe,
    "stripe.subscriptions": subscriptions_at_stripe,
    **{name: _check(sentence, statement.strip()) for name, (sentence, statement) in STATEMENTS.items()},
}
