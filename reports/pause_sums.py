"""The SQL behind what becomes of pauses, made anew each night: whether one is over is known 30 days after its end."""

# ruff: noqa: S608  every part of them stands in this file

from reports.sums import MONTH_OF, Sum

# A pause as it was told last: its end may have been moved. Who went on by another gift in its place has resumed, too.
_OVER = """
SELECT m.patron_id, told.id, told.began, (told.after->>'resumes_at')::timestamptz AS resumes_at FROM (
    SELECT step.*, LEAD(kind) OVER steps AS next,
           MAX(id) FILTER (WHERE previous IS DISTINCT FROM 'paused') OVER steps AS began
    FROM (
        SELECT c.id, c.membership_id, c.kind, c.after,
               LAG(c.kind) OVER (PARTITION BY c.membership_id ORDER BY c.id) AS previous
        FROM members_membershipchange c
        WHERE c.kind IN ('paused', 'resumed', 'ended') AND c.written_in < %(through)s::text::xid8
    ) step WINDOW steps AS (PARTITION BY membership_id ORDER BY id)
) told JOIN members_membership m ON m.id = told.membership_id
WHERE told.kind = 'paused' AND told.next IS DISTINCT FROM 'paused' AND m.source = 'recurring'
  AND (told.after->>'resumes_at')::timestamptz <= %(now)s
"""
PAUSES = (
    Sum(
        "reports_pauseend", "", "month, change_id, patron_id, ends_at, has_resumed",
        f"""
SELECT {MONTH_OF.format("pause.resumes_at")}, pause.id, pause.patron_id, pause.resumes_at, EXISTS (
    SELECT 1 FROM reports_movement v WHERE v.patron_id = pause.patron_id AND v.kind = 'resumed'
      AND v.change_id > pause.began AND v.at <= pause.resumes_at + interval '30 days')
FROM ({_OVER}) pause
""",
    ),
    Sum(
        "reports_pausemonth", "", "month, due, resumed",
        "SELECT month, COUNT(*), COUNT(*) FILTER (WHERE has_resumed) FROM reports_pauseend GROUP BY 1",
    ),
)  # fmt: skip
