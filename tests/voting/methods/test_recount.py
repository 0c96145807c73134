"""What recounting says of bundles as they are, forged, cut to the size of the electorate, and of zips of strangers."""

import io
import json
import struct
import zipfile
import zlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.voting.methods.bundles import METHODS, archive, files, summed
from voting.methods.bundle import FIRST_PREVIOUS, check_log, log_entry, packed
from voting.methods.canonical import Malformed, canonical
from voting.methods.recount import DIFFERENT, EQUAL, LARGEST_OTHER, NOT_RECOUNTABLE, recount, unpack

SMALL = archive("approval", ballots=30)
TOTALS = files("schulze", ballots=30)


def said(data: bytes) -> tuple[int, str]:
    verdict = recount(data)
    return verdict.code, "\n".join(verdict.sentences)


@pytest.fixture(scope="module")
def bundle() -> dict[str, bytes]:
    return files("equal_shares")


def test_same_facts_make_the_same_bytes() -> None:
    assert archive("stv") == archive("stv")


@pytest.mark.parametrize(
    ("method", "more"),
    [
        ("approval", {"weight": 3, "none": True}), ("equal_shares", {"ballot": "points"}),
        ("equal_shares", {"ballot": "quadratic", "most": 3, "total": 16}), ("schulze", {"none": True}),
        ("stv", {"minimum_support": 20}), ("points", {"minimum_turnout": 500}),
        ("equal_shares", {"budget": 9, "costs": dict(zip("abcdef", (4, 2, 3, 5, 9, 10), strict=True))}),
    ],
)  # fmt: skip
def test_every_kind_of_round_recounts(method: str, more: dict[str, Any]) -> None:
    code, sentences = said(archive(method, **more))
    assert code == EQUAL, sentences


@pytest.mark.parametrize("method", METHODS)
def test_middling_electorate_publishes_totals_and_what_follows_from_them(method: str) -> None:
    made = files(method, ballots=30)
    assert not [name for name in made if name.startswith("ballots")]
    code, sentences = said(packed(made))
    if method in {"approval", "points", "schulze"}:
        assert code == EQUAL
        assert "counted again from the totals of 30 ballots" in sentences
    else:
        assert code == NOT_RECOUNTABLE
        assert f"which {method} needs, are not published" in sentences
        assert set(json.loads(made["result.json"])["count"]) == {"method", "chosen", "totals", "simple_majority"}


def test_changed_totals_differ_where_they_are_counted() -> None:
    made = files("schulze", ballots=30)
    result = json.loads(made["result.json"])
    winner, *_, last = result["count"]["chosen"] + result["count"]["reserve"]
    for other in result["count"]["totals"]["pairwise"][last]:
        result["count"]["totals"]["pairwise"][last][other] += 40
    made["result.json"] = (canonical(result) + "\n").encode()
    code, sentences = said(packed(summed(made)))
    assert (code, winner != last) == (DIFFERENT, True)
    assert f"from its totals, chosen: {last}" in sentences


@pytest.mark.parametrize("method", METHODS)
def test_small_electorate_publishes_the_winners_alone(method: str) -> None:
    made = files(method, ballots=9)
    result = json.loads(made["result.json"])
    assert set(result["count"]) == {"method", "chosen"}
    assert "coverage" not in result
    code, sentences = said(packed(made))
    assert code == NOT_RECOUNTABLE
    assert "so few voted (9) that only the winners are published" in sentences


def test_ballots_are_not_smuggled_into_a_small_bundle() -> None:
    small = files("approval", ballots=30) | {"ballots.pb": files("approval")["ballots.pb"]}
    assert said(packed(summed(small)))[0] == DIFFERENT


def forged(bundle: dict[str, bytes], name: str, old: bytes, new: bytes) -> bytes:
    assert old in bundle[name]
    changed = bundle[name].replace(old, new, 1)
    if name == "ballots.jsonl":  # a forger would put the line in its place
        changed = b"".join(sorted(changed.splitlines(keepends=True)))
    return packed(summed({**bundle, name: changed}))


@pytest.mark.parametrize(
    ("name", "old", "new", "code", "sentence"),
    [
        ("ballots.jsonl", b'["a","b"]', b'["a","c"]', DIFFERENT, "not what was sealed at the close"),
        ("ballots.jsonl", b'"weight":1}\n', b'"weight":2}\n', DIFFERENT, "weighs too much"),
        ("ballots.jsonl", b'["a"]', b'["z"]', DIFFERENT, "z is not a topic of this round"),
        ("ballots.jsonl", b'["a"]', b'["a" ]', DIFFERENT, "a ballot: it is not in canonical form"),
        ("result.json", b'"blank":24', b'"blank":25', DIFFERENT, "result.json says chosen"),
        ("result.json", b'"topics_each"', b'"topics_Each"', DIFFERENT, "not the result that the log names"),
        ("round.json", b"What next?", b"What else?", DIFFERENT, "round.json is not what the log says was opened"),
        ("round.json", b'"slots":2', b'"slots":3', DIFFERENT, "round.json is not what the log says was opened"),
        ("round.json", b'"slots":2', b'"slots":2.0', NOT_RECOUNTABLE, "2.0 is not a whole number"),
        ("round.json", b'"slots":2', b'"slots":' + b"9" * 5000, NOT_RECOUNTABLE, "a number has 5000 digits"),
        ("round.json", b'"slots":2', b'"slots":-1', NOT_RECOUNTABLE, "slots must be a whole number from 1"),
        ("round.json", b'"slots":2', b'"slots":2,"slots":3', NOT_RECOUNTABLE, "a key stands twice"),
        ("round.json", b'"rules":"hromada-1"', b'"rules":"hromada-9"', NOT_RECOUNTABLE, "by the rules hromada-1"),
        ("round.json", b'"method":"equal_shares"', b'"method":"oracle"', NOT_RECOUNTABLE, "no count oracle"),
        ("closing.json", b'"seed":"3f8a"', b'"seed":"3f8b"', DIFFERENT, "seed is not the one that was"),
        ("closing.json", b'"roll":249', b'"roll":241', DIFFERENT, "more have voted than are on the roll"),
        ("closing.json", b'"voted":242', b'"voted":243', DIFFERENT, "voted is not counted + blank + voided"),
        ("closing.json", b'"withdrawn":["f"]', b'"withdrawn":["q"]', DIFFERENT, "a topic was withdrawn that"),
        ("closing.json", b'"withdrawn":["f"]', b'"withdrawn":[[]]', NOT_RECOUNTABLE, "of the wrong kind"),
        ("closing.json", b'"withdrawn":["f"]', b'"withdrawn":[]', DIFFERENT, "result.json says chosen"),
        ("log.jsonl", b"2026-11-25", b"2026-11-24", DIFFERENT, "the log's chain is broken at entry 1"),
        ("recount.py", b"EQUAL, DIFF", b"EQUAL,  DIFF", DIFFERENT, "recount.py is not the program that the log"),
        ("ballots.pb", b"approval", b"ordinal", DIFFERENT, "ballots.pb is not what follows from the ballots"),
        ("ballots.cat", b"{1}", b"{2}", DIFFERENT, "ballots.cat is not what follows from the ballots"),
    ],
)  # fmt: skip
def test_forged_bundle_is_found_out_though_its_sums_fit(
    bundle: dict[str, bytes], name: str, old: bytes, new: bytes, code: int, sentence: str
) -> None:
    found, sentences = said(forged(bundle, name, old, new))
    assert (found, sentence in sentences) == (code, True), sentences


@pytest.mark.parametrize("name", sorted(files("equal_shares")))
def test_sums_find_any_changed_file(bundle: dict[str, bytes], name: str) -> None:
    code, sentences = said(packed({**bundle, name: bundle[name][:-1] + b" "}))
    assert code == DIFFERENT
    assert "SHA256SUMS does not fit" in sentences


@pytest.mark.parametrize("name", ["ballots.pb", "ballots.cat"])
def test_missing_export_differs(bundle: dict[str, bytes], name: str) -> None:
    code, sentences = said(packed(summed({key: data for key, data in bundle.items() if key != name})))
    assert (code, f"{name} is missing" in sentences) == (DIFFERENT, True)


def zipped(*entries: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, data in entries:
            opened.writestr(name, data)
    return out.getvalue()


def refused(data: bytes, sentence: str) -> None:
    code, sentences = said(data)
    assert code == NOT_RECOUNTABLE
    assert sentence in sentences, sentences


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/passwd", "a/round.json", "C:\\x", "round.json\\", "ROUND.JSON"]
)
def test_names_of_no_bundle_are_refused(bundle: dict[str, bytes], name: str) -> None:
    refused(zipped(*bundle.items(), (name, b"x")), "no bundle has a file named")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_file_that_is_there_twice_is_refused(bundle: dict[str, bytes]) -> None:
    refused(zipped(*bundle.items(), ("round.json", b"{}")), "round.json is in it twice")


@pytest.mark.parametrize("name", ["round.json", "closing.json", "result.json", "log.jsonl", "recount.py", "SHA256SUMS"])
def test_missing_file_is_named(bundle: dict[str, bytes], name: str) -> None:
    refused(packed({key: data for key, data in bundle.items() if key != name}), f"{name} is missing")


def test_bomb_is_refused_before_it_is_unpacked(bundle: dict[str, bytes]) -> None:
    bomb = zipped(
        *(item for item in bundle.items() if item[0] != "log.jsonl"), ("log.jsonl", b"\0" * (LARGEST_OTHER + 1))
    )
    assert len(bomb) < 200_000
    refused(bomb, "log.jsonl is larger than 16 MiB")


def test_bomb_that_lies_about_its_size_is_refused(bundle: dict[str, bytes]) -> None:
    """The directory says 10 bytes; what is packed is 64 MiB."""
    packed_zeros = zlib.compressobj(9, zlib.DEFLATED, -15)
    raw = packed_zeros.compress(b"\0" * (64 * 1024 * 1024)) + packed_zeros.flush()
    honest = zipped(*(item for item in bundle.items() if item[0] != "log.jsonl"))
    out = io.BytesIO(honest)
    with zipfile.ZipFile(out, "a") as opened:
        info = zipfile.ZipInfo("log.jsonl")
        info.compress_type = zipfile.ZIP_STORED
        opened.writestr(info, raw)
        written = next(entry for entry in opened.infolist() if entry.filename == "log.jsonl")
        written.compress_type, written.file_size = zipfile.ZIP_DEFLATED, 10
        at = written.header_offset
    data = bytearray(out.getvalue())
    struct.pack_into("<H", data, at + 8, zipfile.ZIP_DEFLATED)
    refused(bytes(data), "not a zip file, or it is damaged")


def test_encrypted_file_is_refused(bundle: dict[str, bytes]) -> None:
    data = bytearray(packed(bundle))
    start = data.rindex(b"PK\x01\x02")
    data[start + 8] |= 1
    refused(bytes(data), "not a zip file, or it is damaged")


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("round.json", b"[]", "a configuration must have exactly the keys"),
        ("round.json", b"\xff\xfe", "round.json is not JSON in UTF-8"),
        ("round.json", b"[" * 100_000, "round.json is not JSON in UTF-8"),
        ("round.json", b"NaN", "NaN is not a whole number"),
        ("round.json", b"1e999", "1e999 is not a whole number"),
        ("closing.json", b"null", "of the wrong kind"),
        ("closing.json", b'{"numbers":{}}', "the closing lacks something"),
        ("result.json", b"7", "result.json holds no result"),
        ("log.jsonl", b"", "the log does not say when the round was opened"),
        ("log.jsonl", b"{}", "the log's chain is broken at entry 1"),
        ("log.jsonl", b"[]", "the log's chain is broken at entry 1"),
        ("ballots.jsonl", b"\xff", "a file is not text in UTF-8"),
    ],
)
def test_nonsense_in_a_file_is_refused(bundle: dict[str, bytes], name: str, content: bytes, sentence: str) -> None:
    refused(packed(summed({**bundle, name: content})), sentence)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"{}\n", "line 1 of the ballots is not a ballot in canonical form"),
        (b'{"choices":["b"],"code":"","weight":1}\n{"choices":["a"],"code":"","weight":1}\n', "sorted"),
        (b'{"choices":5,"code":"","weight":1}\n', "a ballot is a list of topics"),
        (b'{"choices":["a"],"code":"","weight":1}', "line 1 of the ballots is not a ballot"),
    ],
)
def test_ballots_that_were_not_sealed_differ_even_if_they_are_none(
    bundle: dict[str, bytes], content: bytes, sentence: str
) -> None:
    code, sentences = said(packed(summed({**bundle, "ballots.jsonl": content})))
    assert (code, sentence in sentences, "not what was sealed" in sentences) == (DIFFERENT, True, True)


@given(st.binary(max_size=300))
def test_any_bytes_are_refused(data: bytes) -> None:
    refused(data, "not a zip file")


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_any_damage_ends_with_a_sentence(data: st.DataObject) -> None:
    """One byte changed anywhere in the zip is found, or was in no file."""
    whole = bytearray(SMALL)
    at = data.draw(st.integers(0, len(whole) - 1))
    whole[at] ^= data.draw(st.integers(1, 255))
    verdict = recount(bytes(whole))
    assert verdict.sentences
    assert verdict.code != EQUAL or unpack(bytes(whole)) == unpack(SMALL)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda c: st.lists(c) | st.dictionaries(st.text(), c)
    )
)
@settings(max_examples=60, deadline=None)
def test_any_json_in_the_totals_ends_with_a_sentence(value: Any) -> None:
    made = dict(TOTALS)
    result = json.loads(made["result.json"])
    for key in ("support", "pairwise"):
        result["count"]["totals"] = {**json.loads(made["result.json"])["count"]["totals"], key: value}
        text = (json.dumps(result, ensure_ascii=True, sort_keys=True, separators=(",", ":")) + "\n").encode()
        assert recount(packed(summed({**made, "result.json": text}))).code in {DIFFERENT, NOT_RECOUNTABLE}


def test_log_is_a_chain() -> None:
    first = log_entry(FIRST_PREVIOUS, at="t", kind="opened", facts={"configuration_digest": "c"})
    second = log_entry(first["hash"], at="t", kind="closed", facts={"ballot_digest": "b"})
    third = log_entry(second["hash"], at="t", kind="counted", facts={"result_digest": "r", "program": "p"})
    said = {"opened": "c", "closed": "b", "counted": "r", "program": "p", "head": third["hash"]}
    assert check_log([first, second, third]) == said
    for broken in ([second, third], [first, third], [first, second, {**third, "at": "u"}], [first, second]):
        with pytest.raises(Malformed):
            check_log(broken)
