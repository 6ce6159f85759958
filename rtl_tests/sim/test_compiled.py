"""Compiled loops are kept only as long as nothing that went into them has changed."""

import ast
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numba
import numpy as np
import pytest

from hwgen.ep.config import EPConfig
from hwgen.errors import ToolError
from hwgen.ff.config import FFConfig
from sim.golden import compiled as compiling
from sim.golden import ep_cycles, ep_kernel, ff_cycles, ff_label_cycles, ff_loop
from sim.golden.compiled import FROZEN, compiled, digest
from sim.golden.ep import EPModel
from sim.golden.ff import FFModel

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
    assert Path(numba.config.CACHE_DIR).name.removesuffix("-checked") == digest(ROOT)
    assert numba.config.CACHE_DIR.endswith("-checked") == bool(numba.config.BOUNDSCHECK)


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


FF = {"classes": 3, "activation_shift": 4, "update_shift": 13}
MACHINES = [
    FFConfig.parse(FF | {"rule": "supervised", "layers": [9, 4]}),
    FFConfig.parse(FF | {"rule": "supervised", "layers": [9, 8, 4], "modulator": "thresholds"}),
    FFConfig.parse(FF | {"rule": "contrastive", "layers": [9, 4, 4], "learning_sweeps": "union"}),
    FFConfig.parse(FF | {"rule": "contrastive", "layers": [9, 4, 4, 4], "view_shift": 1, "image_width": 3}),
    FFConfig.parse(FF | {"rule": "contrastive", "layers": [3, 4], "recurrent": True, "steps": 3}),
]


def test_what_is_compiled_for_one_machine_serves_them_all() -> None:
    # Were there several types of a loop, what is kept of them could have one name. Counted is what this whole process
    # has compiled: other tests' machines, too.
    rng = np.random.default_rng(1)
    for config in MACHINES:
        FFModel(config).train(rng.integers(0, 256, (4, config.inputs)), [0, 1, 2, 0])
    for layers in ([9, 8, 6], [9, 8, 8, 6]):
        machine = EPConfig.parse({"layers": layers, "outputs_per_class": 2})
        EPModel(machine).train(rng.integers(0, 2, (4, 9)), [0, 1, 2, 0])
    loops = [ff_loop.run, ff_cycles.count, ff_label_cycles.count, ep_kernel.run, ep_cycles.count]
    assert [len(loop.signatures) for loop in loops] == [1] * len(loops)


def test_loops_are_kept_within_a_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = []

    @contextmanager
    def watched(file: Path) -> Iterator[None]:
        kept.append(len(list(file.parent.glob("*.nbi"))))
        yield
        kept.append(len(list(file.parent.glob("*.nbi"))))

    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(compiling, "locked", watched)
    assert compiled(lambda x: 2 * x)(4) == 8
    assert kept == [0, 1]


def test_without_a_folder_nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numba.config, "CACHE_DIR", "/proc/nothing")
    loop = compiled(lambda x: 2 * x)
    assert loop(4) == 8
    assert loop.stats.cache_path is None


def test_a_loop_that_cannot_be_kept_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(file: Path) -> Iterator[None]:
        raise ToolError(f"cannot write {file}")

    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(compiling, "locked", refused)
    assert compiled(lambda x: 2 * x)(4) == 8
