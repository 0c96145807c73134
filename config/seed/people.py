"""Who gives to the invented newsroom, since when, how much, and what became of it: drawn by dice, the same for a seed.

Plain data. Nobody here exists; every address lies under example.org (RFC 2606).
"""

import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from money.money import gross_up

DAY = timedelta(days=1)
# Each name as it is written, and as it stands in an address.
GIVEN = {
    "uk": (
        "Олена/olena Марія/mariia Ірина/iryna Наталія/nataliia Оксана/oksana Софія/sofiia Дарина/daryna Ганна/hanna "
        "Катерина/kateryna Юлія/yuliia Андрій/andrii Тарас/taras Богдан/bohdan Петро/petro Юрій/yurii Назар/nazar "
        "Максим/maksym Остап/ostap Василь/vasyl Роман/roman Дмитро/dmytro Сергій/serhii"
    ),
    "en": (
        "Anna/anna Clara/clara Emma/emma Grace/grace Ingrid/ingrid Maya/maya Nora/nora Yuki/yuki Zofia/zofia "
        "Adam/adam Ben/ben David/david Felix/felix Jonas/jonas Kenji/kenji Liam/liam Marek/marek Oscar/oscar Tom/tom "
        "Will/will"
    ),
}
FAMILY = {
    "uk": (
        "Бондар/bondar Гнатюк/hnatiuk Гриценко/hrytsenko Дорош/dorosh Жук/zhuk Іваненко/ivanenko Коваль/koval "
        "Кравець/kravets Лисенко/lysenko Мельник/melnyk Мороз/moroz Олійник/oliinyk Паламар/palamar "
        "Пономаренко/ponomarenko Романюк/romaniuk Савчук/savchuk Сокіл/sokil Ткаченко/tkachenko Федак/fedak "
        "Чайка/chaika Шевчук/shevchuk Яценко/yatsenko"
    ),
    "en": (
        "Baker/baker Berg/berg Carter/carter Davies/davies Fischer/fischer Hughes/hughes Ito/ito Keller/keller "
        "Kowalska/kowalska Larsen/larsen Moreau/moreau Nowak/nowak Patel/patel Quinn/quinn Reid/reid Sato/sato "
        "Taylor/taylor Weber/weber Wood/wood Young/young"
    ),
}
SPEAKS = {
    "uk": (("UAH", 52), ("EUR", 32), ("PLN", 12), ("USD", 4)),
    "en": (("EUR", 42), ("USD", 28), ("GBP", 16), ("JPY", 8), ("PLN", 6)),
}
# The amounts that a currency's givers choose, in minor units, from the smallest; the middle ones are the usual.
ONCE = {
    "EUR": (1000, 2500, 5000, 10_000), "USD": (1000, 2500, 5000, 10_000), "GBP": (1000, 2000, 5000, 10_000),
    "UAH": (20_000, 50_000, 100_000, 200_000), "PLN": (4000, 10_000, 20_000, 40_000), "JPY": (1500, 3000, 8000, 15_000),
}  # fmt: skip
MONTHLY = {
    "EUR": (300, 500, 1000, 2000), "USD": (300, 500, 1000, 2000), "GBP": (300, 500, 1000, 2000),
    "UAH": (10_000, 20_000, 50_000, 100_000), "PLN": (1500, 2500, 5000, 10_000), "JPY": (500, 1000, 1500, 3000),
}  # fmt: skip
USUAL = (26, 40, 24, 10)
# Whose one gift is a membership for somebody else.
BUY_FOR_OTHERS = (22, 23, 24)
# What the newsroom expects Stripe to keep: a share in hundredths of a per cent, and a fixed part.
FIXED_FEE = {"EUR": 30, "USD": 30, "GBP": 20, "UAH": 1000, "PLN": 100, "JPY": 40}
# What banks say to a charge that fails, the usual first and more often.
REFUSALS = ("insufficient_funds", "generic_decline", "expired_card", "authentication_required", "lost_card")
# Who has been charged for so many months, and how the newest charge went, so many days and hours ago: one at risk by
# each cause, and some who are over it or soon will be.
IN_TROUBLE = {
    3: (8, "failed", "authentication_required", 1, 9),
    5: (3, "failed", "expired_card", 4, 3),
    8: (14, "failed", "insufficient_funds", 6, 5),
    9: (5, "failed", "lost_card", 2, 3),
    11: (7, "failed", "generic_decline", 3, 2),
    10: (11, "recovered", "insufficient_funds", 2, 7),
    13: (9, "recovered", "expired_card", 8, 6),
    14: (6, "recovered", "authentication_required", 9, 4),
}
WORDS = {
    "uk": (
        "Дякую за репортажі з громад.",
        "Пишіть далі, ми читаємо.",
        "За розслідування про річку.",
        "Від родини з Кракова.",
        "Тримайтеся!",
        "Нехай буде більше місцевих новин.",
    ),
    "en": (
        "Keep going.",
        "For the piece about the river.",
        "Thank you for writing about us, not only about the front.",
        "From a reader in Osaka.",
        "Local news matters.",
    ),
}
FEEDBACK = ("too_expensive", "unused", "switched_service", "other", "low_quality", None, None, None)


@dataclass(frozen=True)
class Person:
    """One patron."""

    email: str
    name: str
    language: str


@dataclass(frozen=True)
class Gift:
    """One donation of a person. Amounts in minor units; `outcomes` and `refusal` in the words of the sandbox's history.

    `origin` is a number from which the newsroom picks where it came from. `ended_at`, `ends`, `paused_at`: cancelled
    then, cancelled to the period's end, paused since. `is_offline`: by bank transfer. `giver`: a reader, or who else.
    `months`: how long the gift membership is that it buys.
    """

    person: Person
    reference: uuid.UUID
    started_at: datetime
    interval: str
    currency: str
    amount: int
    cover: int
    origin: int
    display: str = "anonymous"
    message: str = ""
    outcomes: tuple[str, ...] = ()
    refusal: str = REFUSALS[0]
    ended_at: datetime | None = None
    ends: bool = False
    feedback: str | None = None
    paused_at: datetime | None = None
    is_offline: bool = False
    giver: str = "reader"
    months: int = 0
    brand: str = "visa"
    last4: str = "4242"
    expires: tuple[int, int] = field(default=(2034, 12))  # year, month


class Dice(random.Random):
    """One source of chance for everything, so that the seed decides it all."""

    def weighted(self, table: tuple[tuple[str, int], ...]) -> str:
        """One of the words, by their weights."""
        return self.choices([word for word, _ in table], [weight for _, weight in table])[0]


def invent(patrons: int, months: int, seed: int, until: datetime) -> list[Gift]:
    """All gifts of so many people who came in the months before `until` (aware UTC), oldest first."""
    dice = Dice(seed)
    gifts: list[Gift] = []
    for number, person in enumerate(_people(dice, patrons)):
        gifts += _of(dice, person, number, months, until)
    return sorted(gifts, key=lambda gift: (gift.started_at, gift.reference))


def _people(dice: Dice, count: int) -> Iterator[Person]:
    seen: dict[str, int] = {}
    for _ in range(count):
        language = "uk" if dice.random() < 0.62 else "en"
        given, family = (dice.choice(names[language].split()).split("/") for names in (GIVEN, FAMILY))
        local = f"{given[1]}.{family[1]}"
        seen[local] = seen.get(local, 0) + 1
        email = f"{local}{seen[local] if seen[local] > 1 else ''}@example.org"
        yield Person(email, f"{given[0]} {family[0]}" if dice.random() < 0.85 else "", language)


def _of(dice: Dice, person: Person, number: int, months: int, until: datetime) -> Iterator[Gift]:
    """What one person has given."""
    if special := _special(dice, person, number, until):
        yield special
        return
    if number in BUY_FOR_OTHERS:
        yield _gift(dice, person, until - timedelta(days=number - 18, hours=7), "once", months=6)
        return
    # The community grows: of two dice the later counts.
    joined = until - max(dice.random(), dice.random() * 0.55) * months * 30.4 * DAY
    joined = until - (until - joined if dice.random() < 0.35 else (until - joined) * dice.random())
    joined = _awake(dice, min(joined, until - 2 * DAY))
    way = dice.weighted((("monthly", 66), ("yearly", 9), ("once", 19), ("offline", 6)))
    if way == "offline":
        for n in range(dice.randint(1, 4)):
            moment = joined + n * 61 * DAY
            if moment < until - DAY:
                yield _gift(dice, person, moment, "once", is_offline=True)
        return
    if way == "once":
        outcome = dice.weighted((("paid", 88), ("refunded", 4), ("part_refunded", 3), ("disputed", 2), ("won", 3)))
        yield _gift(dice, person, joined, "once", outcomes=(outcome,))
        if dice.random() < 0.25 and (again := joined + dice.randint(20, 200) * DAY) < until - DAY:
            yield _gift(dice, person, again, "once")
        return
    if dice.random() < 0.12 and (before := joined - dice.randint(15, 120) * DAY) > until - months * 30.4 * DAY:
        yield _gift(dice, person, _awake(dice, before), "once")
    if way == "yearly":
        outcome = "part_refunded" if dice.random() < 0.05 else "paid"
        yield _gift(dice, person, joined, "yearly", outcomes=(outcome,))
        return
    yield _monthly(dice, person, joined, until)


def _monthly(dice: Dice, person: Person, joined: datetime, until: datetime) -> Gift:
    """A monthly gift with its failures, and its end if it had one."""
    outcomes, ended = ["paid"], None
    for month in range(1, int((until - joined) / DAY / 30.4) + 2):
        outcome = dice.weighted(
            (("paid", 9530), ("recovered", 300), ("failed", 55), ("refunded", 15), ("disputed", 8), ("won", 12))
        )
        outcomes.append(outcome)
        leaves = dice.random() < (0.035 if month < 4 else 0.014)
        if outcome == "refunded" or leaves:
            # Whoever asks for the money back is let go with it.
            late = (
                2 * DAY + timedelta(hours=1, minutes=5)
                if outcome == "refunded"
                else timedelta(days=dice.randint(3, 25))
            )
            ended = boundary(joined, month) + late
            break
    if ended and ended >= until - DAY:
        ended = None
    feedback = dice.choice(FEEDBACK) if ended else None
    return _gift(dice, person, joined, "monthly", outcomes=tuple(outcomes), ended_at=ended, feedback=feedback)


def _special(dice: Dice, person: Person, number: int, until: datetime) -> Gift | None:
    """What there is at any time, whatever the dice say: payments in trouble, pauses, people about to leave."""

    def monthly(
        months: int,
        outcome: str = "paid",
        refusal: str = REFUSALS[0],
        ends: bool = False,
        paused_at: datetime | None = None,
        **ago: int,
    ) -> Gift:
        """Charged for the newest time so long ago, after so many months; the newest charge went as `outcome` says."""
        start = boundary(until - timedelta(**ago), -months)
        feedback = "too_expensive" if ends else None
        outcomes = ("paid",) * months + (outcome,)
        return _gift(
            dice, person, start, "monthly", outcomes=outcomes, refusal=refusal, ends=ends, feedback=feedback,
            paused_at=paused_at,
        )  # fmt: skip

    if number in IN_TROUBLE:
        months, outcome, refusal, days, hours = IN_TROUBLE[number]
        return monthly(months, outcome, refusal, days=days, hours=hours)
    match number:
        case 12 | 15:
            return monthly(number - 6, ends=True, days=number, hours=8)
        case 17 | 19:
            return monthly(number - 8, paused_at=until - timedelta(days=number - 8, hours=11), days=20, hours=6)
        case 16:  # disputed, back with the next payment, and that one given back: over since before it came
            start = boundary(until - timedelta(days=12, hours=10), -6)
            outcomes, over = ("paid",) * 5 + ("disputed", "refunded"), boundary(start, 6) + timedelta(days=2, hours=2)
            return _gift(dice, person, start, "monthly", outcomes=outcomes, ended_at=over)
        case 21:  # disputed some days ago, and waiting for an answer
            return _gift(dice, person, until - timedelta(days=9, hours=4), "once", outcomes=("disputed",))
    return None


def _gift(dice: Dice, person: Person, moment: datetime, interval: str, *, months: int = 0, **known: object) -> Gift:
    currency = dice.weighted(SPEAKS[person.language])
    chosen = dice.choices((ONCE if interval == "once" and not months else MONTHLY)[currency], USUAL)[0]
    amount = chosen * (months or (11 if interval == "yearly" else 1))
    covers = dice.random() < 0.3 and not known.get("is_offline") and not months
    total = gross_up(amount, currency, basis_points=290, fixed=FIXED_FEE[currency]) if covers else amount
    brand = dice.weighted((("visa", 55), ("mastercard", 41), ("amex", 4)))
    reference = uuid.UUID(int=dice.getrandbits(128), version=4)
    known.setdefault("refusal", REFUSALS[max(0, reference.int % 9 - 4)])  # every second lacks the money
    return Gift(
        person=person,
        reference=reference,
        started_at=moment,
        interval=interval,
        currency=currency,
        amount=amount,
        cover=total - amount,
        origin=dice.getrandbits(16),
        display="named" if person.name and dice.random() < 0.3 else "anonymous",
        message=dice.choice(WORDS[person.language]) if dice.random() < 0.14 else "",
        brand=brand,
        last4=f"{dice.randrange(10_000):04d}",
        months=months,
        expires=(moment.year + dice.randint(3, 5), dice.randint(1, 12)),
        **known,  # type: ignore[arg-type]
    )


def _awake(dice: Dice, moment: datetime) -> datetime:
    """The same day, at an hour and a minute at which people read."""
    hour = dice.choice((5, 6, 7, 8, 10, 12, 15, 17, 18, 19, 20))
    return moment.replace(hour=hour, minute=dice.randrange(60), second=dice.randrange(60), microsecond=0)


def boundary(anchor: datetime, months: int) -> datetime:
    """The same day so many months later (or earlier), or the last day of a shorter month."""
    year, month = divmod(anchor.year * 12 + anchor.month - 1 + months, 12)
    last = (date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1) - DAY).day
    return anchor.replace(year=year, month=month + 1, day=min(anchor.day, last), microsecond=0)
