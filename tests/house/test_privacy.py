"""Every field of text that the product stores is declared: as what it says of a person, or as saying nothing."""

import re
from collections import Counter
from html import unescape
from types import ModuleType

import pytest
from django.apps import apps
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from members.models import Patron
from people import privacy
from public.cookies import COOKIES
from tests.house.tree import ROOT

ROOMS = {room.__name__.partition(".")[0]: room for room in privacy.rooms()}
MODELS: list[type[Model]] = [
    model
    for app in apps.get_app_configs()
    if (ROOT / app.name.replace(".", "/")).is_dir() and app.name != "sandbox"
    for model in app.get_models()
]
# What the page about privacy says of each model that holds something of a person, in its words.
TOLD = {
    "members.Patron": "Your e-mail address, and the name",
    "members.AddressChange": "after you move to another address, both",
    "members.GiftMembership": "the name and address of whoever gets it, and your words to them",
    "members.GrantedMembership": "If we give you a membership, the reason",
    "members.Session": "the name of the browser",
    "members.Consent": "What you agreed to, word for word",
    "letters.Letter": "The letters we wrote to you",
    "letters.StoppedAddress": "whether your address takes mail",
    "payments.BankFile": "A file from our bank",
    "payments.Donation": "the amount, the day and the article you came from",
    "payments.Invoice": "What Stripe told us of your payments",
    "payments.StripeEvent": "what Stripe told us of a payment",
    "payments.Operation": "what we asked of it",
    "payments.Payment": "its amount, its day and the bank's reference",
    "payments.Leaving": "the reason and the words you choose to tell us",
    "payments.Statement": "Statements that you ask for",
    "voting.Suggestion": "Topics that you suggest",
    "reports.TableExportPart": "A table that our staff take away",
    "people.Note": "Notes of our staff about you",
    "people.Export": "the copy of your data",
}
# What says something of a person without a text: by a link to them, or by a code that is made of them.
TOLD_BESIDES = {
    "voting.RollEntry": "who may vote and who did",
    "voting.OpenBallot": "sealed beside a ballot, when it was cast",
    "voting.Follow": "Which topics you follow, as codes made with a key",
    "payments.BankAccount": "Your account is remembered only as a code made with a key",
    "payments.BankLine": "the transfer by a checksum",
    "members.Tombstone": "a code made from the address",
}


def declared(room: ModuleType, model: str) -> list[str]:
    """The names that a room's privacy.py says of a model, each as often as it stands there."""
    held = [name.partition(".")[2] for name in getattr(room, "HELD", {}) if name.startswith(f"{model}.")]
    rest = [getattr(room, kind, {}).get(model, "") for kind in ("SECRET", "NOT_PERSONAL")]
    return held + " ".join(rest).split()


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_every_text_of_a_model_is_declared_once(model: type[Model]):
    label = model._meta.app_label
    stored = [field.name for field in privacy.texts(model)]
    said = declared(ROOMS[label], model.__name__) if label in ROOMS else []
    missing = [f"{model.__name__}.{name}" for name in stored if name not in said]
    assert not missing, f"say in {label}/privacy.py what these are: {missing}"
    assert [name for name, times in Counter(said).items() if times > 1] == []


@pytest.mark.parametrize("name", ROOMS)
def test_nothing_is_declared_that_is_not_there(name: str):
    room = ROOMS[name]
    models = {model.__name__: {field.name for field in model._meta.concrete_fields} for model in MODELS}
    named = {held.partition(".")[0] for held in getattr(room, "HELD", {})} | {
        model for kind in ("SECRET", "NOT_PERSONAL") for model in getattr(room, kind, {})
    }
    gone = [f"{model}.{field}" for model in named for field in declared(room, model) if field not in models[model]]
    assert gone == []


@pytest.mark.parametrize("name", ROOMS)
def test_what_is_held_is_explained_and_can_be_taken_away_and_forgotten(name: str):
    room = ROOMS[name]
    held = getattr(room, "HELD", {})
    assert [field for field, said in held.items() if len(said) != 3 or not all(said)] == []
    if held:
        assert callable(room.rows)
        assert callable(room.erase)


@pytest.mark.django_db
@pytest.mark.parametrize("name", ROOMS)
def test_every_model_that_is_held_is_given_or_it_is_said_why_not(name: str):
    room = ROOMS[name]
    held = {field.partition(".")[0] for field in getattr(room, "HELD", {})}
    not_given: dict[str, str] = getattr(room, "NOT_GIVEN", {})
    assert set(not_given) <= held
    assert all(not_given.values())
    patron = Patron.objects.create(email="olena@example.org")
    with CaptureQueriesContext(connection) as asked:
        for rows in (room.rows(patron) if held else {}).values():
            list(rows)
    read = {found[1] for query in asked if (found := re.search(r'FROM "?(\w+)', query["sql"]))}
    tables = {model.__name__: model._meta.db_table for model in MODELS if model._meta.app_label == name}
    assert {model for model in held if tables[model] in read} == held - set(not_given)


def test_the_page_about_privacy_tells_of_everything_that_is_held(db: None, client: Client):
    held = {f"{label}.{name.partition('.')[0]}" for label, room in ROOMS.items() for name in getattr(room, "HELD", {})}
    assert set(TOLD) == held
    phrases = (TOLD | TOLD_BESIDES).values()
    page = unescape(client.get("/privacy/").content.decode())
    assert [phrase for phrase in phrases if phrase not in page] == []
    other = unescape(client.get("/privacy/", headers={"accept-language": "uk"}).content.decode())
    assert [phrase for phrase in phrases if phrase in other] == []
    assert f"{len(COOKIES)} small ones" in page


@pytest.mark.parametrize(("dsn", "is_told"), [("", False), ("https://key@errors.example.org/1", True)])
def test_the_page_tells_of_an_error_service_where_there_is_one(
    db: None, client: Client, settings: Settings, dsn: str, is_told: bool
):
    settings.SENTRY_DSN = dsn
    assert ("The error service that the newsroom chose" in client.get("/privacy/").content.decode()) is is_told
