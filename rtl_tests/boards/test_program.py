"""Programming a board: through openFPGALoader, or the command to run elsewhere."""

from pathlib import Path

import pytest

from boards.definitions import BOARDS
from boards.program import program
from hwgen.errors import DesignError, ToolError

BOARD = BOARDS["ulx3s-85f"]


@pytest.fixture
def bitstream(tmp_path: Path) -> Path:
    file = tmp_path / "design.bit"
    file.write_bytes(b"bits")
    return file


def loader(folder: Path, code: int) -> None:
    """An openFPGALoader that writes down its arguments."""
    file = folder / "openFPGALoader"
    file.write_text(f'#!/bin/sh\necho "$@" > {folder}/arguments\nexit {code}\n', encoding="utf-8")
    file.chmod(0o755)


def test_without_openfpgaloader_the_command_is_told(
    bitstream: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    outcome = program(bitstream, BOARD)
    assert (outcome.command, outcome.programmed) == (f"openFPGALoader -b ulx3s {bitstream}", False)


def test_openfpgaloader_is_run_where_there_is_one(
    bitstream: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loader(tmp_path, 0)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert program(bitstream, BOARD, flash=True).programmed
    assert (tmp_path / "arguments").read_text(encoding="utf-8") == f"-b ulx3s --write-flash {bitstream}\n"


def test_failure_of_openfpgaloader_is_an_error(
    bitstream: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loader(tmp_path, 1)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolError, match="failed with exit code 1; is Radiona ULX3S 85F connected and powered"):
        program(bitstream, BOARD)


def test_bitstream_of_another_family_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "design.bin"
    file.write_bytes(b"bits")
    with pytest.raises(DesignError, match=r"a bitstream for Radiona ULX3S 85F ends in \.bit, not \.bin"):
        program(file, BOARD)


def test_missing_bitstream_of_a_design_names_the_command_that_makes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    design = Path(__file__).resolve().parents[2] / "examples" / "bayes-4x4x8-logarithmic.toml"
    monkeypatch.chdir(Path(__file__).parent)
    with pytest.raises(DesignError, match=r"no such bitstream; `hwgen build .* --board ulx3s-85f` makes it"):
        program(design, BOARD)
