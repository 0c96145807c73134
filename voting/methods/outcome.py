"""`Outcome`: what a method found, step by step. Plain JSON, exact: whole numbers, and fractions as text."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Outcome:
    """`chosen` in the order in which they were; `reserve`: who is next if one becomes impossible.

    `steps` shows how; `why` says of each topic that was counted and not chosen what kept it out.
    """

    chosen: list[str] = field(default_factory=list)
    reserve: list[str] = field(default_factory=list)
    steps: list[dict[str, Any]] = field(default_factory=list)
    why: dict[str, dict[str, Any]] = field(default_factory=dict)
