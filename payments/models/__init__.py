"""The rows of money, one module a noun."""

from payments.models.bank import BankAccount, BankFile, BankLine, BankMapping
from payments.models.difference import Difference
from payments.models.donation import Donation
from payments.models.inbox import StripeEvent, Watermark
from payments.models.invoice import Invoice, InvoiceAttempt
from payments.models.leaving import Leaving
from payments.models.ledger import LedgerEntry, Payout
from payments.models.operation import Operation
from payments.models.payment import Dispute, Payment, Receipt, ReceiptCounter, Refund
from payments.models.refund_request import RefundRequest
from payments.models.statement import Statement

__all__ = [
    "BankAccount", "BankFile", "BankLine", "BankMapping", "Difference", "Dispute", "Donation", "Invoice",
    "InvoiceAttempt", "Leaving", "LedgerEntry", "Operation", "Payment", "Payout", "Receipt", "ReceiptCounter", "Refund",
    "RefundRequest", "Statement", "StripeEvent", "Watermark",
]  # fmt: skip
