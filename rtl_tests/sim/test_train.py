"""Training: machines learn, a stop changes nothing, backends agree in every number, and wrong resumes are refused."""

import json
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from hwgen import registry
from hwgen.design import Design, load_design
from hwgen.ep.config import EPConfig
from hwgen.ep.latch import LatchUpWarning
from hwgen.ep.weights import EPWeights
from hwgen.errors import HwgenError
from sim.checkpoint import CHECKPOINT, file_sha256
from sim.epochs import Epoch, Sums
from sim.images import load_images
from sim.train import Training, train
from sim.trainer import Trainer


def design(hidden: int = 16, **values: Any) -> Design:
    """A machine for the bundled digits; 16 hidden neurons are enough to see that something is learnt."""
    scales = {"state_bits": [3, 5], "feedback_shift": 3}
    parameters = {"layers": [64, hidden, 10], "pixel_bits": 4, "lanes": 8} | scales | values
    return Design("digits_ep", registry.CORES["ep"], EPConfig.parse(parameters))


def asked(times: int) -> Callable[[], bool]:
    """Asked so often, it lets go on; then it stops. An epoch of digits asks thrice: two chunks, one test."""
    answers = iter([False] * times)
    return lambda: next(answers, True)


def test_a_machine_learns_digits() -> None:
    training = train(design(64), epochs=6)
    assert [epoch.samples for epoch in training.epochs] == [1347] * 6
    assert training.epochs[-1].test_error < 0.2 < 0.3 < training.epochs[0].train_error
    assert training.epochs[-1].flips < training.epochs[0].flips
    assert all(epoch.cycles > 1347 * 100 and epoch.steps_free >= 1347 for epoch in training.epochs)


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

    X, y = load_images("digits").train.pixels[:200], load_images("digits").train.labels[:200]
    with Trainer(design(), "rtl") as one, Trainer(design()) as other:
        for trainer in (one, other):
            trainer.fit(X, y, epochs=2)
        assert one.history_ == other.history_
        before = one.weights_
        assert np.array_equal(one.predict(X), other.predict(X))
        assert one.weights_ == before == other.weights_


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


@pytest.mark.parametrize(
    ("other", "values", "message"),
    [
        ({}, {"seed": 1}, "seed is 0 there and 1 here"),
        ({}, {"shift": 1}, "shift is 0 there and 1 here"),
        ({}, {"order": "file"}, "order is 'shuffled' there and 'file' here"),
        ({"hidden": 24}, {}, "config_hash is"),
        ({"seed": 3}, {}, "config_hash is .*; starting_weights is"),
        ({}, {"epochs": 1}, "epochs must be at least 2, as far as the training in"),
    ],
)
def test_a_checkpoint_of_another_training_is_refused(
    tmp_path: Path, other: dict[str, int], values: dict[str, Any], message: str
) -> None:
    train(design(), epochs=2, output=tmp_path, stop=asked(4))
    before = {file: file.read_bytes() for file in tmp_path.iterdir()}
    with pytest.raises(HwgenError, match=message):
        train(design(**other), **{"epochs": 2, "output": tmp_path, "resume": True} | values)
    assert before == {file: file.read_bytes() for file in tmp_path.iterdir()}


def test_a_checkpoint_of_other_data_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train(design(), output=tmp_path)
    swapped = load_images("digits")._replace(test=load_images("digits").train)
    monkeypatch.setattr("sim.train.load_images", lambda data: swapped)
    with pytest.raises(HwgenError, match="is of another training: data_sha256 is"):
        train(design(), epochs=2, output=tmp_path, resume=True)


def test_a_damaged_checkpoint_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HwgenError, match=r"holds no checkpoint .*; begin without --resume"):
        train(design(), output=tmp_path, resume=True)
    train(design(), output=tmp_path)
    weights = next(tmp_path.glob("checkpoint-*.npz"))
    train(design(), seed=1).weights.save(weights)
    with pytest.raises(HwgenError, match=r"does not hold the weights that checkpoint\.json names"):
        train(design(), output=tmp_path, resume=True)
    (tmp_path / CHECKPOINT).write_text('{"position": {"epochs": []}}')
    with pytest.raises(HwgenError, match="is not a checkpoint of hwgen train"):
        train(design(), output=tmp_path, resume=True)


def test_a_new_training_replaces_one_that_is_over_and_no_other(tmp_path: Path) -> None:
    train(design(), output=tmp_path)
    train(design(), output=tmp_path, seed=1, epochs=2, stop=asked(4))
    assert not (tmp_path / "training.json").exists()
    with pytest.raises(HwgenError, match="holds a training that was stopped in epoch 2; go on with --resume"):
        train(design(), output=tmp_path, seed=1, epochs=2)


def test_clocks_that_a_board_does_not_tell_are_not_made_up() -> None:
    model, sums = design().core.load("model")(design().config), Sums()
    X, y = digits()[:2]
    results = model.train(X[:100], y[:100]), model.train(X[100:150], y[100:150])
    sums.add(results[0], y[:100])
    assert sums.cycles == results[0].elapsed_cycles > 0
    sums.add(replace(results[1], elapsed_cycles=0), y[100:150])
    epoch = sums.closed(None)
    assert (epoch.cycles, epoch.samples) == (None, 150)
    assert epoch.flips == sum(result.flips.sum() for result in results)


def test_a_core_without_such_counts_has_none() -> None:
    sums = Sums()
    sums.add(SimpleNamespace(decisions=np.array([1, 2]), elapsed_cycles=9), np.array([1, 1]))
    assert sums.closed(0.5) == Epoch(0.5, 0.5, 9, 2, None, None, None)


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


def digits() -> tuple[np.ndarray, ...]:
    split = load_images("digits")
    return split.train.pixels, split.train.labels, split.test.pixels, split.test.labels


def test_the_trainer_is_an_estimator() -> None:
    X, y, X_test, y_test = digits()
    trainer = Trainer(design(32))
    assert trainer.fit(X, y, epochs=3, test=(X_test, y_test)) is trainer
    assert trainer.score(X_test, y_test) > 0.7
    assert trainer.score(X_test, y_test) == pytest.approx(1 - trainer.history_[-1].test_error)
    assert np.mean(trainer.predict(X_test) == y_test) == trainer.score(X_test, y_test)
    again = Trainer(design(32)).fit(X, y)
    for _ in range(2):
        again.partial_fit(X, y, test=(X_test, y_test))
    assert again.weights_ == trainer.weights_
    assert trainer.fit(X, y).history_ == again.fit(X, y).history_  # each from the start


def test_the_trainer_does_what_train_does() -> None:
    X, y, X_test, y_test = digits()
    training: Training = train(design(), epochs=2, seed=2, shift=1)
    trainer = Trainer(design(), seed=2, shift=1).fit(X, y, epochs=2, test=(X_test, y_test))
    assert (trainer.history_, trainer.weights_) == (training.epochs, training.weights)


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        (np.zeros((3, 64), int), np.zeros(2, int), r"y must be integers of shape \(3,\)"),
        (np.zeros((3, 64), int), np.full(3, 10), "y must lie between 0 and 9, not 10 to 10"),
        (np.zeros((0, 64), int), np.zeros(0, int), "X must hold at least one sample"),
        (np.full((3, 64), 16), np.zeros(3, int), "X must lie between 0 and 15, not 16 to 16"),
    ],
)
def test_the_trainer_refuses_what_is_no_training_set(X: np.ndarray, y: np.ndarray, message: str) -> None:
    trainer = Trainer(design()).fit(*digits()[:2])
    before = trainer.weights_
    with pytest.raises(HwgenError, match=message):
        trainer.fit(X, y)
    assert trainer.weights_ == before and len(trainer.history_) == 1
