"""The list of letters is whole."""

from letters.occasions import OCCASIONS
from tests.house.tree import ROOT


def test_every_folder_of_templates_has_its_occasion_and_every_occasion_its_folder() -> None:
    folders = {path.parent.name for path in (ROOT / "templates/emails").glob("*/subject.txt")}
    assert folders == set(OCCASIONS)
    assert {path.name for path in (ROOT / "templates/emails").iterdir() if path.is_dir()} == folders
