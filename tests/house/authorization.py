"""Who may open what, and how: every address of the product, by its route. One that is not here fails the build.

`PAGES` may be opened by those named; everybody else is led to the sign-in page, or told that there is no such page
(404), or that it is not theirs (403). Whatever names something of another person's is answered like what is not there.
"""

from members.models import Role

ANYBODY = "anybody"
# Signed in; staff, who are patrons too, with their second factor.
PATRON = "patron"
STAFF = frozenset(Role.values)
MONEY = frozenset({Role.FINANCE.value, Role.SUPPORT.value, Role.ADMIN.value})
FINANCE = frozenset({Role.FINANCE.value, Role.ADMIN.value})
EDITORS = frozenset({Role.EDITOR.value, Role.ADMIN.value})
ADMIN = frozenset({Role.ADMIN.value})
TABLES = frozenset({Role.ADMIN.value, Role.SUPPORT.value})

PAGES: dict[str, str | frozenset[str]] = {
    # public
    "": ANYBODY,
    "support/": ANYBODY,
    "support/thanks/": ANYBODY,
    "support/other/": ANYBODY,
    "supporters/": ANYBODY,
    "support/raise/": PATRON,
    "support/second/<str:token>/": ANYBODY,  # whoever holds the letter with this token
    "support/gift/": ANYBODY,
    "support/gift/claim/<str:token>/": ANYBODY,  # whoever holds the link of a gift membership
    "rounds/": ANYBODY,
    "rounds/<slug:slug>/results/": ANYBODY,
    "rounds/<slug:slug>/results/<int:version>/": ANYBODY,
    "rounds/<slug:slug>/bundle.zip": ANYBODY,
    "rounds/<slug:slug>/results/<int:version>/bundle.zip": ANYBODY,
    "rounds/<slug:slug>/": ANYBODY,  # a ballot is cast by patrons who may vote
    "topics/": ANYBODY,
    "topics/words.json": ANYBODY,
    "topics/suggest/": PATRON,
    "topics/follow/": PATRON,
    "topics/<slug:slug>/": ANYBODY,
    "privacy/": ANYBODY,
    "cookies/": ANYBODY,
    "language/": ANYBODY,
    "theme.css": ANYBODY,
    "logo": ANYBODY,
    # machines
    "webhooks/stripe/": ANYBODY,  # whoever holds the signing secret
    "webhooks/mail/<str:provider>/": ANYBODY,  # whoever holds the password
    "health/live": ANYBODY,
    "health/ready": ANYBODY,
    "metrics": ANYBODY,
    # signing in
    "account/login/": ANYBODY,
    "account/login/code/confirm/": ANYBODY,
    "account/logout/": ANYBODY,
    "account/inactive/": ANYBODY,
    "account/signup/": ANYBODY,
    # the patron's pages
    "account/": PATRON,
    "account/privacy/": PATRON,
    "account/privacy/export/": PATRON,
    "account/privacy/export/<uuid:reference>.zip": PATRON,
    "account/privacy/withdraw/": PATRON,
    "account/privacy/erase/": PATRON,
    "account/login/passkey/": ANYBODY,
    "account/prove/": PATRON,
    "account/address/": PATRON,
    "account/address/confirm/": PATRON,
    "account/address/undo/<str:token>/": ANYBODY,  # whoever holds the letter with this token
    "account/topics/": PATRON,
    "account/letters/": PATRON,
    "account/letters/stop/<str:token>/": ANYBODY,  # whoever holds a letter with this token
    "account/security/": PATRON,
    "account/security/sessions/end/": PATRON,
    "account/prove/send/": PATRON,
    "account/donations/<uuid:reference>/amount/": PATRON,
    "account/donations/<uuid:reference>/rhythm/": PATRON,
    "account/donations/<uuid:reference>/pause/": PATRON,
    "account/donations/<uuid:reference>/resume/": PATRON,
    "account/donations/<uuid:reference>/cancel/": PATRON,
    "account/donations/<uuid:reference>/return/": PATRON,
    "account/donations/<uuid:reference>/card/": PATRON,
    "account/donations/<uuid:reference>/failed/": PATRON,
    "account/payments/": PATRON,
    "account/payments/<int:pk>/name/": PATRON,
    "account/name/": PATRON,
    "account/language/": PATRON,
    "account/statements/": PATRON,
    "account/statements/(?P<number>S[1-9][0-9]{3}-[0-9]{6,9})/$": PATRON,
    "account/statements/(?P<number>S[1-9][0-9]{3}-[0-9]{6,9})\\.pdf$": PATRON,
    "account/receipts/(?P<number>[0-9]{4}-[0-9]{6,9})/send/$": PATRON,
    "account/gift-memberships/": PATRON,
    "account/gift-memberships/<uuid:reference>/": PATRON,
    "account/receipts/(?P<number>[0-9]{4}-[0-9]{6,9})\\.pdf$": PATRON,
    # the staff's pages
    "reports/": STAFF,
    "reports/days/": MONEY,
    "reports/retention/": STAFF,
    "reports/failed/": MONEY,
    "reports/origins/": STAFF,
    "reports/participation/": STAFF,
    "reports/definitions/": STAFF,
    "reports/close/": FINANCE,
    "reports/close/differences/": FINANCE,
    "reports/rows/movements/": MONEY,
    "reports/rows/lines/": MONEY,
    "reports/rows/payments/": MONEY,
    "reports/rows/persons/": MONEY,
    "reports/rows/pauses/": MONEY,
    "reports/rows/years/": MONEY,
    "reports/rows/origins/": MONEY,
    "reports/rows/invoices/": MONEY,
    "reports/rows/memberships/": MONEY,
    "reports/rates/": FINANCE,
    "reports/goal/": FINANCE,
    "reports/health/": MONEY,
    "reports/rehearsal/": MONEY,  # where Stripe is the sandbox
    "reports/erasures/": TABLES,
    "reports/log/": ADMIN,
    "reports/newsroom/": FINANCE,
    "reports/newsroom/<str:code>/": FINANCE,
    "reports/suggestions/": EDITORS,
    "reports/suggestions/<int:pk>/": EDITORS,
    "reports/topics/": EDITORS,
    "reports/topics/new/": EDITORS,
    "reports/topics/<int:pk>/": EDITORS,
    "reports/events/": MONEY,
    "reports/events/<int:pk>/": MONEY,
    "reports/letters/": MONEY,
    "reports/letters/<int:pk>/": MONEY,
    "reports/wording/": ADMIN,
    "reports/wording/<str:name>/<str:language>/": ADMIN,
    "reports/wording/<str:name>/<str:language>/letter/": ADMIN,
    "reports/patrons/<int:pk>/letters/": MONEY,
    "reports/patrons/<int:pk>/stop/": MONEY,
    "reports/donations/<uuid:reference>/<str:name>/": TABLES,
    "reports/payments/<int:pk>/receipt/": MONEY,
    "reports/operations/": MONEY,
    "reports/rounds/": EDITORS,
    "reports/rounds/draft/": EDITORS,
    "reports/rounds/<int:pk>/": EDITORS,
    "reports/rounds/<int:pk>/change/": EDITORS,
    "reports/rounds/<int:pk>/topics/": EDITORS,
    "reports/rounds/<int:pk>/preview/": EDITORS,
    "reports/payments/": MONEY,
    "reports/payments/offline/": FINANCE,
    "reports/payments/refunds/": MONEY,
    "reports/payments/bank/": FINANCE,
    "reports/payments/bank/<uuid:reference>/": FINANCE,
    "reports/payments/<int:pk>/": MONEY,
    "reports/payments/<int:pk>/reverse/": FINANCE,
    "reports/exports/": FINANCE,
    "reports/exports/<uuid:reference>/file/": FINANCE,
    "reports/people/": MONEY,
    "reports/patrons/<int:pk>/": MONEY,
    "reports/patrons/<int:pk>/membership/": MONEY,
    "reports/patrons/<int:pk>/merge/": TABLES,
    "reports/patrons/<int:pk>/merge/<int:other>/": TABLES,
    "reports/merges/<int:pk>/undo/": TABLES,
    "reports/patrons/<int:pk>/notes/": MONEY,
    # the staff's tables
    "admin/login/": ANYBODY,
    "admin/logout/": ANYBODY,
    "admin/": TABLES,
}
# Of other people's making, each behind one guard: everything below these prefixes that is not named above.
BELOW: dict[str, str | frozenset[str]] = {
    # allauth's own pages. Before sign-in only a half-finished sign-in reaches the first three.
    "account/second-factor/": PATRON,
    "admin/": TABLES,
}
# Some may look and not change anything.
SENDERS = {
    "reports/newsroom/": ADMIN,
    "reports/newsroom/<str:code>/": ADMIN,
    "reports/payments/refunds/": FINANCE,
}
# A page is looked at (GET, HEAD), and its form is sent to it (POST). The first are only looked at, the second only sent
# to, by a button elsewhere. No other method means anything at an address of ours.
ONLY_LOOKED_AT = frozenset({
    "", "support/thanks/", "support/other/", "supporters/", "topics/", "topics/words.json", "topics/<slug:slug>/",
    "rounds/", "rounds/<slug:slug>/bundle.zip", "rounds/<slug:slug>/results/<int:version>/bundle.zip", "privacy/",
    "cookies/", "theme.css", "logo", "account/", "account/donations/<uuid:reference>/failed/", "account/payments/",
    "account/receipts/(?P<number>[0-9]{4}-[0-9]{6,9})\\.pdf$",
    "account/statements/(?P<number>S[1-9][0-9]{3}-[0-9]{6,9})/$",
    "account/statements/(?P<number>S[1-9][0-9]{3}-[0-9]{6,9})\\.pdf$", "account/gift-memberships/", "account/privacy/",
    "account/privacy/export/<uuid:reference>.zip", "account/security/", "reports/", "reports/days/",
    "reports/retention/", "reports/failed/", "reports/origins/", "reports/participation/", "reports/definitions/",
    "reports/close/differences/", "reports/rows/movements/", "reports/rows/lines/", "reports/rows/persons/",
    "reports/rows/pauses/", "reports/rows/years/", "reports/rows/origins/", "reports/rows/payments/",
    "reports/rows/invoices/", "reports/rows/memberships/", "reports/health/", "reports/log/",
    "reports/events/<int:pk>/", "reports/letters/<int:pk>/", "reports/wording/", "reports/suggestions/",
    "reports/topics/", "reports/operations/", "reports/rounds/", "reports/rounds/<int:pk>/preview/",
    "reports/payments/", "reports/exports/<uuid:reference>/file/", "reports/patrons/<int:pk>/", "health/live",
    "health/ready",
})  # fmt: skip
ONLY_SENT_TO = frozenset({
    "webhooks/stripe/", "webhooks/mail/<str:provider>/", "support/raise/", "topics/follow/",
    "account/donations/<uuid:reference>/resume/",
    "account/receipts/(?P<number>[0-9]{4}-[0-9]{6,9})/send/$", "account/privacy/withdraw/",
    "account/security/sessions/end/", "account/prove/send/", "reports/payments/<int:pk>/receipt/",
    "reports/payments/<int:pk>/reverse/", "reports/patrons/<int:pk>/stop/", "reports/patrons/<int:pk>/membership/",
    "reports/patrons/<int:pk>/notes/",
})  # fmt: skip


def methods(route: str) -> set[str]:
    """By which methods it may be asked, in small letters."""
    looked_at = set() if route in ONLY_SENT_TO else {"get", "head"}
    return looked_at if route in ONLY_LOOKED_AT else looked_at | {"post"}


def who_may(route: str, method: str = "get") -> str | frozenset[str] | None:
    """Who may open this route, or send to it, or None where nobody has declared it."""
    if method == "post" and route in SENDERS:
        return SENDERS[route]
    if route in PAGES:
        return PAGES[route]
    return next((who for prefix, who in BELOW.items() if route.startswith(prefix)), None)
