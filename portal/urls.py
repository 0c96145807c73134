"""The patron's addresses, under /account/."""

from django.urls import path, re_path

from portal.views import (
    address,
    failed,
    gift_memberships,
    giving,
    home,
    language,
    letters,
    names,
    payments,
    privacy,
    security,
    statements,
    topics,
)

app_name = "portal"
DONATION = "donations/<uuid:reference>"
RECEIPT = r"^receipts/(?P<number>[0-9]{4}-[0-9]{6,9})"
STATEMENT = r"^statements/(?P<number>S[1-9][0-9]{3}-[0-9]{6,9})"

urlpatterns = [
    path("", home.home, name="home"),
    path(f"{DONATION}/amount/", giving.amount, name="donation-amount"),
    path(f"{DONATION}/rhythm/", giving.rhythm, name="donation-rhythm"),
    path(f"{DONATION}/pause/", giving.pause, name="donation-pause"),
    path(f"{DONATION}/resume/", giving.resume, name="donation-resume"),
    path(f"{DONATION}/cancel/", giving.cancel, name="donation-cancel"),
    path(f"{DONATION}/return/", giving.come_back, name="donation-return"),
    path(f"{DONATION}/card/", giving.card, name="donation-card"),
    path(f"{DONATION}/failed/", failed.failed, name="donation-failed"),
    path("payments/", payments.listing, name="payments"),
    path("payments/<int:pk>/name/", names.beside, name="payment-name"),
    re_path(rf"{RECEIPT}\.pdf$", payments.receipt, name="receipt"),
    re_path(rf"{RECEIPT}/send/$", payments.resend, name="receipt-send"),
    path("statements/", statements.listing, name="statements"),
    re_path(rf"{STATEMENT}/$", statements.statement, name="statement"),
    re_path(rf"{STATEMENT}\.pdf$", statements.file, name="statement-file"),
    path("name/", names.everywhere, name="name"),
    path("language/", language.language, name="language"),
    path("gift-memberships/", gift_memberships.mine, name="gift-memberships"),
    path("gift-memberships/<uuid:reference>/", gift_memberships.bought, name="gift-membership"),
    path("address/", address.address, name="address"),
    path("address/confirm/", address.confirm, name="address-confirm"),
    path("address/undo/<str:token>/", address.undo, name="address-undo"),
    path("privacy/", privacy.privacy, name="privacy"),
    path("privacy/export/", privacy.export, name="export"),
    path("privacy/export/<uuid:reference>.zip", privacy.file, name="export-file"),
    path("privacy/withdraw/", privacy.withdraw, name="consent-withdraw"),
    path("privacy/erase/", privacy.erase, name="erase"),
    path("topics/", topics.topics, name="topics"),
    path("letters/", letters.letters, name="letters"),
    path("letters/stop/<str:token>/", letters.stop, name="letters-stop"),
    path("security/", security.security, name="security"),
    path("security/sessions/end/", security.end_sessions, name="sessions-end"),
]
