"""Compiled loops are kept only as long as nothing that went into them has changed."""

import ast
import shutil
from pathlib import Path

import numba
import pytest

from sim.golden.compiled import FROZEN, digest

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "sim" / "golden"
SOURCES = [f"{name.replace('.', '/')}.py" for name in FROZEN]


def loops() -> list[Path]:
    """Files with compiled loops."""
    return [path for path in sorted(GOLDEN.glob("*.py")) if "@compiled" in path.read_text(encoding="utf-8")]


def test_every_loop_is_kept_that_way() -> None:
    assert len(loops()) >= 5
    assert [path.name for path in sorted(GOLDEN.glob("*.py")) if "njit(" in path.read_text(encoding="utf-8")] == [
        "compiled.py"
    ]
    assert numba.config.CACHE_DIR.endswith(digest(ROOT))


@pytest.mark.parametrize("path", loops(), ids=lambda path: path.name)
def test_what_a_loop_may_take_from_the_hardware_is_looked_at(path: Path) -> None:
    imports = [
        node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.ImportFrom)
    ]
    modules = {
        name
        for node in imports
        if node.module and node.module.startswith("hwgen")
        for name in (node.module, *(f"{node.module}.{alias.name}" for alias in node.names))
        if (ROOT / f"{name.replace('.', '/')}.py").exists()
    }
    assert modules <= set(FROZEN)


@pytest.mark.parametrize("changed", ["sim/golden/crossbar.py", *SOURCES])
def test_a_change_of_anything_that_goes_in_is_noticed(changed: str, tmp_path: Path) -> None:
    for source in [*(str(path.relative_to(ROOT)) for path in GOLDEN.glob("*.py")), *SOURCES]:
        (tmp_path / source).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / source, tmp_path / source)
    assert digest(tmp_path) == digest(ROOT)
    with (tmp_path / changed).open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    assert digest(tmp_path) != digest(ROOT)
