"""Two records of one person become one after a look at what follows, and can be taken apart again."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from django.core.management import CommandError, call_command
from django.db import Error, transaction
from django.test import Client
from pytest_django import Settings

from audit.models import StaffAction
from letters.models import Letter
from members import consents, letter_choices, sign_ins
from members.grants import Grant, give
from members.models import EndReason, GiftMembership, GrantKind, Membership, MembershipChange, Patron
from members.models.consent import Consented
from money.money import Money
from newsroom import clock
from payments import offline, statements
from payments.models import BankAccount, Donation, Statement
from people import duplicates, erasure, exports, find, invariants, merge, merge_plan, retention
from people.models import Erasure, Export, Merge, Note
from reports.tables import TABLES, Filters
from tests import everywhere, signing_in
from tests.reports.conftest import running, staff
from tests.voting import world
from voting import follows
from voting.models import Suggestion

__all__ = ["staff"]

WHY = "The same person by telephone."


def gift(email: str, reference: str, euros: int = 10) -> Patron:
    """Whoever gave this by transfer."""
    money, today = Money(euros * 100, "EUR"), clock.today()
    patron = offline.record(email=email, amount=money, received_on=today, reference=reference).donation.patron
    assert patron
    return patron


@pytest.fixture
def kept(db: None) -> Patron:
    return gift("olena@example.org", "B-1")


@pytest.fixture
def other(db: None) -> Patron:
    return gift("olena.k@work.example", "B-2", 25)


@pytest.fixture
def support(db: None) -> Patron:
    return Patron.objects.create(email="help@newsroom.example", role="support")


def put_together(kept: Patron, other: Patron, by: Patron) -> Merge:
    done = merge.merge(kept, other, reason=WHY, actor=by)
    kept.refresh_from_db()
    other.refresh_from_db()
    assert invariants.resting() == ""
    return done


def page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, (answer.status_code, answer.headers)
    return re.sub(r"\s+", " ", answer.content.decode())


def said_after(client: Client, address: str, **fields: Any) -> str:
    """What the page says to which a POST leads."""
    return re.sub(r"\s+", " ", client.post(address, fields, follow=True).content.decode())


# -- the pages -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["support", "admin"])
def test_staff_see_both_and_what_follows_then_merge_and_undo(
    staff: Callable[[str], Client], kept: Patron, other: Patron, role: str
) -> None:
    client = staff(role)
    assert f"/reports/patrons/{kept.pk}/merge/" in page(client, f"/reports/patrons/{kept.pk}/")
    answer = client.post(f"/reports/patrons/{kept.pk}/merge/", {"other": other.pk})
    preview = f"/reports/patrons/{kept.pk}/merge/{other.pk}/"
    assert answer.headers["Location"] == preview
    shown = page(client, preview)
    for words in ("olena@example.org", "olena.k@work.example", "€25.00", "Gifts: 1", "Payments: 1", "1 letter stays"):
        assert words in shown, words
    assert f"/reports/patrons/{other.pk}/merge/{kept.pk}/" in shown  # the other way round
    assert not Merge.objects.exists()

    assert client.post(preview, {"reason": ""}).status_code == 422
    shown = said_after(client, preview, reason=WHY)
    assert "The two records are one now." in shown
    assert "olena.k@work.example was merged into this person’s record" in shown.replace("&#x27;", "’").replace("'", "’")
    assert "B-2" not in shown
    assert Donation.objects.filter(patron=kept).count() == 2
    at_rest = page(client, f"/reports/patrons/{other.pk}/")
    assert "This record rests in another one" in at_rest
    assert "Add the note" not in at_rest

    done = Merge.objects.get()
    assert "What went over goes back" in page(client, f"/reports/merges/{done.pk}/undo/")
    assert "They are two records again." in said_after(client, f"/reports/merges/{done.pk}/undo/", reason="A mistake.")
    assert Donation.objects.get(patron=other).amount_minor == 2500
    assert client.get(f"/reports/merges/{done.pk}/undo/").status_code == 404
    said = {one.action: one for one in StaffAction.objects.filter(target=f"patron:{kept.pk}")}
    assert said["patron.merge"].reason == WHY
    assert said["patron.merge"].facts["merged"] == other.pk
    assert said["patron.unmerge"].reason == "A mistake."
    assert StaffAction.objects.filter(action="patron.view", target=f"patron:{other.pk}", facts__beside=kept.pk).exists()


def test_a_session_left_open_neither_looks_nor_merges(
    staff: Callable[[str], Client], kept: Patron, other: Patron
) -> None:
    client = staff("support")
    session = client.session
    session["account_authentication_methods"] = [{"method": "mfa", "type": "totp", "at": 0}]
    session.save()
    for address in (f"/reports/patrons/{kept.pk}/merge/", f"/reports/patrons/{kept.pk}/merge/{other.pk}/"):
        for answer in (client.get(address), client.post(address, {"reason": WHY, "other": other.pk})):
            assert answer.headers["Location"].startswith("/account/")
    assert not Merge.objects.exists()


@pytest.mark.parametrize("role", ["editor", "finance"])
def test_others_neither_see_nor_merge(staff: Callable[[str], Client], kept: Patron, other: Patron, role: str) -> None:
    client, address = staff(role), f"/reports/patrons/{kept.pk}/merge/{other.pk}/"
    assert (client.get(address).status_code, client.post(address, {"reason": WHY}).status_code) == (403, 403)
    assert not Merge.objects.exists()


@pytest.mark.parametrize("number", ["", "x", "0", "-1", "999999999", "9" * 30])
def test_a_number_that_leads_to_nobody_is_told_so(staff: Callable[[str], Client], kept: Patron, number: str) -> None:
    assert staff("support").post(f"/reports/patrons/{kept.pk}/merge/", {"other": number}).status_code == 422


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"role": "editor"}, "One of the two works here."),
        ({"is_active": False}, "may not sign in"),
        ({"erased": True}, "is erased, or has asked to be"),
    ],
)
def test_what_cannot_be_merged_is_said_in_a_sentence_whichever_is_kept(
    staff: Callable[[str], Client], kept: Patron, other: Patron, change: dict[str, Any], words: str
) -> None:
    if change.pop("erased", False):
        Erasure.objects.create(patron=other)
    else:
        Patron.objects.filter(pk=other.pk).update(**change)
    client = staff("support")
    for one, two in ((kept, other), (other, kept)):
        for follow in (
            client.get(f"/reports/patrons/{one.pk}/merge/{two.pk}/", follow=True).content.decode(),
            said_after(client, f"/reports/patrons/{one.pk}/merge/{two.pk}/", reason=WHY),
        ):
            assert words in follow
    same = client.get(f"/reports/patrons/{kept.pk}/merge/{kept.pk}/", follow=True).content.decode()
    assert "That is the same record." in same
    assert not Merge.objects.exists()


def test_no_chains_and_undone_from_the_last(kept: Patron, other: Patron, support: Patron) -> None:
    third, fourth = gift("o@example.org", "B-3"), gift("o.k@example.org", "B-4")
    first = put_together(kept, other, support)
    for one, two, refusal in (
        (third, other, merge_plan.AlreadyMerged), (other, third, merge_plan.AlreadyMerged),
        (third, kept, merge_plan.HoldsAnother),
    ):  # fmt: skip
        with pytest.raises(refusal):
            merge.merge(one, two, reason=WHY, actor=support)
    second = put_together(kept, third, support)
    with pytest.raises(merge_plan.NotTheLatest):
        merge.undo(first, reason=WHY, actor=support)
    for done in (second, first, first):
        merge.undo(done, reason=WHY, actor=support)
    assert [Donation.objects.filter(patron=one).count() for one in (kept, other, third, fourth)] == [1, 1, 1, 1]
    assert StaffAction.objects.filter(action="patron.unmerge").count() == 2
    put_together(fourth, kept, support)


# -- signing in ------------------------------------------------------------------------------------------------------


def test_either_address_signs_in_to_the_kept_record(kept: Patron, other: Patron, support: Patron) -> None:
    before = signing_in.sign_in(Client(), other)
    done = put_together(kept, other, support)
    assert before.get("/account/").status_code == 302  # signed out
    for email in (kept.email, other.email):
        client = Client()
        signing_in.first_step(client, email)
        assert client.session["_auth_user_id"] == str(kept.pk)
        assert Letter.objects.filter(to=email, occasion="sign_in_code").latest("id").patron_id == kept.pk
    asked = [Client().post("/account/login/", {"login": email}) for email in (other.email, "nobody@example.org")]
    sign_ins.answer_due()
    assert asked[0].headers["Location"] == asked[1].headers["Location"]
    merge.undo(done, reason=WHY, actor=support)
    client = Client()
    signing_in.first_step(client, other.email)
    assert client.session["_auth_user_id"] == str(other.pk)


def test_both_addresses_are_told_and_neither_is_told_the_other(kept: Patron, other: Patron, support: Patron) -> None:
    put_together(kept, other, support)
    told = Letter.objects.filter(occasion="records_merged").order_by("id")
    assert [letter.to for letter in told] == [kept.email, other.email]
    assert not any(address in letter.text for letter in told for address in (kept.email, other.email))


def test_an_authenticator_app_goes_with_its_person_unless_they_have_one(
    kept: Patron, other: Patron, support: Patron
) -> None:
    totp.TOTP.activate(other, signing_in.SECRET)
    RecoveryCodes.activate(other)
    done = put_together(kept, other, support)
    client = Client()
    assert "second-factor" in signing_in.first_step(client, other.email).headers["Location"]
    merge.undo(done, reason=WHY, actor=support)
    assert set(Authenticator.objects.values_list("user", flat=True)) == {other.pk}
    totp.TOTP.activate(kept, signing_in.SECRET)
    put_together(kept, other, support)
    assert Authenticator.objects.filter(user=kept, type="totp").count() == 1


def test_nobody_is_made_staff_by_the_address_of_a_record_at_rest(kept: Patron, other: Patron, support: Patron) -> None:
    put_together(kept, other, support)
    with pytest.raises(CommandError, match="leads to another record"):
        call_command("staff", other.email, "--role", "support")


# -- what arrives later ----------------------------------------------------------------------------------------------


def test_what_comes_by_the_old_address_arrives_at_the_kept_record(kept: Patron, other: Patron, support: Patron) -> None:
    put_together(kept, other, support)
    assert gift(other.email.upper(), "B-5") == kept
    assert Patron.objects.filter(email__iexact=other.email).count() == 1


def test_the_database_gives_nothing_to_a_record_at_rest(kept: Patron, other: Patron, support: Patron) -> None:
    done = put_together(kept, other, support)
    with pytest.raises(Error, match="was merged"), transaction.atomic():
        running(other)
    with pytest.raises(Error, match="was merged"), transaction.atomic():
        Donation.objects.filter(patron=kept).update(patron=other)
    with pytest.raises(Error, match="was merged"), transaction.atomic():
        give(other, Grant(GrantKind.COMPLIMENTARY, clock.today(), "r"), actor=support)
    merge.undo(done, reason=WHY, actor=support)
    assert running(other).patron == other


def test_a_link_of_an_old_letter_declines_for_the_kept_record(kept: Patron, other: Patron, support: Patron) -> None:
    put_together(kept, other, support)
    letter_choices.decline(other.pk, "rounds")
    kept.refresh_from_db()
    assert kept.declined_letters == ["rounds"]


# -- what goes over and comes back -----------------------------------------------------------------------------------


def test_all_that_is_a_persons_goes_over_and_exactly_that_comes_back(
    kept: Patron, other: Patron, support: Patron
) -> None:
    topic, unliked = world.topics("rivers", "roads")
    follows.follow(other, topic)
    Note.objects.create(patron=other, author=support, text="Writes in the evening.")
    Suggestion.objects.create(author=other, title="Bridges", answer_by=clock.today())
    BankAccount.objects.create(mark="m", patron=other)
    statement = statements.issue(other, first=clock.today(), last=clock.today(), language="en")
    yes = consents.give(other, Consented.NAME, "Yes.")
    bought = GiftMembership.objects.create(
        buyer=other, months=3, monthly_minor=500, currency="EUR", deliver_on=clock.today(),
        claim_through=clock.months_later(clock.today(), 12), token_hash="t", paid_at=clock.now(),
    )  # fmt: skip
    Patron.objects.filter(pk=other.pk).update(wants_neutral_letters=True)
    other.refresh_from_db()
    before = {model: set(model.objects.values_list("pk", merge_plan.field_of(model))) for model in MOVED}

    done = put_together(kept, other, support)
    for row in (statement, bought, yes):
        row.refresh_from_db()
    assert (statement.patron, bought.buyer, yes.patron) == (kept, kept, kept)
    assert [
        model.__name__ for model in MOVED if model.objects.filter(**{merge_plan.field_of(model): other}).exists()
    ] == []
    assert kept.wants_neutral_letters
    assert follows.of(kept) == [topic]
    assert (follows.is_following(kept, topic), follows.is_following(kept, unliked)) == (True, False)
    assert follows.followers(topic) == [kept.pk]
    assert gift(other.email, "B-6") == kept
    assert find.find(other.email)[0].patron == kept
    assert duplicates.of(kept) == duplicates.of(other) == []

    merge.undo(done, reason=WHY, actor=support)
    after = {model: set(model.objects.values_list("pk", merge_plan.field_of(model))) for model in MOVED}
    since = set(Donation.objects.filter(payments__reference="B-6").values_list("pk", "patron"))
    assert since == {(next(iter(since))[0], kept.pk)}
    assert {model: rows - (since if model is Donation else set()) for model, rows in after.items()} == before
    kept.refresh_from_db()
    other.refresh_from_db()
    assert (kept.wants_neutral_letters, other.wants_neutral_letters) == (False, True)
    assert (follows.of(kept), follows.of(other)) == ([], [topic])


MOVED: list[Any] = [Donation, GiftMembership, Statement, BankAccount, Suggestion, Note]


def test_a_consent_of_the_kept_record_stays_the_one(kept: Patron, other: Patron, support: Patron) -> None:
    own, theirs = (consents.give(one, Consented.NAME, "Yes.") for one in (kept, other))
    put_together(kept, other, support)
    own.refresh_from_db()
    theirs.refresh_from_db()
    assert (own.patron, theirs.patron, consents.stands(kept, Consented.NAME)) == (kept, other, True)


def test_of_two_granted_memberships_one_stands_and_undoing_returns_the_other(
    kept: Patron, other: Patron, support: Patron
) -> None:
    last_on = clock.months_later(clock.today(), 3)
    own, theirs = (
        give(one, Grant(GrantKind.SOLIDARITY, last_on, "r"), actor=support) for one in (kept, other)
    )  # fmt: skip
    done = put_together(kept, other, support)
    theirs.refresh_from_db()
    assert (theirs.patron, theirs.end_reason) == (kept, EndReason.MERGED)
    assert Membership.objects.live().get() == own
    merge.undo(done, reason=WHY, actor=support)
    theirs.refresh_from_db()
    assert (theirs.patron, theirs.ended_at) == (other, None)
    told = MembershipChange.objects.filter(membership=theirs).values_list("kind", flat=True)
    assert list(told) == ["joined", "ended", "moved", "moved", "returned"]


def test_a_membership_without_a_rival_goes_over_as_it_is(kept: Patron, support: Patron) -> None:
    other = world.member("member@example.org")
    done = put_together(kept, other, support)
    membership = Membership.objects.live().get()
    assert (membership.patron, membership.end_reason) == (kept, "")
    merge.undo(done, reason=WHY, actor=support)
    assert Membership.objects.live().get().patron == other


# -- taking away and forgetting --------------------------------------------------------------------------------------


def test_the_export_holds_what_either_record_has(kept: Patron, other: Patron, support: Patron) -> None:
    Letter.objects.filter(to=other.email).update(subject="To the old address")
    Export.objects.create(patron=other, language="en")
    put_together(kept, other, support)
    assert not Export.objects.exists()  # what was under way at the old record is asked for anew
    held = exports.held(kept)
    assert {row["email"] for row in held["account"]} == {kept.email, other.email}
    assert {row["reference"] for row in held["payments"]} == {"B-1", "B-2"}
    assert [row["id"] for row in held["payments"]] == sorted({row["id"] for row in held["payments"]})
    assert "To the old address" in {row["subject"] for row in held["letters"]}
    assert "patron.merge" in {row["action"] for row in held["staff_actions"]}


def test_erasing_the_kept_record_forgets_both_and_then_nothing_is_undone(
    kept: Patron, other: Patron, support: Patron, settings: Settings, tmp_path: Any
) -> None:
    settings.ERASED_FILE = str(tmp_path / "erased.txt")
    Donation.objects.create(interval="once", amount_minor=500, currency="EUR", email=other.email)  # begun, never paid
    done = put_together(kept, other, support)
    erasure.ask(kept)
    with pytest.raises(merge_plan.Forgotten):
        merge.undo(done, reason=WHY, actor=support)
    assert erasure.erase(kept).erased_at
    Letter.objects.filter(occasion="erased").delete()
    assert everywhere.found(kept.email, other.email) == []
    other.refresh_from_db()
    assert other.erased_at
    with pytest.raises(merge_plan.Forgotten):
        merge.undo(done, reason=WHY, actor=support)
    assert len((tmp_path / "erased.txt").read_text().splitlines()) >= 2
    assert invariants.resting() == ""


def test_time_does_not_forget_a_record_at_rest_or_what_holds_one(kept: Patron, other: Patron, support: Patron) -> None:
    idle = Patron.objects.create(email="idle@example.org")
    put_together(kept, other, support)
    Patron.objects.exclude(pk=support.pk).update(created_at=clock.now().replace(year=1999))
    retention.run()
    assert [one.patron for one in Erasure.objects.all()] == [idle]


def test_the_table_of_patrons_has_one_row_for_one_person(kept: Patron, other: Patron, support: Patron) -> None:
    table, every = TABLES["patrons"], Filters(clock.today(), clock.today(), "")
    before = table.count(every)
    put_together(kept, other, support)
    assert table.count(every) == before - 1
