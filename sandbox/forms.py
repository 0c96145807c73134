"""Parameters: from `line_items[0][price_data][currency]=eur` to a dict, typed by the annotations of `stripe`."""

import re
from decimal import Decimal
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, is_typeddict
from urllib.parse import parse_qsl

from stripe._stripe_object import UntypedStripeObject
from typing_extensions import is_typeddict as is_extended_typeddict

from . import sdk
from .errors import ApiError, invalid

MOST_FIELDS = 2000
DEEPEST = 12
KEY = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
METADATA_KEYS, METADATA_KEY_LENGTH, METADATA_VALUE_LENGTH = 50, 40, 500


def parse(form: bytes) -> dict[str, Any]:
    """The nested dict of a form body or query string. Arrays, indexed or `[]`, become dicts keyed by their index:
    only the annotations tell an array from a map."""
    try:
        pairs = parse_qsl(
            form.decode(), keep_blank_values=True, encoding="utf-8", errors="strict", max_num_fields=MOST_FIELDS
        )
    except UnicodeDecodeError as error:
        raise invalid("Invalid request: the parameters are not UTF-8.") from error
    except ValueError as error:
        raise invalid("Invalid request: too many parameters.") from error
    tree: dict[str, Any] = {}
    for name, value in pairs:
        if "\0" in name or "\0" in value:
            raise invalid("Invalid request: the parameters hold a null byte.", name.replace("\0", ""))
        _plant(tree, _path(name), value, name)
    return tree


def typed(params: dict[str, Any], name: str | None) -> dict[str, Any]:
    """The parameters as the package's TypedDict `name` types them; without a name only `expand` is known.

    Unknown ones, missing ones and those of the wrong type are refused as Stripe refuses them."""
    known = sdk.allowed_params(name) if name else {"expand": list[str]}
    required = sdk.required_params(name) if name else frozenset()
    return _typed_dict(params, known, required, "")


def _path(name: str) -> list[str]:
    match = KEY.fullmatch(name)
    if match is None:
        raise _unknown(name)
    path = [match[1], *re.findall(r"\[([^\[\]]*)\]", match[2])]
    if len(path) > DEEPEST:
        raise _unknown(name)
    return path


def _plant(tree: dict[str, Any], path: list[str], value: str, name: str) -> None:
    for step in path[:-1]:
        tree = tree.setdefault(step or str(len(tree)), {})
        if not isinstance(tree, dict):
            raise invalid(f"Invalid request: {name} is given both as a value and as an object.", name)
    leaf = path[-1] or str(len(tree))
    if isinstance(tree.get(leaf), dict):
        raise invalid(f"Invalid request: {name} is given both as a value and as an object.", name)
    tree[leaf] = value


def _typed_dict(given: dict[str, Any], known: dict[str, Any], required: frozenset[str], at: str) -> dict[str, Any]:
    for key in given:
        if key not in known:
            raise _unknown(_inside(at, key))
    for key in sorted(required - given.keys()):
        message = f"Missing required param: {_inside(at, key)}."
        raise invalid(message, _inside(at, key), "parameter_missing")
    return {key: _typed(value, known[key], _inside(at, key)) for key, value in given.items()}


def _typed(value: Any, annotation: Any, at: str) -> Any:
    origin, args = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        return _typed_union(value, args, at)
    if isinstance(value, dict):
        return _typed_tree(value, annotation, at)
    if origin is Literal:
        if value not in args:
            raise invalid(f"Invalid {at}: must be one of {', '.join(str(a) for a in args)}", at)
        return value
    if origin in (list, dict) or annotation is UntypedStripeObject or _is_typed_dict(annotation):
        raise invalid(f"Invalid {'array' if origin is list else 'object'}", at)
    if value == "":
        message = f"You passed an empty string for '{at}'. An empty value unsets a parameter; '{at}' cannot be unset."
        raise invalid(message, at, "parameter_invalid_empty")
    return _scalar(value, annotation, at)


def _typed_union(value: Any, arms: tuple[Any, ...], at: str) -> Any:
    """What the first arm that takes the value makes of it; where none does, the first one's refusal."""
    refusal: ApiError | None = None
    wanted = sdk.without_open_end(arms)
    for arm in sorted(wanted, key=lambda arm: isinstance(value, dict) != _takes_tree(arm)):
        try:
            return _typed(value, arm, at)
        except ApiError as error:
            refusal = refusal or error
    raise refusal or invalid(f"Invalid {at}", at)


def _typed_tree(value: dict[str, Any], annotation: Any, at: str) -> Any:
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is list:
        if not all(key.isascii() and key.isdigit() for key in value):
            raise invalid("Invalid array", at)
        ordered = sorted(value.items(), key=lambda item: int(item[0]))
        return [_typed(item, args[0], f"{at}[{index}]") for index, item in ordered]
    if origin is dict or UntypedStripeObject in (origin, annotation):
        if at.rpartition("[")[2].rstrip("]") == "metadata":
            _check_metadata(value, at)
        return value
    if _is_typed_dict(annotation):
        return _typed_dict(value, sdk.param_fields(annotation), sdk.required_params(annotation), at)
    raise invalid(f"Invalid {_word(annotation)}: {at} is an object.", at)


def _scalar(value: str, annotation: Any, at: str) -> Any:
    if annotation is bool:
        if value not in ("true", "false"):
            raise invalid(f"Invalid boolean: {value}", at)
        return value == "true"
    if annotation is int:
        if not re.fullmatch(r"-?[0-9]{1,18}", value):
            raise invalid(f"Invalid integer: {value}", at, "parameter_invalid_integer")
        return int(value)
    if annotation in (float, Decimal):
        if not re.fullmatch(r"-?[0-9]{1,18}(\.[0-9]{1,12})?", value):
            raise invalid(f"Invalid decimal: {value}", at)
        return value if annotation is Decimal else float(value)
    return value


def _check_metadata(metadata: dict[str, Any], at: str) -> None:
    if len(metadata) > METADATA_KEYS:
        raise invalid(f"You can only have {METADATA_KEYS} metadata keys.", at)
    for key, value in metadata.items():
        if isinstance(value, dict):
            raise invalid("Metadata values must be strings.", _inside(at, key))
        if len(key) > METADATA_KEY_LENGTH:
            raise invalid(f"Metadata keys can have up to {METADATA_KEY_LENGTH} characters.", _inside(at, key))
        if len(value) > METADATA_VALUE_LENGTH:
            raise invalid(f"Metadata values can have up to {METADATA_VALUE_LENGTH} characters.", _inside(at, key))


def _takes_tree(annotation: Any) -> bool:
    origin = get_origin(annotation)
    return origin in (list, dict, UntypedStripeObject) or _is_typed_dict(annotation)


def _is_typed_dict(annotation: Any) -> bool:
    return is_typeddict(annotation) or is_extended_typeddict(annotation)


def _word(annotation: Any) -> str:
    return {int: "integer", bool: "boolean", str: "string"}.get(annotation, "value")


def _inside(at: str, key: str) -> str:
    return f"{at}[{key}]" if at else key


def _unknown(name: str) -> ApiError:
    return invalid(f"Received unknown parameter: {name}", name, "parameter_unknown")
