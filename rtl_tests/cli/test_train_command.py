"""`hwgen train`: what it prints and writes, and that a signal leaves a checkpoint to go on from."""

import json
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hwgen import api
from hwgen.cli.train import CODES, default_folder
from hwgen.design import load_design
from rtl_tests.command import runner
from sim.checkpoint import CHECKPOINT
from sim.curve import curve
from sim.epochs import Epoch
from sim.train import Training, train

DESIGN = """core = "ep"
name = "digits_ep"
[ep]
layers = [64, 16, 10]
pixel_bits = 4
lanes = 8
"""
SCALES = "state_bits = [3, 5]\nfeedback_shift = 3\n"
HWGEN = [sys.executable, "-c", "from hwgen.cli import main; main()", "train"]


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A small machine's design file, in a folder of its own."""
    path = tmp_path / "tiny.toml"
    path.write_text(DESIGN + SCALES)
    return path


def run(tiny: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [*HWGEN, str(tiny), *map(str, arguments)]
    return subprocess.run(command, cwd=tiny.parent, capture_output=True, text=True)


def loaded(tiny: Path) -> Any:
    return load_design(tiny)


def test_json_is_the_report_and_the_only_thing_on_standard_output(tiny: Path) -> None:
    outcome = run(tiny, "--epochs", 2, "--seed", 3, "--shift", 1, "--json")
    assert outcome.returncode == 0, outcome.stderr
    assert json.loads(outcome.stdout) == train(loaded(tiny), epochs=2, seed=3, shift=1).as_dict()
    assert "epoch 2 of 2: training error" in outcome.stderr
    folder = tiny.parent / "build" / "train" / "digits_ep"
    assert json.loads((folder / "training.json").read_text()) == json.loads(outcome.stdout)
    assert (folder / "curve.png").exists()


def test_the_weights_are_those_of_a_design_file(tiny: Path) -> None:
    assert run(tiny, "--epochs", 2, "-o", tiny.parent / "out").returncode == 0
    trained = tiny.parent / "trained.toml"
    trained.write_text(DESIGN + SCALES + '[source]\nweights = "out/weights.npz"\n')
    assert loaded(trained).parameters == train(loaded(tiny), epochs=2).weights


def test_a_table_names_folder_and_weights(tiny: Path) -> None:
    outcome = run(tiny, "--epochs", 1, "-o", "out")
    assert "digits_ep on golden: weights" in outcome.stdout and "(out)" in outcome.stdout
    assert "1,347" in outcome.stdout


def test_a_training_goes_on_on_another_backend_in_its_own_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = Path("build/train")
    assert default_folder("x", "rtl", True) == folder / "x-rtl"  # which holds nothing: refused later
    for name in ("x", "x-serial"):
        (folder / name).mkdir(parents=True)
    (folder / "x" / CHECKPOINT).touch()
    assert default_folder("x", "rtl", True) == folder / "x"
    assert default_folder("x", "rtl", False) == folder / "x-rtl"
    assert default_folder("y", "rtl", True) == folder / "y-rtl"
    (folder / "x-serial" / CHECKPOINT).touch()  # which of them?
    assert default_folder("x", "rtl", True) == folder / "x-rtl"
    assert default_folder("x", "golden", True) == folder / "x"


def test_each_kind_of_backend_has_a_folder_of_its_own(tiny: Path) -> None:
    assert default_folder("x", "serial:/dev/ttyUSB1", False) == Path("build/train/x-serial")
    reports = [run(tiny, "--epochs", 1, "--backend", backend, "--json").stdout for backend in ("golden", "rtl")]
    folders = tiny.parent / "build" / "train"
    kept = [(folders / name / "training.json").read_text() for name in ("digits_ep", "digits_ep-rtl")]
    assert list(map(json.loads, kept)) == list(map(json.loads, reports))
    assert json.loads(kept[0]) == json.loads(kept[1]) | {"backend": "golden"}
    assert run(tiny, "--epochs", 2, "--backend", "rtl", "--resume").returncode == 0
    assert (folders / "digits_ep" / "training.json").read_text() == kept[0]


def test_a_seed_without_effect_is_told_of(tiny: Path) -> None:
    outcome = run(tiny, "--epochs", 1, "--order", "file", "--seed", 2)
    assert "seed 2 has no effect" in " ".join(outcome.stderr.split())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_a_signal_leaves_a_checkpoint_that_goes_on_as_if_undisturbed(tiny: Path, number: signal.Signals) -> None:
    command = [*HWGEN, str(tiny), "--epochs", "1000000", "-o", "out"]
    checkpoint = tiny.parent / "out" / "checkpoint.json"
    with subprocess.Popen(command, cwd=tiny.parent, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run_:
        while not checkpoint.exists():
            assert run_.poll() is None
            time.sleep(0.02)
        run_.send_signal(number)
        out, err = run_.communicate(timeout=60)
    assert run_.returncode == CODES[number]
    assert out == ""
    assert f"{number.name}: stopping" in err and "--resume" in err and "Traceback" not in err
    assert not list(tiny.parent.glob("out/.*"))  # nothing half-written
    epochs = len(json.loads(checkpoint.read_text())["position"]["epochs"]) + 1

    assert "go on with --resume" in run(tiny, "--epochs", epochs, "-o", "out").stderr.replace("\n", " ")
    resumed = run(tiny, "--epochs", epochs, "-o", "out", "--resume", "--json")
    assert json.loads(resumed.stdout) == train(loaded(tiny), epochs=epochs).as_dict()


def test_only_the_first_signal_of_a_training_waits(tiny: Path) -> None:
    """Before and after it signals act as ever."""
    program = (
        "import os, signal\n"
        "from hwgen.cli.train import Stop\n"
        "def interrupt():\n"
        "    try:\n"
        "        os.kill(os.getpid(), signal.SIGINT)\n"
        "    except KeyboardInterrupt:\n"
        "        print('at once')\n"
        "    else:\n"
        "        print('later')\n"
        "with Stop() as stop:\n"
        "    interrupt()\n"
        "    assert not stop()\n"
        "    interrupt()\n"
        "    assert stop() and stop.signal is signal.SIGINT\n"
        "    interrupt()\n"
        "with Stop() as stop:\n"
        "    stop()\n"
        "interrupt()\n"
    )
    outcome = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert outcome.stdout.split("\n") == ["at once", "later", "at once", "at once", ""], outcome.stderr


def test_a_latched_machine_is_told_of_in_a_sentence(tiny: Path) -> None:
    tiny.write_text(DESIGN.replace("16, 10", "32, 10") + "state_bits = [4, 2]\nfeedback_shift = 7\n")
    outcome = run(tiny, "--epochs", 2)
    err = " ".join(outcome.stderr.split())
    assert err.count("the outputs are latched") == 1
    assert "hwgen: warning: ep: " in err and "warnings.warn" not in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--epochs", "0"], "Invalid value"),
        ([], "Missing option"),
        (["--epochs", "1", "--data", "nowhere"], "data must be digits, mnist or a folder"),
        (["--epochs", "1", "--shift", "8"], "shift must lie between 0 and 7 pixels for images of 8 x 8, not 8"),
        (["--epochs", "1", "--resume"], "holds no checkpoint (checkpoint.json); name the folder that does, or begin"),
        (["--epochs", "1", "-o", "tiny.toml/out"], "cannot write to tiny.toml/out: Not a directory; name another"),
        (["--epochs", "1", "--backend", "fpga"], "backend must be one of golden, rtl, serial:PORT, not 'fpga'"),
    ],
)
def test_wrong_input_exits_with_2_and_leaves_nothing(tiny: Path, arguments: list[str], message: str) -> None:
    outcome = run(tiny, *arguments)
    assert (outcome.returncode, outcome.stdout) == (2, "")
    assert message in " ".join(outcome.stderr.replace("│", " ").split())
    assert list(tiny.parent.iterdir()) == [tiny]


def test_the_curve_shows_what_tells_of_learning() -> None:
    pytest.importorskip("matplotlib")
    epochs = [Epoch(0.9, 0.9, 1, 10, {"goodness_positive_0": count}) for count in (10, 40)]
    more = [replace(epoch, statistics={"goodness_positive_0": 100}) for epoch in epochs]
    told = ("goodness_positive_0",)
    assert curve(epochs, "x", told) != curve(more, "x", told)
    assert curve(epochs, "x") == curve(more, "x") != curve(epochs, "x", told)


def test_control_c_before_the_first_sample_says_that_nothing_was_learnt(
    tiny: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(api, "train", interrupted)
    outcome = runner(capsys, monkeypatch)("train", tiny, "--epochs", 1)
    assert (outcome.code, outcome.out) == (130, "")
    assert " ".join(outcome.err.split()).endswith(
        "hwgen: stopped before anything was learnt; give the same command again"
    )


def test_the_demonstration_trains_on_golden_model_and_rtl(tiny: Path) -> None:
    command = [*HWGEN[:-1], "demo", str(tiny), "-o", "demo", "--json"]
    outcome = subprocess.run(command, cwd=tiny.parent, capture_output=True, text=True)
    assert outcome.returncode == 0, outcome.stderr
    (entry,) = json.loads(outcome.stdout)["designs"]
    assert entry == json.loads((tiny.parent / "demo" / "summary.json").read_text())[0]
    assert entry["identical"] and entry["mismatches"] == 0 and entry["samples"] == 5 * 1347
    for name in ("test_error", "flips", "cycles", "weights_sha256", "epochs"):
        assert entry[f"{name}_golden"] == entry[f"{name}_rtl"]
    assert entry["weights_sha256_rtl"] == train(loaded(tiny), epochs=5).weights_sha256
    assert (tiny.parent / "demo" / "digits_ep" / "digits_ep.v").exists()


def test_the_demonstration_prints_a_training_of_any_core(tmp_path: Path) -> None:
    (tmp_path / "tiny.toml").write_text('core = "ff"\n[ff]\nlayers = [64, 4]\npixel_bits = 4\n')
    command = [*HWGEN[:-1], "demo", "tiny.toml", "-o", "demo"]
    outcome = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert outcome.returncode == 0, outcome.stderr
    (entry,) = json.loads((tmp_path / "demo" / "summary.json").read_text())
    assert entry["identical"] and entry["core"] == "ff" and entry["samples"] == 5 * 1347
    assert "trainings" in outcome.stdout and entry["weights_sha256_rtl"][:8] in outcome.stdout


def test_the_demonstration_tells_of_a_difference(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sim import demo

    honest = demo.train

    def wrong(design: Any, *, backend: str, epochs: int) -> Training:
        """Flips counted one too many on what is called RTL."""
        training = honest(design, epochs=epochs)
        last = training.epochs[-1]
        if backend == "rtl":
            training.epochs[-1] = replace(last, statistics=last.statistics | {"flips": last.statistics["flips"] + 1})
        return replace(training, backend=backend)

    monkeypatch.setattr(demo, "train", wrong)
    entry = demo.trained(loaded(tiny))
    assert (entry["identical"], entry["mismatches"]) == (False, 1)
