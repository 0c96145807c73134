"""What needs attention: dead events and refused letters are seen, looked into under a log, and run again."""

from collections.abc import Callable

from django.test import Client

from audit.models import StaffAction
from letters import outbox
from letters.models import Letter
from payments.models import StripeEvent
from tests.signing_in import first_step


def _refused_letter() -> Letter:
    outbox.write(occasion="unknown_address", key="k", to="olena@example.org", language="en", context={})
    Letter.objects.filter(key="k").update(state="failed", attempts=24, error="550 no such user")
    return Letter.objects.get(key="k")


def test_a_dead_event_is_listed_without_what_it_holds(staff: Callable[[str], Client], dead_event: StripeEvent) -> None:
    page = staff("support").get("/reports/events/").content.decode()
    assert "charge.updated" in page
    assert "KeyError" in page
    assert "Olena" not in page
    assert not StaffAction.objects.exists()


def test_looking_into_an_event_is_logged(staff: Callable[[str], Client], dead_event: StripeEvent) -> None:
    support = staff("support")
    assert "Olena" in support.get(f"/reports/events/{dead_event.pk}/").content.decode()
    link = StaffAction.objects.get()
    assert (link.action, link.target) == ("event.view", f"event:{dead_event.pk}")
    assert link.actor is not None
    assert link.actor.email == "support@newsroom.example"


def test_a_dead_event_runs_again_with_all_its_attempts(staff: Callable[[str], Client], dead_event: StripeEvent) -> None:
    assert staff("finance").post("/reports/events/", {"id": dead_event.pk}).status_code == 302
    dead_event.refresh_from_db()
    assert (dead_event.state, dead_event.attempts) == ("pending", 0)
    assert StaffAction.objects.get().facts == {"count": 1, "ids": [dead_event.pk]}


def test_all_dead_events_run_again(staff: Callable[[str], Client], dead_event: StripeEvent) -> None:
    dead_event.pk, dead_event.event_id = None, "evt_2"
    dead_event.save()
    staff("admin").post("/reports/events/", {"id": "all"})
    assert StripeEvent.objects.dead().count() == 0


def test_a_mistyped_id_runs_nothing(staff: Callable[[str], Client], dead_event: StripeEvent) -> None:
    admin = staff("admin")
    for typed in ("", "x", "-1", "٣", "1" * 40, "1; DROP TABLE"):
        assert admin.post("/reports/events/", {"id": typed}).status_code == 302
    assert StripeEvent.objects.dead().count() == 1
    assert not StaffAction.objects.exists()


def test_a_refused_letter_is_queued_again(staff: Callable[[str], Client]) -> None:
    letter, finance = _refused_letter(), staff("finance")
    page = finance.get("/reports/letters/").content.decode()
    assert "550 no such user" in page
    assert "olena@example.org" not in page
    finance.post("/reports/letters/", {"id": letter.pk})
    letter.refresh_from_db()
    assert (letter.state, letter.attempts, letter.error) == ("queued", 0, "")
    assert StaffAction.objects.get().action == "letter.again"


def test_a_code_to_sign_in_is_never_shown_to_staff(staff: Callable[[str], Client]) -> None:
    """Whoever can read letters could otherwise sign in as anybody."""
    admin = staff("admin")
    first_step(Client(), "admin@newsroom.example")
    Letter.objects.filter(occasion="sign_in_code").update(state="failed")
    row = Letter.objects.filter(occasion="sign_in_code").latest("id")
    assert admin.get(f"/reports/letters/{row.pk}/").status_code == 404
    assert f"/reports/letters/{row.pk}/" not in admin.get("/reports/letters/").content.decode()


def test_the_page_of_health_tells_what_is_late(staff: Callable[[str], Client], dead_event: StripeEvent) -> None:
    _refused_letter()
    page = staff("admin").get("/reports/health/")
    found = [page.context[name] for name in ("dead", "letters_failed", "operations_refused")]
    assert found == [1, 1, 0]
    assert Client().get("/reports/health/").status_code == 302


def test_editors_see_counts_and_no_money(staff: Callable[[str], Client]) -> None:
    page = staff("editor").get("/reports/").content.decode()
    assert "Active patrons" in page
    assert "Net income" not in page
    assert "/reports/payments/" not in page
