"""The pages that Stripe hosts: Checkout, an invoice, the billing portal, a receipt."""
