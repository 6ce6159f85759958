"""The trainer: an estimator that scikit-learn's tools take, with the bits of `hwgen train`, whole or unchanged."""

import signal
from types import FrameType
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone, is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score

from hwgen import registry
from hwgen.design import Design
from hwgen.errors import HwgenError
from hwgen.ff.config import FFConfig
from rtl_tests.sim.machines import design, digits
from sim.golden.ep import EPModel
from sim.train import Training, train
from sim.trainer import Trainer


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


def test_the_score_weighs_samples() -> None:
    X, y, X_test, y_test = digits()
    trainer = Trainer(design(32)).fit(X, y)
    right = trainer.predict(X_test) == y_test
    assert 0 < right.sum() < len(right)
    assert trainer.score(X_test, y_test, right) == 1
    assert trainer.score(X_test, y_test, sample_weight=1 + right) == pytest.approx(np.average(right, weights=1 + right))
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        trainer.score(X_test, y_test, np.ones(3))


def test_the_trainer_does_what_train_does() -> None:
    X, y, X_test, y_test = digits()
    training: Training = train(design(), epochs=2, seed=2, shift=1)
    trainer = Trainer(design(), seed=2, shift=1).fit(X, y, epochs=2, test=(X_test, y_test))
    assert (trainer.history_, trainer.weights_) == (training.epochs, training.weights)


def contrastive() -> Design:
    config = FFConfig.parse({"layers": [64, 16], "rule": "contrastive", "pixel_bits": 4})
    return Design("contrastive", registry.CORES["ff"], config)


def test_phases_are_those_of_train() -> None:
    X, y, X_test, y_test = digits()
    layers = train(contrastive(), epochs=2, seed=2, phase="layers")
    readout = train(contrastive(), epochs=2, seed=2, phase="readout", weights=layers.weights)
    trainer = Trainer(contrastive(), seed=2, phases=np.array(["layers", "readout"])).fit(
        X, y, epochs=2, test=(X_test, y_test)
    )
    assert trainer.history_ == [*layers.epochs, *readout.epochs]
    assert trainer.weights_ == readout.weights
    # Without phases, all learns again.
    trainer.set_params(phases=None).fit(X, y, epochs=2)
    assert trainer.weights_ == train(contrastive(), epochs=2, seed=2).weights
    one = Trainer(contrastive(), seed=2, phases=["layers"]).partial_fit(X, y)
    assert one.weights_ == train(contrastive(), epochs=1, seed=2, phase="layers").weights


@pytest.mark.parametrize(
    ("phases", "message"),
    [
        (["layers", "head"], "phase must be one of joint, layers, layer:0, readout, not 'head'"),
        ("layers", "phases must be a list of phases, not 'layers'"),
        (5, "phases must be a list of phases, not 5"),
        ([None], r"phases must be a list of phases, not \[None\]"),
        ([], r"phases must be a list of phases, not \[\]"),
    ],
)
def test_phases_that_there_are_not_are_refused(phases: Any, message: str) -> None:
    X, y, *_ = digits()
    with pytest.raises(HwgenError, match=message):
        Trainer(contrastive(), phases=phases).fit(X, y)
    with pytest.raises(HwgenError, match="core ep learns as a whole and has no phases"):
        Trainer(design(), phases=["layers"]).fit(X, y)
    with pytest.raises(HwgenError, match="partial_fit trains one phase, not layers, readout; use fit"):
        Trainer(contrastive(), phases=["layers", "readout"]).partial_fit(X, y)


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        (np.zeros((3, 64), int), np.zeros(2, int), r"labels must be integers of shape \(3,\)"),
        (np.zeros((3, 64), int), np.full(3, 10), "labels must lie between 0 and 9, not 10 to 10"),
        (np.zeros((0, 64), int), np.zeros(0, int), "samples must not be empty"),
        (np.full((3, 64), 16), np.zeros(3, int), "samples must lie between 0 and 15 .*, not 16 to 16"),
    ],
)
def test_the_trainer_refuses_what_is_no_training_set(X: np.ndarray, y: np.ndarray, message: str) -> None:
    trainer = Trainer(design()).fit(*digits()[:2])
    before = trainer.weights_
    with pytest.raises(HwgenError, match=message):
        trainer.fit(X, y)
    assert trainer.weights_ == before and len(trainer.history_) == 1


def test_rtl_and_golden_model_are_the_same_estimator() -> None:
    X, y = (part[:200] for part in digits()[:2])
    with Trainer(design(), "rtl") as one, Trainer(design()) as other:
        for trainer in (one, other):
            trainer.fit(X, y, epochs=2)
        assert one.history_ == other.history_
        before = one.weights_
        assert np.array_equal(one.predict(X), other.predict(X))
        assert one.weights_ == before == other.weights_


def test_a_clone_has_the_arguments_and_nothing_else() -> None:
    X, y, X_test, y_test = digits()
    trainer = Trainer(design(), epochs=2, seed=3, shift=1, options={"waves": None}).fit(X, y)
    twin = clone(trainer)
    names = {"design", "backend", "epochs", "seed", "shift", "order", "phases", "options"}
    assert set(trainer.get_params()) == set(twin.get_params()) == names
    assert (twin.epochs, twin.seed, twin.shift, twin.options) == (2, 3, 1, {"waves": None})
    assert twin.design.config == trainer.design.config
    for use in (twin.predict, lambda X: twin.score(X, y_test), lambda X: twin.weights_):
        with pytest.raises(NotFittedError):
            use(X_test)
    assert twin.fit(X, y).weights_ == trainer.weights_
    assert twin.set_params(seed=4).fit(X, y).weights_ != trainer.weights_
    assert is_classifier(trainer) and trainer.classes_.tolist() == list(range(10)) and trainer.n_features_in_ == 64


def test_scikit_learn_validates_and_searches_with_it() -> None:
    X, y = (part[:300] for part in digits()[:2])
    scores = cross_val_score(Trainer(design(32), epochs=5), X, y, cv=3)
    assert scores.shape == (3,) and scores.min() > 0.3
    search = GridSearchCV(Trainer(design(32)), {"epochs": [1, 8]}, cv=2).fit(X, y)
    assert search.best_params_ == {"epochs": 8}
    assert search.predict(X).shape == (300,)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"epochs": 1.5}, "epochs must be an integer, not 1.5"),
        ({"epochs": 0}, "epochs must be at least 1, not 0"),
        ({"seed": "a"}, "seed must be an integer, not 'a'"),
        ({"shift": 0.5}, "shift must be an integer, not 0.5"),
        ({"order": "random"}, "order must be shuffled or file, not 'random'"),
        ({"backend": "fpga"}, "backend must be one of golden"),
    ],
)
def test_wrong_arguments_are_told_of_when_they_are_used(values: dict[str, Any], message: str) -> None:
    trainer = Trainer(design(), **values)
    with pytest.raises(HwgenError, match=message):
        trainer.fit(*digits()[:2])
    assert not hasattr(trainer, "machine_")


def test_other_arguments_open_another_machine() -> None:
    X, y = digits()[:2]
    trainer = Trainer(design()).fit(X, y)
    first = trainer.machine_
    assert trainer.fit(X, y).machine_ is first
    trainer.set_params(design=design(24)).fit(X, y)
    assert trainer.machine_.config.layers == (64, 24, 10)


@pytest.mark.parametrize("backend", ["golden", "rtl"])
def test_an_interrupted_fit_leaves_all_as_it_was(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    X, y = digits()[:2]  # two chunks
    with Trainer(design(), backend) as trainer:
        honest, calls = type(trainer.fit(X[:100], y[:100]).machine_).train, 0
        weights, history = trainer.weights_, list(trainer.history_)

        def interrupted(machine: Any, *arguments: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls == 2:
                raise KeyboardInterrupt
            return honest(machine, *arguments)

        for learn in (trainer.fit, trainer.partial_fit):
            calls = 0
            with monkeypatch.context() as patched:
                patched.setattr(type(trainer.machine_), "train", interrupted)
                with pytest.raises(KeyboardInterrupt):
                    learn(X, y)
            assert (trainer.weights_, trainer.history_) == (weights, history)
        assert trainer.partial_fit(X[:100], y[:100]).weights_ != weights


def test_samples_that_were_in_the_machine_when_it_was_interrupted_are_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    X, y, X_test, _ = digits()
    with Trainer(design(), "rtl") as trainer:
        honest = type(trainer.fit(X[:100], y[:100]).machine_).train
        weights, predictions = trainer.weights_, trainer.predict(X_test)

        def interrupted(machine: Any, samples: Any, labels: Any) -> Any:
            signal.setitimer(signal.ITIMER_REAL, 0.05)
            return honest(machine, np.tile(samples, (50, 1)), np.tile(labels, 50))

        def interrupt(number: int, frame: FrameType | None) -> None:
            raise KeyboardInterrupt

        before = signal.signal(signal.SIGALRM, interrupt)
        try:
            with monkeypatch.context() as patched:
                patched.setattr(type(trainer.machine_), "train", interrupted)
                with pytest.raises(KeyboardInterrupt):
                    trainer.partial_fit(X, y)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
        assert trainer.weights_ == weights
        assert np.array_equal(trainer.predict(X_test), predictions)


def test_an_interrupted_first_fit_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(self: EPModel, *arguments: Any) -> None:
        raise KeyboardInterrupt

    trainer = Trainer(design())
    monkeypatch.setattr(EPModel, "train", interrupted)
    with pytest.raises(KeyboardInterrupt):
        trainer.fit(*digits()[:2])
    with pytest.raises(NotFittedError):
        trainer.predict(digits()[2])


def test_a_trainer_that_is_forgotten_gives_its_machine_back(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = []
    monkeypatch.setattr(EPModel, "close", lambda self: closed.append(self))
    trainer = Trainer(design()).fit(*digits()[:2])
    machine = trainer.machine_
    del trainer
    assert closed == [machine]
