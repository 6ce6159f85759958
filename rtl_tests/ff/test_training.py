"""Training a Forward-Forward machine: it learns, phase by phase or all at once; a stop changes nothing, nor does the
backend."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hwgen import registry
from hwgen.design import Design
from hwgen.errors import HwgenError
from hwgen.ff.config import FFConfig
from hwgen.ff.counters import counters
from hwgen.ff.training import annealing_of
from rtl_tests.sim.machines import asked, digits, few_images
from rtl_tests.sim.machines import design as ep_design
from sim.golden.ff import FFModel
from sim.train import train
from sim.trainer import Trainer

DIGITS: dict[str, dict[str, Any]] = {
    "supervised": {"layers": [64, 32, 32], "pixel_bits": 4, "update_shift": 15},
    # So few units that a read-out of random ones is much worse.
    "contrastive": {"rule": "contrastive", "layers": [64, 16, 16], "pixel_bits": 4},
}
LEARNT = {"supervised": 0.12, "contrastive": 0.2}
"""The test error is below this after eight epochs."""
RECURRENT: dict[str, Any] = {"recurrent": True, "activation_shift": 8, "initial_bits": 6, "update_shift": 17}
BASE = {"train_error", "test_error", "cycles", "samples"}


def design(rule: str, **values: Any) -> Design:
    return Design("digits_ff", registry.CORES["ff"], FFConfig.parse(DIGITS[rule] | values))


@pytest.mark.parametrize("rule", DIGITS)
def test_a_machine_learns_digits(rule: str) -> None:
    training = train(design(rule), epochs=8)
    assert training.phase == "joint"
    assert training.epochs[-1].test_error < LEARNT[rule] < training.epochs[0].train_error
    clocks = [
        sum(count for name, count in epoch.statistics.items() if name.endswith("_cycles")) for epoch in training.epochs
    ]
    assert all(0.8 * epoch.cycles < spent < epoch.cycles for epoch, spent in zip(training.epochs, clocks, strict=True))


@pytest.mark.parametrize("rule", DIGITS)
def test_one_sweep_learns_digits_as_well_as_several(rule: str) -> None:
    """And in fewer clocks."""
    separate, union = (train(design(rule, learning_sweeps=sweeps), epochs=8) for sweeps in ("separate", "union"))
    assert abs(separate.epochs[-1].test_error - union.epochs[-1].test_error) < 0.025
    spent = [training.epochs[0].statistics["learn_cycles"] for training in (separate, union)]
    assert spent[1] < 0.95 * spent[0]


@pytest.mark.parametrize("sweeps", ["separate", "union"])
def test_contrastive_layers_learn_more_than_their_read_out_alone(sweeps: str) -> None:
    machine = design("contrastive", learning_sweeps=sweeps)
    for seed in (1, 2, 3):
        random, learnt = (
            train(machine, epochs=8, machine_seed=seed, phase=phase).epochs[-1].test_error
            for phase in ("readout", "joint")
        )
        assert learnt < 0.7 * random


@pytest.mark.parametrize("seed", [1, 2])
def test_a_recurrent_machine_learns_digits_row_by_row(seed: int) -> None:
    """First its layer, then its read-out, which of a random layer classifies many more of them wrongly."""
    machine = design("contrastive", layers=[8, 64], **RECURRENT)
    assert machine.config.steps == 8
    random = train(machine, epochs=8, machine_seed=seed, phase="readout")
    layer = train(machine, epochs=8, machine_seed=seed, phase="layers")
    learnt = train(machine, epochs=8, weights=layer.weights, phase="readout")
    assert learnt.epochs[-1].test_error < min(0.12, 0.6 * random.epochs[-1].test_error)


@pytest.mark.parametrize("rule", DIGITS)
def test_an_epoch_tells_what_learning_did(rule: str) -> None:
    machine = design(rule)
    training = train(machine, epochs=2)
    told = training.as_dict()["epochs"][-1]
    learning = set(counters(machine.config)) - {"inferred", "infer_errors", "trained", "train_errors"}
    assert set(told) == BASE | learning
    assert {"goodness_positive_1", "skipped_1", "saturated_1", "learn_cycles"} <= learning
    assert told["goodness_positive_0"] > told["goodness_negative_0"] > 0 < told["learn_cycles"]


@pytest.mark.parametrize("rule", DIGITS)
def test_a_training_goes_on_as_if_undisturbed(rule: str, tmp_path: Path) -> None:
    machine = design(rule)
    whole = train(machine, epochs=3)
    train(machine, epochs=3, output=tmp_path, stop=asked(4))  # within the second epoch
    resumed = train(machine, epochs=3, output=tmp_path, resume=True)
    assert resumed.as_dict() == whole.as_dict()
    assert resumed.weights == whole.weights


def test_steps_become_smaller_towards_the_end() -> None:
    assert [annealing_of(epoch, 20) for epoch in range(20)] == [0] * 10 + [1] * 5 + [2] * 3 + [3] * 2
    assert [annealing_of(0, 1), annealing_of(1, 2), annealing_of(2, 3)] == [0, 1, 1]
    model = FFModel(design("supervised").config)
    model.start_epoch(9, 10)
    assert model.annealing == 3
    model.start_epoch(0, 10)
    assert model.annealing == 0


@pytest.mark.parametrize(
    ("rule", "phase", "learns"),
    [
        ("contrastive", "joint", (True, True, True)),
        ("contrastive", "layers", (True, True, False)),
        ("contrastive", "layer:1", (False, True, False)),
        ("contrastive", "readout", (False, False, True)),
        ("supervised", "joint", (True, True)),
        ("supervised", "layer:0", (True, False)),
    ],
)
def test_only_what_the_phase_says_learns(rule: str, phase: str, learns: tuple[bool, ...]) -> None:
    machine = design(rule)
    before, after = FFModel(machine.config).dump(), train(machine, epochs=1, phase=phase).weights
    arrays = [[*weights.layers, *([] if weights.readout is None else [weights.readout])] for weights in (before, after)]
    assert tuple((old != new).any() for old, new in zip(*arrays, strict=True)) == learns
    assert train(machine, epochs=1, phase=phase).phase == phase


def test_a_phase_begins_with_what_another_has_left(tmp_path: Path) -> None:
    machine = design("contrastive")
    first = train(machine, epochs=2, phase="layers", output=tmp_path / "layers")
    second = train(machine, epochs=4, phase="readout", weights=tmp_path / "layers" / "weights.npz")
    for old, new in zip(first.weights.layers, second.weights.layers, strict=True):
        np.testing.assert_array_equal(old, new)
    assert second.epochs[-1].test_error < 0.3 < first.epochs[-1].test_error


def test_a_phase_that_there_is_not_is_refused(tmp_path: Path) -> None:
    known = "phase must be one of joint, layer:0, layer:1, not 'readout'"
    with pytest.raises(HwgenError, match=known):
        train(design("supervised"), epochs=1, phase="readout", output=tmp_path / "out")
    with pytest.raises(HwgenError, match=known):
        FFModel(design("supervised").config).start_phase("readout")
    for wrong in ("layer:2", "layer", "layer:", "Layers", ""):
        with pytest.raises(HwgenError, match="phase must be one of joint, layers, layer:0, layer:1, readout, not"):
            train(design("contrastive"), epochs=1, phase=wrong)
    with pytest.raises(HwgenError, match="core ep learns as a whole and has no phases; leave phase out"):
        train(ep_design(), epochs=1, phase="joint")
    assert not list(tmp_path.iterdir())


def test_another_phase_is_another_training(tmp_path: Path) -> None:
    train(design("contrastive"), epochs=2, phase="layers", output=tmp_path, stop=asked(3))
    with pytest.raises(HwgenError, match="phase is 'layers' there and 'joint' here"):
        train(design("contrastive"), epochs=2, output=tmp_path, resume=True)


COMPILED = {
    "supervised": design("supervised", layers=[64, 16, 8], lanes=8),
    "contrastive": design("contrastive", layers=[64, 16, 8], lanes=8),
    "union": design("contrastive", layers=[64, 16, 8], lanes=8, learning_sweeps="union"),
    "recurrent": design("contrastive", layers=[8, 8], lanes=4, **RECURRENT),  # row by row
}


@pytest.mark.parametrize(
    ("name", "count"), [("supervised", 1347), ("contrastive", 1347), ("union", 300), ("recurrent", 300)]
)
def test_the_verilog_learns_the_same(name: str, count: int) -> None:
    """From so many of the bundled digits' 1,347 training samples, in three epochs, the last of smaller steps: errors,
    clocks and all that is counted of each epoch, weights and generators at the end."""
    samples, labels, *test = (each[:count] for each in digits())
    fitted = []
    for backend in ("golden", "rtl"):
        with Trainer(COMPILED[name], backend, seed=3) as trainer:
            trainer.fit(samples, labels, epochs=3, test=(test[0], test[1]))
            fitted.append((trainer.history_, trainer.weights_))
    assert fitted[0] == fitted[1]


@pytest.mark.parametrize(("name", "phase"), [("supervised", "layer:1"), ("union", "layers")])
def test_backends_take_over_from_each_other(
    name: str, phase: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within an epoch, also within one of smaller steps: with the same phase and steps as if undisturbed."""
    monkeypatch.setattr("sim.train.load_images", lambda data: few_images(300, 30))
    for module in ("stream", "epochs", "train"):
        monkeypatch.setattr(f"sim.{module}.CHUNK", 200)
    wanted: dict[str, Any] = {"epochs": 2, "phase": phase}
    whole = train(COMPILED[name], **wanted)
    for backend, stop in (("rtl", 1), ("golden", 3)):
        part = train(COMPILED[name], **wanted, backend=backend, output=tmp_path, resume=stop > 1, stop=asked(stop))
        assert not part.complete
    last = train(COMPILED[name], **wanted, backend="rtl", output=tmp_path, resume=True)
    assert last.as_dict() == whole.as_dict() | {"backend": "rtl"}
    assert last.weights == whole.weights
