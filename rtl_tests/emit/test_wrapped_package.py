"""Packages behind the buses of a system on chip: the manifest says which, and the bench works through each."""

import json
from pathlib import Path

import pytest

import hwgen
from hwgen import registry
from hwgen.bayes.config import BayesConfig
from hwgen.design import Design
from hwgen.errors import DesignError
from rtl_tests.emit.run_bench import run_bench

CONFIG = BayesConfig(mode="logarithmic", rows=3, bins=(5, 3), likelihood_bits=6, feedback=True, initialised=False)
DESIGN = Design("dut", registry.CORES["bayes"], CONFIG)

ICARUS = pytest.mark.requires_icarus


@pytest.mark.parametrize(
    ("simulator", "bus", "stream", "width"),
    [
        pytest.param("icarus", "axi4lite", "native", 32, marks=ICARUS),
        pytest.param("icarus", "wishbone", "native", 32, marks=ICARUS),
        pytest.param("icarus", "native", "axi4stream", 8, marks=ICARUS),
        pytest.param("icarus", "wishbone", "axi4stream", 128, marks=ICARUS),
        pytest.param("icarus", "axi4lite", "axi4stream", 16, marks=ICARUS),
        ("verilator", "axi4lite", "axi4stream", 8),
        pytest.param("verilator", "wishbone", "axi4stream", 32, marks=pytest.mark.slow),
    ],
)
def test_the_bench_passes_through_the_wrappers_and_fails_when_one_bit_is_altered(
    simulator: str, bus: str, stream: str, width: int, tmp_path: Path
) -> None:
    folder = tmp_path / "package"
    hwgen.generate(DESIGN, folder, bus=bus, stream=stream, stream_width=width)
    passed = run_bench(folder, simulator)
    assert passed.returncode == 0 and "PASS: 64 results" in passed.stdout, passed.stdout + passed.stderr

    expected = (folder / "dut_y.hex").read_text().splitlines()
    expected[17] = f"{int(expected[17], 16) ^ 1 << 9:0{len(expected[17])}x}"
    (folder / "dut_y.hex").write_text("\n".join(expected) + "\n")
    failed = run_bench(folder, simulator)
    assert failed.returncode != 0
    assert "MISMATCH: result 17" in failed.stdout and "FAIL: 1 mismatches" in failed.stdout


def test_the_manifest_states_the_interfaces(tmp_path: Path) -> None:
    def manifest(**options: object) -> dict[str, object]:
        hwgen.generate(DESIGN, tmp_path / "package", **options)
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
            hwgen.generate(DESIGN, tmp_path / "package", **options)
    assert not list(tmp_path.iterdir())
