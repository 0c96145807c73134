"""One spelling for every fact: canonical JSON, strict reading, digests, fractions as text.

Canonical JSON here: UTF-8, keys sorted, no spaces, no escapes but the necessary ones, whole numbers only. Two facts are
equal if and only if their bytes are.
"""

import hashlib
import json
from fractions import Fraction
from typing import Any, NoReturn

LARGEST_NUMBER = 10**9


_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


class Malformed(ValueError):
    """A file or a value is not what it must be. The message is a sentence for people."""


class Contradicted(Malformed):
    """It can be read, but something else that was published says otherwise."""


def canonical(value: object) -> str:
    """The one spelling of a value made of dicts, lists, strings, whole numbers, booleans and None."""
    return _ENCODER.encode(value)


def digest(text: str | bytes) -> str:
    """SHA-256 as 64 hexadecimal digits."""
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()


def seed_commitment(seed: str) -> str:
    """What is published at the opening about the seed that is published at the close."""
    return digest(f"seed\n{seed}")


def as_text(value: Fraction | int) -> str:
    """A fraction exactly: `3`, `-1/7`."""
    return str(Fraction(value))


def _number(text: str) -> int:
    if len(text.lstrip("-")) > 10 or abs(int(text)) > LARGEST_NUMBER:
        raise Malformed(f"a number has {len(text)} digits; none here is larger than {LARGEST_NUMBER}")
    return int(text)


def _no_such_number(text: str) -> NoReturn:
    raise Malformed(f"{text[:20]} is not a whole number")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Malformed("a key stands twice in one object")
    return found


_DECODER = json.JSONDecoder(
    parse_int=_number, parse_float=_no_such_number, parse_constant=_no_such_number, object_pairs_hook=_object
)


def read_json(text: str | bytes, what: str) -> Any:
    """Reads canonical JSON and no other spelling. `what` names the file in the refusal. Raises Malformed."""
    try:
        said = text.decode() if isinstance(text, bytes) else text
        value = _DECODER.decode(said)
        if canonical(value) != said.removesuffix("\n"):
            raise Malformed("it is not in canonical form")
    except Malformed as refusal:
        raise Malformed(f"{what}: {refusal}") from None
    except (ValueError, RecursionError):
        raise Malformed(f"{what} is not JSON in UTF-8") from None
    return value
