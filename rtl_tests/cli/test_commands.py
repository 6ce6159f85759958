"""The `hwgen` command: what it prints where, its exit codes, and the errors people meet."""

import json
from pathlib import Path

import numpy as np
import pytest

from hwgen.design import load_design
from rtl_tests.command import Run, runner

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
WINE = EXAMPLES / "bayes-wine-stochastic.toml"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command in this process, as the shell would."""
    return runner(capsys, monkeypatch)


def test_new_verify_generate_infer_follow_each_other(run: Run, tmp_path: Path) -> None:
    design = tmp_path / "my-wine.toml"
    assert run("new", design, "--dataset", "wine", "--mode", "stochastic").code == 0

    verified = run("verify", design, "--samples", 16, "--json")
    report = json.loads(verified.out)
    assert verified.code == 0
    assert (report["design"], report["mismatches"], report["samples"]) == ("my_wine", 0, 45 + 16)
    assert report["cycles_predicted"] == report["cycles_measured"]

    package = tmp_path / "package"
    generated = json.loads(run("generate", design, "-o", package, "--json").out)
    assert {file.name for file in package.iterdir()} == set(generated["files"])

    golden = json.loads(run("infer", design, "--json").out)
    rtl = json.loads(run("infer", design, "--backend", "rtl", "--json").out)
    assert golden["results"] == rtl["results"]
    assert golden["busy_cycles"] == rtl["busy_cycles"] > 0


def test_a_new_machine_that_learns_can_be_tried_at_once(run: Run, tmp_path: Path) -> None:
    design = tmp_path / "learner.toml"
    assert run("new", design, "--core", "ep", "--json").code == 0
    report = json.loads(run("infer", design, "--json").out)
    assert len(report["results"]) == 450 and report["errors"] == []
    steps = {"free_steps", "negative_steps", "positive_steps"}
    assert set(report["results"][0]) == {"prediction", "states", "changed", "flips"} | steps
    estimate = json.loads(run("synth", design, "--board", "ulx3s-85f", "--estimate", "--json").out)
    assert estimate["fits"]
    cycles = load_design(design).typical_cycles()
    assert cycles["infer"] < cycles["train"] < estimate["cycles_per_sample"]


@pytest.mark.parametrize("mode", ["supervised", "contrastive", "recurrent"])
def test_a_new_forward_forward_machine_can_be_tried_at_once(run: Run, tmp_path: Path, mode: str) -> None:
    design = tmp_path / "learner.toml"
    assert run("new", design, "--core", "ff", "--mode", mode, "--json").code == 0
    report = json.loads(run("infer", design, "--json").out)
    assert len(report["results"]) == 450 and report["errors"] == []
    assert set(report["results"][0]) == {"prediction", "goodness"}
    estimate = json.loads(run("synth", design, "--board", "ulx3s-85f", "--estimate", "--json").out)
    assert estimate["fits"] and 0 < estimate["multipliers"] <= estimate["available"]["dsps"]
    cycles = load_design(design).typical_cycles()
    assert max(cycles.values()) < estimate["cycles_per_sample"]
    layers_first = f"#   hwgen train {design} --epochs 20 --phase layers -o build/train/layers\n"
    then = f"#   hwgen train {design} --epochs 20 --phase readout --weights build/train/layers/weights.npz\n"
    assert (layers_first + then in design.read_text()) == (mode == "recurrent")


def test_json_is_the_only_thing_on_standard_output(run: Run) -> None:
    for arguments in (["list"], ["doctor"], ["verify", WINE, "--samples", 1]):
        json.loads(run(*arguments, "--json").out)


def test_infer_reads_samples_from_files(run: Run, tmp_path: Path) -> None:
    samples = np.array([[0, 1, 2, 3, 4, 5], [15, 15, 15, 15, 15, 99]])
    np.save(tmp_path / "samples.npy", samples)
    np.savetxt(tmp_path / "samples.csv", samples, delimiter=",", fmt="%d")
    answers = [
        json.loads(run("infer", WINE, "--samples", tmp_path / name, "--json").out)
        for name in ("samples.npy", "samples.csv")
    ]
    assert answers[0] == answers[1]
    assert [row["invalid"] for row in answers[0]["results"]] == [False, True]
    assert answers[0]["errors"] == ["invalid_observation"]


@pytest.mark.parametrize("backend", ["golden", "rtl"])
def test_a_baud_rate_where_there_is_no_line_exits_with_2(run: Run, backend: str) -> None:
    outcome = run("infer", WINE, "--backend", backend, "--baudrate", 9600)
    assert (outcome.code, outcome.out) == (2, "") and f"backend {backend} has no baud rate" in outcome.err


def test_infer_begins_a_new_series_where_it_is_told_to(run: Run, tmp_path: Path) -> None:
    design = tmp_path / "weather.toml"
    likelihoods, transitions = np.array([[0.6, 0.4], [0.4, 0.6]]), np.array([[0.2, 0.8], [0.1, 0.9], [0.9, 0.1]])
    np.savez(tmp_path / "weather.npz", likelihood_0=likelihoods, prior=np.ones(2), feedback=transitions)
    assert run("new", design, "--table", tmp_path / "weather.npz").code == 0
    np.save(tmp_path / "samples.npy", np.zeros((3, 1), np.int64))
    np.savetxt(tmp_path / "restart.csv", [1, 0, 1], fmt="%d")
    arguments = ["infer", design, "--samples", tmp_path / "samples.npy", "--json"]
    followed = json.loads(run(*arguments).out)["results"]
    restarted = json.loads(run(*arguments, "--restart", tmp_path / "restart.csv").out)["results"]
    assert [row["decision"] for row in followed] == [0, 1, 1]
    assert [row["decision"] for row in restarted] == [0, 1, 0]


def test_waves_are_written(run: Run, tmp_path: Path) -> None:
    waves = tmp_path / "waves.vcd"
    assert run("infer", WINE, "--backend", "rtl", "--waves", waves).code == 0
    assert "$enddefinitions" in waves.read_text()


def test_a_difference_exits_with_1(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from sim.golden.bayes import BayesModel

    honest = BayesModel._count

    def wrong(self: BayesModel, words: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        counts, cycles = honest(self, words)
        counts[0, 0] ^= 1  # one bit of one result
        return counts, cycles

    monkeypatch.setattr(BayesModel, "_count", wrong)
    outcome = run("verify", WINE, "--samples", 1, "--json")
    assert outcome.code == 1
    assert json.loads(outcome.out)["mismatches"] >= 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("core = 'bays'", "core must be one of bayes, ep, ff, not 'bays'"),
        ("", "core is missing"),
        ("core = 'bayes", "not valid TOML"),
        ("core = 'bayes'\n[bayes]\nmode = 'stochastic'\nrows = 1\nbins = [4]\ninitialised = false",
         "bayes.rows must be at least 2, not 1"),
        ("core = 'bayes'\n[bayes]\nmode = 'stochastic'\nrows = 2\nbins = [4]", "there is no [source]"),
        ("core = 'bayes'\nname = '2x'\n[bayes]", "name must be letters, digits and underscores"),
        ("core = 'bayes'\nname = 'soft'\n[bayes]", "name must not be 'soft'"),
        ("core = 'bayes'\n[bayes]\nmode = 'logarithmic'\n[source]\ndataset = 'wind'", "source.dataset must be"),
        ("core = 'bayes'\nboard = 'ulx3s'\n[bayes]", "board: no such key"),
        ("core = 'bayes'\nbayes = 3", "bayes must be a table"),
    ],
)  # fmt: skip
def test_a_wrong_design_file_exits_with_2_and_names_the_file(run: Run, tmp_path: Path, text: str, message: str) -> None:
    design = tmp_path / "my.toml"
    design.write_text(text)
    outcome = run("verify", design)
    assert outcome.code == 2
    assert message in outcome.err.replace("\n", " ")
    assert str(design) in outcome.err
    assert outcome.out == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["verify", "nowhere.toml"], "no such design file; `hwgen new nowhere.toml` makes one"),
        (["verify", WINE, "--simulator", "vcs"], "simulator must be verilator or icarus, not 'vcs'"),
        (["verify", WINE, "--backend", "fpga"], "backend must be one of rtl, cocotb, serial:PORT, not 'fpga'"),
        (["verify", WINE, "--backend", "rtl", "--simulator", "icarus"], "use backend cocotb"),
        (["verify", WINE, "--samples", "-1"], "samples must be at least 0, not -1"),
        (["infer", WINE, "--backend", "fpga"], "backend must be one of golden, rtl, serial:PORT, not 'fpga'"),
        (["infer", WINE, "--samples", "samples.txt"], "must be a .npy or .csv file"),
        (["infer", WINE, "--samples", "none.npy"], "cannot be read as samples"),
        (["infer", WINE, "--waves", "x.vcd"], "golden has no waves"),
        (["infer", WINE, "--backend", "rtl", "--waves", "x.ghw"], "waves must be a .vcd or a .fst file"),
        (["new", WINE], "exists already"),
        (["new", "my.txt"], "must end in .toml"),
        (["new", "small.toml"], "is a keyword of Verilog; try small_core"),
        (["new", "my.toml", "--dataset", "wine", "--table", "t.npz"], "one of --dataset, --table and --model"),
        (["new", "my.toml", "--table", "t.npz"], "t.npz"),
        (["new", "my.toml", "--mode", "loud"], "must be one of stochastic, logarithmic, not 'loud'"),
        (["new", "my.toml", "--core", "ff", "--mode", "x"], "be one of supervised, contrastive, recurrent, not 'x'"),
        (["new", "my.toml", "--core", "nonesuch"], "core must be one of bayes, ep, ff, not 'nonesuch'"),
        (["new", "my.toml", "--core", "ep", "--mode", "logarithmic"], "has no --mode; it takes --dataset"),
        (["new", "my.toml", "--core", "ep", "--dataset", "wine"], "hwgen: --dataset must be digits, mnist or a folder"),
        (["new", "my.toml", "--dataset", "whine"], "--dataset must be one of 'digits', 'wine'"),
        (["infer", WINE, "--backend", "rtl", "--waves", "nodir/x.vcd"], "nodir is no folder"),
        (["infer", WINE, "--backend", "serial:/dev/null"], "it is no serial port; serial ports here:"),
        (["infer", WINE, "--backend", "serial:none"], "baud: No such file or directory; serial ports here:"),
        (["verify", WINE, "--backend", "serial:"], "backend must be one of rtl, cocotb, serial:PORT, not 'serial:'"),
        (["generate", WINE, "-o", "x", "--stream-width", 64], "--stream-width belongs to --stream axi4stream"),
        (["generate", WINE, "-o", "x", "--stream", "axi4stream", "--stream-width", 20], "--stream-width must be a"),
        (["generate", WINE, "-o", WINE], "is a file; name a folder"),
        (["generate", WINE, "-o", WINE / "x"], "x: Not a directory; name another folder"),
        (["new", "/dev/null/my.toml"], "cannot write /dev/null/my.toml: Not a directory"),
        (["new", "my.toml", "--table", WINE], "is not an .npz file of numbers, as numpy.savez writes it"),
        (["demo", WINE, "-o", EXAMPLES], "holds no demonstration of hwgen"),
        (["train", EXAMPLES / "ep-digits.toml", "--epochs", 1, "-o", EXAMPLES], "holds no training of hwgen"),
        (["infer", EXAMPLES / "ep-digits.toml", "--restart", "r.csv"], "a machine without feedback"),
    ],
)
def test_wrong_input_exits_with_2_and_leaves_nothing(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[object], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    outcome = run(*arguments)
    assert outcome.code == 2
    assert message in outcome.err.replace("\n", " ")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_matplotlib_is_told_once_there_is_something_to_draw(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    refused = run("train", EXAMPLES / "ep-digits.toml", "--epochs", 1, "-o", EXAMPLES)
    assert refused.code == 2 and "Matplotlib" not in refused.err


def test_wrong_usage_exits_with_2(run: Run) -> None:
    assert run("verify").code == 2
    assert run("generate", WINE).code == 2


def test_a_missing_tool_exits_with_3_and_names_the_command_that_mends_it(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    outcome = run("verify", WINE, "--simulator", "icarus")
    assert outcome.code == 3
    assert "apt-get install iverilog" in outcome.err


def test_doctor_exits_with_1_when_something_needed_is_missing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    outcome = run("doctor", "--json")
    checks = {check["name"]: check for check in json.loads(outcome.out)["checks"]}
    assert outcome.code == 1
    assert checks["g++"]["found"] is None and checks["g++"]["mend"] == "apt-get install g++"


def test_doctor_leaves_out_what_a_version_says_in_empty_brackets(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "iverilog").write_text("#!/bin/sh\necho 'Icarus Verilog version 11.0 (stable) ()'\n")
    (tmp_path / "iverilog").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    checks = {check["name"]: check for check in json.loads(run("doctor", "--json").out)["checks"]}
    assert checks["iverilog"]["found"] == "Icarus Verilog version 11.0 (stable)"


def test_generate_refuses_a_folder_that_is_not_its_own(run: Run, tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").touch()
    outcome = run("generate", WINE, "-o", tmp_path)
    assert outcome.code == 2
    assert [file.name for file in tmp_path.iterdir()] == ["thesis.tex"]


def test_demo_writes_its_summary(run: Run, tmp_path: Path) -> None:
    outcome = run("demo", WINE, EXAMPLES / "bayes-wine-logarithmic.toml", "-o", tmp_path)
    assert outcome.code == 0
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert [entry["mismatches"] for entry in summary] == [0, 0]
    assert [entry["cycles_per_decision"] for entry in summary] == [255, 1]
    for entry in summary:
        assert entry["cycles_per_decision"] == entry["cycles_predicted"]
        assert entry["accuracy_golden"] == entry["accuracy_rtl"]
        assert (tmp_path / entry["design"] / f"{entry['design']}.v").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--board", "icebraker"], "board must be one of ulx3s-85f"),
        (["--board", "icebreaker", "--baudrate", 9600], "baudrate must be 3000000, the rate of the link of"),
        (["--board", "icebreaker", "--clock-mhz", 300], "clock-mhz must be 12 (the clock of"),
    ],
)
def test_a_virtual_board_that_cannot_be_exits_with_2(run: Run, arguments: list[object], message: str) -> None:
    outcome = run("board-sim", WINE, *arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert message in outcome.err.replace("\n", " ")


def test_doctor_needs_no_board_tools_and_tells_what_installs_them(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from boards import tools
    from hwgen.errors import ToolError

    def find(name: str) -> tools.Tool:
        if name == "yosys":
            return tools.Tool(name, "/bin/yosys", "native 0.61")
        raise ToolError(f"{name} is not installed")

    monkeypatch.setattr(tools, "find_tool", find)
    outcome = run("doctor", "--json")
    checks = {check["name"]: check for check in json.loads(outcome.out)["checks"]}
    assert outcome.code == 0
    assert {*tools.KNOWN, "openFPGALoader"} <= set(checks)
    assert checks["yosys"]["found"] == "native 0.61, /bin/yosys"
    assert checks["icepack"] == {
        "name": "icepack", "used_by": "build (iCE40)", "needed": False, "found": None,
        "mend": 'pip install "hwgen[boards]"',
    }  # fmt: skip
