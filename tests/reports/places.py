"""The addresses of staff that name something, and one of everything for them to name."""

from letters import stops
from letters.models import Letter, StopReason
from members.models import Patron
from money.money import Money
from newsroom import clock
from payments import offline
from people import erasure, merge
from tests.payments.test_bank_files import camt, details, entry
from tests.reports.conftest import dead_event, running, ten_euros
from tests.reports.test_bank import send
from tests.signing_in import at_once, patron
from tests.voting.world import draft, member, topics
from voting import suggestions

# Of addresses that name something, one that is there; all others are opened as they are.
STAFF = {
    "newsroom/<str:code>/": "newsroom/EUR/", "events/<int:pk>/": "events/{event}/",
    "letters/<int:pk>/": "letters/{letter}/",
    "payments/<int:pk>/": "payments/{payment}/", "patrons/<int:pk>/": "patrons/{patron}/",
    "wording/<str:name>/<str:language>/": "wording/receipt/uk/", "rounds/<int:pk>/": "rounds/{round}/",
    "rounds/<int:pk>/change/": "rounds/{round}/change/", "rounds/<int:pk>/topics/": "rounds/{round}/topics/",
    "rounds/<int:pk>/preview/": "rounds/{round}/preview/", "payments/bank/<uuid:reference>/": "payments/bank/{bank}/",
    "suggestions/<int:pk>/": "suggestions/{suggestion}/", "topics/<int:pk>/": "topics/{topic}/",
    "donations/<uuid:reference>/<str:name>/": "donations/{giving}/amount/",
    "patrons/<int:pk>/letters/": "patrons/{patron}/letters/", "patrons/<int:pk>/merge/": "patrons/{giver}/merge/",
    "patrons/<int:pk>/merge/<int:other>/": "patrons/{giver}/merge/{other}/",
    "merges/<int:pk>/undo/": "merges/{merge}/undo/",
}  # fmt: skip
# Buttons without a page, a letter as a mail program shows it, a file.
NO_PAGES = {
    "patrons/<int:pk>/stop/", "patrons/<int:pk>/notes/", "patrons/<int:pk>/membership/",
    "payments/<int:pk>/reverse/", "payments/<int:pk>/receipt/",
    "wording/<str:name>/<str:language>/letter/", "exports/<uuid:reference>/file/",
}  # fmt: skip


def rows_to_look_at(who: Patron) -> dict[str, object]:
    """One of everything that staff's lists can hold, and the numbers of those that have a page of their own."""
    payment, event = ten_euros(), dead_event()
    for number in range(2):
        offline.record(email=who.email, amount=Money(2500, "EUR"), received_on=clock.today(), reference=f"B-{number}")
    Letter.objects.filter(to=who.email).update(state="failed", error="550 5.1.1 nobody of that name")
    letter = Letter.objects.filter(occasion="receipt").latest("id")
    stops.stop(who.email, StopReason.REFUSED, "550 5.1.1 nobody of that name")
    bank = send(at_once(who), camt(entry(details=details()), entry("4.00")))
    gone = patron("olena@example.org")
    erasure.ask(gone)
    assert erasure.erase(gone).erased_at
    idea = suggestions.suggest(member("taras@example.org"), title="A port", why="It grows.", links="", language="en")
    giver, resting, other = (member(f"{name}@example.org") for name in ("giver", "resting", "other"))
    done = merge.merge(giver, resting, reason="One person.", actor=who)
    return {
        "giver": giver.pk, "other": other.pk, "merge": done.pk, "suggestion": idea.pk, "topic": topics("port")[0].pk,
        "payment": payment.pk, "event": event.pk, "letter": letter.pk, "patron": who.pk, "round": draft(actor=who).pk,
        "bank": bank.split("/")[-2], "giving": running(who).reference,
    }  # fmt: skip
