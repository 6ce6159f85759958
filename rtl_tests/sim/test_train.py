"""Training: machines learn, a stop changes nothing, backends agree in every number, and wrong resumes are refused."""

import json
import warnings
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import pytest

from hwgen import registry
from hwgen.design import load_design
from hwgen.ep.driver import EPDriver
from hwgen.ep.latch import LatchUpWarning
from hwgen.ep.weights import EPWeights
from hwgen.errors import HwgenError
from rtl_tests.sim.machines import asked, design, digits, few_images
from sim.checkpoint import file_sha256
from sim.epochs import Epoch, Sums
from sim.golden.ep import EPModel
from sim.images import load_images
from sim.train import train
from sim.trainer import Trainer
from sim.virtual_board import VirtualBoard


def test_a_machine_learns_digits() -> None:
    training = train(design(64), epochs=6)
    assert [epoch.samples for epoch in training.epochs] == [1347] * 6
    assert training.epochs[-1].test_error < 0.2 < 0.3 < training.epochs[0].train_error
    assert training.epochs[-1].statistics["flips"] < training.epochs[0].statistics["flips"]
    assert all(epoch.cycles > 1347 * 100 and epoch.statistics["steps_free"] >= 1347 for epoch in training.epochs)


def test_equal_arguments_give_equal_trainings_and_each_argument_matters() -> None:
    def sha256(**values: Any) -> str:
        return train(design(), **values).weights_sha256

    assert sha256() == sha256()
    assert len({sha256(), sha256(seed=1), sha256(shift=1), sha256(order="file"), sha256(epochs=2)}) == 5


def test_files_tell_what_the_report_tells(tmp_path: Path) -> None:
    training = train(design(), epochs=2, seed=5, shift=1, output=tmp_path)
    report = json.loads((tmp_path / "training.json").read_text())
    assert report == training.as_dict()
    assert {
        "design": "digits_ep",
        "backend": "golden",
        "data": "digits",
        "seed": 5,
        "shift": 1,
    }.items() <= report.items()
    assert set(report["epochs"][0]) == {
        "train_error", "test_error", "cycles", "samples", "steps_free", "steps_nudged", "flips"
    }  # fmt: skip
    assert all(report["epochs"][0].values())
    assert EPWeights.load(tmp_path / "weights.npz", design().config) == training.weights
    assert file_sha256(tmp_path / "weights.npz") == training.weights_sha256
    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")
    assert {file.name for file in training.files} == {"training.json", "weights.npz", "curve.png"}


def test_the_hash_is_of_content_not_of_compression(tmp_path: Path) -> None:
    arrays = {"b": np.arange(6).reshape(2, 3), "a": np.array(7, np.uint32)}
    np.savez(tmp_path / "one.npz", **arrays)
    np.savez_compressed(tmp_path / "two.npz", **dict(reversed(arrays.items())))
    np.savez(tmp_path / "three.npz", b=arrays["b"].reshape(3, 2), a=arrays["a"])
    one, two, three = (file_sha256(tmp_path / f"{name}.npz") for name in ("one", "two", "three"))
    assert one == two != three


@pytest.mark.parametrize("stops", [[0], [1], [2], [4, 0, 1]], ids=["at once", "in an epoch", "before a test", "often"])
def test_a_stopped_training_goes_on_as_if_nothing_had_happened(tmp_path: Path, stops: list[int]) -> None:
    whole = train(design(), epochs=3, shift=1)
    for number, stop in enumerate(stops):
        part = train(design(), epochs=3, shift=1, output=tmp_path, resume=number > 0, stop=asked(stop))
        assert not part.complete
        assert sorted(file.name.split("-")[0] for file in tmp_path.iterdir()) == ["checkpoint", "checkpoint.json"]
    rest = train(design(), epochs=3, shift=1, output=tmp_path, resume=True)
    assert rest.complete
    assert rest.as_dict() == whole.as_dict()
    more = train(design(), epochs=4, shift=1, output=tmp_path, resume=True)
    assert more.weights_sha256 == train(design(), epochs=4, shift=1).weights_sha256
    assert len(list(tmp_path.glob("checkpoint-*.npz"))) == 1


def test_rtl_and_golden_model_agree_in_every_number_and_take_over_from_each_other(tmp_path: Path) -> None:
    golden = train(design(), epochs=2, shift=1, output=tmp_path / "golden")
    rtl = train(design(), epochs=2, shift=1, backend="rtl")
    assert rtl.as_dict() == golden.as_dict() | {"backend": "rtl"}
    assert rtl.weights == golden.weights

    mixed = {"epochs": 2, "shift": 1, "output": tmp_path / "mixed"}
    train(design(), **mixed, stop=asked(1))
    train(design(), **mixed, stop=asked(3), resume=True, backend="rtl")
    last = train(design(), **mixed, resume=True)
    assert last.as_dict() == golden.as_dict()


def test_testing_does_not_disturb() -> None:
    """The weights, random state included, are those of training alone, in the same chunks."""
    training = train(design(), epochs=1, order="file")
    images = load_images("digits").train
    model = design().core.load("model")(design().config)
    for chunk in (slice(0, 1000), slice(1000, None)):
        model.train(images.pixels[chunk], images.labels[chunk])
    assert model.dump() == training.weights
    model.infer(load_images("digits").test.pixels)
    assert model.dump() == training.weights


def test_the_clocks_of_an_epoch_are_those_in_which_the_machine_worked() -> None:
    model, sums = design().core.load("model")(design().config), Sums()
    X, y = digits()[:2]
    results = model.train(X[:100], y[:100]), model.train(X[100:150], y[100:150])
    sums.add(results[0], y[:100])
    assert sums.cycles == results[0].busy_cycles > 0
    sums.add(replace(results[1], elapsed_cycles=0), y[100:150])  # as of a board
    epoch = sums.closed(None)
    assert (epoch.cycles, epoch.samples) == (sum(result.busy_cycles for result in results), 150)
    assert epoch.statistics["flips"] == sum(result.flips.sum() for result in results)


def test_a_core_without_such_counts_has_none() -> None:
    sums = Sums()
    sums.add(SimpleNamespace(decisions=np.array([1, 2]), busy_cycles=9), np.array([1, 1]))
    assert sums.closed(0.5) == Epoch(0.5, 0.5, 9, 2, {})


def test_a_machine_that_latches_up_is_told_of_once() -> None:
    latched = design(32, state_bits=[4, 2], feedback_shift=7)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        train(latched, epochs=3)
    assert [warning.category for warning in caught] == [LatchUpWarning]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"epochs": 0}, "epochs must be at least 1, not 0"),
        ({"epochs": 1.5}, r"epochs must be an integer, not 1\.5"),
        ({"epochs": True}, "epochs must be an integer, not True"),
        ({"machine_seed": 0}, "machine_seed must lie between 1 and 4294967295, not 0"),
        ({"seed": 1.5}, r"seed must be an integer, not 1\.5"),
        ({"seed": "a"}, "seed must be an integer, not 'a'"),
        ({"shift": 0.5}, r"shift must be an integer, not 0\.5"),
        ({"order": "random"}, "order must be shuffled or file, not 'random'"),
        ({"backend": "fpga"}, "backend must be one of golden, rtl, serial:PORT, not 'fpga'"),
        ({"baudrate": 9600}, "backend golden has no baud rate"),
        ({"resume": True}, "resume needs output"),
        ({"data": "nowhere"}, "data must be digits, mnist or a folder"),
    ],
)
def test_wrong_arguments_are_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(HwgenError, match=message):
        train(design(), **values)


def test_what_does_not_learn_is_refused() -> None:
    with pytest.raises(HwgenError, match=r"digits_ep does not learn: ep\.learning is false"):
        train(design(learning=False))
    wine = load_design(Path(__file__).resolve().parents[2] / "examples" / "bayes-wine-stochastic.toml")
    with pytest.raises(HwgenError, match="core bayes does not learn; training needs a design of core ep"):
        train(wine)


def test_integers_of_numpy_are_integers(tmp_path: Path) -> None:
    training = train(design(), epochs=np.int64(1), seed=np.uint32(3), shift=np.int8(1), output=tmp_path)
    assert training.as_dict() == train(design(), epochs=1, seed=3, shift=1).as_dict()


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"seed": 1, "order": "file"}, True),
        ({"seed": 1, "order": "file", "shift": 1}, False),
        ({"seed": 1}, False),
        ({"order": "file"}, False),
    ],
)
def test_a_seed_without_effect_is_told_of(values: dict[str, Any], told: bool, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("WARNING", logger="hwgen"):
        train(design(), **values)
    assert ("seed 1 has no effect" in caplog.text) == told


def test_a_board_learns_what_the_golden_model_learns_and_takes_over_from_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sim.train.load_images", lambda data: few_images(200, 30))
    monkeypatch.setattr("sim.stream.CHUNK", 100)
    monkeypatch.setattr("sim.epochs.CHUNK", 100)
    golden = train(design(), shift=1)
    with VirtualBoard(design()) as virtual:
        backend = f"serial:{virtual.port}"
        board = train(design(), shift=1, backend=backend)
        assert board.weights == golden.weights
        # Its samples come late: no drive is summed beside the relaxation of the sample before.
        assert golden.epochs[0].cycles <= board.epochs[0].cycles < 2 * golden.epochs[0].cycles
        assert alike(board.epochs) == alike(golden.epochs)
        train(design(), shift=1, output=tmp_path, stop=asked(1))
        resumed = train(design(), shift=1, output=tmp_path, resume=True, backend=backend)
    assert resumed.weights == golden.weights
    assert alike(resumed.epochs) == alike(board.epochs)


def alike(epochs: list[Epoch]) -> list[Epoch]:
    """What does not depend on when samples come."""
    return [replace(epoch, cycles=0) for epoch in epochs]


class Paced(EPModel):
    """Learns nothing from the samples of odd epochs, as a stand-in for a step size that depends on the epoch."""

    told: ClassVar[list[tuple[int, int]]] = []

    def start_epoch(self, epoch: int, epochs: int) -> None:
        self.told.append((epoch, epochs))
        self.epoch = epoch

    def train(self, samples: Any, labels: Any) -> Any:
        return super().train(samples, labels) if self.epoch % 2 == 0 else self.infer(samples)


def test_a_machine_is_told_of_each_epoch_before_its_samples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Resumed ones too; and what it learns depends on how many there shall be, so that number is the training's."""
    model = "rtl_tests.sim.test_train:Paced"
    paced = replace(design(), core=replace(design().core, model=model))
    monkeypatch.setattr(Paced, "told", told := [])
    monkeypatch.setattr("hwgen.registry.load", lambda path, load=registry.load: Paced if path == model else load(path))
    whole = train(paced, epochs=3)
    assert told == [(0, 3), (1, 3), (2, 3)]
    assert [epoch.statistics["flips"] == 0 for epoch in whole.epochs] == [False, True, False]
    told.clear()
    train(paced, epochs=3, output=tmp_path, stop=asked(4))  # within the second epoch
    assert train(paced, epochs=3, output=tmp_path, resume=True).weights == whole.weights
    assert told == [(0, 3), (1, 3), (1, 3), (2, 3)]
    with pytest.raises(HwgenError, match="epochs is 3 there and 4 here"):
        train(paced, epochs=4, output=tmp_path, resume=True)


def test_rtl_and_board_are_told_of_epochs_as_the_golden_model_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.train.load_images", lambda data: few_images(30, 10))
    told: list[tuple[str, int, int]] = []
    for machine in (EPModel, EPDriver):

        def start_epoch(self: Any, epoch: int, epochs: int) -> None:
            told.append((type(self).__name__, epoch, epochs))

        monkeypatch.setattr(machine, "start_epoch", start_epoch, raising=False)
    with VirtualBoard(design()) as virtual:
        for backend in ("golden", "rtl", f"serial:{virtual.port}"):
            train(design(), backend=backend, epochs=2)
    calls = [("EPModel", 0, 2), ("EPModel", 1, 2)]
    assert told == calls + 2 * [("EPDriver", epoch, epochs) for _, epoch, epochs in calls]


def test_the_trainer_tells_of_epochs_too(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[int, int]] = []
    monkeypatch.setattr(EPModel, "start_epoch", lambda self, *epoch: told.append(epoch), raising=False)
    Trainer(design(), epochs=2).fit(*digits()[:2]).partial_fit(*digits()[:2])
    assert told == [(0, 2), (1, 2), (2, 3)]
