"""What is published of a round: the bundle from its rows, cut to the electorate, the same bytes every time."""

import json
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.voting.counted import add_result, code, coded, counted
from tests.voting.methods.bundles import METHODS, TOPICS, opinions
from tests.voting.methods.elections import rules
from voting import publication
from voting.methods.bundle import packed, published_result, result_text
from voting.methods.canonical import digest
from voting.methods.configuration import BALLOTS, Configuration
from voting.methods.recount import DIFFERENT, EQUAL, NOT_RECOUNTABLE, recount, unpack
from voting.models import Bundle, Round
from voting.publication import Published

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def of_method(method: str, **more: Any) -> Configuration:
    return rules(method, TOPICS, **({} if method in {"schulze", "irv"} else {"slots": 2}), **more)


def held(of: Configuration, ballots: int, **more: Any) -> Published:
    """A round with so many ballots, as it is published."""
    found = publication.newest(counted(of, opinions(of, ballots), **more))
    assert found
    return found


def archive(published: Published) -> bytes:
    return b"".join(publication.chunks(publication.bundle(published.result)))


@st.composite
def random_rounds(draw: st.DrawFn) -> tuple[Configuration, list[Any], list[int]]:
    """Rules, ballots and weights of every kind, of every size that is published otherwise."""
    method = draw(st.sampled_from(METHODS))
    kind = draw(st.sampled_from(sorted(BALLOTS[method])))
    more: dict[str, Any] = {"ballot": kind, "none": draw(st.booleans()), "weight": draw(st.integers(1, 3))}
    if kind in {"points", "quadratic"}:
        more["total"] = 16
    if method == "equal_shares" and draw(st.booleans()):
        more |= {"budget": draw(st.integers(1, 20)), "costs": {topic: draw(st.integers(1, 9)) for topic in TOPICS}}
    elif method not in {"schulze", "irv"}:
        more["slots"] = draw(st.integers(1, 4))
    more |= {"minimum_support": draw(st.integers(0, 3)), "minimum_turnout": draw(st.integers(0, 12))}
    of = rules(method, TOPICS, **more)
    many = draw(st.sampled_from([0, 1, 9, 10, 49, 50, 60, 210]))
    ballots = opinions(of, many, seed=draw(st.integers(0, 999)))
    return of, ballots, [draw(st.integers(1, of.weight)) for _ in range(min(many, 20))] + [1] * max(0, many - 20)


@given(random_rounds())
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_recount_of_the_export_is_the_result_to_the_byte(
    db: None, round_: tuple[Configuration, list[Any], list[int]]
) -> None:
    of, ballots, weights = round_
    with transaction.atomic():
        published = publication.newest(counted(of, ballots, weights))
        assert published
        data = archive(published)
        files, verdict = unpack(data), recount(data)
        whole = json.loads(published.result.text)
        assert files["result.json"].decode() == result_text(published_result(of, published.closing, whole))
        assert f"result        {published.result.digest}" in verdict.sentences[0]
        if published.level == "ballots":
            assert files["ballots.jsonl"].decode() == coded(of, ballots, weights)
            assert files["result.json"].decode() == published.result.text
        from_totals = published.level == "totals" and of.method in {"approval", "points", "schulze"}
        recountable = published.level == "ballots" or from_totals
        assert verdict.code == (EQUAL if recountable else NOT_RECOUNTABLE), verdict.sentences
        transaction.set_rollback(True)


def test_a_bundle_is_made_once_and_kept() -> None:
    published = held(of_method("stv"), 210)
    first = publication.bundle(published.result)
    assert publication.bundle(published.result).pk == first.pk
    data = archive(published)
    assert (digest(data), len(data)) == (first.digest, first.size)
    connection.check_constraints()
    for statement in ("UPDATE voting_bundle SET size = 1", "DELETE FROM voting_bundle", "TRUNCATE voting_bundle"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_a_bundle_is_read_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    published = held(of_method("approval"), 60)
    whole = archive(published)
    monkeypatch.setattr(publication, "CHUNK", 1000)
    parts = list(publication.chunks(publication.bundle(published.result)))
    assert len(parts) == -(-len(whole) // 1000) > 5
    assert b"".join(parts) == whole


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("ballots", [9, 30])
def test_no_ballot_of_a_small_electorate_leaves_the_house(method: str, ballots: int) -> None:
    published = held(of_method(method), ballots)
    files = unpack(archive(published))
    assert not [name for name in files if name.startswith("ballots")]
    said = b"".join(data for name, data in files.items() if name != "recount.py").decode()
    assert not [number for number in range(ballots) if code(number) in said]
    assert publication.ballot_with(published, code(1)) is None
    if ballots == 9:
        assert set(published.facts["count"]) == {"method", "chosen"}
        assert "coverage" not in published.facts


def test_a_ballot_is_found_by_its_code_and_by_nothing_else() -> None:
    of = of_method("approval")
    published = held(of, 60)
    wanted = opinions(of, 60)
    assert publication.ballot_with(published, code(7)) == wanted[7]
    assert publication.ballot_with(published, f" {code(7)[:8].lower()}-{code(7)[8:]} ") == wanted[7]
    for wrong in ("", "%", code(7)[:-1], code(60), "A" * 16, '","weight":1', "_" * 16):
        assert publication.ballot_with(published, wrong) is None


def test_a_correction_stands_beside_what_it_corrects() -> None:
    of = of_method("approval")
    made = counted(of, opinions(of, 60))
    first = publication.newest(made)
    assert first
    before = archive(first)
    wrong = json.loads(first.result.text)
    wrong["count"]["chosen"] = wrong["count"]["chosen"][::-1]
    add_result(made, first.closing, wrong, reason="The order was wrong.")
    add_result(made, first.closing, json.loads(first.result.text), reason="It was right.")
    newest, old, middle = publication.newest(made), publication.version(made, 1), publication.version(made, 2)
    assert newest
    assert old
    assert middle
    assert newest.result.version == 3
    assert archive(old) == before
    assert [recount(archive(one)).code for one in (old, middle, newest)] == [EQUAL, DIFFERENT, EQUAL]
    assert [sum(entry["kind"] == "counted" for entry in one.log) for one in (middle, newest)] == [2, 3]
    assert publication.version(made, 4) is None


def test_titles_are_those_of_the_opening_in_each_language() -> None:
    of = rules("approval", "ab")
    texts = {"title_en": "Rivers", "title_uk": "Річки"}
    topics = (of.topics[0].__class__("a", "Rivers", 1, texts), of.topics[1])
    made = counted(Configuration(**{**vars(of), "topics": topics}), [["a"]])
    Round.objects.get(pk=made.pk).entries.get(topic__slug="a").topic.__class__.objects.update(title_en="Another")
    assert publication.titles(made, "uk") == {"a": "Річки", "b": "Topic b"}
    assert publication.titles(made, "en") == {"a": "Rivers", "b": "Topic b"}


# -- manage.py recount


@pytest.fixture
def recounted(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs the command on bytes; its status and its words."""

    def run(data: bytes) -> tuple[int, str]:
        (tmp_path / "bundle.zip").write_bytes(data)
        try:
            call_command("recount", str(tmp_path / "bundle.zip"))
            status = 0
        except SystemExit as end:
            status = int(end.code or 0)
        return status, capsys.readouterr().out

    return run


def test_command_says_equal_different_and_not_recountable(recounted: Any, tmp_path: Any) -> None:
    published = held(of_method("equal_shares"), 60)
    data = archive(published)
    status, said = recounted(data)
    assert (status, "EQUAL: 60 ballots counted again" in said) == (EQUAL, True)
    files = unpack(data)
    changed = files["result.json"].replace(b'"blank":6', b'"blank":5')
    status, said = recounted(packed({**files, "result.json": changed}))
    assert (status, "DIFFERENT: SHA256SUMS does not fit result.json" in said) == (DIFFERENT, True)
    assert recounted(b"no zip")[0] == NOT_RECOUNTABLE
    assert recounted(archive(held(of_method("irv"), 30, slug="small")))[0] == NOT_RECOUNTABLE
    with pytest.raises(SystemExit) as end:
        call_command("recount", str(tmp_path / "missing.zip"))
    assert end.value.code == NOT_RECOUNTABLE
    assert Bundle.objects.count() == 2
