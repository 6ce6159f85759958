"""The command line for chips."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hwgen.cli.app import app
from hwgen.errors import DesignError

RUNNER = CliRunner()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--target", "chip:bayes-64"], "target must be one of chip:bayes-64x64, chip:bayes-8x8, not 'chip:bayes-64'"),
        ([], "name a design file, or a chip with --target chip:NAME"),
        (["my.toml", "--target", "chip:bayes-8x8"], "--target chip:bayes-8x8 takes no design file"),
        (["my.toml", "--clock-mhz", "12"], "--clock-mhz belongs to --target"),
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
        (["bayes-8x8", "--stuck", "2"], "--stuck must be from 0 to 1"),
        (["bayes-8x8", "--dataset", "wine", "--table", "a.npz"], "give --dataset or --table, not both"),
        (["bayes-8x8", "--samples", "a.npz"], "--samples belongs to --table"),
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
