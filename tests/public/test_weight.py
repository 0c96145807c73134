"""What a page weighs on its way to a reader: itself and everything that it loads, compressed, over HTTP."""

import gzip
import re
from typing import Any
from urllib.parse import urljoin

import requests
from django.core import signing

from letters import outbox
from letters.occasions import Group
from members.addresses import _hash as address_hash
from members.models import AddressChange, Patron
from newsroom import clock
from payments import statements
from payments.models import Donation
from tests.house.authorization import ANYBODY, PAGES, PATRON
from tests.journeys.conftest import World, sandbox, story, world
from tests.journeys.test_portal import sign_in
from tests.members.test_gift_memberships import paid, token
from tests.payments import rows
from tests.signing_in import at_once
from tests.voting import world as votes
from tests.voting.counted import counted
from tests.voting.methods.bundles import TOPICS, opinions
from tests.voting.methods.elections import rules
from tests.voting.test_announcements import decided, publish
from voting import follows

__all__ = ["sandbox", "story", "world"]

LIMIT = 60_000  # bytes
# No page that somebody signed in reads: files, what machines ask, buttons, and steps that lead on by themselves.
NOT_READ = {
    "webhooks/stripe/", "webhooks/mail/<str:provider>/", "health/live", "health/ready", "metrics",
    "theme.css", "logo", "topics/words.json", "rounds/<slug:slug>/bundle.zip",
    "rounds/<slug:slug>/results/<int:version>/bundle.zip", "account/privacy/export/<uuid:reference>.zip",
    "account/statements/(?P<number>S[1-9][0-9]{3}-[0-9]{6,9})\\.pdf$",
    "account/receipts/(?P<number>[0-9]{4}-[0-9]{6,9})\\.pdf$",
    "language/", "support/raise/", "topics/follow/", "account/privacy/withdraw/", "account/security/sessions/end/",
    "account/prove/send/", "account/receipts/(?P<number>[0-9]{4}-[0-9]{6,9})/send/$", "account/login/passkey/",
    "account/donations/<uuid:reference>/card/", "account/donations/<uuid:reference>/resume/",
    "account/signup/", "account/login/code/confirm/",
    "account/address/confirm/",
    # Asked for otherwise below.
    "support/thanks/", "account/login/", "account/prove/",
}  # fmt: skip


def fetched(session: requests.Session, url: str) -> tuple[int, str]:
    """Bytes on the wire, and the text that they hold."""
    answer = session.get(url, stream=True, timeout=30)
    assert (answer.status_code, answer.url) == (200, url)
    wire = answer.raw.read(decode_content=False)
    is_packed = answer.headers.get("Content-Encoding") == "gzip"
    if answer.headers["Content-Type"].startswith("text/") and len(wire) > 1000:
        assert is_packed, url
    return len(wire), (gzip.decompress(wire) if is_packed else wire).decode(errors="replace")


def weight(session: requests.Session, page: str, seen: dict[str, tuple[int, str]]) -> dict[str, int]:
    """Of the page, and of what it names: style sheets with every one of their fonts, scripts, pictures.

    What pages share is asked for once, and kept in `seen`.
    """
    size, text = fetched(session, page)
    parts = {page: size}
    for name in re.findall(r'<(?:link|script|img)[^>]*?(?:href|src)="([^"]+)"', text):
        url = urljoin(page, name)
        seen[url] = seen.get(url) or fetched(session, url)
        parts[url], said = seen[url]
        for font in re.findall(r'url\("([^"]+)"\)', said):
            file = urljoin(url, font)
            seen[file] = seen.get(file) or fetched(session, file)
            parts[file] = seen[file][0]
    return parts


def address(route: str, values: list[Any]) -> str:
    """The route with these in the places of its arguments, in their order."""
    left = iter(values)
    return "/" + re.sub(r"<\w+:\w+>|\(\?P<\w+>[^)]*\)", lambda _: str(next(left)), route).removesuffix("$")


def addresses(patron: Patron, donation: Donation) -> list[str]:
    """Every page of readers and patrons, by the routes that the product has, with something in it to show."""
    gift = paid()
    said = [f"/support/thanks/?session_id={donation.checkout_session}", "/support/?interval=yearly&currency=UAH"]
    _row, stand = decided("Who owns the river port", "Roads of the region", voters=[patron])
    publish(stand[0])
    follows.follow(patron, stand[1])
    votes.opened()
    of = rules("equal_shares", TOPICS, slots=3)
    counted(of, opinions(of, 60), slug="counted")
    rows.invoice(donation, stripe_id="in_failed", first_failed_at=clock.now())
    second = rows.monthly(patron=patron, is_second=True, subscription="sub_second")
    ending = rows.monthly(patron=patron, is_second=True, subscription="sub_ending", cancels_at=rows.NEXT_AT)
    AddressChange.objects.create(
        patron=patron,
        before="before@example.org",
        after=patron.email,
        confirmed_at=clock.now(),
        undo_hash=address_hash("undo"),
    )
    statement = statements.issue(patron, first=clock.today(), last=clock.today(), language="uk")
    filled: dict[str, list[Any]] = {
        "support/second/<str:token>/": [signing.dumps(str(second.reference), salt="payments.second")],
        "support/gift/claim/<str:token>/": [token(gift)],
        "rounds/<slug:slug>/": ["spring"],
        "rounds/<slug:slug>/results/": ["counted"],
        "rounds/<slug:slug>/results/<int:version>/": ["counted", 1],
        "topics/<slug:slug>/": [stand[0].slug],
        "account/address/undo/<str:token>/": ["undo"],
        "account/letters/stop/<str:token>/": [outbox.stop_token(patron.pk, Group.REMINDERS)],
        "account/donations/<uuid:reference>/rhythm/": [second.reference],
        "account/donations/<uuid:reference>/return/": [ending.reference],
        "account/payments/<int:pk>/name/": [donation.payments.get().pk],
        "account/statements/(?P<number>S[1-9][0-9]{3}-[0-9]{6,9})/$": [str(statement)],
        "account/gift-memberships/<uuid:reference>/": [gift.reference],
    }
    for route, who in PAGES.items():
        if who in (ANYBODY, PATRON) and route not in NOT_READ and not route.startswith("admin/"):
            said.append(address(route, filled.get(route, [donation.reference])))
    return said


def test_every_page_of_readers_and_patrons_is_light(story: World) -> None:
    reader, stranger, stale = (story.reader() for _ in range(3))
    donation = reader.give(language="uk", email="olena@example.org")
    assert donation.patron
    sign_in(stale, donation.patron)
    reader.session.cookies.set("session", at_once(donation.patron).cookies["session"].value, domain="127.0.0.1")
    pages = [(reader, path) for path in addresses(donation.patron, donation)]
    weights, seen = {}, dict[str, tuple[int, str]]()
    for who, path in [*pages, (stranger, "/account/login/"), (stale, "/account/prove/")]:
        who.session.headers.update({"Accept-Encoding": "gzip", "Accept-Language": "uk"})
        weights[path] = weight(who.session, story.url + path, seen)
    assert len(weights) > 45
    for path, parts in weights.items():
        assert sum(part.endswith((".css", ".woff2", ".svg")) for part in parts) >= 4, parts
        assert sum(parts.values()) < LIMIT, (path, parts)
