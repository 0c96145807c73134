"""The walker that holds objects against the annotations of the stripe package, and what it says of ours.

`../shared/stripe/sample_objects.json` holds Stripe's own sample objects where it is present; `goldens.json` beside this
file holds objects that this sandbox made, for the places where it is not."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from stripe._object_classes import OBJECT_CLASSES

from sandbox import clock, sdk
from tests.sandbox.conftest import Sandbox

SAMPLES = Path(__file__).parents[3] / "shared/stripe/sample_objects.json"
GOLDENS = Path(__file__).parent / "goldens.json"

KNOWN_TO_DIFFER = {
    "billing_portal.configuration.features.subscription_pause: missing",
    "dispute.evidence_details.submission_method: missing",
    "event.data.object.aggregate_usage: unknown key",
    "invoice.subscription: unknown key",
    "subscription_schedule.pause_schedules: missing",
}
"""Where Stripe's own sample objects are older than the package's annotations."""


def samples() -> dict[str, dict[str, Any]]:
    """Stripe's sample objects where they are present, else the goldens."""
    found: dict[str, dict[str, Any]] = json.loads((SAMPLES if SAMPLES.exists() else GOLDENS).read_text())["resources"]
    return found


def golden(kind: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(GOLDENS.read_text())["resources"][kind]
    return found


@pytest.mark.parametrize("kind", sorted(samples()))
def test_the_walker_accepts_what_stripe_sends(kind: str) -> None:
    assert set(sdk.check_object(samples()[kind])) <= KNOWN_TO_DIFFER


@pytest.mark.parametrize("kind", sorted(json.loads(GOLDENS.read_text())["resources"]))
def test_the_goldens_are_right_and_complete(kind: str) -> None:
    assert sdk.check_object(golden(kind)) == []
    if kind in samples():
        assert sdk.missing_keys(golden(kind), samples()[kind]) == []


def places(obj: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of all values in an object, those inside free maps left out."""
    if path and path[-1] in ("metadata", "previous_attributes"):
        return [path]
    inner = obj.items() if isinstance(obj, dict) else enumerate(obj) if isinstance(obj, list) else ()
    return ([path] if path else []) + [deeper for key, value in inner for deeper in places(value, (*path, key))]


def changed(obj: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    """A copy of the object with another value at the path."""
    copied = copy.deepcopy(obj)
    holder: Any = copied
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value
    return copied


@pytest.mark.parametrize("kind", ["refund", "webhook_endpoint", "test_helpers.test_clock", "event"])
def test_a_value_of_the_wrong_type_is_always_found(kind: str) -> None:
    for path in places(golden(kind)):
        assert sdk.check_object(changed(golden(kind), path, object())), path


@pytest.mark.parametrize("kind", ["refund", "webhook_endpoint", "test_helpers.test_clock", "event"])
def test_an_unknown_key_is_always_found(kind: str) -> None:
    assert f"{kind}.colour: unknown key" in sdk.check_object(golden(kind) | {"colour": "red"})


@pytest.mark.parametrize(
    ("kind", "path", "value", "complaint"),
    [
        ("refund", ("amount",), None, "refund.amount: null instead of int"),
        ("refund", ("amount",), True, "refund.amount: bool instead of int"),
        ("refund", ("amount",), 1.5, "refund.amount: float instead of int"),
        ("refund", ("currency",), 7, "refund.currency: int instead of str"),
        ("refund", ("object",), "refunds", ": no class for 'refunds'"),
        ("webhook_endpoint", ("enabled_events", 0), 7, "webhook_endpoint.enabled_events[0]: int instead of str"),
        ("webhook_endpoint", ("enabled_events",), {}, "webhook_endpoint.enabled_events: dict instead of list"),
        ("test_helpers.test_clock", ("status",), "tired", "test_helpers.test_clock.status: 'tired' is none of"),
        ("event", ("data", "object", "amount"), "5", "event.data.object.amount: str instead of int"),
    ],
)
def test_the_complaint_names_the_place(kind: str, path: tuple[Any, ...], value: Any, complaint: str) -> None:
    [said] = sdk.check_object(changed(golden(kind), path, value))
    assert said.startswith(complaint)


def test_a_required_key_that_is_missing_is_found() -> None:
    refund = golden("refund")
    del refund["amount"]
    assert sdk.check_object(refund) == ["refund.amount: missing"]


def test_a_key_that_the_sample_has_is_missed() -> None:
    refund = golden("refund")
    del refund["reason"]
    assert sdk.check_object(refund) == []
    assert sdk.missing_keys(refund, golden("refund")) == ["refund.reason: in the sample, missing here"]


def test_an_expanded_reference_is_checked_as_what_it_is() -> None:
    refund = changed(golden("refund"), ("charge",), {"id": "ch_1", "object": "charge", "amount": "5"})
    complaints = sdk.check_object(refund)
    assert "refund.charge.amount: str instead of int" in complaints
    assert "refund.charge.currency: missing" in complaints


def test_a_deleted_object_is_three_keys() -> None:
    assert sdk.check_object({"id": "cus_1", "object": "customer", "deleted": True}) == []
    assert sdk.check_object({"id": "cus_1", "object": "customer"}) != []


def test_every_class_of_the_package_can_be_read() -> None:
    for kind in OBJECT_CLASSES:
        assert sdk.fields(sdk.object_class(kind)) or kind == "file_link", kind


def test_parameters_are_read_from_the_package() -> None:
    assert sdk.allowed_params("RefundCreateParams").keys() >= {"charge", "amount", "reason", "metadata", "expand"}
    assert "api_key" not in sdk.allowed_params("RefundCreateParams")
    assert sdk.required_params("test_helpers.TestClockAdvanceParams") == {"frozen_time"}
    with pytest.raises(sdk.UnknownShape):
        sdk.allowed_params("NobodyCreateParams")


def test_what_this_half_of_the_sandbox_makes_is_right(sandbox: Sandbox) -> None:
    client = sandbox.client.v1
    made: list[Any] = [
        client.accounts.retrieve_current(),
        client.webhook_endpoints.create({"url": "http://127.0.0.1:9/", "enabled_events": ["*"]}),
        client.webhook_endpoints.list().data[0],
        client.test_helpers.test_clocks.create({"frozen_time": clock.now() + 100}),
        *client.events.list().data,
        client.events.list(),
    ]
    assert len(made) == 7
    for item in made:
        obj = item.to_dict(for_json=True)
        assert sdk.check_object(obj) == []
        if obj["object"] in samples():
            sample = samples()[obj["object"]]
            for of_the_occasion in ("object", "previous_attributes"):
                sample.get("data", {}).pop(of_the_occasion, None)
            assert sdk.missing_keys(obj, sample) == []
