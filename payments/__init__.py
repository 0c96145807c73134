"""Money: donations, payments, refunds, disputes, receipts, the ledger, and everything that speaks with Stripe."""
