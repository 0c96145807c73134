"""What the installed `stripe` package knows of Stripe's shapes, read from its annotations.

Two uses: the wire refuses parameters that the package's TypedDicts do not know, and the tests hold every object that
the sandbox emits against the package's classes. Names that a module imports only for type checkers are found in
its source. `Optional` there means nullable or absent; `missing_keys` adds what a sample object shows to be there."""

import ast
import importlib
import inspect
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from functools import cache
from types import GenericAlias, ModuleType, NoneType, UnionType
from typing import Any, ClassVar, Literal, TypeVar, Union, get_args, get_origin

import typing_extensions
from stripe._list_object import ListObject
from stripe._object_classes import OBJECT_CLASSES
from stripe._request_options import RequestOptions
from stripe._stripe_object import StripeObject, UntypedStripeObject

DELETED = {"id", "object", "deleted"}


class UnknownShape(LookupError):
    """The package has no such class."""


def check_object(obj: dict[str, Any], path: str = "") -> list[str]:
    """What is wrong with a Stripe object: keys that are missing, unknown or null, wrong types, unknown enum values.

    The class is found by `obj["object"]`. What is inside an event, untyped in the package, is checked too."""
    kind = obj.get("object")
    if kind not in OBJECT_CLASSES:
        return [f"{path}: no class for {kind!r}"]
    path = path or str(kind)
    if obj.get("deleted") is True and obj.keys() == DELETED:
        return []
    complaints = list(_check(obj, object_class(str(kind)), path))
    if kind == "event" and isinstance(obj.get("data"), dict):
        inner, at = obj["data"].get("object"), f"{path}.data.object"
        complaints += check_object(inner, at) if isinstance(inner, dict) else [f"{at}: {_name(inner)} instead of dict"]
    return complaints


def missing_keys(obj: dict[str, Any], sample: dict[str, Any]) -> list[str]:
    """Keys of a sample object that the annotations know and `obj` has not, at every depth that both have."""
    return list(_missing(obj, sample, object_class(obj["object"]), obj["object"]))


def object_class(kind: str) -> Any:
    """The package's class for the value of `object`."""
    if kind not in OBJECT_CLASSES:
        raise UnknownShape(kind)
    module, name = OBJECT_CLASSES[kind]
    return getattr(importlib.import_module(module), name)


@cache
def fields(cls: Any) -> dict[str, Any]:
    """The class's fields with their annotations, resolved."""
    found: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        if not issubclass(base, StripeObject) or base in (StripeObject, UntypedStripeObject):
            continue
        module = importlib.import_module(base.__module__)
        own = {name: a for name, a in inspect.get_annotations(base).items() if not name.startswith("_")}
        found |= {name: a for name, a in _resolve(own, module).items() if get_origin(a) is not ClassVar}
    return found


@cache
def allowed_params(name: str) -> dict[str, Any]:
    """The parameters of a call with their annotations: `RefundCreateParams`, `checkout.SessionCreateParams`."""
    return param_fields(_params_class(name))


@cache
def required_params(cls_or_name: Any) -> frozenset[str]:
    """Those of the parameters that must be there."""
    cls = _params_class(cls_or_name) if isinstance(cls_or_name, str) else cls_or_name
    return frozenset(cls.__required_keys__) - RequestOptions.__annotations__.keys()


@cache
def param_fields(cls: Any) -> dict[str, Any]:
    """The keys of one TypedDict with their annotations, resolved; the SDK's own request options left out."""
    own = {name: a for name, a in cls.__annotations__.items() if name not in RequestOptions.__annotations__}
    return _resolve(own, importlib.import_module(cls.__module__))


def _params_class(name: str) -> Any:
    *packages, cls = name.split(".")
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", cls).lower()
    try:
        return getattr(importlib.import_module(".".join(["stripe.params", *packages, f"_{snake}"])), cls)
    except (ImportError, AttributeError) as error:
        raise UnknownShape(name) from error


class _TypeCheckingNames(Mapping[str, Any]):
    """The names that a module imports under `if TYPE_CHECKING`, imported when one of them is looked up."""

    def __init__(self, module: ModuleType) -> None:
        self.sources: dict[str, tuple[str, str]] = {}
        for statement in ast.parse(inspect.getsource(module)).body:
            if isinstance(statement, ast.If) and ast.unparse(statement.test) == "TYPE_CHECKING":
                for node in statement.body:
                    if isinstance(node, ast.ImportFrom) and node.module:
                        self.sources |= {a.asname or a.name: (node.module, a.name) for a in node.names}

    def __getitem__(self, name: str) -> Any:
        module, original = self.sources[name]
        return getattr(importlib.import_module(module), original)

    def __iter__(self) -> Iterator[str]:
        return iter(self.sources)

    def __len__(self) -> int:
        return len(self.sources)


_type_checking_names = cache(_TypeCheckingNames)


def _resolve(annotations: dict[str, Any], module: ModuleType) -> dict[str, Any]:
    holder = type("Holder", (), {"__annotations__": annotations})
    names: Any = _type_checking_names(module)
    return typing_extensions.get_type_hints(holder, globalns=vars(module), localns=names)


def _check(value: Any, annotation: Any, path: str) -> Iterator[str]:
    origin, args = get_origin(annotation), get_args(annotation)
    if annotation is Any or isinstance(annotation, TypeVar):
        return
    if origin in (Union, UnionType):
        yield from _check_union(value, args, path)
    elif origin is Literal:
        if value not in args or isinstance(value, bool) != isinstance(args[0], bool):
            yield f"{path}: {value!r} is none of {', '.join(map(repr, args))}"
    elif origin in (list, dict) or _is_class(origin or annotation, StripeObject):
        yield from _check_container(value, origin or annotation, args, path)
    elif not _is_scalar(value, annotation):
        yield f"{path}: {_name(value)} instead of {getattr(annotation, '__name__', annotation)}"


def _check_union(value: Any, arms: tuple[Any, ...], path: str) -> Iterator[str]:
    if value is None and NoneType in arms:
        return
    attempts = [list(_check(value, arm, path)) for arm in without_open_end(arms)]
    if isinstance(value, dict):
        # The complaint that helps is about the object's own fields, not that it is no string.
        attempts = [a for a in attempts if not (len(a) == 1 and a[0].startswith(f"{path}: dict instead"))] or attempts
    yield from min(attempts, key=len)


def without_open_end(arms: tuple[Any, ...]) -> list[Any]:
    """The arms of a union but None, and but `str` beside a Literal.

    The package writes `Literal["a", "b"] | str` for an enum that may grow one day; here only its known values count."""
    is_enum = any(get_origin(arm) is Literal and get_args(arm) != ("",) for arm in arms)
    return [arm for arm in arms if arm is not NoneType and not (is_enum and arm is str)]


def _check_container(value: Any, shape: Any, args: tuple[Any, ...], path: str) -> Iterator[str]:
    if shape is list and isinstance(value, list):
        for index, item in enumerate(value):
            yield from _check(item, args[0], f"{path}[{index}]")
    elif shape is list or not isinstance(value, dict):
        yield f"{path}: {_name(value)} instead of {shape.__name__}"
    elif shape in (dict, UntypedStripeObject):
        for key, item in value.items():
            yield from _check(item, args[-1] if args else Any, f"{path}.{key}")
    elif shape is ListObject:
        envelope = {
            "object": Literal["list"],
            "data": GenericAlias(list, (args[0] if args else Any,)),
            "has_more": bool,
            "url": str,
        }
        yield from _check_fields(value, envelope, path)
    else:
        yield from _check_fields(value, _with_object(shape), path)


def _check_fields(value: dict[str, Any], known: dict[str, Any], path: str) -> Iterator[str]:
    for key, annotation in known.items():
        if key in value:
            yield from _check(value[key], annotation, f"{path}.{key}")
        elif NoneType not in get_args(annotation):
            yield f"{path}.{key}: missing"
    for key in value.keys() - known.keys():
        yield f"{path}.{key}: unknown key"


def _with_object(cls: Any) -> dict[str, Any]:
    """A class's fields; the package names the value of `object` in a constant as well as, mostly, in a field."""
    constant = getattr(cls, "OBJECT_NAME", None)
    return {"object": Literal[constant], **fields(cls)} if constant else fields(cls)


def _missing(obj: dict[str, Any], sample: dict[str, Any], annotation: Any, path: str) -> Iterator[str]:
    arms = [a for a in (annotation, *get_args(annotation)) if _is_class(a, StripeObject)]
    known = _with_object(arms[0]) if arms else {}
    for key in known.keys() & sample.keys():
        if key not in obj:
            yield f"{path}.{key}: in the sample, missing here"
        elif isinstance(obj[key], dict) and isinstance(sample[key], dict):
            yield from _missing(obj[key], sample[key], known[key], f"{path}.{key}")


def _is_class(candidate: Any, of: type) -> bool:
    return isinstance(candidate, type) and issubclass(candidate, of)


def _is_scalar(value: Any, annotation: Any) -> bool:
    if annotation is Decimal:
        return isinstance(value, str) and _is_decimal(value)
    if annotation is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if annotation is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, annotation)


def _is_decimal(text: str) -> bool:
    try:
        return Decimal(text).is_finite()
    except InvalidOperation:
        return False


def _name(value: Any) -> str:
    return "null" if value is None else type(value).__name__
