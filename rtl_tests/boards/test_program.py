"""Programming a board: through openFPGALoader, or the command to run elsewhere."""

from pathlib import Path
from typing import Any

import pytest

from boards.build import build
from boards.definitions import BOARDS
from boards.program import program
from hwgen.design import Design, load_design
from hwgen.errors import DesignError, ToolError

BOARD = BOARDS["ulx3s-85f"]

MACHINE = 'core = "bayes"\n[bayes]\nmode = "logarithmic"\nrows = 2\nbins = [2, 2]\ninitialised = false\n'


@pytest.fixture
def bitstream(tmp_path: Path) -> Path:
    file = tmp_path / "design.bit"
    file.write_bytes(b"bits")
    return file


def loader(folder: Path, code: int) -> None:
    """An openFPGALoader that writes down its arguments."""
    file = folder / "openFPGALoader"
    file.write_text(f'#!/bin/sh\necho "$@" > {folder}/arguments\necho writing\nexit {code}\n', encoding="utf-8")
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


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A design file whose machine is small."""
    file = tmp_path / "tiny.toml"
    file.write_text(MACHINE, encoding="utf-8")
    return file


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No openFPGALoader, and a folder of its own to work in."""
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("nowhere")
def test_the_bitstream_that_was_built_of_a_design_is_found(source: Path, tools: Any) -> None:
    build(load_design(source), BOARD, clock_mhz=100)
    outcome = program(source, BOARD)
    assert (outcome.command, outcome.clock_mhz) == ("openFPGALoader -b ulx3s build/synth/tiny-ulx3s-85f/tiny.bit", 100)


@pytest.mark.usefixtures("nowhere")
def test_the_bitstream_in_a_named_folder_is_found(source: Path, tools: Any, tmp_path: Path) -> None:
    folder = tmp_path / "other"
    build(load_design(source), BOARD, folder, clock_mhz=100)
    assert program(source, BOARD, directory=folder).command.endswith(f"{folder}/tiny.bit")
    with pytest.raises(DesignError, match=r"no such bitstream with its report; `hwgen build .*tiny.toml --board ulx3s"):
        program(source, BOARD)
    with pytest.raises(DesignError, match="--output has no meaning with a bitstream"):
        program(folder / "tiny.bit", BOARD, directory=folder)


@pytest.mark.usefixtures("nowhere")
def test_the_bitstream_of_an_edited_design_is_refused(source: Path, tools: Any) -> None:
    build(load_design(source), BOARD, clock_mhz=100)
    source.write_text(MACHINE.replace("rows = 2", "rows = 3"), encoding="utf-8")
    with pytest.raises(
        DesignError, match=r"holds a build of another Radiona ULX3S 85F design than .*tiny\.toml is now"
    ):
        program(source, BOARD)


@pytest.mark.usefixtures("nowhere")
def test_the_bitstream_with_other_content_is_refused(source: Path, tools: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    build(load_design(source), BOARD, clock_mhz=100)
    monkeypatch.setattr(Design, "content_hash", 1)
    with pytest.raises(DesignError, match="holds a build of another"):
        program(source, BOARD)


@pytest.mark.usefixtures("nowhere")
def test_a_bitstream_that_is_not_the_reports_is_refused(source: Path, tools: Any) -> None:
    bitstream = build(load_design(source), BOARD, clock_mhz=100).files[0]
    with pytest.raises(DesignError, match="was built for ulx3s-85f, not ulx3s-12f"):
        program(bitstream, BOARDS["ulx3s-12f"])
    bitstream.write_bytes(b"another")
    for given in (source, bitstream):
        with pytest.raises(DesignError, match=r"tiny\.bit is not the bitstream that .*report\.json tells of"):
            program(given, BOARD)


@pytest.mark.usefixtures("nowhere")
def test_a_design_that_only_vivado_can_build_names_its_command(source: Path, tools: Any) -> None:
    board = BOARDS["arty-a7-35t"]
    with pytest.raises(DesignError, match=r"`hwgen build .* --board arty-a7-35t` makes both"):
        program(source, board)
    build(load_design(source), board)
    folder = Path("build/synth/tiny-arty-a7-35t")
    with pytest.raises(DesignError, match=f"`cd {folder} && vivado -mode batch -source tiny_board.tcl` makes it"):
        program(source, board)
    (folder / "tiny.bit").write_bytes(b"by Vivado")
    assert program(source, board).command == f"openFPGALoader -b arty_a7_35t {folder}/tiny.bit"


def test_what_openfpgaloader_prints_goes_to_standard_error(
    bitstream: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    loader(tmp_path, 0)
    monkeypatch.setenv("PATH", str(tmp_path))
    program(bitstream, BOARD)
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("", "writing\n")
