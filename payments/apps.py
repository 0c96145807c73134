"""The room of money."""

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "payments"

    def ready(self) -> None:
        from letters import outbox
        from payments import checks, receipt_pdf  # noqa: F401  checks register themselves

        outbox.attachments["receipt"] = receipt_pdf.attachment
