"""Somebody with names, addresses and words that nobody else has lives through everything that leaves a trace."""

import base64
import json
import re
from datetime import timedelta
from html import escape

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core import mail
from django.test import Client

from letters.models import Letter, StoppedAddress
from letters.occasions import DECLINABLE
from members import sign_ins
from members.models import AddressChange, Consent, GiftMembership, Patron
from money.money import Money
from newsroom import clock
from payments import bank_files, offline
from payments.models import BankFile, Donation, Leaving, Statement
from people import exports
from people.models import Export
from reports import exports as table_exports
from reports.tables import TABLES, Filters
from tests.journeys import test_gift_memberships as gifts
from tests.journeys.conftest import World
from tests.journeys.test_failing import LATER_FAILS, open_invoice_page
from tests.payments.test_bank_files import camt, details, entry
from tests.reports.test_bank import send
from tests.signing_in import at_once, first_step
from tests.signing_in import patron as account
from tests.voting import world as voting
from voting import announcements, ballots, follows, round_letters, suggestions, topics
from voting.models import RollEntry, Topic

GONE = "mariia@gone.example"  # a friend's
DISPUTED = "4000000000000259"
# The address in the end, the one before it, and one that was never confirmed.
ADDRESS = "zhozefina.kanarkova@quill.example.net"
FORMER = "canary.before@quill.example.net"
MEANT = "canary.perhaps@quill.example.net"
NAME = "Жозефіна Д’Канаркова & Quill"
SHOWN = "Жозя з Інгулу"
WORDS = "Від Жозефіни, з річки Інгул"
CANARY = (ADDRESS, FORMER, MEANT, NAME, SHOWN, WORDS)


def lives(story: World) -> Patron:
    """All of it. The patron gives monthly when it is over, and is signed in somewhere."""
    patron = _gives_and_fails(story)
    _takes_part(story, patron)
    _gives_to_others_and_gets(story)
    _changes_addresses(story, patron)
    _uses_the_account(story, patron)
    _is_looked_at(patron)
    _bounces(FORMER, MEANT)
    _takes_the_data_away(patron)
    _types(Client(), ADDRESS)  # and looks away, before the code is typed
    story.settle()
    patron.refresh_from_db()
    return patron


def _types(browser: Client, address: str) -> None:
    assert browser.post("/account/login/", {"login": address, "next": "/account/"}).status_code == 302
    sign_ins.answer_due()


def _gives_and_fails(story: World) -> Patron:
    """Asks to sign in before there is anything to sign in to, joins, misses a payment, pays it; is asked about another
    by the bank; begins once more and leaves."""
    _types(Client(), FORMER)
    reader = story.reader()
    donation = reader.give(email=FORMER, name=NAME, message=WORDS, language="uk")
    patron = donation.patron
    assert patron
    assert Letter.objects.filter(to=FORMER, occasion="unknown_address").exists()
    story.press(f"customers/{donation.customer}/card", number=LATER_FAILS)
    story.advance(days=35)
    assert reader.pay(open_invoice_page(), name=NAME).status_code == 303
    story.settle()
    assert {"payment_failed", "recovered"} <= set(story.letters(FORMER))
    story.reader().give(DISPUTED, email=FORMER, name=NAME, interval="once", amount="20")
    offline.record(email=FORMER, name=NAME, amount=Money(700, "EUR"), received_on=clock.today(), reference="Bank 7")
    story.reader().start(email=FORMER, name=NAME, message=WORDS)  # left at the payment page
    return patron


def _takes_part(story: World, patron: Patron) -> None:
    """Suggests, is answered and told; follows a topic that is dropped and one that stands; votes in a round."""
    editor = account("editor@newsroom.example", "editor", second_factor=True)
    suggestion = suggestions.suggest(
        patron, title=f"{SHOWN}: порт", why=WORDS, links=f"https://quill.example.net/?by={FORMER}", language="uk",
        is_author_named=True,
    )  # fmt: skip
    topic = suggestions.accept(suggestion, actor=editor, answer=f"{NAME}, дякуємо!", title_en="The river port")
    of = voting.opened(closes_at=clock.now() + timedelta(hours=2))
    for followed in Topic.objects.order_by("id"):
        follows.follow(patron, followed)
    topics.move(topic, "declined", actor=editor, reason="Another newsroom has it.")
    announcements.write_due()
    round_letters.write_due()
    ballots.cast(of, patron, choices=["roads"])
    voting.close(of)
    round_letters.write_due()
    story.settle()
    assert {"suggestion_answered", "round_opened", "round_result"} <= set(story.letters(FORMER))
    # What followers are told is sealed in its row.
    assert [FORMER] in [letter.to for letter in mail.outbox if "The river port" in str(letter.body)]
    assert len(follows.of(patron)) == 4
    assert RollEntry.objects.get(patron=patron).has_cast


def _gives_to_others_and_gets(story: World) -> None:
    """Buys a membership that is claimed and one that waits; claims one, and is meant by one."""
    gifts.buy(story.reader(), email=FORMER, giver_name=NAME, message=WORDS)
    assert gifts.claim(story.reader(), gifts.link()).status_code == 200
    _bounces(GONE)
    gifts.buy(story.reader(), email=FORMER, giver_name=NAME, message=WORDS, recipient_email=GONE)
    later = (clock.today() + timedelta(days=300)).isoformat()
    gifts.buy(story.reader(), email=FORMER, giver_name=NAME, message=WORDS, deliver_on=later)
    gifts.buy(story.reader(), recipient_email=FORMER, recipient_name=NAME, message=WORDS)
    assert gifts.claim(story.reader(), gifts.link(FORMER), FORMER).status_code == 200
    assert GiftMembership.objects.exclude(claimed_at=None).count() == 2
    gifts.buy(story.reader(), recipient_email=ADDRESS, recipient_name=NAME, message=WORDS)


def _changes_addresses(story: World, patron: Patron) -> None:
    """There, back, there for good; and somewhere else that is never confirmed."""
    browser = at_once(patron)
    _moves(browser, ADDRESS)
    undo = re.search(r"/account/address/undo/\S+", Letter.objects.filter(occasion="address_changed").latest("id").text)
    assert undo
    assert Client().post(undo[0]).status_code == 200
    story.settle()
    patron.refresh_from_db()
    assert patron.email == FORMER
    browser = at_once(patron)
    _moves(browser, ADDRESS)
    browser.post("/account/address/", {"email": MEANT})
    story.settle()
    patron.refresh_from_db()
    assert (patron.email, AddressChange.objects.count()) == (ADDRESS, 3)


def _moves(browser: Client, to: str) -> None:
    assert browser.post("/account/address/", {"email": to}).status_code == 302
    code = re.search(r"\d{4}-\d{4}", Letter.objects.filter(to=to, occasion="new_address").latest("id").text)
    assert code
    assert browser.post("/account/address/confirm/", {"code": code[0]}).headers["Location"] == "/account/security/"


def _uses_the_account(story: World, patron: Patron) -> None:
    """Signs in by code and by passkey, and presses every button that keeps something."""
    first_step(Client(), ADDRESS)
    Authenticator.objects.create(user=patron, type="webauthn", data={"name": WORDS, "credential": {}})
    browser = at_once(patron)
    receipt = patron.donations.earliest("id").payments.earliest("id").receipt
    today, second = clock.today().isoformat(), story.reader().give(email=ADDRESS, name=NAME, interval="yearly")
    for path, said in (
        ("statements/", {"first": f"{today[:4]}-01-01", "last": today, "language": "uk"}),
        (f"receipts/{receipt}/send/", {"wish": "again"}),
        ("name/", {"display": "named", "name": SHOWN}),
        (f"payments/{receipt.payment_id}/name/", {"display": "named", "name": SHOWN}),
        ("letters/", {"neutral": "on"}),
        ("language/", {"language": "uk"}),
        (f"donations/{second.reference}/cancel/", {"wish": "end", "reason": "money", "words": WORDS}),
    ):  # fmt: skip
        assert browser.post(f"/account/{path}", said).status_code in {302, 303}, path
    story.settle()
    patron.refresh_from_db()
    assert (patron.declined_letters, patron.wants_neutral_letters) == (sorted(DECLINABLE), True)
    assert Consent.objects.filter(patron=patron).exists()
    assert (Statement.objects.count(), Leaving.objects.get().words) == (1, WORDS)


def _is_looked_at(patron: Patron) -> None:
    """Staff search for the address, look at the person, a payment and a letter, note something, record a transfer from
    the bank's file, send money back, and have a table of all patrons made."""
    staff = at_once(account("support@newsroom.example", "admin", second_factor=True))
    found = staff.post("/reports/people/", {"words": ADDRESS})
    assert found.headers["Location"] == f"/reports/patrons/{patron.pk}/"
    letter = Letter.objects.get(to=GONE, state="failed")
    payment = patron.donations.earliest("id").payments.earliest("id")
    for path in (f"patrons/{patron.pk}/", f"payments/{payment.pk}/", f"letters/{letter.pk}/", "log/"):
        assert staff.get(f"/reports/{path}").status_code == 200
    assert staff.post(f"/reports/patrons/{patron.pk}/notes/", {"text": f"{NAME} ({FORMER}) rang."}).status_code == 302
    key = re.search(r'name="key" value="([^"]+)"', staff.get(f"/reports/payments/{payment.pk}/").content.decode())
    assert key
    transfer = entry("3.00", details=details(name=f"<Nm>{escape(NAME)}</Nm>"))
    page = send(staff, camt(transfer))
    [line] = bank_files.read(BankFile.objects.get().text)
    assert (
        staff.post(page, {"record": "1", f"whose-{line.digest}": ADDRESS}).headers["Location"] == "/reports/payments/"
    )
    wish = {"amount": "1.00", "reason": "asked for by telephone", "key": key[1]}
    assert staff.post(f"/reports/payments/{payment.pk}/", wish).status_code == 302
    # As CSV: the words of a workbook are packed, and a search for them would find nothing.
    table_exports.ask(TABLES["patrons"], Filters(), "csv", by=Patron.objects.get(role="admin"), total=1)
    assert table_exports.make_due() == 1


def _bounces(*addresses: str) -> None:
    """The mail provider tells that these are none."""
    door = "Basic " + base64.b64encode(settings.MAIL_WEBHOOK_LOGIN.encode()).decode()
    for address in addresses:
        told = {"RecordType": "Bounce", "Type": "HardBounce", "Email": address, "MessageID": "1", "Details": address}
        answer = Client().post(
            "/webhooks/mail/postmark/", json.dumps(told), content_type="application/json",
            headers={"Authorization": door},
        )  # fmt: skip
        assert answer.status_code == 200
    assert StoppedAddress.objects.filter(address__in=addresses).count() == len(addresses)


def _takes_the_data_away(patron: Patron) -> None:
    browser = at_once(patron)
    assert browser.post("/account/privacy/export/").status_code == 302
    assert exports.make_due() == 1
    assert browser.get(f"/account/privacy/export/{Export.objects.get().reference}.zip").status_code == 200


def gifts_of(patron: Patron) -> set[str]:
    """The numbers under which Stripe knows the canary."""
    return set(Donation.objects.filter(patron=patron).exclude(customer="").values_list("customer", flat=True))
