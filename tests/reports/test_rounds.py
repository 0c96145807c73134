"""/reports/rounds/: an editor drafts a round and sees it through, and learns the turnout and no standings."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from audit.models import StaffAction
from newsroom import clock
from newsroom.models import Newsroom
from reports.views.rounds import LOGGED
from tests.voting import world
from voting import ballots, round_log, rounds
from voting.models import Round, Topic

pytestmark = pytest.mark.django_db
Staff = Callable[[str], Client]

DRAFT: dict[str, Any] = {
    "slug": "spring", "title_en": "Spring", "title_uk": "Весна", "intro_en": "", "intro_uk": "",
    "way": "equal_shares:approval", "slots": "2", "budget": "", "most": "3", "total": "", "minimum_support": "1",
    "minimum_turnout": "0", "weight": "1", "publish_totals": "10", "publish_ballots": "50", "eligibility": "at_cast",
    "cutoff_hours": "24", "opens_at": "2030-03-01T10:00", "closes_at": "2030-03-08T10:00", "reminds_at": "",
}  # fmt: skip


@pytest.fixture
def editor(staff: Staff) -> Client:
    return staff("editor")


def at(browser: Client, path: str) -> str:
    answer = browser.get(f"/reports/rounds/{path}")
    assert answer.status_code == 200, answer
    return answer.content.decode()


def do(browser: Client, of: Round, what: str, **fields: Any) -> Any:
    return browser.post(f"/reports/rounds/{of.pk}/", {"do": what, **fields})


def errors(answer: Any) -> str:
    assert answer.status_code == 422
    return " ".join(re.findall(r'class="(?:error|notice error)"[^>]*>([^<]+)<', answer.content.decode()))


def test_an_editor_sees_a_round_through(editor: Client):
    rivers, roads, mines = world.topics("rivers", "roads", "mines")
    answer = editor.post("/reports/rounds/draft/", DRAFT)
    spring = Round.objects.get()
    assert answer.headers["Location"] == f"/reports/rounds/{spring.pk}/topics/"
    assert (spring.method, spring.ballot, spring.slots, spring.budget) == ("equal_shares", "approval", 2, None)
    assert "There is no topic on this ballot yet." in at(editor, f"{spring.pk}/")
    orders = {f"order-{mines.pk}": "1", f"order-{rivers.pk}": "2", f"order-{roads.pk}": "3"}
    assert editor.post(f"/reports/rounds/{spring.pk}/topics/", orders).status_code == 302
    assert [entry.topic.slug for entry in spring.entries.all()] == ["mines", "rivers", "roads"]
    assert "Choose up to 3 topics." in at(editor, f"{spring.pk}/preview/")
    assert "Cast ballot" not in at(editor, f"{spring.pk}/preview/")
    assert editor.post(f"/reports/rounds/{spring.pk}/change/", DRAFT | {"slots": "1"}).status_code == 302
    assert do(editor, spring, "schedule").status_code == 302
    assert Client().get("/rounds/spring/").status_code == 200
    assert editor.get(f"/reports/rounds/{spring.pk}/change/").status_code == 404
    assert do(editor, spring, "unschedule").status_code == 302
    assert Client().get("/rounds/spring/").status_code == 404
    do(editor, spring, "schedule")
    clock.move(Round.objects.get().opens_at - clock.now())
    assert rounds.open_due() == 1
    voter = world.member("olena@example.org")
    ballots.cast(Round.objects.get(), voter, choices=["mines"])
    text = at(editor, f"{spring.pk}/")
    assert "1 of 1; 1 joined after the opening" in text
    assert "Very few may vote." in text
    assert "olena" not in text
    refused = do(editor, spring, "withdraw", topic=roads.pk, reason="")
    assert "required" in errors(refused)
    assert do(editor, spring, "withdraw", topic=roads.pk, reason="It is out.").status_code == 302
    later = do(editor, spring, "extend", closes_at="2030-03-09T10:00", reason="The site was down.")
    assert later.status_code == 302
    assert "The site was down." in at(editor, f"{spring.pk}/")
    sooner = do(editor, spring, "extend", closes_at="2030-03-02T10:00", reason="Hurry.")
    assert (sooner.status_code, "only be given more time" in sooner.content.decode()) == (409, True)
    world.close(Round.objects.get())
    assert do(editor, spring, "archive").status_code == 409
    assert do(editor, spring, "extend", closes_at="2031-03-09T10:00", reason="Late.").status_code == 409
    Topic.objects.filter(slug="mines").update(state="assigned")
    assert do(editor, spring, "archive").status_code == 302
    assert "Archived" in at(editor, f"{spring.pk}/")
    done = list(StaffAction.objects.filter(target=f"round:{spring.pk}").order_by("id").values_list("action", flat=True))
    assert done == [
        "round.draft", "round.topics", "round.change", "round.schedule", "round.unschedule", "round.schedule",
        "round.withdraw", "round.extend", "round.archive",
    ]  # fmt: skip
    assert "mines" not in str(list(StaffAction.objects.exclude(action="round.topics").values_list("facts", flat=True)))


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"slots": ""}, "either how many topics win or a budget"),
        ({"budget": "10"}, "either how many topics win or a budget"),
        ({"way": "approval:approval", "slots": "", "budget": "10"}, "Only a balanced count can spend a budget"),
        ({"way": "schulze:ranking", "publish_ballots": "200"}, "one winner"),
        ({"way": "stv:ranking", "most": "1", "publish_ballots": "200"}, "more than one place"),
        ({"way": "stv:ranking"}, "At least 200"),
        ({"way": "approval:ranking"}, "not one of the available choices"),
        ({"way": "points:points", "publish_ballots": "200"}, "needs both numbers"),
        ({"way": "points:points", "total": "2", "publish_ballots": "200"}, "Nobody has that many"),
        ({"way": "points:quadratic", "total": "8", "publish_ballots": "200"}, "Nobody has that many"),
        ({"publish_totals": "9"}, "totals tell who voted how"),
        ({"publish_ballots": "49"}, "you can only be stricter"),
        ({"weight": "4"}, "less than or equal to 3"),
        ({"opens_at": "0001-01-01T00:00"}, "too far away"),
        ({"closes_at": "9999-12-31T23:59"}, "too far away"),
        ({"closes_at": "2030-03-01T10:00"}, "closes after it opens"),
        ({"reminds_at": "2030-03-09T10:00"}, "while the round is open"),
        ({"title_en": "", "title_uk": ""}, "at least one language"),
        ({"slug": "Spring!"}, "slug"),
        ({"slots": "0"}, "At least one topic wins"),
        ({"most": "0"}, "at least one topic"),
    ],
)
def test_rules_that_do_not_fit_together_are_refused_in_words(editor: Client, changed: dict[str, str], sentence: str):
    assert sentence in errors(editor.post("/reports/rounds/draft/", DRAFT | changed))
    assert Round.objects.count() == 0


def test_a_name_in_the_address_is_given_once(editor: Client):
    editor.post("/reports/rounds/draft/", DRAFT)
    assert "already exists" in errors(editor.post("/reports/rounds/draft/", DRAFT))


@pytest.mark.parametrize("way", ["points:points", "equal_shares:quadratic"])
def test_points_are_drafted_and_shown(editor: Client, way: str):
    fields = {"way": way, "total": "10", "most": "3", "publish_ballots": "200"}
    assert editor.post("/reports/rounds/draft/", DRAFT | fields).status_code == 302
    spring = Round.objects.get()
    rounds.set_topics(spring, [(topic, 1) for topic in world.topics("rivers", "roads", "mines")], actor=None)
    assert 'name="points-rivers"' in at(editor, f"{spring.pk}/preview/")
    assert do(editor, spring, "schedule").status_code == 302


def test_a_budget_asks_for_costs(editor: Client):
    editor.post("/reports/rounds/draft/", DRAFT | {"slots": "", "budget": "8"})
    spring = Round.objects.get()
    rivers, roads = world.topics("rivers", "roads")
    assert "Cost, of 8" in at(editor, f"{spring.pk}/topics/")
    fields = {f"order-{rivers.pk}": "1", f"cost-{rivers.pk}": "9", f"order-{roads.pk}": "x"}
    answer = editor.post(f"/reports/rounds/{spring.pk}/topics/", fields)
    assert "less than or equal to 8" in errors(answer)
    fields = {f"order-{rivers.pk}": "2", f"cost-{rivers.pk}": "5", f"order-{roads.pk}": "1", f"cost-{roads.pk}": "3"}
    assert editor.post(f"/reports/rounds/{spring.pk}/topics/", fields).status_code == 302
    assert list(spring.entries.values_list("topic__slug", "cost")) == [("roads", 3), ("rivers", 5)]
    assert "Costs 5 of 8" in at(editor, f"{spring.pk}/preview/")


def test_times_are_the_newsroom_s_and_an_hour_that_is_not_or_is_twice_is_refused(editor: Client):
    Newsroom.objects.update(zone="Europe/Kyiv")
    editor.post("/reports/rounds/draft/", DRAFT | {"opens_at": "2030-03-31T02:30", "closes_at": "2030-04-08T10:00"})
    spring = Round.objects.get()
    assert spring.opens_at.isoformat() == "2030-03-31T00:30:00+00:00"
    assert 'value="2030-03-31T02:30"' in at(editor, f"{spring.pk}/change/")
    for hour in ("2030-03-31T03:30", "2030-10-27T03:30"):
        fields = DRAFT | {"slug": "other", "opens_at": hour, "closes_at": "2030-12-01T10:00"}
        answer = editor.post("/reports/rounds/draft/", fields)
        assert "couldn’t be interpreted in time zone" in answer.content.decode().replace("&#x27;", "’")
    assert Round.objects.count() == 1


def test_a_topic_that_a_vote_would_endanger_is_not_offered(editor: Client):
    editor.post("/reports/rounds/draft/", DRAFT)
    world.topics("rivers")
    Topic.objects.create(slug="sources", title_en="Sources", is_for_ballots=False)
    text = at(editor, f"{Round.objects.get().pk}/topics/")
    assert "Rivers" in text
    assert "Sources" not in text


def test_a_surge_of_new_members_and_unequal_weights_are_told(editor: Client):
    for number in range(3):
        world.member(f"old{number}@example.org")
    spring = world.opened(weight=3)
    text = at(editor, f"{spring.pk}/")
    assert "Ballots weigh differently" in text
    assert "a weight that fewer than 20 ballots have becomes the next lower one" in text
    assert "at the close it becomes the next lower one" in Client().get("/rounds/spring/").text
    clock.move(timedelta(hours=1))
    for number in range(10):
        ballots.cast(spring, world.member(f"new{number}@example.org"), choices=["roads"])
    text = at(editor, f"{spring.pk}/")
    assert "10 of the 13 on the roll became members after the opening" in text


def test_a_result_is_corrected_by_a_new_version_with_a_reason(staff: Staff, editor: Client):
    spring = world.opened()
    ballots.cast(spring, world.member(), choices=["rivers"])
    assert "Count it again" not in at(editor, f"{spring.pk}/")
    early = do(editor, spring, "correct", reason="It looks wrong.")
    assert (early.status_code, "Only a round that is counted" in early.content.decode()) == (409, True)
    world.close(spring)
    assert "required" in errors(do(editor, spring, "correct", reason=" "))
    why = "The program was mended."
    assert staff("finance").post(f"/reports/rounds/{spring.pk}/", {"do": "correct", "reason": why}).status_code == 403
    for browser in (editor, staff("admin")):  # the second finds it asked for
        assert do(browser, spring, "correct", reason=why).status_code == 302
    assert "counted again already" in do(editor, spring, "correct", reason="Another.").content.decode()
    assert f"It is being counted again: {why}" in at(editor, f"{spring.pk}/")
    assert rounds.count_due() == 1
    assert rounds.count_due() == 0
    assert do(editor, spring, "correct", reason=why).status_code == 302  # and it is done
    assert list(spring.results.order_by("version").values_list("version", "reason")) == [(1, ""), (2, why)]
    assert why in at(editor, f"{spring.pk}/")
    action = StaffAction.objects.get(action="round.count_again")
    assert (action.target, action.reason) == (f"round:{spring.pk}", why)
    newest, older = (Client().get(f"/rounds/spring/results/{path}").content.decode() for path in ("", "1/"))
    assert (why in newest, "This version was corrected." in older) == (True, True)


@pytest.mark.parametrize("kind", ["voided", "not_voided"])
def test_ballots_without_a_payment_are_told_in_words(editor: Client, kind: str):
    spring = world.opened()
    with transaction.atomic():
        round_log.write(Round.objects.select_for_update().get(), kind, reason="refunded", ballots=1)
    text = at(editor, f"{spring.pk}/")
    assert "the payment was taken back before the close" in text
    assert (f">{kind}<" in text, ">refunded<" in text) == (False, False)


def test_every_kind_of_entry_in_a_round_s_log_has_its_words():
    rooms = Path(rounds.__file__).parent.glob("*.py")
    written = {kind for room in rooms for kind in re.findall(r'round_log\.write\(\s*\w+,\s*"(\w+)"', room.read_text())}
    assert len(written) > 10
    assert written == set(LOGGED)


def test_editors_and_admins_only_and_nothing_unknown_is_done(staff: Staff, editor: Client):
    spring = world.opened()
    assert staff("finance").get(f"/reports/rounds/{spring.pk}/").status_code == 403
    assert staff("admin").get("/reports/rounds/").status_code == 200
    assert do(editor, spring, "count").status_code == 400
    assert do(editor, spring, "schedule").status_code == 409
    assert "0 / 0" in at(editor, "")
