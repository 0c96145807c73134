"""Bundles for the tests: made by the engine as production makes them."""

import random
from typing import Any

from tests.voting.methods.elections import SEED, lines, rules
from voting.methods import single_file
from voting.methods.ballots import read_ballots
from voting.methods.bundle import FIRST_PREVIOUS, log_entry, members, packed, result_text
from voting.methods.canonical import canonical, digest
from voting.methods.configuration import Configuration
from voting.methods.counting import Closing, count

TOPICS = "abcdef"
METHODS = ["approval", "equal_shares", "points", "schulze", "irv", "stv"]


def opinions(of: Configuration, number: int, seed: int = 1) -> list[Any]:
    """So many ballots of the kind that the rules have, every tenth one blank."""
    chance, found = random.Random(seed), list[Any]()
    for at in range(number):
        liked = chance.sample(TOPICS, chance.randint(1, 4)) if at % 10 else []
        kinds = {"approval": sorted(liked), "ranking": [[one] for one in liked]}
        found.append(kinds.get(of.ballot, {one: chance.randint(1, 2) for one in liked}))
    return found


def files(method: str, ballots: int = 240, **more: Any) -> dict[str, bytes]:
    """The members of a bundle of so many ballots."""
    slots = {} if method in {"schulze", "irv"} or "budget" in more else {"slots": 2}
    of = rules(method, TOPICS, **slots, **more)
    text = lines(of, opinions(of, ballots))
    cast = read_ballots(of, text.splitlines(keepends=True))
    closing = Closing(SEED, cast.digest, ballots + 9, cast.counted, cast.blank, {"refunded": 2}, ("f",))
    found = count(of, closing, cast)
    return members(of, closing, found, log(of, closing, found), single_file.program(), ballots=text, cast=cast)


def log(of: Configuration, closing: Closing, found: dict[str, Any]) -> str:
    """The three entries that every round has."""
    said, previous = "", FIRST_PREVIOUS
    for kind, facts in (
        ("opened", {"configuration_digest": of.digest}),
        ("closed", {"ballot_digest": closing.ballot_digest}),
        ("counted", {"result_digest": digest(result_text(found)), "program": digest(single_file.program())}),
    ):
        entry = log_entry(previous, at="2026-11-25T12:00:00Z", kind=kind, facts=facts)
        said, previous = said + canonical(entry) + "\n", entry["hash"]
    return said


def summed(of: dict[str, bytes]) -> dict[str, bytes]:
    """With sums that fit, as a careful forger would write them."""
    sums = "".join(f"{digest(data)}  {name}\n" for name, data in sorted(of.items()) if name != "SHA256SUMS")
    return {**of, "SHA256SUMS": sums.encode()}


def archive(method: str, ballots: int = 240, **more: Any) -> bytes:
    return packed(files(method, ballots, **more))
