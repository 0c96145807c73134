"""/v1/balance, /v1/balance_transactions and /v1/payouts"""

from typing import Any

from django.db.models import Q

from sandbox import balance, payouts
from sandbox.params import existing, given, refuse
from sandbox.wire import endpoint, list_answer


@endpoint("GET", "/v1/balance", params="BalanceRetrieveParams")
def retrieve_balance(_params: dict[str, Any]) -> dict[str, Any]:
    """The sum of all balance transactions, now."""
    return balance.summary()


@endpoint("GET", "/v1/balance_transactions", params="BalanceTransactionListParams")
def list_transactions(params: dict[str, Any]) -> dict[str, Any]:
    """All of them, in pages; `payout` gives those that went with it, itself included."""
    conditions: list[Q] = []
    if "payout" in params:
        conditions.append(payouts.contents(existing("payout", params["payout"])["id"]))
    filters = given(params, "currency", "source", "type")
    return list_answer("balance_transaction", "/v1/balance_transactions", params, *conditions, **filters)


@endpoint("GET", "/v1/balance_transactions/{transaction}", params="BalanceTransactionRetrieveParams")
def retrieve_transaction(_params: dict[str, Any], transaction: str) -> dict[str, Any]:
    """One of them."""
    return existing("balance_transaction", transaction)


@endpoint("GET", "/v1/payouts", params="PayoutListParams")
def list_payouts(params: dict[str, Any]) -> dict[str, Any]:
    """All of them, in pages."""
    refuse(params, "arrival_date")
    return list_answer("payout", "/v1/payouts", params, **given(params, "status", "destination"))


@endpoint("GET", "/v1/payouts/{payout}", params="PayoutRetrieveParams")
def retrieve_payout(_params: dict[str, Any], payout: str) -> dict[str, Any]:
    """One of them."""
    return existing("payout", payout)
