"""What the invented newsroom's staff have done, by the product's own verbs, each at its time.

They aimed at something, entered exchange rates, granted memberships to those who cannot pay or shall not, and one of
them asked for a refund that a second person has yet to look at.
"""

import uuid
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from asks import goals
from config.demo_staff import NAMES
from config.seed import past_clock
from letters import outbox
from members import grants
from members.models import GrantKind, Language, Membership, Patron, Role
from newsroom import clock
from newsroom.models import DailyRate, GivingCurrency
from payments import refund_requests
from payments.models import Payment
from payments.models.payment import Source

# Days ago, for how many days, kind, name, address, language, why.
GRANTED = (
    (410, 180, "solidarity", "Лідія Пасічник", "lidiia", "uk", "Переселенка, написала нам сама."),
    (230, 365, "complimentary", "Marcus Lind", "marcus", "en", "Translates for us without pay."),
    (120, 365, "solidarity", "Степан Гірник", "stepan", "uk", "Пенсіонер, читає від першого числа."),
    (44, 180, "solidarity", "Noor Haddad", "noor", "en", "Asked by letter; cannot give at the moment."),
    (9, 365, "complimentary", "Шкільна бібліотека", "school", "uk", "Для гуртка журналістики."),
)


def write(seed: int, months: int, until: datetime, worth: dict[str, float]) -> None:
    """Call it in the transaction of the past, once its members are there. `worth` of a currency's unit is in euro."""
    with past_clock.any_time(), outbox.muted():
        finance, support = _appointed(Role.FINANCE), _appointed(Role.SUPPORT)
        _rates(seed, months, until, worth)
        _grant(support, until)
        with past_clock.at(until - timedelta(days=75)):
            _aim(finance, until)
        with past_clock.at(until - timedelta(days=1, hours=5)):
            _ask_for_a_refund(support, seed)


def _appointed(role: Role) -> Patron:
    """The account that the demo knows by the same address."""
    patron = Patron.objects.for_email(f"{role}@example.org", language=Language.EN, name=NAMES[role])
    patron.role = role
    patron.save(update_fields=["role"])
    return patron


def _rates(seed: int, months: int, until: datetime, worth: dict[str, float]) -> None:
    """One a month, which comes and goes a little."""
    if GivingCurrency.home() != "EUR":
        return
    dice = Random(seed)  # noqa: S311  nothing here is secret
    used = GivingCurrency.objects.filter(code__in=worth).exclude(code="EUR").values_list("code", flat=True)
    first = clock.day(until).replace(day=1)
    DailyRate.objects.bulk_create(
        DailyRate(
            day=clock.months_later(first, -back), currency=code, into="EUR", source="Invented bank",
            rate=Decimal(f"{worth[code] * dice.uniform(0.97, 1.03):.6f}"),
        )
        for back in range(months, -1, -1) for code in used
    )  # fmt: skip


def _grant(support: Patron, until: datetime) -> None:
    for ago, days, kind, name, local, language, why in GRANTED:
        with past_clock.at(begun := until - timedelta(days=ago, hours=14)):
            patron = Patron.objects.for_email(f"{local}@example.org", language=language, name=name)
            last_on = clock.day(begun) + timedelta(days=days)
            membership = grants.give(patron, grants.Grant(GrantKind(kind), last_on, why), actor=support)
        Patron.objects.filter(pk=patron.pk).update(created_at=begun)
        Membership.objects.filter(pk=membership.pk).update(created_at=begun)
    with past_clock.at(until):
        grants.end_due()


def _aim(finance: Patron, until: datetime) -> None:
    """A tenth more patrons than there are, within half a year that has begun."""
    givers = Membership.objects.live().filter(source=Membership.Source.RECURRING).count()
    today = clock.day(until)
    goals.aim(
        finance, what="patrons", target=max(10, givers * 11 // 100 * 10), currency="",
        first_on=today - timedelta(days=75), last_on=today + timedelta(days=105),
    )  # fmt: skip


def _ask_for_a_refund(support: Patron, seed: int) -> None:
    key = uuid.UUID(int=Random(seed).getrandbits(128), version=4)  # noqa: S311  nothing here is secret
    whole = Payment.objects.received().filter(source=Source.STRIPE, refunded_minor=0, disputed_minor=0)
    for payment in whole.order_by("-amount_minor", "pk")[:50]:
        if refund_requests.needs_second(payment, payment.amount):
            refund_requests.ask(
                payment, payment.amount, by=support, reason="Meant a tenth of it, wrote to us twice.", key=key
            )
            return
