"""What the files of a deployment promise each other."""

import re
from pathlib import PurePosixPath

import yaml

from tests.house.tree import ROOT

COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
# All of our own services: by hand or by beat, each of them may erase somebody.
OURS = {name: service for name, service in COMPOSE["services"].items() if service["image"] == "hromada"}


def erased_files() -> set[str]:
    """Every ERASED_FILE that compose sets or .env.example names, commented out or not."""
    named = re.findall(r"^(?:# )?ERASED_FILE=(\S+)", (ROOT / ".env.example").read_text(), re.MULTILINE)
    return {service["environment"]["ERASED_FILE"] for service in OURS.values()} | set(named)


def test_the_file_of_the_erased_outlives_every_container():
    assert {"web", "worker", "beat"} <= set(OURS)
    (place,) = erased_files()
    folder = str(PurePosixPath(place).parent)
    for service in OURS.values():
        volume, _, mounted = service["volumes"][0].partition(":")
        assert mounted == folder
        assert volume in COMPOSE["volumes"]
        assert volume not in str(COMPOSE["services"]["db"]["volumes"]), "restored together, it would forget as much"


def test_the_folder_of_the_erased_belongs_to_the_user_of_the_image():
    dockerfile = (ROOT / "Dockerfile").read_text()
    (user,) = re.findall(r"^USER (\S+)$", dockerfile, re.MULTILINE)
    (place,) = erased_files()
    made = rf"install --directory --owner={user} --mode=0700 {re.escape(str(PurePosixPath(place).parent))}$"
    assert re.search(made, dockerfile, re.MULTILINE)
