"""What a package holds for other tools: a SystemRDL register map and a FuseSoC core that runs the test bench."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import hwgen
from hwgen import registry
from hwgen.bayes.config import BayesConfig
from hwgen.bayes.registers import register_map
from hwgen.bus.map import Access, Field, Register, RegisterMap, Window
from hwgen.design import Design
from hwgen.emit.documents import register_json, register_markdown
from hwgen.emit.systemrdl import register_rdl
from sim.backends.cocotb_runner import simulator_on_path

CONFIG = BayesConfig(mode="logarithmic", rows=3, bins=(5, 3), likelihood_bits=6, feedback=True, initialised=False)
DESIGN = Design("dut", registry.CORES["bayes"], CONFIG)

MAP = RegisterMap(
    registers=(
        Register("version", Access.READ, 'Says "which" \\ version.', (Field("value", "", 12),)),
        Register("settings", Access.READ_WRITE, "", (Field("low", "", 4, reset=9), Field("signal", "", 6, reset=33))),
        Register("command", Access.STROBE, "", (Field("go", ""), Field("halt", ""))),
        Register("flags", Access.STICKY, "", (Field("one", ""), Field("two", "", 3))),
        Register("wide", Access.READ, "", (Field("first", "", 20), Field("second", "", 60))),
    ),
    windows=(Window("reg", "Some memory.", 10, ("row", "column"), (3, 5)),),
)

FUSESOC = shutil.which("fusesoc", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
requires_fusesoc = pytest.mark.skipif(FUSESOC is None, reason="fusesoc is not on PATH")


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("package") / "dut"
    hwgen.generate(DESIGN, folder, bus="axi4lite", stream="axi4stream")
    return folder


def test_the_register_map_has_every_address(package: Path) -> None:
    text = (package / "dut_registers.rdl").read_text()
    for entry in json.loads((package / "dut_registers.json").read_text())["registers"]:
        for word in range(entry["words"]):
            suffix = f"_{word}" if entry["words"] > 1 else ""
            assert f"}} {entry['name']}{suffix} @ 0x{entry['address'] + 4 * word:x};" in text
    window = register_map(CONFIG).window("likelihoods")
    assert f"mementries = {window.words};" in text


def test_a_compiler_of_systemrdl_reads_the_map_as_it_is(tmp_path: Path) -> None:
    systemrdl = pytest.importorskip("systemrdl", reason="systemrdl-compiler is not installed")
    source = tmp_path / "map.rdl"
    source.write_text(register_rdl("top", MAP))
    compiler = systemrdl.RDLCompiler()
    compiler.compile_file(str(source))
    top = compiler.elaborate().top
    assert top.inst_name == "top"
    found = {node.inst_name: node for node in top.children()}
    assert {name: node.absolute_address for name, node in found.items()} == {
        "version": 0,
        "settings": 4,
        "command": 8,
        "flags": 12,
        "wide_0": 16,
        "wide_1": 20,
        "wide_2": 24,
        "reg": MAP.base("reg"),
    }
    assert found["version"].get_property("desc") == 'Says "which" \\ version.'
    assert (found["reg"].get_property("mementries"), found["reg"].get_property("memwidth")) == (
        MAP.windows[0].words,
        32,
    )

    def fields(name: str) -> dict[str, Any]:
        return {field.inst_name: (field.high, field.low) for field in found[name].fields()}

    assert fields("settings") == {"low": (3, 0), "signal": (9, 4)}
    assert fields("wide_0") == {"first": (19, 0), "second": (31, 20)}
    assert fields("wide_1") == {"second": (31, 0)} and fields("wide_2") == {"second": (15, 0)}
    assert found["settings"].get_child_by_name("signal").get_property("reset") == 33
    assert found["flags"].get_child_by_name("two").get_property("onwrite").name == "woclr"
    assert found["command"].get_child_by_name("go").get_property("singlepulse")


def test_a_compiler_of_systemrdl_reads_a_cores_map(package: Path) -> None:
    systemrdl = pytest.importorskip("systemrdl", reason="systemrdl-compiler is not installed")
    compiler = systemrdl.RDLCompiler()
    compiler.compile_file(str(package / "dut_registers.rdl"))
    found = {node.inst_name: node.absolute_address for node in compiler.elaborate().top.children()}
    chart = register_map(CONFIG)
    assert found["interrupt_pending"] == chart.base("interrupt_pending")
    assert found["likelihoods"] == chart.base("likelihoods")


def test_a_value_that_is_written_and_never_held_is_no_single_pulse(tmp_path: Path) -> None:
    systemrdl = pytest.importorskip("systemrdl", reason="systemrdl-compiler is not installed")
    chart = RegisterMap((Register("key", Access.STROBE, "Unlocks.", (Field("value", "Any.", width=32),)),))
    (tmp_path / "top.rdl").write_text(register_rdl("top", chart))
    compiler = systemrdl.RDLCompiler()
    compiler.compile_file(str(tmp_path / "top.rdl"))
    (key,) = compiler.elaborate().top.children()
    (value,) = key.fields()
    assert value.get_property("swmod") and not value.get_property("singlepulse") and not value.is_sw_readable
    assert "| `key` | write only; the value written acts for one clock |" in register_markdown("top", chart)
    assert "| 31:0 | `value` | - | Any. |" in register_markdown("top", chart)


def test_only_registers_that_are_held_have_a_value_after_reset() -> None:
    document = json.loads(register_json("top", MAP))
    held = {register["name"]: [field["reset"] for field in register["fields"]] for register in document["registers"]}
    assert held["settings"] == [9, 33] and held["flags"] == [0, 0]
    assert held["version"] == [None] and held["command"] == [None, None]
    page = register_markdown("top", register_map(CONFIG))
    assert "| 31:16 | `magic` | - | Always 0x6877. |" in page
    assert "| `control` | write only; writing 1 acts for one clock |" in page


def test_the_core_file_names_what_the_package_holds(package: Path) -> None:
    text = (package / "dut.core").read_text()
    for name in ("dut.v", "dut_tb.sv", "dut_x.hex", "dut_y.hex", "dut_load.hex"):
        assert f"      - {name}" in text and (package / name).exists()
    assert text.startswith("CAPI=2:\n")


@requires_fusesoc
@pytest.mark.parametrize(
    "tool",
    [
        pytest.param("icarus", marks=pytest.mark.requires_icarus),
        pytest.param("verilator", marks=pytest.mark.slow),
    ],
)
def test_its_simulation_runs_the_bench_and_fails_when_one_bit_is_altered(
    tool: str, package: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "package"
    shutil.copytree(package, folder)
    passed = run_fusesoc(folder, tool)
    assert passed.returncode == 0 and "PASS: 64 results" in passed.stdout, passed.stdout + passed.stderr

    expected = (folder / "dut_y.hex").read_text().splitlines()
    expected[17] = f"{int(expected[17], 16) ^ 1 << 9:0{len(expected[17])}x}"
    (folder / "dut_y.hex").write_text("\n".join(expected) + "\n")
    assert run_fusesoc(folder, tool).returncode != 0


def run_fusesoc(folder: Path, tool: str) -> subprocess.CompletedProcess[str]:
    """Run the package's simulation target as the first lines of its core file say."""
    core = (folder / "dut.core").read_text().split('name: "')[1].split('"')[0]
    with simulator_on_path(tool):
        command = [str(FUSESOC), "--cores-root", ".", "run", "--target", "sim", core, "--tool", tool]
        environment = os.environ | {"XDG_CONFIG_HOME": str(folder), "XDG_CACHE_HOME": str(folder)}
        return subprocess.run(command, cwd=folder, env=environment, text=True, capture_output=True, check=False)
