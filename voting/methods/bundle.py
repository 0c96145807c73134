"""The recount bundle: which files a result is published with, made from nothing but facts, so anyone makes the same.

The size of the electorate decides how much is published (`Configuration.published`): ballots and the whole result, or
the totals and what follows from them, or the winners alone.
"""

import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

from voting.methods.ballots import Cast
from voting.methods.canonical import Contradicted, Malformed, canonical, digest
from voting.methods.configuration import Configuration
from voting.methods.counting import FROM_TOTALS, Closing
from voting.methods.exports import exports

FIRST_PREVIOUS = "0" * 64
# What the log must say, and the digest it must name.
DIGESTS_IN_LOG = {"opened": "configuration_digest", "closed": "ballot_digest", "counted": "result_digest"}


def log_entry(previous: str, *, at: str, kind: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    """One link of a round's log. `previous` is the hash of the one before, FIRST_PREVIOUS for the first."""
    said = {"at": at, "kind": kind, "facts": dict(facts), "previous": previous}
    return {**said, "hash": digest(canonical(said))}


def check_log(entries: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Follows the chain; answers the digests that it names, and its `head`. Raises Malformed where it breaks."""
    previous, found = FIRST_PREVIOUS, {}
    for number, entry in enumerate(entries, 1):
        try:
            facts, kind = entry["facts"], entry["kind"]
            if entry != log_entry(previous, at=entry["at"], kind=kind, facts=facts):
                raise Contradicted(f"the log's chain is broken at entry {number}")
            previous = entry["hash"]
            if kind in DIGESTS_IN_LOG:
                found[kind] = str(facts[DIGESTS_IN_LOG[kind]])
            if kind == "counted":
                found["program"] = str(facts["program"])
        except Contradicted:
            raise
        except (KeyError, TypeError, ValueError):
            raise Malformed(f"the log's chain is broken at entry {number}") from None
    if missing := [kind for kind in DIGESTS_IN_LOG if kind not in found]:
        raise Malformed(f"the log does not say when the round was {missing[0]}")
    return {**found, "head": previous}


def result_text(result: Mapping[str, Any]) -> str:
    """The canonical text of a result; its SHA-256 is the result's digest."""
    return canonical(result) + "\n"


def published_result(rules: Configuration, closing: Closing, result: Mapping[str, Any]) -> dict[str, Any]:
    """What may be published of the result at this size. What is cut keeps the digest of the whole."""
    level = rules.published(closing.ballots)
    if level == "ballots":
        return dict(result)
    cut = {**result, "published": level, "result_digest": digest(result_text(result))}
    cut.pop("blind", None)  # from totals it cannot be counted again, and is not there
    for name in ("count", "unweighted"):
        if result[name] is not None:
            cut[name] = _cut(rules, level, result[name])
    if level == "winners":
        cut.pop("coverage")
    return cut


def _cut(rules: Configuration, level: str, counted: Mapping[str, Any]) -> dict[str, Any]:
    if level == "totals" and rules.method in FROM_TOTALS:
        return dict(counted)
    kept = ["method", "chosen", "totals", "simple_majority"] if level == "totals" else ["method", "chosen"]
    return {key: counted[key] for key in kept}


def members(
    rules: Configuration,
    closing: Closing,
    result: Mapping[str, Any],
    log: str,
    program: str,
    *,
    ballots: str = "",
    cast: Cast | None = None,
) -> dict[str, bytes]:
    """The bundle's files by name. `log` is its text, `program` that of `recount.py`, `ballots` the sorted file."""
    files = {
        "round.json": rules.text(),
        "closing.json": canonical(closing.facts()) + "\n",
        "result.json": result_text(published_result(rules, closing, result)),
        "log.jsonl": log,
        "recount.py": program,
    }
    if rules.published(closing.ballots) == "ballots":
        if cast is None:
            raise Malformed("a round of this size is published with its ballots")
        files |= {"ballots.jsonl": ballots, **exports(rules, closing, cast)}
    found = {name: text.encode() for name, text in sorted(files.items())}
    sums = "".join(f"{digest(data)}  {name}\n" for name, data in found.items())
    return {**found, "SHA256SUMS": sums.encode()}


def packed(files: Mapping[str, bytes]) -> bytes:
    """The files as a zip, the same bytes whenever it is made."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(files.items()):
            entry = zipfile.ZipInfo(name)  # dated 1 January 1980
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, data)
    return out.getvalue()
