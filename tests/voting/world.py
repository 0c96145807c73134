"""Members, topics and rounds to vote in."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from members import memberships
from members.memberships import Facts
from members.models import Membership, Patron
from newsroom import clock
from voting import rounds
from voting.models import Round, Topic

DAY = timedelta(days=1)


def facts(**said: Any) -> Facts:
    """A month that was paid ten days ago and covers twenty more."""
    paid = said.pop("paid", clock.now() - 10 * DAY)
    usual: dict[str, Any] = {
        "amount_minor": 500, "currency": "EUR", "interval_months": 1,
        "first_paid_at": paid, "paid_through": clock.day(paid) + 30 * DAY,
    }  # fmt: skip
    return Facts(**(usual | said))


def member(email: str = "olena@example.org", **said: Any) -> Patron:
    """A patron with a membership that lives."""
    patron = Patron.objects.create(email=email)
    memberships.start(patron, facts(**said))
    return patron


def members(count: int, **said: Any) -> list[Patron]:
    """As many, in two statements; for crowds."""
    made = Patron.objects.bulk_create(Patron(email=f"m{number}@example.org") for number in range(count))
    told = facts(**said)
    rows = []
    for patron in made:
        row, _joined = memberships.begin(patron, told)
        rows.append(row)
    Membership.objects.bulk_create(rows)
    return made


def topics(*slugs: str) -> list[Topic]:
    return [Topic.objects.create(slug=slug, title_en=slug.capitalize(), title_uk=slug) for slug in slugs]


def draft(*slugs: str, actor: Patron | None = None, carried: Sequence[str] = (), **fields: Any) -> Round:
    """A draft of a week that begins now, with these topics (three, if none are named), each at a cost of one.

    `carried`: those that exist and stand again.
    """
    now = clock.now()
    usual: dict[str, Any] = {"slug": "spring", "title_en": "Spring", "opens_at": now, "closes_at": now + 7 * DAY}
    made = rounds.draft(actor=actor, **(usual | fields))
    entries = [*topics(*(slugs or ("rivers", "roads", "schools"))), *Topic.objects.filter(slug__in=carried)]
    rounds.set_topics(made, [(topic, 1) for topic in entries], actor=actor)
    return made


def opened(*slugs: str, **fields: Any) -> Round:
    """A round that has just opened."""
    made = draft(*slugs, **fields)
    rounds.schedule(made, actor=None)
    assert rounds.open_due() == 1
    made.refresh_from_db()
    return made


def close(of: Round) -> Round:
    """Waits until the round's time is over, and has the beat close and count it."""
    clock.move(of.closes_at - clock.now() + timedelta(seconds=1))
    assert rounds.close_due() == 1
    assert rounds.count_due() == 1
    of.refresh_from_db()
    return of
