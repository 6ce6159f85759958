"""The command line for chips."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from hwgen.bayes.probabilities import ProbabilityTable
from hwgen.chips.config import ChipConfig
from hwgen.chips.driver import ChipDriver
from hwgen.cli.app import app
from hwgen.errors import DesignError
from hwgen.memristor.config import ReadPhases
from sim.devices.chips.cells import Cells

RUNNER = CliRunner()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--target", "chip:bayes-64"], "target must be one of chip:bayes-64x64, chip:bayes-8x8, not 'chip:bayes-64'"),
        ([], "name a design file, or a chip with --target chip:NAME"),
        (["my.toml", "--target", "chip:bayes-8x8"], "--target chip:bayes-8x8 takes no design file"),
        (["my.toml", "--clock-mhz", "12"], "--clock-mhz belongs to --target"),
        (["my.toml", "--config", "bench.toml"], "--config belongs to --target"),
        (["--target", "chip:bayes-8x8", "--config", "none.toml"], "none.toml: no such file"),
        (["--target", "chip:bayes-8x8", "--clock-mhz", "1"], "chip.clock_hz must be at least 2000000"),
    ],
)
def test_generate_says_what_is_wrong(tmp_path: Path, arguments: list[str], message: str) -> None:
    result = RUNNER.invoke(app, ["generate", *arguments, "-o", str(tmp_path / "package")])
    assert isinstance(result.exception, DesignError)
    assert message in str(result.exception)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["bayes-9x9"], "CHIP must be bayes-64x64 or bayes-8x8, not 'bayes-9x9'"),
        (["chip:bayes-8x8"], "CHIP must be bayes-64x64 or bayes-8x8, not 'chip:bayes-8x8'"),
        (["bayes-8x8", "--seed", "-1"], "--seed must be at least 0, not -1"),
        (["bayes-8x8", "--mode", "stochastic"], "--mode of bayes-8x8 must be logarithmic, not 'stochastic'"),
        (["bayes-8x8", "--seeds", "1,2,3,4"], "--seeds belongs to stochastic mode"),
        (["bayes-64x64", "--seeds", "1,2,3,0"], "--seeds must be 4 numbers from 1 to 255"),
        (["bayes-64x64", "--seeds", "1,b"], "--seeds must be 4 numbers from 1 to 255"),
        (["bayes-8x8", "--backend", "golden"], "backend must be rtl or serial:PORT"),
        (["bayes-8x8", "--backend", "serial:/dev/null", "--stuck", "0.1"], "--stuck belongs to --backend rtl"),
        (
            ["bayes-8x8", "--backend", "serial:/dev/null", "--attempts", "3"],
            "--attempts belongs to --backend rtl: a bench's are in its hardware; give --config with the file that it",
        ),
        (["bayes-8x8", "--stuck", "2"], "--stuck must be from 0 to 1"),
        (["bayes-8x8", "--dataset", "wine", "--table", "a.npz"], "give --dataset or --table, not both"),
        (["bayes-8x8", "--samples", "a.npz"], "--samples belongs to --table"),
        (["bayes-8x8", "--dataset", "whine"], "--dataset must be one of 'digits', 'wine', 'breast_cancer' or 'iris', "),
        (["bayes-8x8", "--dataset", "digits"], "dataset 'digits' has 10 classes, and bayes-8x8 tells at most 4 apart"),
        (["bayes-8x8", "--cycles", "5"], "--cycles belongs to stochastic mode"),
        (["bayes-64x64", "--mode", "stochastic", "--verify-only", "--cycles", "5"], "--cycles belongs to stochastic"),
        (["bayes-64x64", "--cycles", "256"], "--cycles must be from 1 to 255, not 256"),
        (["bayes-8x8", "--attempts", "0"], "chip.attempts must be at least 1, not 0"),
        (["bayes-8x8", "--config", "none.toml"], "none.toml: no such file"),
        (["bayes-8x8", "--verify-only", "--no-program"], "give one of them"),
        (["bayes-8x8", "--verify-only", "--form"], "--form belongs to programming, which --verify-only leaves out"),
        (["bayes-64x64", "--no-program"], "--no-program: a chip holds the likelihoods of one mode; name it with"),
    ],
)
def test_chip_says_what_is_wrong(arguments: list[str], message: str) -> None:
    result = RUNNER.invoke(app, ["chip", *arguments])
    assert isinstance(result.exception, DesignError)
    assert message in str(result.exception)


def test_chip_goes_from_virgin_cells_to_a_comparison() -> None:
    result = RUNNER.invoke(app, ["chip", "bayes-8x8", "--dataset", "iris", "--json"])
    assert result.exit_code == 0
    report = json.loads(result.stdout)
    (mode,) = report["modes"]
    assert report["ok"] and mode["mismatches"] == 0 and mode["words"] == 128 and mode["samples"] == 38


def test_chip_exits_with_1_for_a_chip_with_stuck_cells() -> None:
    result = RUNNER.invoke(app, ["chip", "bayes-8x8", "--stuck", "0.02", "--json"])
    assert result.exit_code == 1
    report = json.loads(result.stdout)
    assert report["modes"][0]["failed_cells"] and report["errors"] == ["array_cells_failed"]
    assert not report["ok"] and report["breaches"] == []
    printed = RUNNER.invoke(app, ["chip", "bayes-8x8", "--stuck", "0.02"]).stdout
    first = ".".join(map(str, report["modes"][0]["failed_cells"][0]))
    assert f"failed cells (block row.block column.row.column) │ {first}" in printed


def test_a_table_with_feedback_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "filter.npz"
    likelihood = np.array([[0.7, 0.2], [0.3, 0.8]])
    ProbabilityTable((likelihood,) * 2, np.ones(2), feedback=np.ones((3, 2))).save(path)
    result = RUNNER.invoke(app, ["chip", "bayes-8x8", "--table", str(path)])
    assert isinstance(result.exception, DesignError)
    assert str(result.exception) == (
        "a table for bayes-8x8 may have no feedback: the chip does not observe its previous decision; leave the array "
        f"feedback of {path} out"
    )


def chip(*arguments: str) -> dict[str, Any]:
    """The report of ``hwgen chip``, and its exit code."""
    result = RUNNER.invoke(app, ["chip", *arguments, "--json"])
    return {**json.loads(result.stdout), "exit_code": result.exit_code}


@pytest.mark.parametrize("stuck", ["0", "0.02"])
def test_a_chip_that_holds_likelihoods_is_only_verified(monkeypatch: pytest.MonkeyPatch, stuck: str) -> None:
    monkeypatch.setattr(ChipDriver, "program", None)
    monkeypatch.setattr(ChipDriver, "infer", None)
    pulses: list[object] = []
    monkeypatch.setattr(Cells, "pulse", lambda *arguments: pulses.append(arguments))
    report = chip("bayes-8x8", "--dataset", "iris", "--verify-only", "--stuck", stuck)
    (mode,) = report["modes"]
    assert bool(mode["failed_cells"]) == (stuck != "0") == report["exit_code"] == (not report["ok"])
    assert (mode["words"], mode["cells"], mode["samples"], mode["attempts"]) == (128, 1024, 0, None)
    assert not pulses


def test_a_chip_that_holds_likelihoods_only_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ChipDriver, "program", None)
    monkeypatch.setattr(ChipDriver, "verify", None)
    report = chip("bayes-64x64", "--mode", "stochastic", "--no-program", "--cycles", "40", "--seeds", "1,2,3,4")
    (mode,) = report["modes"]
    assert report["ok"] and mode["samples"] == 45 and mode["mismatches"] == 0 and mode["failed_cells"] is None
    assert (mode["cycles"], mode["seeds"]) == (40, [1, 2, 3, 4])
    assert mode["chip_clocks"] == ChipConfig(chip="bayes-64x64", clock_hz=2_000_000).steps("stochastic", 40)


def test_a_file_gives_phases_delays_and_attempts(tmp_path: Path) -> None:
    settings = tmp_path / "bench.toml"
    settings.write_text('chip = "bayes-8x8"\nattempts = 2\nsettle_clocks = 3\nread = { evaluate_ns = 5000 }\n')
    report = chip("bayes-8x8", "--config", str(settings), "--dataset", "iris")
    expected = ChipConfig(
        chip="bayes-8x8", clock_hz=2_000_000, attempts=2, settle_clocks=3, read=ReadPhases(evaluate_ns=5000)
    )
    assert report["ok"] and report["modes"][0]["chip_clocks"] == expected.steps("logarithmic")
    package = tmp_path / "package"
    arguments = ["--target", "chip:bayes-8x8", "--config", str(settings), "--clock-mhz", "2", "-o", str(package)]
    result = RUNNER.invoke(app, ["generate", *arguments, "--json"])
    assert json.loads(result.stdout)["config_hash"] == f"{expected.hash:016x}"
    for arguments, message in (
        (["chip", "bayes-64x64"], f"{settings}: chip must be bayes-64x64"),
        (["chip", "bayes-8x8", "--attempts", "3"], f"{settings}: attempts is given on the command line, too"),
    ):
        result = RUNNER.invoke(app, [*arguments, "--config", str(settings)])
        assert isinstance(result.exception, DesignError) and message in str(result.exception)
    settings.write_text("settle = 3\n")
    result = RUNNER.invoke(app, ["chip", "bayes-8x8", "--config", str(settings)])
    assert f"{settings}: chip.settle: no such parameter; allowed are attempts, chip," in str(result.exception)
    settings.write_text("read = { evalute_ns = 2000 }\n")
    result = RUNNER.invoke(app, ["chip", "bayes-8x8", "--config", str(settings)])
    assert f"{settings}: chip.read.evalute_ns: no such parameter; allowed are evaluate_ns," in str(result.exception)
