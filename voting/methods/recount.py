"""Counts a published bundle again: `python3 recount.py bundle.zip`. Reads that one file, writes none, asks no network.

Ends with 0 if everything is equal, 1 if anything differs, 2 if this bundle cannot be counted again, always with a
sentence that says why. The digests it prints are to be compared with those published when the round opened and closed.
"""

import io
import sys
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from voting.methods.ballots import read_ballots
from voting.methods.bundle import check_log, members, published_result, result_text
from voting.methods.canonical import Contradicted, Malformed, digest, read_json
from voting.methods.configuration import Configuration, read_configuration
from voting.methods.counting import FROM_TOTALS, Closing, Totals, count, elect, read_closing

EQUAL, DIFFERENT, NOT_RECOUNTABLE = 0, 1, 2
ALWAYS_THERE = {"round.json", "closing.json", "result.json", "log.jsonl", "recount.py", "SHA256SUMS"}
WITH_BALLOTS = {"ballots.jsonl", "ballots.blt", "ballots.soi", "ballots.toi", "ballots.cat", "ballots.pb"}
MIB = 1024 * 1024
LARGEST_BALLOTS, LARGEST_OTHER, LARGEST_TOGETHER = 256 * MIB, 16 * MIB, 512 * MIB


@dataclass
class Verdict:
    """`code` is the exit status, `sentences` are for people."""

    code: int = EQUAL
    sentences: list[str] = field(default_factory=list)

    def differs(self, sentence: str) -> None:
        self.code = DIFFERENT
        self.sentences.append(f"DIFFERENT: {sentence}")

    def cannot(self, sentence: str) -> None:
        self.code = self.code or NOT_RECOUNTABLE
        self.sentences.append(f"NOT RECOUNTABLE: {sentence}")


def unpack(archive: bytes) -> dict[str, bytes]:
    """The bundle's files by name, nothing written to disk. Raises Malformed for any zip that is not a bundle."""
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            entries = opened.infolist()
            _check_entries(entries)
            return {entry.filename: opened.read(entry) for entry in entries}
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        if isinstance(error, Malformed):
            raise
        raise Malformed("this is not a zip file, or it is damaged") from None


def _check_entries(entries: Sequence[zipfile.ZipInfo]) -> None:
    """Looks at names and sizes before anything is unpacked."""
    names = [entry.filename for entry in entries]
    for name in names:
        if name not in ALWAYS_THERE | WITH_BALLOTS:
            raise Malformed(f"no bundle has a file named {name[:60]!r}")
        if names.count(name) > 1:
            raise Malformed(f"{name} is in it twice")
    if missing := sorted(ALWAYS_THERE - set(names)):
        raise Malformed(f"{missing[0]} is missing")
    for entry in entries:
        largest = LARGEST_BALLOTS if entry.filename in WITH_BALLOTS else LARGEST_OTHER
        if entry.file_size > largest:
            raise Malformed(f"{entry.filename} is larger than {largest // MIB} MiB")
    if sum(entry.file_size for entry in entries) > LARGEST_TOGETHER:
        raise Malformed(f"unpacked it is larger than {LARGEST_TOGETHER // MIB} MiB")


def recount(archive: bytes) -> Verdict:
    """Checks the sums and the log, counts again, compares every file."""
    verdict = Verdict()
    try:
        files = unpack(archive)
        _check_sums(files, verdict)
        rules = read_configuration(read_json(files["round.json"], "round.json"))
        closing = read_closing(rules, read_json(files["closing.json"], "closing.json"))
        result = read_json(files["result.json"], "result.json")
        if not isinstance(result, dict):
            raise Malformed("result.json holds no result")
        _check_log(files, rules, closing, result, verdict)
        if rules.published(closing.ballots) == "ballots":
            _count_ballots(files, rules, closing, verdict)
        else:
            _count_totals(files, rules, closing, result, verdict)
    except Contradicted as refusal:
        verdict.differs(str(refusal))
    except Malformed as refusal:
        verdict.cannot(str(refusal))
    return verdict


def _check_sums(files: dict[str, bytes], verdict: Verdict) -> None:
    sums = "".join(f"{digest(data)}  {name}\n" for name, data in sorted(files.items()) if name != "SHA256SUMS")
    if files["SHA256SUMS"] != sums.encode():
        given = set(files["SHA256SUMS"].decode(errors="replace").splitlines())
        wrong = sorted(line.partition("  ")[2] for line in sums.splitlines() if line not in given)
        verdict.differs(f"SHA256SUMS does not fit {', '.join(wrong) or 'the files that are here'}")


def _check_log(
    files: dict[str, bytes], rules: Configuration, closing: Closing, result: dict[str, Any], verdict: Verdict
) -> None:
    lines = files["log.jsonl"].splitlines()
    said = check_log([read_json(line, f"entry {number} of log.jsonl") for number, line in enumerate(lines, 1)])
    if said["opened"] != rules.digest:
        verdict.differs("round.json is not what the log says was opened")
    if said["closed"] != closing.ballot_digest:
        verdict.differs("the log names other ballots than closing.json")
    if said["counted"] != result.get("result_digest", digest(files["result.json"])):
        verdict.differs("result.json is not the result that the log names")
    if said["program"] != digest(files["recount.py"]):
        verdict.differs("recount.py is not the program that the log names")
    verdict.sentences.append(
        f"configuration {rules.digest}\nballots       {closing.ballot_digest}\nresult        {said['counted']}\n"
        f"program       {said['program']}\nlog           {said['head']}"
    )


def _count_ballots(files: dict[str, bytes], rules: Configuration, closing: Closing, verdict: Verdict) -> None:
    """Counts the ballots and makes every file anew."""
    if "ballots.jsonl" not in files:
        raise Malformed("ballots.jsonl is missing, and a round of this size is published with it")
    try:
        ballots = files["ballots.jsonl"].decode()
        log, program = files["log.jsonl"].decode(), files["recount.py"].decode()
    except UnicodeDecodeError:
        raise Malformed("a file is not text in UTF-8") from None
    forged = "ballots.jsonl is not what was sealed at the close"
    is_sealed = digest(ballots) == closing.ballot_digest
    try:
        cast = read_ballots(rules, io.StringIO(ballots, newline="\n"))
    except Malformed as refusal:
        if is_sealed:
            raise
        verdict.differs(f"{forged}: {refusal}")
        return
    if not is_sealed:
        verdict.differs(forged)
        return
    if (cast.counted, cast.blank) != (closing.counted, closing.blank):
        verdict.differs("there are not as many ballots as closing.json says")
        return
    counted = count(rules, closing, cast)
    again = members(rules, closing, counted, log, program, ballots=ballots, cast=cast)
    for name in sorted(set(files) | set(again)):
        if files.get(name) != again.get(name) and name != "SHA256SUMS":
            verdict.differs(_difference(name, files.get(name), counted))
    if verdict.code == EQUAL:
        verdict.sentences.append(f"EQUAL: {cast.lines} ballots counted again; chosen: {_listed_ids(counted['count'])}")


def _difference(name: str, published: bytes | None, counted: dict[str, Any]) -> str:
    if name != "result.json" or published is None:
        return f"{name} is not what follows from the ballots" if published is not None else f"{name} is missing"
    said = read_json(published, name).get("count")
    chosen = _listed_ids(said) if isinstance(said, dict) else "nothing"
    return f"result.json says chosen: {chosen}; counted again, chosen: {_listed_ids(counted['count'])}"


def _listed_ids(counted: dict[str, Any]) -> str:
    return ", ".join(map(str, counted.get("chosen", []))) or "nothing"


def _count_totals(
    files: dict[str, bytes], rules: Configuration, closing: Closing, result: dict[str, Any], verdict: Verdict
) -> None:
    """Counts from the published totals where they are enough."""
    level = rules.published(closing.ballots)
    if extra := sorted(set(files) & WITH_BALLOTS):
        verdict.differs(f"{extra[0]} should not be published for so few ballots")
    if level == "winners":
        raise Malformed(f"so few voted ({closing.ballots}) that only the winners are published")
    if rules.method not in FROM_TOTALS:
        raise Malformed(
            f"so few voted ({closing.ballots}) that the ballots, which {rules.method} needs, are not published"
        )
    try:
        again = dict(result)
        for name in ("count", "unweighted"):
            if result[name] is not None:
                again[name] = elect(rules, closing, Totals(**result[name]["totals"]), None)
        cut = published_result(rules, closing, again) | {"result_digest": result["result_digest"]}
    except (KeyError, TypeError, AttributeError, ValueError):
        raise Malformed("result.json has no totals of the right kind") from None
    if result_text(cut) != result_text(result):
        verdict.differs(f"from its totals, chosen: {_listed_ids(cut['count'])}; result.json says something else")
    elif verdict.code == EQUAL:
        verdict.sentences.append(
            f"EQUAL: counted again from the totals of {closing.ballots} ballots; chosen: {_listed_ids(cut['count'])}."
            " How many voters have a chosen topic cannot be counted from totals."
        )


def main(arguments: Sequence[str]) -> int:
    """The command. Answers the exit status."""
    if len(arguments) != 1:
        verdict = Verdict(NOT_RECOUNTABLE, ["usage: python3 recount.py bundle.zip"])
    else:
        try:
            with Path(arguments[0]).open("rb") as file:
                archive = file.read(LARGEST_TOGETHER + 1)
            if len(archive) > LARGEST_TOGETHER:
                raise Malformed(f"it is larger than {LARGEST_TOGETHER // MIB} MiB")
            verdict = recount(archive)
        except OSError as error:
            verdict = Verdict(NOT_RECOUNTABLE, [f"NOT RECOUNTABLE: {arguments[0]}: {error.strerror}"])
        except Malformed as refusal:
            verdict = Verdict(NOT_RECOUNTABLE, [f"NOT RECOUNTABLE: {refusal}"])
    sys.stdout.write("\n".join(verdict.sentences) + "\n")
    return verdict.code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
