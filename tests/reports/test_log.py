"""The staff's log as admins read it: every act in words, with its code and a link; every look at a person in it."""

import ast
import re
from collections.abc import Callable, Iterator

import pytest
from django.test import Client

from audit.models import StaffAction
from members.models import Patron
from payments.models import BankFile, Payment
from reports import acts
from reports.wish_forms import WISHES
from tests.house.tree import ROOT, files
from tests.reports.places import rows_to_look_at
from tests.signing_in import at_once, patron

Staff = Callable[[str], Client]
WRITERS = {"record", "_record", "_again"}
CODE = re.compile(r"[a-z]+\.([a-z_]+)?")


def written() -> Iterator[str]:
    """The codes that the project's own files give to the log; of one that is put together, its beginning."""
    for path in files(".py"):
        if path.relative_to(ROOT).parts[0] not in {"tests", "sandbox", "bench"}:
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in WRITERS:
                    said = [one.value for arg in node.args for one in ast.walk(arg) if isinstance(one, ast.Constant)]
                    yield from (text for text in said if isinstance(text, str) and CODE.fullmatch(text))


def test_every_act_has_its_words_and_no_words_are_of_none():
    codes = {*written(), *(f"donation.{name}" for name in WISHES), "refund.approve", "refund.decline"}
    begun = {code for code in codes if code.endswith(".")}
    assert begun == {"donation.", "refund.", "rehearsal."}
    assert "payment.view" in codes
    assert {code for code in codes - begun if acts.word(code) == code} == set()
    assert acts.ACTS.keys() - codes == {"rehearsal"}
    assert acts.word("rehearsal.join") != "rehearsal.join"
    assert acts.word("of a later version") == "of a later version"


def test_the_log_shows_words_codes_and_links_to_what_they_are_about(db: None) -> None:
    admin = patron("eve@newsroom.example", "admin")
    found, browser = rows_to_look_at(admin), at_once(admin)
    browser.get(f"/reports/payments/{found['payment']}/")
    browser.get("/admin/members/patron/")
    page = browser.get("/reports/log/").content.decode()
    assert "looked at a payment<br><small>payment.view</small>" in page
    assert f'<a href="/reports/payments/{found["payment"]}/">payment:{found["payment"]}</a>' in page
    addresses = {acts.page(link) for link in StaffAction.objects.all()} - {""}
    assert {"/admin/members/patron/", f"/reports/rounds/{found['round']}/"} < addresses
    assert [address for address in addresses if browser.get(address).status_code != 200] == []
    ukrainian = browser.get("/reports/log/", headers={"accept-language": "uk"}).content.decode()
    assert "payment.view" in ukrainian
    assert "looked at a payment" not in ukrainian


@pytest.mark.parametrize(
    "target", ["patron:", "patron:x", "patron:1, patron:2", "table_export:3", "", "payments", "a:b:c"]
)
def test_what_has_no_page_has_no_link(target: str):
    assert acts.page(StaffAction(action="patron.view", target=target)) == ""


def test_a_look_at_a_person_is_logged_also_where_a_form_led_to_it(staff: Staff, db: None) -> None:
    found = rows_to_look_at(patron("eve@newsroom.example", "admin"))
    admin = staff("admin")
    for path, about in (
        (f"payments/{found['payment']}/", f"payment:{found['payment']}"),
        (f"donations/{found['giving']}/amount/", f"patron:{found['patron']}"),
        (f"patrons/{found['giver']}/merge/", f"patron:{found['giver']}"),
        (f"patrons/{found['giver']}/merge/{found['other']}/", f"patron:{found['other']}"),
        (f"payments/bank/{found['bank']}/", f"bank_file:{BankFile.objects.get().pk}"),
    ):
        seen = StaffAction.objects.filter(action__endswith=".view", target=about)
        before = seen.count()
        answer = admin.post(f"/reports/{path}", {"reason": "", "amount": "x"})
        assert answer.status_code in {200, 422}, path
        assert seen.count() == before + 1, path


def test_whoever_was_shown_in_a_search_stands_in_the_log(staff: Staff, olena: Patron, payment: Payment) -> None:
    other = Patron.objects.create(email="olena.b@example.org")
    staff("support").post("/reports/people/", {"words": "olena"})
    link = StaffAction.objects.get(action="patron.find")
    assert (link.target, link.facts["found"]) == ("", 2)
    assert sorted(link.facts["shown"]) == sorted([olena.pk, other.pk])
