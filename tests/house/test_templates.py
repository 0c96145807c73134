"""Every template compiles, and none holds what the Content-Security-Policy would refuse."""

import re

import pytest
from django.template import engines

from tests.house.tree import ROOT, files

TEMPLATES = sorted(
    path.relative_to(ROOT / "templates").as_posix()
    for path in files(".html", ".txt")
    if path.is_relative_to(ROOT / "templates")
)
REFUSED = re.compile(
    r"<style|\sstyle\s*=|\son[a-z]+\s*=\s*[\"']|javascript:|<script(?![^>]*(?:\ssrc=|\stype=\"application/json\"|nonce))",
    re.IGNORECASE,
)


def test_there_are_templates():
    assert TEMPLATES


@pytest.mark.parametrize("name", TEMPLATES)
def test_template_compiles(name: str):
    engines["django"].get_template(name)


@pytest.mark.parametrize(
    "name", [name for name in TEMPLATES if name.endswith(".html") and not name.startswith("emails/")]
)
def test_page_has_no_inline_script_or_style(name: str):
    source = re.sub(
        r"{#.*?#}|{% comment %}.*?{% endcomment %}", "", (ROOT / "templates" / name).read_text(), flags=re.DOTALL
    )
    assert REFUSED.findall(source) == []
