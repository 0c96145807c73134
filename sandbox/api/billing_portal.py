"""/v1/billing_portal"""

from typing import Any

from sandbox import clock, customers, portal, store
from sandbox.errors import invalid, missing
from sandbox.params import existing, given, metadata, refuse
from sandbox.wire import endpoint, list_answer

CONFIGURATIONS = "/v1/billing_portal/configurations"


@endpoint("POST", "/v1/billing_portal/sessions", params="billing_portal.SessionCreateParams")
def create_session(params: dict[str, Any]) -> dict[str, Any]:
    """Open the portal for a customer."""
    refuse(params, "after_expiration", "on_behalf_of", "customer_account")
    customer = customers.living(params.get("customer", ""))
    configuration = (
        _configuration(params["configuration"]) if "configuration" in params else portal.default_configuration()
    )
    flow = params.get("flow_data")
    if flow and flow["type"] not in {"payment_method_update", "subscription_cancel", "subscription_pause"}:
        raise invalid("The sandbox does not imitate this flow.", "flow_data[type]")
    for name in ("subscription_cancel", "subscription_pause"):
        if (
            flow
            and flow["type"] == name
            and existing("subscription", flow[name]["subscription"])["customer"] != customer["id"]
        ):
            raise missing("subscription", flow[name]["subscription"], f"flow_data[{name}][subscription]", status=400)
    return_url = params.get("return_url", configuration["default_return_url"])
    return portal.open_session(customer["id"], configuration["id"], return_url, flow and portal.flow(flow))


@endpoint("POST", CONFIGURATIONS, params="billing_portal.ConfigurationCreateParams")
def create_configuration(params: dict[str, Any]) -> dict[str, Any]:
    """Say what the portal offers; what is not named is off."""
    new = portal.blank_configuration(store.new_id("bpc_"), clock.now())
    new["features"] = {name: feature | {"enabled": False} for name, feature in new["features"].items()}
    return store.put(_with(new, params) | metadata(params))


@endpoint("GET", CONFIGURATIONS, params="billing_portal.ConfigurationListParams")
def list_configurations(params: dict[str, Any]) -> dict[str, Any]:
    """All of them, in pages."""
    portal.default_configuration()
    return list_answer("billing_portal.configuration", CONFIGURATIONS, params, **given(params, "active", "is_default"))


@endpoint("GET", CONFIGURATIONS + "/{configuration}", params="billing_portal.ConfigurationRetrieveParams")
def retrieve_configuration(_params: dict[str, Any], configuration: str) -> dict[str, Any]:
    """One of them."""
    return existing("billing_portal.configuration", configuration)


@endpoint("POST", CONFIGURATIONS + "/{configuration}", params="billing_portal.ConfigurationUpdateParams")
def update_configuration(params: dict[str, Any], configuration: str) -> dict[str, Any]:
    """Change it."""
    old = existing("billing_portal.configuration", configuration)
    new = _with(old, params) | given(params, "active") | metadata(params, old["metadata"])
    return store.put(new | {"updated": clock.now()})


def _with(configuration: dict[str, Any], params: dict[str, Any]) -> dict[str, Any]:
    features = dict(configuration["features"])
    for name, wanted in params.get("features", {}).items():
        old = features[name]
        features[name] = old | {
            key: old[key] | value if isinstance(old.get(key), dict) else value for key, value in wanted.items()
        }
    profile = configuration["business_profile"] | given(
        params.get("business_profile", {}), *params.get("business_profile", {})
    )
    return (
        configuration
        | given(params, "default_return_url", "name")
        | {"features": features, "business_profile": profile}
    )


def _configuration(configuration_id: str) -> dict[str, Any]:
    found = store.get_many({configuration_id}).get(configuration_id)
    if found is None:
        raise missing("configuration", configuration_id, "configuration", status=400)
    return found
