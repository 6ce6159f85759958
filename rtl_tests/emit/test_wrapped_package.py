"""Packages behind the buses of a system on chip: the manifest says which, and the bench works through each."""

import json
from pathlib import Path
from typing import Any

import pytest

import hwgen
from hwgen import registry
from hwgen.bus.wrappers.interfaces import Interfaces
from hwgen.errors import DesignError
from rtl_tests.emit.run_bench import run_bench
from rtl_tests.wrappers.machines import MACHINES, PAIRS, name_of

WITHOUT_ICARUS = Interfaces("axi4lite", "axi4stream", 8)
"""What is tried on Verilator by default: it compiles for many seconds, Icarus at once."""


def benches() -> list[Any]:
    """Every core through every bus and stream, on both simulators."""
    cases = []
    for core in registry.CORES:
        for interfaces in PAIRS:
            marks = [] if interfaces == WITHOUT_ICARUS else [pytest.mark.slow]
            name = f"{core}-{name_of(interfaces)}"
            cases.append(
                pytest.param("icarus", core, interfaces, marks=pytest.mark.requires_icarus, id=f"icarus-{name}")
            )
            cases.append(pytest.param("verilator", core, interfaces, marks=marks, id=f"verilator-{name}"))
    return cases


@pytest.mark.parametrize(("simulator", "core", "interfaces"), benches())
def test_the_bench_passes_and_fails_when_one_bit_is_altered(
    simulator: str, core: str, interfaces: Interfaces, tmp_path: Path
) -> None:
    folder = tmp_path / "package"
    bus, stream, width = interfaces.bus, interfaces.stream, interfaces.stream_width
    hwgen.generate(MACHINES[core], folder, bus=bus, stream=stream, stream_width=width)
    passed = run_bench(folder, simulator)
    assert passed.returncode == 0 and "PASS: 64 results" in passed.stdout, passed.stdout + passed.stderr

    expected = (folder / "dut_y.hex").read_text().splitlines()
    expected[17] = f"{int(expected[17], 16) ^ 1 << 4:0{len(expected[17])}x}"
    (folder / "dut_y.hex").write_text("\n".join(expected) + "\n")
    failed = run_bench(folder, simulator)
    assert failed.returncode != 0
    assert "MISMATCH: result 17" in failed.stdout and "FAIL: 1 mismatches" in failed.stdout


def test_the_manifest_states_the_interfaces(tmp_path: Path) -> None:
    def manifest(**options: object) -> dict[str, object]:
        hwgen.generate(MACHINES["bayes"], tmp_path / "package", **options)
        return json.loads((tmp_path / "package" / "manifest.json").read_text())

    native = manifest()
    assert native["interfaces"] == {"bus": "native", "stream": "native"}
    wrapped = manifest(bus="axi4lite", stream="axi4stream", stream_width=64)
    assert wrapped["interfaces"] == {"bus": "axi4lite", "stream": "axi4stream", "stream_width": 64}
    assert wrapped["ports"]["s_axis_x_tdata"] == 64 and "bus_valid" not in wrapped["ports"]
    assert wrapped["config_hash"] == native["config_hash"]


def test_other_interfaces_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    for options in ({"bus": "apb"}, {"stream": "fifo"}, {"stream": "axi4stream", "stream_width": 20}):
        with pytest.raises(DesignError, match="must be"):
            hwgen.generate(MACHINES["bayes"], tmp_path / "package", **options)
    assert not list(tmp_path.iterdir())
