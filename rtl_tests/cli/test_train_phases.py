"""`hwgen train --phase`: what is told of layers that learn alone, and how the read-out follows."""

import inspect
import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from hwgen import api
from hwgen.cli import train as command
from hwgen.design import load_design
from hwgen.ff.config import FFConfig
from rtl_tests.command import Run, runner
from sim.train import Training, train

LAYERS = 'core = "ff"\n[ff]\nrule = "contrastive"\nlayers = [64, 4, 4]\npixel_bits = 4\n'
NEXT = "hwgen: once all layers have learnt, train the read-out: "


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command, in a folder with a small machine's design file."""
    monkeypatch.chdir(tmp_path)
    Path("tiny.toml").write_text(LAYERS)
    return runner(capsys, monkeypatch)


def lines(text: str) -> list[str]:
    """Of standard error, however the terminal breaks them."""
    joined = " ".join(text.split())
    return joined.replace(" epoch ", "\nepoch ").replace(f" {NEXT}", f"\n{NEXT}").split("\n")


def test_commands_after_each_other_log_each_line_once(run: Run) -> None:
    train_layers = ("train", "tiny.toml", "--epochs", 1, "--phase", "layers", "-o")
    first, second = (lines(run(*train_layers, folder).err) for folder in ("first", "second"))
    assert len(first) == len(second) == 3


def test_layers_that_learn_alone_are_told_of_by_their_goodness(run: Run) -> None:
    outcome = run("train", "tiny.toml", "--epochs", 2, "--phase", "layers", "-o", "out")
    assert outcome.code == 0, outcome.err
    told, *epochs, _ = lines(outcome.err)
    assert told.startswith("phase layers: the read-out does not learn")
    report = json.loads(Path("out/training.json").read_text())
    names = [f"goodness_{sign}_{layer}" for layer in (0, 1) for sign in ("positive", "negative")]
    assert epochs == [
        f"epoch {number} of 2: " + ", ".join(f"{name} {epoch[name] / epoch['samples']:,.1f}" for name in names)
        for number, epoch in enumerate(report["epochs"], 1)
    ]
    assert "train_error" in report["epochs"][0] and "error" not in outcome.out
    assert "goodness positive 1" in outcome.out


def test_the_command_that_is_named_next_trains_the_readout(run: Run) -> None:
    """And replaces nothing of the layers."""
    outcome = run("train", "tiny.toml", "--epochs", 2, "--phase", "layers", "--seed", 3)
    folder = Path("build/train/tiny")
    left = {path.name: path.read_bytes() for path in folder.iterdir()}
    next_ = lines(outcome.err)[-1].removeprefix(NEXT)
    files = f"--weights {folder}/weights.npz -o {folder}/readout"
    assert next_ == f"hwgen train tiny.toml --epochs 2 --seed 3 --phase readout {files}"
    second = run(*shlex.split(next_)[1:])
    assert second.code == 0 and "training error" in second.err and "goodness" not in second.out
    expected = train(load_design("tiny.toml"), epochs=2, seed=3, phase="readout", weights=folder / "weights.npz")
    assert json.loads((folder / "readout" / "training.json").read_text()) == expected.as_dict()
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == left


def test_the_command_that_is_named_next_has_all_options(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[dict[str, Any]] = []

    def on_golden(design: Any, *, backend: str, baudrate: int, **options: Any) -> Training:
        seen.append({"backend": backend, "baudrate": baudrate} | options)
        return train(design, **options)

    monkeypatch.setattr(api, "train", on_golden)
    given = "--seed 3 --shift 1 --order file --data digits --backend serial:/dev/ttyUSB1 --baudrate 115200"
    outcome = run("train", "tiny.toml", "--epochs", 1, *given.split(), "--phase", "layer:1", "-o", "my out")
    next_ = shlex.split(lines(outcome.err)[-1].removeprefix(NEXT))
    assert run(*next_[1:]).code == 0
    first, second = seen
    own = {"phase", "weights", "output"}
    assert {name for name in first if first[name] != second[name]} - {"stop", "at"} == own
    assert (second["phase"], second["weights"], second["output"]) == (
        "readout",
        Path("my out/weights.npz"),
        Path("my out/readout"),
    )
    # No option is forgotten but those that the read-out cannot have.
    options = {f"--{name}" for name in inspect.signature(command.train).parameters} - {"--design", "--as_json"}
    assert options - set(next_) == {"--machine_seed", "--resume", "--output"}


@pytest.mark.parametrize(
    ("phase", "layers"), [("joint", []), ("layers", [0, 1]), ("layer:1", [1]), ("readout", []), (None, [])]
)
def test_the_goodnesses_told_of_are_those_of_the_layers_that_learn(phase: str | None, layers: list[int]) -> None:
    contrastive = FFConfig.parse({"layers": [64, 4, 4], "rule": "contrastive"})
    names = [f"goodness_{sign}_{layer}" for layer in layers for sign in ("positive", "negative")]
    assert contrastive.phase_counters(phase) == tuple(names)
    if phase in ("joint", "layer:1"):
        assert FFConfig.parse({"layers": [64, 4, 4]}).phase_counters(phase) == ()  # their errors tell
