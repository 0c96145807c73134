"""From the form to Stripe's payment page: one intention, one session, however often the button is pressed."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar
from urllib.parse import urlencode

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from asks import origins
from limits import gates
from members import gifts
from members.models import Patron
from money.money import Money, gross_up
from newsroom import clock
from newsroom.models import GivingCurrency, Newsroom
from payments import gateway, operations
from payments.models import Donation, Operation
from payments.models.donation import DonationState, Interval
from payments.models.operation import OperationState
from payments.stripe_objects import Json, Session

SESSION_LIFE = timedelta(hours=1)
PRODUCT = "hromada_support"


@dataclass(frozen=True, slots=True)
class Choice:
    """What a reader chose on the form. `gift` is what is meant for the newsroom, before a covered fee; what it buys, if
    anything, is a gift membership."""

    interval: str
    gift: Money
    covers_fee: bool = False
    email: str = ""
    name: str = ""
    display: str = Donation.Display.ANONYMOUS
    message: str = ""
    language: str = "en"
    story_url: str = ""
    ask_slug: str = ""
    campaign: str = ""
    gift_membership: gifts.Terms | None = None


class Refusal(Exception):
    """The payment was not started; nothing is stored or charged. `sentence` is for the page."""

    status: ClassVar[int] = 422

    @property
    def sentence(self) -> str:
        raise NotImplementedError


class CurrencyNotOffered(Refusal):
    @property
    def sentence(self) -> str:
        return _("Gifts are not taken in this currency. Choose one of the currencies offered.")


@dataclass
class TooSmall(Refusal):
    minimum: Money
    language: str

    @property
    def sentence(self) -> str:
        return _("The smallest gift is %(amount)s.") % {"amount": self.minimum.format(self.language, short=True)}


@dataclass
class TooLarge(Refusal):
    maximum: Money
    language: str

    @property
    def sentence(self) -> str:
        return _("The largest gift here is %(amount)s. For a larger one, write to us.") % {
            "amount": self.maximum.format(self.language, short=True)
        }


class TooManyStarts(Refusal):
    status = 429

    @property
    def sentence(self) -> str:
        return _("Many payments were started from here in a short time. Nothing was charged. Try again in ten minutes.")


class StripeAway(Refusal):
    status = 503

    @property
    def sentence(self) -> str:
        return _("The payment page cannot be reached at the moment. Nothing was charged. Try again in a minute.")


class StripeRefused(Refusal):
    @property
    def sentence(self) -> str:
        return _("The payment page did not accept this. Nothing was charged. Check the amount and the e-mail address.")


@dataclass
class AlreadyGives(Refusal):
    """A signed-in patron whose subscription runs: the page offers to raise it instead."""

    status = 409
    donation: Donation

    @property
    def sentence(self) -> str:
        return _("You already give regularly. You can raise your gift instead of starting a second one.")


def arithmetic(gift: Money) -> tuple[Money, Money]:
    """What covering the fee adds to a gift, and what is charged then, by the newsroom's rates for the currency."""
    currency = GivingCurrency.objects.filter(code=gift.currency).first()
    if currency is None:
        raise CurrencyNotOffered
    gross = gross_up(gift.minor, gift.currency, basis_points=currency.fee_basis_points, fixed=currency.fee_fixed_minor)
    total = Money(gross, gift.currency)
    return total - gift, total


def begin(choice: Choice, *, browser: str, address: str, patron: Patron | None) -> str:
    """The address of Stripe's payment page for this choice.

    `browser` is the keyed hash of the browser's own cookie: a double click, the back button and a second tab with the
    same choice meet in one donation and one session; another choice expires the old session first. Raises a Refusal.
    """
    _examine(choice, patron)
    _product()
    for _attempt in range(4):
        donation = Donation.objects.filter(browser=browser, state=DonationState.OPEN).first()
        if donation is None:
            donation = _new(choice, browser, address, patron)
        elif not _same(donation, choice, patron) or _is_over(donation):
            donation = _renew(donation, choice, address, patron)
        else:
            _keep_words(donation, choice)
        if donation is not None and (url := donation.checkout_url or _open(donation)):
            return url
    raise StripeAway


def give_up(donation: Donation) -> bool:
    """Closes the payment page of a donation that is still open. False if it was paid meanwhile. Raises StripeAway."""
    if donation.state != DonationState.OPEN or not donation.checkout_session:
        return True
    return _expire_session(donation, donation.checkout_session)


def examine(gift: Money, language: str, *, is_new: bool = True) -> None:
    """Holds a gift to its currency's minimum and maximum. One that runs may be in a currency no longer offered."""
    currency = GivingCurrency.objects.filter(code=gift.currency).first()
    if currency is None or (is_new and not currency.is_offered):
        raise CurrencyNotOffered
    if gift < currency.minimum:
        raise TooSmall(currency.minimum, language)
    if currency.maximum < gift:
        raise TooLarge(currency.maximum, language)


def _examine(choice: Choice, patron: Patron | None) -> None:
    if choice.gift_membership:
        examine(choice.gift_membership.monthly, choice.language)
    examine(choice.gift, choice.language)
    if patron and choice.interval != Interval.ONCE:
        running = Donation.objects.running().filter(patron=patron, is_second=False, cancels_at=None)
        if first := running.exclude(subscription_status="unpaid").first():
            raise AlreadyGives(first)


def _cover(choice: Choice) -> int:
    return arithmetic(choice.gift)[0].minor if choice.covers_fee else 0


def _same(donation: Donation, choice: Choice, patron: Patron | None) -> bool:
    """Whether a session opened for this donation fits the choice."""
    terms = ("interval", "gift", "fee_cover_minor", "email", "language", "patron")
    bought = donation.gift_membership and gifts.terms_of(donation.gift_membership)
    return bought == choice.gift_membership and tuple(getattr(donation, name) for name in terms) == (
        choice.interval, choice.gift, _cover(choice), choice.email, choice.language, patron,
    )  # fmt: skip


def _is_over(donation: Donation) -> bool:
    """The session is about to expire, or Stripe refused to make one."""
    if donation.checkout_expires_at and donation.checkout_expires_at < clock.now() + timedelta(minutes=1):
        return True
    return bool(Operation.objects.filter(key=_key(donation), state=OperationState.REFUSED).exists())


def _let_in(address: str) -> None:
    limit = Newsroom.current().starts_per_address
    if not gates.allow("checkout", address, limit=limit, seconds=600):
        raise TooManyStarts


def _said(choice: Choice, patron: Patron | None) -> Json:
    return {
        "interval": choice.interval,
        "amount_minor": choice.gift.minor,
        "fee_cover_minor": _cover(choice),
        "currency": choice.gift.currency,
        "email": choice.email,
        "language": choice.language,
        "patron": patron,
        "name": choice.name,
        "display": choice.display,
        "message": choice.message,
        "origin": origins.find_or_make(story_url=choice.story_url, ask_slug=choice.ask_slug, campaign=choice.campaign),
        "gift_membership": gifts.draft(choice.gift_membership) if choice.gift_membership else None,
    }


def _new(choice: Choice, browser: str, address: str, patron: Patron | None) -> Donation | None:
    """A new donation with its origin; None if a parallel request of the same browser was first."""
    _let_in(address)
    try:
        with transaction.atomic():
            donation = Donation.objects.create(browser=browser, **_said(choice, patron))
            _operation(donation)
            return donation
    except IntegrityError as error:
        if "one_open_donation_per_browser" not in str(error):
            raise
        return None


def _keep_words(donation: Donation, choice: Choice) -> None:
    """Name, display and message may change without another session."""
    Donation.objects.filter(pk=donation.pk, state=DonationState.OPEN).update(
        name=choice.name, display=choice.display, message=choice.message
    )


def _renew(donation: Donation, choice: Choice, address: str, patron: Patron | None) -> Donation | None:
    """The same row with another choice, after its old session was expired; None if it must be looked at again."""
    _let_in(address)
    if not _expire(donation):
        # Paid in the meantime: the old choice stands, this one is a donation of its own.
        Donation.objects.filter(pk=donation.pk, state=DonationState.OPEN).update(state=DonationState.CONFIRMING)
        return None
    with transaction.atomic():
        row = Donation.objects.select_for_update().get(pk=donation.pk)
        if row.state != DonationState.OPEN or row.attempt != donation.attempt:
            return None
        overtaken = row.gift_membership
        for name, value in _said(choice, patron).items():
            setattr(row, name, value)
        row.attempt += 1
        row.checkout_session, row.checkout_url, row.checkout_expires_at = None, "", None
        row.save()
        if overtaken:
            overtaken.delete()
        _operation(row)
    return row


def _key(donation: Donation) -> str:
    return f"checkout:{donation.pk}:{donation.attempt}"


def _operation(donation: Donation) -> Operation:
    """The write that makes the session of the donation's attempt; stored in the transaction that makes the attempt."""
    return operations.store("checkout", _key(donation), "/v1/checkout/sessions", _params(donation), donation=donation)


def _expire(donation: Donation) -> bool:
    """Expires the session of the donation's attempt at Stripe. False if it cannot be, because it was completed."""
    operation = _operation(donation)
    if operation.state == OperationState.REFUSED:
        return True
    # An answer that was lost, or is on its way to a parallel request: the same key brings it again.
    return _expire_session(donation, donation.checkout_session or _session(operation).id)


def _expire_session(donation: Donation, session_id: str) -> bool:
    path = f"/v1/checkout/sessions/{session_id}/expire"
    operation = operations.store("expire", f"expire:{donation.pk}:{donation.attempt}", path, {}, donation=donation)
    try:
        operations.send(operation)
    except gateway.Unavailable as error:
        raise StripeAway from error
    except gateway.Refused:
        try:
            return gateway.session(session_id).status == "expired"
        except gateway.GatewayError as error:
            raise StripeAway from error
    return True


def _session(operation: Operation) -> Session:
    """The session that an operation makes, or has made."""
    try:
        answer = operations.send(operation)
        return Session.read(answer) if "status" in answer else gateway.session(answer["id"])
    except gateway.Unavailable as error:
        raise StripeAway from error
    except gateway.Refused as error:
        raise StripeRefused from error


def _open(donation: Donation) -> str:
    """The address of the donation's session; empty if another choice overtook this one, which is then closed."""
    session = _session(_operation(donation))
    mine = Donation.objects.filter(pk=donation.pk, attempt=donation.attempt, state=DonationState.OPEN)
    if mine.update(checkout_session=session.id, checkout_url=session.url, checkout_expires_at=session.expires_at):
        return session.url
    _expire_session(donation, session.id)
    return ""


def _params(donation: Donation) -> Json:
    """What the session is made of. Metadata goes on every object that lives on: Stripe copies it from none to another.

    Source: https://docs.stripe.com/api/checkout/sessions/create (2026-10-28.endive).
    """
    reference = {"donation": str(donation.reference)}
    price: Json = {
        "currency": donation.currency.lower(),
        "unit_amount": donation.total.minor,
        "product": PRODUCT,
    }
    params: Json = {
        "mode": "subscription" if donation.is_recurring else "payment",
        "client_reference_id": str(donation.reference),
        "success_url": f"{settings.SITE_URL}/support/thanks/?session_id={{CHECKOUT_SESSION_ID}}",
        "cancel_url": form_again(donation),
        "line_items": [{"quantity": 1, "price_data": price}],
        "metadata": reference | {"attempt": str(donation.attempt)},
        "adaptive_pricing": {"enabled": False},
        "locale": "en" if donation.language == "en" else "auto",
        "expires_at": int((clock.now() + SESSION_LIFE).timestamp()),
    }
    if donation.is_recurring:
        price["recurring"] = {"interval": "month" if donation.interval == Interval.MONTHLY else "year"}
        params["subscription_data"] = {"metadata": reference | {"fee_cover": str(donation.fee_cover_minor)}}
    else:
        params["submit_type"] = "pay" if donation.gift_membership else "donate"
        params["payment_intent_data"] = {"metadata": reference}
    customer = _customer(donation)
    if customer:
        params["customer"] = customer
    elif donation.email:
        params["customer_email"] = donation.email
    return params


def form_again(donation: Donation) -> str:
    """The address of the form that led here, with what was chosen about money; nothing of a person."""
    if bought := donation.gift_membership:
        preset = {"amount": str(bought.monthly.decimal), "currency": donation.currency, "months": str(bought.months)}
        return f"{settings.SITE_URL}/support/gift/?{urlencode(preset)}"
    return f"{settings.SITE_URL}/support/?{urlencode(donation.again)}"


def _customer(donation: Donation) -> str:
    """Stripe's customer, only for a patron who has signed in: a typed address proves nothing."""
    if donation.patron is None:
        return ""
    known = Donation.objects.filter(patron=donation.patron).exclude(customer="").order_by("-id")
    return known.values_list("customer", flat=True).first() or ""


def _product() -> str:
    """The one product that all gifts are prices of, made at Stripe when it is first needed."""
    params = {"id": PRODUCT, "name": Newsroom.current().public_name}
    try:
        return operations.ensure("product", "/v1/products", params, exists_as=PRODUCT)
    except gateway.Unavailable as error:
        raise StripeAway from error
    except gateway.Refused as error:
        raise StripeRefused from error
