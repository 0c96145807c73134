"""The drawer of Stripe objects: put, get, lock, find. Knows no kind of object in particular."""

import json
import secrets
import string
from typing import Any

from django.db import connection

from .models import Thing

ALPHABET = string.ascii_letters + string.digits


class Missing(LookupError):
    """No such object. The wire answers it with 404 `resource_missing`."""

    def __init__(self, thing_id: str) -> None:
        self.thing_id = thing_id
        super().__init__(f"No such object: '{thing_id}'")


def new_id(prefix: str) -> str:
    """A fresh id such as `cus_Nb3…` for the prefix `cus_`."""
    return prefix + "".join(secrets.choice(ALPHABET) for _ in range(24))


def put(obj: dict[str, Any]) -> dict[str, Any]:
    """Insert the object, or replace the one with its id. Its place in the order of creation never changes."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO sandbox_thing (id, kind, created, body) VALUES (%s, %s, %s, %s::jsonb)"
            " ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, created = excluded.created, body = excluded.body",
            [obj["id"], obj["object"], obj.get("created", 0), json.dumps(obj)],
        )
    return obj


def get(thing_id: str) -> dict[str, Any]:
    """The object as stored; raises Missing."""
    return _body("SELECT body::text FROM sandbox_thing WHERE id = %s", thing_id)


def lock(thing_id: str) -> dict[str, Any]:
    """The object, held against other writers until the transaction ends; raises Missing."""
    return _body("SELECT body::text FROM sandbox_thing WHERE id = %s FOR UPDATE", thing_id)


def get_many(thing_ids: set[str]) -> dict[str, dict[str, Any]]:
    """Those of the objects that exist, by id, in one query."""
    return dict(Thing.objects.filter(pk__in=thing_ids).values_list("id", "body"))


def find(kind: str, **where: Any) -> list[dict[str, Any]]:
    """All objects of a kind whose fields equal `where`, newest first; `a__b=1` looks at `{"a": {"b": 1}}`."""
    things = Thing.objects.filter(kind=kind).order_by("-created", "-seq")
    if where:
        things = things.filter(body__contains=nested(where))
    return list(things.values_list("body", flat=True))


def delete(thing_id: str) -> None:
    """Forget the object; nothing happens when there is none."""
    Thing.objects.filter(pk=thing_id).delete()


def nested(where: dict[str, Any]) -> dict[str, Any]:
    """`{"a__b": 1}` as `{"a": {"b": 1}}`, the shape that PostgreSQL's containment operator looks for."""
    tree: dict[str, Any] = {}
    for path, value in where.items():
        *parents, leaf = path.split("__")
        branch = tree
        for parent in parents:
            branch = branch.setdefault(parent, {})
        branch[leaf] = value
    return tree


def _body(query: str, thing_id: str) -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute(query, [thing_id])
        row = cursor.fetchone()
    if row is None:
        raise Missing(thing_id)
    body: dict[str, Any] = json.loads(row[0])
    return body
