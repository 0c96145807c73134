"""The sandbox's own addresses; never mounted in the product."""

from django.urls import path, re_path

from . import dashboard, desk, pages, wire
from .hosted import invoice, pay, portal

urlpatterns = [
    re_path(r"^v1/", wire.answer),
    path("sandbox/style.css", pages.style, name="style"),
    path("pay/<str:session_id>", pay.show, name="pay"),
    path("pay/<str:session_id>/recover", pay.recover, name="recover"),
    path("invoice/<str:invoice_id>", invoice.show, name="invoice"),
    path("invoice/<str:invoice_id>/pdf", invoice.show, name="invoice-pdf"),
    path("receipt/<str:charge_id>", invoice.receipt, name="receipt"),
    path("portal/<str:session_id>", portal.show, name="portal"),
    path("sandbox/", dashboard.show, name="dashboard"),
    path("sandbox/clock", dashboard.move_clock, name="clock"),
    path("sandbox/tick", dashboard.tick, name="tick"),
    path("sandbox/chaos", dashboard.set_chaos, name="chaos"),
    path("sandbox/config", dashboard.set_config, name="config"),
    path("sandbox/events/<str:event_id>/resend", dashboard.resend, name="resend"),
    path("sandbox/timers/<int:pk>/retry", dashboard.retry_timer, name="retry"),
    path("sandbox/disputes", desk.open_dispute, name="dispute-open"),
    path("sandbox/disputes/<str:dispute_id>", desk.decide_dispute, name="dispute-decide"),
    path("sandbox/refunds", desk.refund, name="refund"),
    path("sandbox/refunds/<str:refund_id>/fail", desk.fail_refund, name="refund-fail"),
    path("sandbox/payouts", desk.pay_out, name="payout"),
    path("sandbox/payouts/<str:payout_id>/fail", desk.fail_payout, name="payout-fail"),
    path("sandbox/subscriptions/<str:subscription_id>", desk.change_subscription, name="subscription"),
    path("sandbox/customers/<str:customer_id>/card", desk.change_card, name="card"),
    path("sandbox/customers/<str:customer_id>/card/turn", desk.turn_card, name="card-turn"),
]
