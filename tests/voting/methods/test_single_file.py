"""`recount.py`: one file of the engine's own text, run by a bare interpreter on real, forged and foreign bundles."""

import ast
import io
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.house.tree import ROOT
from tests.voting.methods.bundles import METHODS, archive, files, summed
from voting.methods import single_file
from voting.methods.bundle import packed
from voting.methods.recount import DIFFERENT, EQUAL, NOT_RECOUNTABLE, recount
from voting.methods.single_file import MODULES, NotOneFile, program

Files = dict[str, bytes]


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Callable[[bytes], tuple[int, str]]:
    """Runs the one file on an archive in an interpreter without this project, answers its status and its words."""
    folder = tmp_path_factory.mktemp("recount")
    (folder / "recount.py").write_text(program(), encoding="utf-8")

    def run(data: bytes) -> tuple[int, str]:
        (folder / "bundle.zip").write_bytes(data)
        ran = subprocess.run(
            [sys.executable, "-I", "-S", "recount.py", "bundle.zip"],
            cwd=folder, capture_output=True, text=True, check=False, env={"PATH": ""}, timeout=60,
        )  # fmt: skip
        assert ran.stderr == ""
        return ran.returncode, ran.stdout

    return run


def test_every_module_imports_the_standard_library_and_its_siblings_only() -> None:
    for path in sorted((ROOT / "voting/methods").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, path
                names = [node.module or ""]
            else:
                continue
            for name in names:
                assert name.startswith("voting.methods.") or name.split(".")[0] in sys.stdlib_module_names, (path, name)


def test_engine_has_no_floating_point_and_asks_neither_clock_nor_chance() -> None:
    text = program()
    tree = ast.parse(text)
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, float)]
    assert not {"random", "time", "datetime", "secrets", "socket", "subprocess", "os"} & {
        alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
    }
    calls = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert not {"float", "round", "hash", "id", "eval", "exec", "open"} & calls


def test_one_file_holds_every_line_of_the_modules_but_their_imports() -> None:
    text = program()
    assert text == program()
    for module in MODULES:
        source = (ROOT / f"voting/methods/{module}.py").read_text()
        tree = ast.parse(source)
        for node in tree.body[1:]:
            if not isinstance(node, ast.Import | ast.ImportFrom):
                assert (ast.get_source_segment(source, node) or "") in text
    assert "voting.methods" not in "".join(line for line in text.splitlines() if not line.startswith("#"))


def test_two_modules_with_one_name_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in MODULES:
        (tmp_path / f"{module}.py").write_text('"""."""\n\n\ndef same() -> None: ...\n')
    monkeypatch.setattr(single_file, "__file__", str(tmp_path / "single_file.py"))
    with pytest.raises(NotOneFile, match="canonical and configuration both define same"):
        program()


@pytest.mark.parametrize("method", METHODS)
def test_bundle_of_the_engine_is_equal(method: str, alone: Callable[[bytes], tuple[int, str]]) -> None:
    data = archive(method)
    code, said = alone(data)
    assert code == EQUAL, said
    assert "EQUAL: 240 ballots counted again; chosen: " in said
    assert "\n".join(recount(data).sentences) + "\n" == said


def test_bundle_carries_the_program_that_says_so(tmp_path: Path) -> None:
    data = archive("equal_shares", none=True, weight=3)
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        opened.extractall(tmp_path)
    (tmp_path / "bundle.zip").write_bytes(data)
    ran = subprocess.run([sys.executable, "-I", "-S", "recount.py", "bundle.zip"], cwd=tmp_path, check=False)
    assert ran.returncode == EQUAL


def test_wrong_command_lines_have_an_answer(tmp_path: Path) -> None:
    (tmp_path / "recount.py").write_text(program(), encoding="utf-8")
    for arguments in ([], ["a", "b"], ["missing.zip"], ["."], ["recount.py"]):
        ran = subprocess.run(
            [sys.executable, "-I", "-S", "recount.py", *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (ran.returncode, ran.stderr) == (NOT_RECOUNTABLE, ""), arguments
        assert len(ran.stdout) > 20


def test_tampered_bundles_differ_for_the_one_file_too(alone: Callable[[bytes], tuple[int, str]]) -> None:
    bundle = files("stv")
    code, said = alone(packed({**bundle, "result.json": bundle["result.json"].replace(b'"a"', b'"b"')}))
    assert code == DIFFERENT
    assert "SHA256SUMS does not fit result.json" in said
    code, said = alone(packed(summed({k: v for k, v in bundle.items() if k != "ballots.jsonl"})))
    assert code == NOT_RECOUNTABLE
    assert "ballots.jsonl is missing" in said
    assert alone(b"PK")[0] == NOT_RECOUNTABLE
