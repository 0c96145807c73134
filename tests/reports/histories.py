"""Random pasts of a newsroom, written as rows through the product's own verbs and told to the model at once."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from asks.models import Origin
from members import memberships
from members.memberships import Facts
from members.models import Membership, MembershipChange, Patron
from newsroom import clock
from newsroom.models import Newsroom
from payments.models import Donation, Invoice, InvoiceAttempt, LedgerEntry, Payment
from people import merge
from tests.reports.lives import AMOUNTS, BEGINNINGS, CAMPAIGNS, PAUSES, lives
from tests.reports.model import Due, Happened, History, Line, Vote
from voting.models import RollEntry, Round

# Midnights that do not exist, half hours, a day that was left out (Apia has none such now, but lies far east).
ZONES = (
    "Europe/Kyiv",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/Santiago",
    "Pacific/Apia",
    "Asia/Tokyo",
    "UTC",
)


@dataclass
class Past:
    """Writes rows, and tells the model the same."""

    history: History
    patrons: dict[int, Patron] = field(default_factory=dict)
    rows: dict[int, Membership] = field(default_factory=dict)
    facts: dict[int, Facts] = field(default_factory=dict)
    donations: dict[tuple[int, bool], Donation] = field(default_factory=dict)

    def patron(self, person: int) -> Patron:
        if person not in self.patrons:
            self.patrons[person] = Patron.objects.create(email=f"p{person}@example.org")
        return self.patrons[person]

    def start(self, one: Happened) -> None:
        self.history.happened.append(one)
        facts = Facts(
            amount_minor=one.amount, currency=one.currency, interval_months=one.months, first_paid_at=one.at,
            paid_through=(one.at + timedelta(days=31 * one.months)).date(),
        )  # fmt: skip
        row, joined = memberships.begin(self.patron(one.person), facts)
        row.save()
        joined.save()
        self.rows[one.membership], self.facts[one.membership] = row, facts
        came_by, days = self.history.came_by[one.membership], self.history.cards[one.membership]
        Donation.objects.create(
            interval="monthly", amount_minor=one.amount, currency=one.currency, state="given", membership=row,
            patron=row.patron, origin=self.origin(came_by), subscription_status="active",
            card_expires_on=clock.today() + timedelta(days=days),
        )  # fmt: skip

    def origin(self, campaign: str) -> Origin | None:
        return Origin.objects.get_or_create(campaign=campaign)[0] if campaign else None

    def tell(self, one: Happened, known_at: datetime) -> None:
        """Anything later, as what money says afterwards. A change to the same terms is none, and dates nothing."""
        facts = self.facts[one.membership]
        said = {
            "change": {"amount_minor": one.amount, "currency": one.currency, "interval_months": one.months},
            "pause": {"paused_at": one.at, "resumes_at": one.until},
            "plan": {"resumes_at": one.until},
            "resume": {"paused_at": None, "resumes_at": None},
            "ask": {"leaves_at": one.at + timedelta(days=30)},
            "fail": {"failing_since": one.at},
            "renew": {"paid_through": facts.paid_through + timedelta(days=31), "failing_since": None},
            "end": {
                "ended_at": one.at, "end_reason": one.reason, "paused_at": None, "resumes_at": None, "leaves_at": None,
            },
            "return": {
                "ended_at": None, "end_reason": "", "leaves_at": None, "failing_since": None, "paid_at": one.at,
            },
        }[one.what]  # fmt: skip
        facts = self.facts[one.membership] = replace(facts, **said)  # type: ignore[arg-type]
        row = self.rows[one.membership]
        moves = memberships.tell(row, facts, known_at if one.what == "return" else one.at)
        row.save()
        MembershipChange.objects.bulk_create(moves)
        if moves or one.what != "change":
            self.history.happened.append(one)

    def merge(self, person: int, other: int) -> None:
        """The other's record is merged into the person's: one of two memberships ends; all of it was one person's."""
        own, theirs = (self._running(who) for who in (person, other))
        if own is not None and theirs is not None:
            self.history.happened.append(Happened(other, theirs, clock.now(), "end", reason="merged"))
        support = Patron.objects.get_or_create(email="help@newsroom.example", defaults={"role": "support"})[0]
        merge.merge(self.patron(person), self.patron(other), reason="One person.", actor=support)
        mine = {key: who for key, who in self.history.payers.items() if who[0] == other}
        self.history.payers |= {key: (person, recurs) for key, (_, recurs) in mine.items()}
        self.history.invoices = [
            replace(one, person=person) if one.person == other else one for one in self.history.invoices
        ]
        self.history.happened = [
            replace(one, person=person) if one.person == other else one for one in self.history.happened
        ]
        for vote in self.history.votes:
            for group in (vote.opening, vote.later, vote.voters):
                if other in group:
                    group.remove(other)
                    group.add(person)
            vote.later -= vote.opening

    def _running(self, person: int) -> int | None:
        """The number of the membership that has not ended."""
        patron = self.patron(person)
        found = (key for key, row in self.rows.items() if row.ended_at is None)
        return next((key for key in found if Membership.objects.get(pk=self.rows[key].pk).patron == patron), None)

    def donation(self, person: int, *, recurs: bool, minor: int, currency: str) -> Donation:
        key = (person, recurs)
        if key not in self.donations:
            self.donations[key] = Donation.objects.create(
                interval="monthly" if recurs else "once", amount_minor=minor, currency=currency, state="given",
                patron=self.patron(person), subscription=f"sub_{person}" if recurs else None,
                origin=self.origin(CAMPAIGNS[(person + recurs) % 3]),
            )  # fmt: skip
        return self.donations[key]

    def pay(self, person: int, lines: list[Line], *, recurs: bool) -> None:
        """A payment with all its lines; the first is the money."""
        money, number = lines[0], lines[0].payment
        donation = self.donation(person, recurs=recurs, minor=money.seen, currency=money.seen_currency)
        payment = Payment.objects.create(
            donation=donation, payment_intent=f"pi_{number}", amount_minor=money.seen, currency=money.seen_currency,
            state="succeeded", paid_at=money.at,
            refunded_minor=-sum(line.seen for line in lines if line.kind in {"refund", "refund_reversal"}),
            disputed_minor=-sum(line.seen for line in lines if line.kind in {"dispute", "dispute_reversal"}),
        )  # fmt: skip
        LedgerEntry.objects.bulk_create(
            LedgerEntry(
                kind=line.kind, balance_transaction=f"txn_{number}_{place}", payment=payment, amount_minor=line.amount,
                currency=line.currency, seen_minor=line.seen or None, seen_currency=line.seen_currency,
                occurred_at=line.at,
            )
            for place, line in enumerate(lines)
        )  # fmt: skip
        self.history.lines += lines
        self.history.payers[number] = (person, recurs)
        self.history.paid_by[number] = CAMPAIGNS[(person + recurs) % 3]

    def bill(self, number: int, due: Due) -> None:
        self.history.invoices.append(due)
        donation = self.donation(due.person, recurs=True, minor=due.amount, currency=due.currency)
        invoice = Invoice.objects.create(
            donation=donation, stripe_id=f"in_{number}", status="paid" if due.paid_at else "open",
            amount_due_minor=due.amount, currency=due.currency, created_at=due.at, period_start=due.at,
            period_end=due.until, attempt_count=2 if due.failed_at else 1,
            first_failed_at=due.failed_at, paid_at=due.paid_at, failure_code="expired_card" if due.failed_at else "",
            recovered_by=due.by,
        )  # fmt: skip
        if due.failed_at:
            for n, code in enumerate((due.cause, "expired_card")):
                at = due.failed_at + timedelta(days=n)
                InvoiceAttempt.objects.create(
                    invoice=invoice, stripe_id=f"ch_{number}_{n}", tried_at=at, failure_code=code
                )

    def hold(self, number: int, vote: Vote) -> None:
        """A round with its roll, closed and counted. Nothing is on its ballot."""
        self.history.votes.append(vote)
        fields = {"opens_at": vote.closes - timedelta(days=7), "closes_at": vote.closes, "scheduled_at": vote.closes}
        held = Round.objects.create(
            slug=f"r{number}", title_en="A round", opened_at=vote.closes, configuration="{}", configuration_digest="c",
            seed="s", nonce="n", key_fingerprint="k", **fields,
        )  # fmt: skip
        RollEntry.objects.bulk_create(
            RollEntry(
                round=held, patron=self.patron(who), reason="at_open" if who in vote.opening else "joined",
                has_cast=who in vote.voters,
            )
            for who in sorted(vote.opening | vote.later)
        )  # fmt: skip
        held.closed_at, held.nonce = vote.closes, ""
        held.save()
        held.counted_at = vote.closes
        held.save()

    def crowd(self, persons: range, at: datetime) -> None:
        """Many who gave one euro each, once."""
        made = Patron.objects.bulk_create(Patron(email=f"p{person}@example.org") for person in persons)
        self.patrons |= dict(zip(persons, made, strict=True))
        gifts = Donation.objects.bulk_create(
            Donation(interval="once", amount_minor=100, currency="EUR", state="given", patron=patron) for patron in made
        )
        paid = Payment.objects.bulk_create(
            Payment(donation=gift, payment_intent=f"pi_c{n}", amount_minor=100, currency="EUR", state="succeeded",
                    paid_at=at)
            for n, gift in enumerate(gifts)
        )  # fmt: skip
        lines = [Line(10_000 + person, at, "payment", 100, "EUR", 100, "EUR") for person in persons]
        LedgerEntry.objects.bulk_create(
            LedgerEntry(
                kind="payment", balance_transaction=f"txn_c{n}", payment=payment, amount_minor=100, currency="EUR",
                seen_minor=100, seen_currency="EUR", occurred_at=at,
            )
            for n, payment in enumerate(paid)
        )  # fmt: skip
        self.history.lines += lines
        self.history.payers |= {line.payment: (person, False) for line, person in zip(lines, persons, strict=True)}


@st.composite
def payments(draw: st.DrawFn, person: int, number: int) -> tuple[list[Line], bool]:
    """A payment with its fee, refunds (two partial ones, a failed one) and disputes (lost, won)."""
    at = draw(st.sampled_from(BEGINNINGS)) + draw(st.sampled_from(PAUSES)) * draw(st.integers(1, 3))
    seen_currency = draw(st.sampled_from(sorted(AMOUNTS)))
    currency = draw(st.sampled_from((seen_currency, "EUR")))
    seen = 2 * draw(st.sampled_from((50, 500, 505, 6000)))
    amount = seen if currency == seen_currency else max(4, seen * 2 // 3)
    lines = [Line(number, at, "payment", amount, currency, seen, seen_currency), Line(number, at, "fee", -3, currency)]

    def moves(kind: str, sign: int, part: int) -> None:
        nonlocal at
        at += draw(st.sampled_from(PAUSES))
        settled = amount // part if sign < 0 else amount
        lines.append(Line(number, at, kind, sign * settled, currency, sign * (seen // part), seen_currency))

    for kind in {
        "nothing": (), "half": ("refund",), "twice": ("refund", "refund"), "failed": ("refund", "refund_reversal"),
        "lost": ("dispute", "dispute_fee"), "won": ("dispute", "dispute_fee", "dispute_reversal"),
    }[draw(st.sampled_from(("nothing", "nothing", "half", "twice", "failed", "lost", "won")))]:  # fmt: skip
        if kind == "dispute_fee":
            lines.append(Line(number, at, kind, -15, currency))
        elif kind == "refund":
            moves(kind, -1, 2)
        elif kind == "refund_reversal":
            half = amount // 2
            lines.append(Line(number, at, kind, half, currency, seen // 2, seen_currency))
        else:
            moves(kind, -1 if kind == "dispute" else 1, 1)
    return lines, draw(st.booleans())


@st.composite
def years(draw: st.DrawFn, person: int) -> list[Due]:
    """A paid year, and perhaps a charge for the time after it: by the same rhythm or another, in time or not."""
    at, length = draw(st.sampled_from(BEGINNINGS)), timedelta(days=draw(st.sampled_from((365, 366))))
    found = [Due(person, at, at + length, 6000, "EUR", paid_at=at)]
    if draw(st.booleans()):
        begins = at + length + draw(st.sampled_from((-20, -1, 0, 10))) * timedelta(days=1)
        paid_at = at + length + timedelta(days=draw(st.sampled_from((0, 29, 30, 31))))
        until = begins + draw(st.sampled_from((length, timedelta(days=31))))
        found.append(Due(person, begins, until, 6000, "EUR", paid_at=paid_at))
    return found


@st.composite
def invoices(draw: st.DrawFn, person: int) -> Due:
    at = draw(st.sampled_from(BEGINNINGS)) + draw(st.sampled_from(PAUSES))
    currency = draw(st.sampled_from(sorted(AMOUNTS)))
    amount = draw(st.sampled_from(AMOUNTS[currency]))
    if draw(st.booleans()):
        return Due(person, at, at + timedelta(days=31), amount, currency, paid_at=at)
    failed = at + timedelta(hours=1)
    paid = draw(st.sampled_from((None, timedelta(0), timedelta(days=30), timedelta(days=31))))
    by = draw(st.sampled_from(("retry", "card", "giver"))) if paid is not None else ""
    cause = draw(st.sampled_from(("insufficient_funds", "authentication_required")))
    paid_at = failed + paid if paid is not None else None
    return Due(person, at, at + timedelta(days=31), amount, currency, failed, paid_at, by, cause)


@st.composite
def votes(draw: st.DrawFn, persons: range) -> list[Vote]:
    """Up to three rounds, in the order of their closes; all of a crowd vote, or all but one."""
    found = []
    for _ in range(draw(st.integers(0, 3))):
        closes = draw(st.sampled_from(BEGINNINGS)) + draw(st.sampled_from(PAUSES)) * draw(st.integers(0, 2))
        few = [(person, draw(st.sampled_from(("", "opening", "later"))), draw(st.booleans())) for person in range(4)]
        crowd = set(persons[draw(st.integers(0, 1)) :])
        found.append(
            Vote(
                closes,
                {person for person, since, _ in few if since == "opening"} | set(persons),
                {person for person, since, _ in few if since == "later"},
                {person for person, since, has_voted in few if since and has_voted} | crowd,
            )
        )
    return sorted(found, key=lambda vote: vote.closes)


@st.composite
def pasts(draw: st.DrawFn) -> Callable[[], History]:
    """What, when called, writes a past into the database and returns it as the model takes it."""
    zone = draw(st.sampled_from(ZONES))
    past = Past(History(ZoneInfo(zone)))
    persons = range(draw(st.integers(1, 4)))
    ops = [op for person in persons for op in draw(lives(past, person))]
    money = [
        (person, draw(payments(person, 100 * person + n))) for person in persons for n in range(draw(st.integers(0, 3)))
    ]
    bills = [draw(invoices(person)) for person in persons for _ in range(draw(st.integers(0, 2)))]
    bills += [due for person in persons if draw(st.booleans()) for due in draw(years(person))]
    crowd = range(1000, 1020) if draw(st.booleans()) else range(0)
    rounds, gave_at = draw(votes(crowd)), draw(st.sampled_from(BEGINNINGS)) + draw(st.sampled_from(PAUSES))
    merges = draw(st.sampled_from(((), (), ((0, 1),), ((1, 0),), ((0, 1), (0, 2)), ((1, 3), (1, 0)))))

    def write() -> History:
        Newsroom.objects.update(zone=zone)
        for _, op in sorted(ops, key=lambda op: op[0]):
            op()
        for person, (lines, recurs) in money:
            past.pay(person, lines, recurs=recurs)
        for number, due in enumerate(bills):
            past.bill(number, due)
        past.crowd(crowd, gave_at)
        for number, vote in enumerate(rounds):
            past.hold(number, vote)
        for person, other in merges:
            past.merge(person, other)
        return past.history

    return write
