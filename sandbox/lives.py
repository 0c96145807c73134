"""One giver's past: everything from the first Checkout to what awaits them next."""

from typing import Any

from . import (
    balance,
    cards,
    charges,
    checkout,
    currencies,
    customers,
    disputes,
    invoices,
    payment_intents,
    payment_methods,
    periods,
    prices,
    products,
    refunds,
    store,
    subscriptions,
)
from .dunning import NOT_SENT_AGAIN
from .givers import Given, Giver, Outcome, Refusal
from .past import Past

DAY = 86_400
REFUNDED_AFTER, DISPUTED_AFTER, DECIDED_AFTER = 2 * DAY, 5 * DAY, 12 * DAY

# What a bank says, and the test card whose bank says it to every attempt that is still to come.
REFUSALS: dict[Refusal, tuple[cards.Declined, str]] = {
    "insufficient_funds": (cards.Declined("card_declined", "insufficient_funds"), "4000000000009995"),
    "expired_card": (cards.Declined("expired_card"), "4000000000000069"),
    "authentication_required": (
        cards.Declined("authentication_required", "authentication_required"), "4000002760003184",
    ),
    "lost_card": (cards.Declined("card_declined", "lost_card"), "4000000000009987"),
    "generic_decline": (cards.Declined("card_declined", "generic_decline"), "4000000000000002"),
}  # fmt: skip
NEEDS_ANOTHER_CARD = {"expired_card", "lost_card"}


class Life:
    """One giver's objects."""

    def __init__(self, past: Past, giver: Giver) -> None:
        self.past, self.giver = past, giver
        self.product = self._product()
        recurring = {"interval": giver.interval} if giver.interval else None
        price_id = past.new_id("price_", self.product["id"], giver.currency, giver.amount, giver.interval)
        if price_id not in past.shared:
            past.shared[price_id] = past.put(
                prices.blank(price_id, giver.started_at, self.product["id"], giver.currency, giver.amount, recurring)
            )
        self.price = past.shared[price_id]
        self.method = past.put(self._method())
        self.customer = customers.blank(
            self.id("cus_"),
            giver.started_at,
            email=giver.email,
            name=giver.name,
            currency=giver.currency,
            invoice_prefix=self.id("")[:8].upper(),
        )
        self.given = Given(
            giver.key, past.new_id("cs_test_", giver.key), payment_method=self.method["id"], price=price_id
        )

    def id(self, prefix: str, *parts: object) -> str:
        """An id of this giver's."""
        return self.past.new_id(prefix, self.giver.key, *parts)

    def lived(self) -> Given:
        """Everything about the giver, kept in the past."""
        given = self.subscribed() if self.giver.interval else self.gave_once()
        self.checked_out(given)
        return given

    def gave_once(self) -> Given:
        """One gift by a guest."""
        giver = self.giver
        intent = self._intent(0, giver.started_at, None)
        self._attempt(
            intent, 0, giver.started_at, succeeds=True, outcome=giver.outcomes[0] if giver.outcomes else "paid"
        )
        self.given.status = "complete"
        return self.given

    def subscribed(self) -> Given:
        """A subscription with its invoices from its start until now, or its end."""
        giver, past = self.giver, self.past
        self.method["customer"] = self.given.customer = self.customer["id"]
        past.put({"id": f"saved:{self.method['id']}", "object": "sandbox.saved", "created": giver.started_at})
        subscription = self._subscription()
        self.given.subscription = subscription["id"]
        for n in range(10_000):
            start = periods.boundary(giver.started_at, giver.interval, 1, n)
            stopped = min(self._never(giver.ended_at), self._never(giver.paused_at))
            if start > past.now or (n and start >= stopped) or subscription["status"] == "canceled":
                break
            self._period(subscription, n, start)
        self._conclude(subscription)
        self.given.status = subscription["status"]
        return self.given

    def checked_out(self, given: Given) -> None:
        """The Checkout Session with which it began."""
        giver, once = self.giver, not self.giver.interval
        line = checkout.line_of(self.price, 1, self.product["name"], self.id("li_"))
        session = checkout.blank(
            given.session, giver.started_at, "payment" if once else "subscription", base=self.past.base
        )
        details: dict[str, Any] = {
            "address": customers.NO_ADDRESS,
            "business_name": None,
            "email": giver.email,
            "individual_name": None,
            "name": giver.name,
            "phone": None,
            "tax_exempt": "none",
            "tax_ids": [],
        }
        first = given.payments[0]
        self.past.put(
            session
            | {
                "amount_subtotal": giver.amount,
                "amount_total": giver.amount,
                "currency": giver.currency,
                "customer": given.customer,
                "customer_details": details,
                "customer_email": giver.email,
                "metadata": giver.metadata,
                "payment_intent": first["payment_intent"] if once else None,
                "invoice": first["invoice"],
                "payment_status": "paid",
                "status": "complete",
                "subscription": given.subscription,
                "success_url": "https://example.org/",
                "url": None,
            }
        )
        self.past.put(checkout.order_of(given.session, giver.started_at, [line], first["payment_intent"]))

    def _period(self, subscription: dict[str, Any], n: int, start: int) -> None:
        """One invoice, from draft to whatever became of it by now."""
        giver, past = self.giver, self.past
        end = periods.boundary(giver.started_at, giver.interval, 1, n + 1)
        subscription["items"] = subscriptions.with_period(subscription, start, end)
        invoice = self._invoice(subscription, n, (start, end))
        subscription["latest_invoice"] = invoice["id"]
        finalized = start + (invoices.DRAFT_FOR if n else 0)
        if finalized > past.now:
            invoice["automatically_finalizes_at"] = finalized
            past.at(finalized, "invoice.finalize", invoice=invoice["id"])
            return
        number = f"{self.customer['invoice_prefix']}-{n + 1:04d}"
        invoice |= {
            "status": "open",
            "number": number,
            "effective_at": finalized,
            "ending_balance": 0,
            "webhooks_delivered_at": finalized,
            "hosted_invoice_url": f"{past.base}/invoice/{invoice['id']}",
            "invoice_pdf": f"{past.base}/invoice/{invoice['id']}/pdf",
            "status_transitions": invoice["status_transitions"] | {"finalized_at": finalized},
        }
        self.customer["next_invoice_sequence"] = n + 2
        self._collect(subscription, invoice, n, finalized)

    def _collect(self, subscription: dict[str, Any], invoice: dict[str, Any], n: int, finalized: int) -> None:
        """The attempts on an invoice, as far as their time has come."""
        giver, past = self.giver, self.past
        outcome = giver.outcomes[n] if n < len(giver.outcomes) else "paid"
        outcome = "paid" if n == 0 and outcome == "failed" else outcome
        retries = [finalized, *(finalized + int(days * DAY) for days in past.config.retry_days)]
        planned = {"recovered": retries[:2], "failed": retries}.get(outcome, retries[:1])
        made = [moment for moment in planned if moment <= past.now and moment < self._never(giver.ended_at)]
        intent = self._intent(n, finalized, invoice)
        link = past.put(invoices.payment(self.id("inpay_", n), finalized, invoice, intent["id"]))
        for place, moment in enumerate(made):
            succeeds = outcome != "failed" and moment == planned[-1]
            if place and not succeeds and giver.refusal in NOT_SENT_AGAIN:
                continue  # counted, but not made
            if place and succeeds and giver.refusal in NEEDS_ANOTHER_CARD:
                self._take_another_card(subscription, n)
            self._attempt(intent, n, moment, succeeds=succeeds, outcome=outcome, invoice=invoice)
        invoice |= {"attempted": True, "attempt_count": len(made)}
        if outcome != "failed" and made == planned:
            moments = {"paid_at": made[-1]}
            link |= {"status": "paid", "amount_paid": invoice["amount_due"]}
            link["status_transitions"] = link["status_transitions"] | moments
            invoice |= {
                "status": "paid",
                "amount_paid": invoice["amount_due"],
                "amount_remaining": 0,
                "auto_advance": False,
            }
            invoice["status_transitions"] = invoice["status_transitions"] | moments
        elif made == planned:
            invoice["auto_advance"] = False
            self._end(subscription, made[-1], "payment_failed")
        elif len(made) < len(planned) and planned[len(made)] > past.now:
            waiting = planned[len(made)]
            invoice["next_payment_attempt"] = waiting
            subscription["status"] = "past_due"
            past.at(waiting, "invoice.retry", invoice=invoice["id"], moment=waiting)
            if outcome == "failed":
                self.method["card"]["fingerprint"] = cards.fingerprint(REFUSALS[giver.refusal][1])

    def _conclude(self, subscription: dict[str, Any]) -> None:
        """What the subscription is now, and what it waits for."""
        giver, past = self.giver, self.past
        past.put(self.customer)
        past.put(subscription)
        if subscription["status"] == "canceled":
            return
        if giver.ended_at is not None and giver.ended_at <= past.now:
            self._end(subscription, giver.ended_at, "cancellation_requested")
            return
        if giver.paused_at is not None and giver.paused_at <= past.now:
            paused = {
                "subscription": {"type": "pause_requested"},
                "transitioned_at": giver.paused_at,
                "type": "subscription",
            }
            subscription |= {"status": "paused", "status_details": {"paused": paused}}
            return
        self.customer["delinquent"] = subscription["status"] == "past_due"
        _, end = subscriptions.period(subscription)
        if giver.ends:
            details = subscriptions.NO_DETAILS | {"reason": "cancellation_requested", "feedback": giver.feedback}
            subscription |= {"cancel_at": end, "canceled_at": past.now, "cancellation_details": details}
        past.at(end, "subscription.cycle", subscription=subscription["id"], end=end)
        early = end - past.config.upcoming_days * DAY
        if early > past.now:
            past.at(early, "invoice.upcoming", subscription=subscription["id"], end=end)

    def _end(self, subscription: dict[str, Any], moment: int, reason: str) -> None:
        details = subscriptions.NO_DETAILS | {"reason": reason, "feedback": self.giver.feedback}
        subscription |= {
            "status": "canceled",
            "canceled_at": moment,
            "ended_at": moment,
            "cancellation_details": details,
        }

    def _attempt(
        self,
        intent: dict[str, Any],
        n: int,
        moment: int,
        *,
        succeeds: bool,
        outcome: Outcome,
        invoice: dict[str, Any] | None = None,
    ) -> None:
        """One charge of the intent, and what followed it."""
        past = self.past
        charge = charges.blank(
            self.id("ch_", n, moment), moment, intent, self.method, "succeeded" if succeeds else "failed"
        )
        past.put(charge)
        intent |= {"latest_charge": charge["id"], "payment_method": self.method["id"]}
        payment: dict[str, Any] = {
            "invoice": invoice and invoice["id"],
            "payment_intent": intent["id"],
            "charge": charge["id"],
            "amount": intent["amount"],
            "paid_at": moment if succeeds else None,
            "refund": None,
            "dispute": None,
        }
        if self.given.payments and self.given.payments[-1]["payment_intent"] == intent["id"]:
            self.given.payments.pop()
        self.given.payments.append(payment)
        if not succeeds:
            refusal, _card = REFUSALS[self.giver.refusal]
            charge |= {"failure_code": refusal.code, "failure_message": str(refusal)}
            charge["outcome"] = charge["outcome"] | {"reason": refusal.decline_code or refusal.code}
            error = {
                "charge": charge["id"],
                "code": refusal.code,
                "decline_code": refusal.decline_code,
                "message": str(refusal),
                "payment_method": self.method,
                "type": "card_error",
            }
            intent |= {"status": "requires_payment_method", "last_payment_error": error, "payment_method": None}
            return
        charge["receipt_url"] = f"{past.base}/receipt/{charge['id']}"
        intent |= {"status": "succeeded", "amount_received": intent["amount"], "last_payment_error": None}
        self._settle(charge, moment + charges.SETTLES_AFTER)
        back = {"refunded": charge["amount"], "part_refunded": charge["amount"] // 3}.get(outcome)
        if back and moment + REFUNDED_AFTER <= past.now:
            payment["refund"] = self._refund(charge, moment + REFUNDED_AFTER, back)
        if outcome in {"disputed", "won"} and moment + DISPUTED_AFTER <= past.now:
            payment["dispute"] = self._dispute(charge, moment + DISPUTED_AFTER, won=outcome == "won")

    def _settle(self, charge: dict[str, Any], moment: int) -> None:
        past = self.past
        if moment > past.now:
            past.at(moment, "charge.settle", charge=charge["id"])
            return
        settled = currencies.settled(charge["amount"], charge["currency"], past.config)
        fee = currencies.fee(settled.amount, settled.currency, past.config)
        booked = past.book(
            moment,
            "charge",
            settled,
            charge["id"],
            fee=fee,
            available_on=balance.available_day(moment),
            description=charge["description"],
        )
        charge["balance_transaction"] = booked["id"]

    def _refund(self, charge: dict[str, Any], moment: int, amount: int) -> str:
        refund = refunds.blank(self.id("re_", charge["id"]), moment, charge, amount, "requested_by_customer")
        back = balance.negative(currencies.settled(amount, charge["currency"], self.past.config))
        booked = self.past.book(
            moment, "refund", back, refund["id"], description=f"REFUND FOR CHARGE ({charge['description']})"
        )
        self.past.put(refund | {"balance_transaction": booked["id"]})
        charge |= {"amount_refunded": amount, "refunded": amount == charge["amount"]}
        refund_id: str = refund["id"]
        return refund_id

    def _dispute(self, charge: dict[str, Any], moment: int, *, won: bool) -> str:
        past = self.past
        dispute = disputes.blank(self.id("dp_", charge["id"]), moment, charge, "fraudulent")
        settled = currencies.settled(charge["amount"], charge["currency"], past.config)
        taken = balance.negative(settled)
        booked = past.book(
            moment,
            "adjustment",
            taken,
            dispute["id"],
            fee=past.config.dispute_fee,
            fee_name="Dispute fee",
            category="dispute",
            description=f"Chargeback withdrawal for {charge['id']}",
        )
        dispute["balance_transactions"] = [booked]
        if (decided := moment + DECIDED_AFTER) <= past.now:
            dispute["status"] = "won" if won else "lost"
            if won:
                returned = past.book(
                    decided,
                    "adjustment",
                    settled,
                    dispute["id"],
                    category="dispute_reversal",
                    description=f"Chargeback reversal for {charge['id']}",
                )
                dispute["balance_transactions"] = [booked, returned]
        charge["disputed"] = True
        dispute_id: str = past.put(dispute)["id"]
        return dispute_id

    def _intent(self, n: int, created: int, invoice: dict[str, Any] | None) -> dict[str, Any]:
        giver = self.giver
        return self.past.put(
            payment_intents.blank(
                self.id("pi_", n),
                created,
                giver.amount,
                giver.currency,
                customer=self.customer["id"] if invoice else None,
                description="Subscription update"
                if invoice and n
                else "Subscription creation"
                if invoice
                else self.product["name"],
                metadata={} if invoice else giver.metadata,
                setup_future_usage="off_session" if invoice else None,
            )
        )

    def _invoice(self, subscription: dict[str, Any], n: int, period: tuple[int, int]) -> dict[str, Any]:
        invoice_id = self.id("in_", n)
        item = subscription["items"]["data"][0]
        line = invoices.line(self.id("il_", n), invoice_id, item, period, description=f"1 × {self.product['name']}")
        before = periods.boundary(self.giver.started_at, self.giver.interval, 1, n - 1) if n else period[0]
        reason = "subscription_cycle" if n else "subscription_create"
        own = (before, period[0])
        return self.past.put(
            invoices.blank(invoice_id, period[0], subscription, self.customer, [line], reason, own, self.past.config)
        )

    def _subscription(self) -> dict[str, Any]:
        giver, subscription_id = self.giver, self.id("sub_")
        end = periods.boundary(giver.started_at, giver.interval, 1, 1)
        item = subscriptions.item(
            self.id("si_"), giver.started_at, subscription_id, self.price, (giver.started_at, end)
        )
        return subscriptions.blank(
            subscription_id,
            giver.started_at,
            self.customer["id"],
            giver.currency,
            [item],
            default_payment_method=self.method["id"],
            metadata=giver.metadata,
        )

    def _product(self) -> dict[str, Any]:
        giver, past = self.giver, self.past
        product_id = giver.product_id or past.new_id("prod_", giver.product_name)
        if product_id not in past.shared:
            past.shared[product_id] = store.get_many({product_id}).get(product_id) or past.put(
                products.blank(product_id, giver.started_at, giver.product_name)
            )
        return past.shared[product_id]

    def _method(self) -> dict[str, Any]:
        giver = self.giver
        good = cards.BY_NUMBER["4242424242424242"]
        expiry, who = (giver.exp_month, giver.exp_year), (giver.email, giver.name)
        card = payment_methods.of_card(good, *expiry, *who, method_id=self.id("pm_"), created=giver.started_at)
        shown = {
            "brand": giver.brand,
            "display_brand": giver.brand,
            "last4": giver.last4,
            "networks": {"available": [giver.brand], "preferred": None},
            "fingerprint": self.id("")[:16],
        }
        return card | {"card": card["card"] | shown}

    def _take_another_card(self, subscription: dict[str, Any], n: int) -> None:
        """The giver has a new one, which pays from now on."""
        name, last4 = self.id("pm_", n), f"{int(self.method['card']['last4']) * 7 % 10_000:04d}"
        shown = {"last4": last4, "fingerprint": self.id("", n)[:16], "exp_year": self.giver.exp_year + 3}
        self.method = self.past.put(self.method | {"id": name, "card": self.method["card"] | shown})
        self.past.put({"id": f"saved:{name}", "object": "sandbox.saved", "created": self.giver.started_at})
        subscription["default_payment_method"] = name
        self.given.payment_method = name

    @staticmethod
    def _never(moment: int | None) -> int:
        return 1 << 62 if moment is None else moment
