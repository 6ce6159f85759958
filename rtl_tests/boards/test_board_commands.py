"""The commands `boards`, `synth`, `build`, `program` and `bench-boards`: what they print, and wrong arguments."""

import json
from pathlib import Path
from typing import Any

import pytest

from boards.definitions import BOARDS
from rtl_tests.command import Run, runner

MACHINE = 'core = "bayes"\n[bayes]\nmode = "logarithmic"\nrows = 2\nbins = [2, 2]\ninitialised = false\n'


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run the command in this process and in a folder of its own, as a shell without openFPGALoader would."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    return runner(capfd, monkeypatch)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A design file whose machine is small."""
    file = tmp_path / "tiny.toml"
    file.write_text(MACHINE, encoding="utf-8")
    return file


def test_boards_lists_device_capacity_clock_and_link(run: Run) -> None:
    entries = {entry["name"]: entry for entry in json.loads(run("boards", "--json").out)["boards"]}
    assert entries.keys() == BOARDS.keys()
    ice = entries["icebreaker"]
    assert (ice["device"], ice["luts"], ice["block_rams"], ice["sprams"]) == ("up5k", 5280, 30, 4)
    assert (ice["clock_mhz"], ice["link"]) == (12, BOARDS["icebreaker"].link)
    table = run("boards").out
    assert all(name in table for name in BOARDS) and "30 x 4 + 4 x 256 kbit" in table


@pytest.mark.parametrize("command", ["synth", "build", "program"])
def test_an_unknown_board_is_wrong_input(run: Run, source: Path, command: str) -> None:
    outcome = run(command, source, "--board", "ulx4s")
    assert outcome.code == 2 and outcome.out == ""
    assert "board must be one of ulx3s-85f" in outcome.err


@pytest.mark.parametrize("command", ["synth", "build", "program"])
def test_a_missing_design_file_is_wrong_input(run: Run, tmp_path: Path, command: str) -> None:
    outcome = run(command, tmp_path / "none.toml", "--board", "icebreaker")
    assert outcome.code == 2 and "no such design file" in outcome.err


@pytest.mark.parametrize("command", ["synth", "build", "program"])
def test_the_board_must_be_given(run: Run, source: Path, command: str) -> None:
    assert run(command, source).code == 2


@pytest.mark.parametrize("command", ["synth", "build"])
def test_a_file_as_build_folder_is_wrong_input(run: Run, source: Path, command: str) -> None:
    outcome = run(command, source, "--board", "arty-a7-35t", "-o", source)
    assert outcome.code == 2
    assert f"the build folder must be a folder, not {source}; name another with -o" in outcome.err


@pytest.mark.parametrize("mhz", ["nan", "inf", "0", "-12"])
def test_what_is_no_clock_is_wrong_input(run: Run, source: Path, tmp_path: Path, mhz: str) -> None:
    outcome = run("build", source, "--board", "icebreaker", "--clock-mhz", mhz, "-o", tmp_path / "run")
    assert outcome.code == 2
    assert f"clock-mhz must be a number above 0, not {mhz}" in outcome.err
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("estimate", [[], ["--estimate"]])
def test_out_of_context_is_refused_alike_with_and_without_estimate(run: Run, source: Path, estimate: list[str]) -> None:
    outcome = run("synth", source, "--board", "icebreaker", "--out-of-context", *estimate)
    assert outcome.code == 2 and "has no out-of-context flow" in outcome.err


def test_an_estimate_tells_whether_it_fits_and_shows_what_the_board_has(run: Run, source: Path) -> None:
    estimate = json.loads(run("synth", source, "--board", "icebreaker", "--estimate", "--json").out)
    assert (estimate["design"], estimate["board"], estimate["fit"], estimate["fits"]) == (
        "tiny",
        "icebreaker",
        "fits",
        True,
    )
    assert "of 5,280, within 25%" in run("synth", source, "--board", "icebreaker", "--estimate").out
    source.write_text(MACHINE.replace("rows = 2", "rows = 64").replace("[2, 2]", "[9, 9, 9, 9]"), encoding="utf-8")
    refused = run("synth", source, "--board", "icebreaker", "--estimate")
    assert refused.code == 2 and "cannot fit" in refused.out and "lower bayes.rows" in refused.out


@pytest.mark.parametrize(("option", "value"), [("--seeds", 3), ("--output", "run")])
def test_an_estimate_refuses_what_belongs_to_a_placement(run: Run, source: Path, option: str, value: object) -> None:
    outcome = run("synth", source, "--board", "icebreaker", "--estimate", option, value)
    assert outcome.code == 2 and f"{option} has no meaning with --estimate" in outcome.err


def test_a_clock_that_the_pll_does_not_make_names_the_nearest(run: Run, source: Path) -> None:
    refused = run("build", source, "--board", "icebreaker", "--clock-mhz", 13.7)
    assert refused.code == 2 and "such as 12 or 18, not 13.7" in " ".join(refused.err.split())


def test_the_icebreakers_flash_is_always_written(run: Run, tmp_path: Path) -> None:
    (tmp_path / "x.bin").touch()
    for flash in ([], ["--flash"]):
        told = json.loads(run("program", tmp_path / "x.bin", "--board", "icebreaker", "--json", *flash).out)
        assert told["command"] == f"openFPGALoader -b ice40_generic --write-flash {tmp_path}/x.bin"


def test_synth_and_build_print_a_table_or_json(run: Run, source: Path, tools: Any) -> None:
    report = json.loads(run("synth", source, "--board", "ulx3s-85f", "--json").out)
    assert (report["fmax_mhz"], report["clock_mhz"], report["samples_per_second"]) == (111, None, 111e6)
    assert "Fmax of clk" in run("synth", source, "--board", "ulx3s-85f").out
    built = run("build", source, "--board", "ulx3s-85f", "--clock-mhz", 100)
    assert built.code == 0 and "100 MHz, timing closed" in built.out
    assert built.out.splitlines()[-2:] == [f"build/synth/tiny-ulx3s-85f/{name}" for name in ("tiny.bit", "report.json")]
    assert json.loads(run("build", source, "--board", "ulx3s-85f", "--json").out)["clock_mhz"] == 100


def test_the_table_says_why_its_modules_do_not_add_up(run: Run, source: Path, tools: Any) -> None:
    said = {
        board: " ".join(run("synth", source, "--board", board).out.split()) for board in ("icebreaker", "ulx3s-85f")
    }
    assert "used what is placed: under LUT logic cells, each with a look-up table" in said["icebreaker"]
    assert "used what is placed: under LUT look-up tables, with those that it adds" in said["ulx3s-85f"]
    assert "used what is placed" not in run("synth", source, "--board", "arty-a7-35t").out


@pytest.mark.parametrize(("command", "missing"), [("synth", "nextpnr-ice40"), ("build", "icepack")])
def test_a_tool_that_is_needed_later_is_missed_at_once(
    run: Run, source: Path, tools: Any, tmp_path: Path, command: str, missing: str
) -> None:
    tools.missing = missing
    outcome = run(command, source, "--board", "icebreaker", "-o", tmp_path / "run")
    assert outcome.code == 3 and f"{missing} is not installed" in outcome.err
    assert tools.runs == [] and not (tmp_path / "run").exists()


def test_synth_needs_no_packer(run: Run, source: Path, tools: Any) -> None:
    tools.missing = "icepack"
    assert run("synth", source, "--board", "icebreaker").code == 0


def test_build_says_which_clock_it_tries(run: Run, source: Path, tools: Any) -> None:
    tools.fmax = 20
    said = run("build", source, "--board", "icebreaker").err
    assert (
        said.index("trying 48 MHz ...") < said.index("48 MHz does not close timing") < said.index("trying 18 MHz ...")
    )


def test_a_clock_that_misses_timing_is_wrong_input(run: Run, source: Path, tools: Any) -> None:
    outcome = run("build", source, "--board", "ulx3s-85f", "--clock-mhz", 150)
    assert outcome.code == 2 and "does not close timing at 150 MHz: Fmax is 111.0 MHz" in outcome.err


def test_program_finds_a_build_and_prints_nothing_but_json(
    run: Run, source: Path, tmp_path: Path, tools: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "run"
    assert run("program", source, "--board", "ulx3s-85f", "-o", folder).code == 2
    run("build", source, "--board", "ulx3s-85f", "--clock-mhz", 100, "-o", folder)
    told = run("program", source, "--board", "ulx3s-85f", "-o", folder)
    assert told.code == 0 and "openFPGALoader is not installed; run this where it is" in told.out
    loader = tmp_path / "bin" / "openFPGALoader"
    loader.parent.mkdir()
    loader.write_text("#!/bin/sh\necho 'write to flash'\n", encoding="utf-8")
    loader.chmod(0o755)
    monkeypatch.setenv("PATH", str(loader.parent))
    outcome = run("program", source, "--board", "ulx3s-85f", "-o", folder, "--flash", "--json")
    done = json.loads(outcome.out)
    assert (done["programmed"], done["clock_mhz"]) == (True, 100)
    assert done["command"] == f"openFPGALoader -b ulx3s --write-flash {folder}/tiny.bit"
    assert "write to flash" in outcome.err


def test_a_missing_bitstream_is_wrong_input(run: Run, tmp_path: Path) -> None:
    outcome = run("program", tmp_path / "none.bit", "--board", "ulx3s-85f")
    assert outcome.code == 2 and "none.bit: no such bitstream" in outcome.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--core", "none"], "--core must be one of bayes"),
        (["--machine", "5x5x5"], "--machine must be part of one of"),
        (["--seeds", "0"], "--seeds"),
    ],
)
def test_wrong_arguments_of_bench_boards_write_nothing(
    run: Run, tmp_path: Path, arguments: list[str], message: str
) -> None:
    outcome = run("bench-boards", "-o", tmp_path / "results", *arguments)
    assert outcome.code == 2 and message in " ".join(outcome.err.split())
    assert not (tmp_path / "results").exists()


def test_bench_boards_writes_a_page_anew(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "results"
    outcome = run("bench-boards", "--page-only", "-o", folder)
    assert outcome.code == 2 and "there is no" in outcome.err and not folder.exists()
    folder.mkdir()
    entry = {"machine": "10x64x17 stochastic", "board": "icebreaker", "out_of_context": False, "refused": "too large"}
    (folder / "boards.json").write_text(json.dumps({"command": "the command", "results": [entry]}), encoding="utf-8")
    monkeypatch.setattr("boards.bench.measure", None)  # not called
    for option, value in (("--machine", "10x64x17"), ("--seeds", "1")):
        outcome = run("bench-boards", "--page-only", option, value, "-o", folder)
        assert outcome.code == 2 and f"{option} has no meaning with --page-only" in outcome.err
    assert not (folder / "boards.md").exists()
    outcome = run("bench-boards", "--page-only", "-o", folder, "--json")
    [result] = json.loads(outcome.out)["results"]
    assert outcome.code == 0 and (result["command"], result["current"]) == ("the command", None)
    assert "10x64x17 stochastic on 1BitSquared iCEBreaker: refused" in (folder / "boards.md").read_text("utf-8")


def test_bench_boards_says_which_runs_a_tool_failed_in(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hwgen.errors import ToolError

    def fail(*_: Any) -> None:
        raise ToolError("yosys crashed")

    monkeypatch.setattr("boards.bench.measure", fail)
    outcome = run("bench-boards", "--machine", "4x4x8 log", "-o", tmp_path / "results", "--json")
    assert outcome.code == 3 and json.loads(outcome.out) == {"results": []}
    assert "nothing was recorded of: 4x4x8 logarithmic on ulx3s-85f" in outcome.err
