"""The [source] table: what it accepts, what it fills in, and which files and parameters it refuses."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.naive_bayes import BernoulliNB, CategoricalNB, GaussianNB

from hwgen.bayes.probabilities import ProbabilityTable
from hwgen.bayes.quantise import quantise
from hwgen.bayes.resolve import Resolved, resolve
from hwgen.errors import DesignError
from rtl_tests.bayes.sources import LOGARITHMIC, WINE, resolved
from sim.datasets import Dataset, load_split


def accuracy(design: Resolved) -> float:
    assert design.evaluation is not None
    assert np.array_equal(design.evaluation.float_decisions, design.probabilities.decide(design.evaluation.samples))
    return float((design.evaluation.float_decisions == design.evaluation.labels).mean())


def save_table(folder: Path, feedback: bool = False) -> ProbabilityTable:
    transitions = np.ones((3, 2)) if feedback else None
    table = ProbabilityTable((np.array([[0.9, 0.2], [0.1, 0.8]]), np.ones((3, 2))), [0.5, 0.5], transitions)
    table.save(folder / "table.npz")
    return table


# Data sets


def test_digits_with_categorical_nb_keep_their_17_levels() -> None:
    design = resolved({"dataset": "digits", "classifier": "CategoricalNB"})
    assert design.config.rows == 10 and design.config.bins == (17,) * 64
    train, test = load_split("digits", 0.25, 0)
    classifier = CategoricalNB(min_categories=17).fit(train.features.astype(int), train.labels)
    assert np.array_equal(design.evaluation.float_decisions, classifier.predict(test.features.astype(int)))
    assert np.array_equal(design.evaluation.labels, test.labels)


def test_bernoulli_observes_whether_a_feature_lies_above_its_training_mean() -> None:
    design = resolved({"dataset": "digits", "classifier": "BernoulliNB"})
    train, test = load_split("digits", 0.25, 0)
    mean = train.features.mean(axis=0)
    classifier = BernoulliNB(binarize=None).fit(train.features > mean, train.labels)
    assert design.config.bins == (2,) * 64
    assert np.array_equal(design.evaluation.float_decisions, classifier.predict(test.features > mean))


@pytest.mark.parametrize("binning", ["uniform", "quantile"])
@pytest.mark.parametrize("name", ["wine", "breast_cancer", "iris"])
@pytest.mark.parametrize("classifier", ["GaussianNB", "CategoricalNB"])
def test_measured_data_are_binned(name: str, classifier: str, binning: str) -> None:
    design = resolved({"dataset": name, "classifier": classifier, "binning": binning, "bins": 8})
    assert max(design.config.bins) == 8
    assert accuracy(design) > 0.88


def test_the_features_that_tell_most_about_the_class_are_chosen_from_training_data() -> None:
    """Columns 0 and 2 are noise; column 4 is the label itself, but in the held-out part only."""

    def split_with_noise(name: str, fraction: float, seed: int) -> tuple[Dataset, Dataset]:
        parts = load_split(name, fraction, seed)
        random = np.random.default_rng(1)
        columns = [random.normal(size=(len(part), 5)) for part in parts]
        for part, values in zip(parts, columns, strict=True):
            values[:, 1] = part.labels + 0.1 * values[:, 1]
            values[:, 3] = 5 - part.labels + 0.3 * values[:, 3]
        columns[1][:, 4] = parts[1].labels
        train, test = (replace(part, features=values) for part, values in zip(parts, columns, strict=True))
        return train, test

    design = resolve({**WINE, "features": 2}, LOGARITHMIC, Path(), "my.toml", split_with_noise)
    assert design.observer.features == (1, 3)
    assert resolve({**WINE, "features": 1}, LOGARITHMIC, Path(), "my.toml", split_with_noise).observer.features == (1,)


def test_chosen_features_may_as_well_be_named() -> None:
    chosen = resolved({**WINE, "features": 4})
    named = resolved({**WINE, "features": list(chosen.observer.features)})
    assert chosen.config.columns == 4
    assert named.config == chosen.config and named.parameters == chosen.parameters


def test_features_keep_the_order_in_which_they_are_named() -> None:
    design = resolved({**WINE, "features": [12, 6]})
    reverse = resolved({**WINE, "features": [6, 12]})
    assert np.array_equal(design.evaluation.samples, reverse.evaluation.samples[:, ::-1])


def test_joined_columns_are_trained_jointly() -> None:
    base = {"dataset": "breast_cancer", "classifier": "BernoulliNB", "features": [0, 7, 27]}
    design = resolved({**base, "join": [[2, 0]]})
    assert design.config.bins == (4, 2)
    separate = resolved(base).evaluation.samples
    assert np.array_equal(design.evaluation.samples[:, 0], separate[:, 2] * 2 + separate[:, 0])
    assert design.probabilities.likelihoods[0].sum(axis=0) == pytest.approx(1)


def test_the_observer_turns_measured_features_into_samples() -> None:
    design = resolved({**WINE, "features": 3, "bins": 5})
    _, test = load_split("wine", 0.25, 0)
    assert np.array_equal(design.observer.transform(test.features), design.evaluation.samples)


def test_split_and_smoothing_are_the_users() -> None:
    base = {"dataset": "wine", "classifier": "CategoricalNB"}
    assert len(resolved({**base, "test_fraction": 0.5}).evaluation.labels) == 89
    assert resolved({**base, "split_seed": 1}).parameters != resolved(base).parameters
    assert (resolved({**base, "alpha": 0.0}).probabilities.likelihoods[0] == 0).any()


# Parameters


def test_the_same_files_give_the_same_machine() -> None:
    first, second = (resolved({**WINE, "features": 6}, {"mode": "stochastic"}) for _ in range(2))
    assert first.config.hash == second.config.hash and first.parameters == second.parameters


def test_options_of_quantisation_reach_it() -> None:
    stochastic = resolved({**WINE, "normalisation": "column", "zeros": "keep"}, {"mode": "stochastic", "prior": True})
    assert stochastic.quantised.normalisation == "column" and stochastic.quantised.floored == 0
    assert stochastic.quantised.prior and stochastic.parameters.streams[-1].shape == (1, 3)
    assert resolved({**WINE, "step": 0.25}).quantised.step == 0.25
    assert resolved(WINE, {"mode": "logarithmic", "likelihood_bits": 5}).parameters.streams[0].max() == 31


def test_the_step_is_chosen_on_the_training_samples() -> None:
    design = resolved(WINE)
    train, _ = load_split("wine", 0.25, 0)
    options = {"table": design.probabilities, "mode": "logarithmic", "likelihood_bits": 8}
    calibrated = quantise(**options, calibration=design.observer.transform(train.features))
    assert design.quantised.step == calibrated.step != quantise(**options).step


def test_a_table_is_quantised_for_a_machine_that_is_loaded_later_too() -> None:
    design = resolved(WINE, {"mode": "logarithmic", "initialised": False})
    assert not design.config.initialised and design.parameters == resolved(WINE).parameters


def test_rows_and_bins_may_be_given_if_they_agree(tmp_path: Path) -> None:
    save_table(tmp_path)
    parameters = {**LOGARITHMIC, "rows": 2, "bins": [2, 3], "feedback": False}
    assert resolved({"table": "table.npz"}, parameters, tmp_path).config.bins == (2, 3)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"rows": 3}, "bayes.rows must be 2 as in its source, not 3; or leave it out"),
        ({"bins": [2, 4]}, r"bayes.bins must be \[2, 3\] as in its source, not \[2, 4\]"),
        ({"feedback": True}, "bayes.feedback must be false as in its source, not true"),
        ({"rows": "two"}, "bayes.rows input should be a valid integer, not 'two'"),
        ({"mode": "analog"}, "bayes.mode must be one of"),
    ],
)
def test_parameters_that_disagree_are_refused(tmp_path: Path, parameters: dict[str, Any], message: str) -> None:
    save_table(tmp_path)
    with pytest.raises(DesignError, match=rf"^my\.toml: {message}"):
        resolved({"table": "table.npz"}, {**LOGARITHMIC, **parameters}, tmp_path)


# Tables and models


def test_a_table_file_with_feedback_and_samples(tmp_path: Path) -> None:
    table = save_table(tmp_path, feedback=True)
    np.savez(tmp_path / "held-out.npz", samples=np.array([[0, 1], [1, 9]]), labels=np.array([0, 1]))
    design = resolved({"table": "table.npz", "samples": "held-out.npz"}, LOGARITHMIC, tmp_path)
    assert design.config.feedback and design.parameters.streams[-1].shape == (3, 2)
    assert design.evaluation.float_decisions.tolist() == [0, -1]
    assert np.array_equal(design.probabilities.likelihoods[0], table.likelihoods[0])
    assert design.observer is None
    assert resolved({"table": "table.npz"}, LOGARITHMIC, tmp_path).evaluation is None


@pytest.mark.parametrize("kind", ["CategoricalNB", "BernoulliNB", "GaussianNB"])
def test_a_pickled_model_with_held_out_features(tmp_path: Path, kind: str) -> None:
    train, test = load_split("digits" if kind != "GaussianNB" else "wine", 0.25, 0)
    classifier = {
        "CategoricalNB": CategoricalNB(min_categories=17),
        "BernoulliNB": BernoulliNB(binarize=7.0),
        "GaussianNB": GaussianNB(),
    }[kind]
    names = np.array([f"class {label}" for label in range(10)])
    classifier.fit(train.features, names[train.labels])
    joblib.dump(classifier, tmp_path / "model.joblib")
    test = test.part(np.flatnonzero(test.labels > 0))  # rows are those of the model, whatever classes are held out
    np.savez(tmp_path / "test.npz", features=test.features, labels=names[test.labels])
    source = {"model": "model.joblib", "samples": "test.npz"}
    if kind == "GaussianNB":
        source["bins"] = 256
    design = resolved(source, LOGARITHMIC, tmp_path)
    assert np.array_equal(design.evaluation.labels, test.labels)
    predicted = np.searchsorted(classifier.classes_, classifier.predict(test.features))
    assert (design.evaluation.float_decisions == predicted).mean() >= (1.0 if kind != "GaussianNB" else 0.97)
    assert np.array_equal(design.observer.transform(test.features), design.evaluation.samples)


def test_files_that_are_not_what_they_should_be(tmp_path: Path) -> None:
    def refuse(source: dict[str, Any], message: str) -> None:
        with pytest.raises(DesignError, match=rf"^my\.toml: .*{message}"):
            resolved(source, LOGARITHMIC, tmp_path)

    refuse({"table": "missing.npz"}, r"missing\.npz does not exist")
    refuse({"model": "missing.joblib"}, r"source\.model: .*missing\.joblib does not exist")
    (tmp_path / "text").write_text("no pickle")
    refuse({"model": "text"}, "is not a joblib or pickle file")
    joblib.dump({"a": 1}, tmp_path / "dict")
    refuse({"model": "dict"}, "a classifier must be a fitted CategoricalNB, BernoulliNB or GaussianNB, not dict")
    joblib.dump(CategoricalNB(), tmp_path / "unfitted")
    refuse({"model": "unfitted"}, "was not fitted")
    joblib.dump(CategoricalNB().fit([[0, 1], [1, 2]], [3, 5]), tmp_path / "model")
    refuse({"model": "model", "bins": 4}, "source.bins has no meaning with CategoricalNB")

    save_table(tmp_path)
    one, two = np.zeros((2, 2), int), np.array([0, 1])
    for arrays, message in (
        ({"samples": one}, "must hold labels and samples, not samples"),
        ({"labels": two}, "must hold labels and samples, not labels"),
        ({"samples": one[:, :1], "labels": two}, r"samples must be integers of shape \(n, 2\)"),
        ({"samples": one * 1.0, "labels": two}, "samples must be integers"),
        ({"samples": one, "labels": two[:1]}, r"labels must be integers of shape \(2,\)"),
        ({"samples": one[:0], "labels": two[:0]}, "test.npz: samples must hold at least one sample; it holds none"),
        ({"samples": one, "labels": two + 1}, "labels must lie between 0 and 1, not 1 to 2"),
    ):
        np.savez(tmp_path / "test.npz", **arrays)
        refuse({"table": "table.npz", "samples": "test.npz"}, message)
    np.savez(tmp_path / "test.npz", features=one, labels=two + 3)
    refuse({"model": "model", "samples": "test.npz"}, "labels must be classes of the model, not .*4")
