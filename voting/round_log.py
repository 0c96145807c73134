"""A round's log: what was done with it, each entry with the hash of the one before. Published, so it names nobody."""

from typing import Any

from newsroom import clock
from voting.methods.bundle import FIRST_PREVIOUS, log_entry
from voting.methods.canonical import canonical
from voting.models import Round, RoundLog


def write(of: Round, kind: str, **facts: Any) -> RoundLog:
    """Adds an entry in the caller's transaction, which holds the round's row: two at once would be one number twice.

    `facts` are whole numbers, texts, and lists and dicts of them.
    """
    last = RoundLog.objects.filter(round=of).order_by("-number").first()
    entry = log_entry(last.hash if last else FIRST_PREVIOUS, at=clock.now().isoformat(), kind=kind, facts=facts)
    return RoundLog.objects.create(round=of, number=last.number + 1 if last else 1, **entry)


def entries(of: Round) -> list[dict[str, Any]]:
    """The whole log, as `voting.methods.bundle.check_log` follows it."""
    return [link.entry() for link in RoundLog.objects.filter(round=of).order_by("number")]


def text(of: Round) -> str:
    """`log.jsonl`."""
    return "".join(f"{canonical(entry)}\n" for entry in entries(of))
