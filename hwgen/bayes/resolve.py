"""From the tables of a Bayesian design file to its config and its likelihoods."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import joblib
import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.feature_selection import mutual_info_classif
from sklearn.naive_bayes import GaussianNB

from hwgen.bayes.binning import Binning, ColumnGroups
from hwgen.bayes.config import BayesConfig
from hwgen.bayes.fidelity import fidelity
from hwgen.bayes.importers import binning_of, estimate, from_classifier, from_gaussian_nb, gaussian_binning
from hwgen.bayes.probabilities import ProbabilityTable, read_npz
from hwgen.bayes.quantise import Quantised, quantise
from hwgen.bayes.source import DEFAULT_BINS, BayesSource
from hwgen.bayes.table import LikelihoodTable
from hwgen.errors import DesignError

MOST_LEVELS = 64
"""Integer features with at most so many levels are categories of their own."""


class LabelledData(Protocol):
    """Features, shape ``(n, columns)``, and labels, shape ``(n,)``, integers from 0."""

    @property
    def features(self) -> NDArray[np.floating[Any]]: ...
    @property
    def labels(self) -> NDArray[np.int64]: ...


LoadSplit = Callable[[str, float, int], tuple[LabelledData, LabelledData]]
"""Name of a data set, fraction held out and seed -> train and test part."""


@dataclass(frozen=True)
class Observer:
    """How measured features become samples: which of them, in what bins, which joined."""

    features: tuple[int, ...]
    """The features observed, as indices into what is measured."""
    binning: Binning
    groups: ColumnGroups

    def transform(self, features: ArrayLike) -> NDArray[np.int64]:
        """Samples, shape ``(n, columns)``, of ``features``, shape ``(n, all features)``."""
        return self.groups.transform(self.binning.transform(np.asarray(features)[:, list(self.features)]))


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Held-out data, and what the classifier in floating point makes of them."""

    samples: NDArray[np.int64]
    """Shape ``(n, columns)``: bin numbers, -1 out of range."""
    labels: NDArray[np.int64]
    """Shape ``(n,)``: the true rows."""
    float_decisions: NDArray[np.int64]
    """Shape ``(n,)``: rows, -1 for a sample with an observation out of range."""


@dataclass(frozen=True, eq=False)
class Resolved:
    """What a design file describes."""

    config: BayesConfig
    table: LikelihoodTable
    """The integers; also where ``config.initialised`` is false: then they are to be loaded over the bus."""
    probabilities: ProbabilityTable
    quantised: Quantised
    evaluation: Evaluation | None
    """None where the source has no held-out data."""
    observer: Observer | None
    """None where the source is a table, which does not know the features."""

    def fidelity(self, golden: Callable[[NDArray[np.int64]], NDArray[np.int64]]) -> dict[str, Any]:
        """The fidelity report as JSON values; ``golden`` gives the golden model's decisions for samples."""
        if self.evaluation is None:
            return fidelity(self.probabilities, self.quantised).as_dict()
        held_out = self.evaluation
        return fidelity(self.probabilities, self.quantised, held_out.samples, held_out.labels, golden).as_dict()


@dataclass(frozen=True, eq=False)
class _Imported:
    probabilities: ProbabilityTable
    calibration: NDArray[np.int64] | None = None
    held_out: tuple[NDArray[np.int64], NDArray[np.int64]] | None = None
    observer: Observer | None = None


def resolve(
    source: dict[str, Any], parameters: dict[str, Any], directory: Path, where: str, load_split: LoadSplit
) -> Resolved:
    """Read a design's source and fill in what the config takes from it.

    Args:
        source: the ``[source]`` table as read from TOML.
        parameters: the ``[bayes]`` table as read from TOML. ``rows``, ``bins`` and ``feedback`` come from the source
            where they are left out, and must agree with it where they are not.
        directory: the design file's folder: paths are relative to it.
        where: the design file's name, for messages.
        load_split: gives the train and test part of a bundled data set.

    Raises :class:`~hwgen.errors.DesignError` naming ``where``, the key, its value and what is allowed.
    """
    parsed = BayesSource.parse(source, where)
    mode = parameters.get("mode")
    for key, other in (("zeros", "logarithmic"), ("step", "stochastic")):
        if mode == other and getattr(parsed, key) is not None:
            raise DesignError(f"{where}: source.{key} has no meaning in {mode} mode; leave it out")
    try:
        match parsed.origin:
            case "dataset":
                imported = _from_dataset(parsed, load_split)
            case "table":
                imported = _from_table(parsed, directory)
            case _:
                imported = _from_model(parsed, directory)
        probabilities = imported.probabilities
        found = {
            "rows": probabilities.rows,
            "bins": list(probabilities.bins),
            "feedback": probabilities.feedback is not None,
        }
        # A file's own "rows" or "bins" wins here, so that a wrong type is reported as such.
        config = BayesConfig.parse(found | parameters)
        for key, value in found.items():
            given = parameters.get(key, value)
            if given != value:
                raise DesignError(
                    f"bayes.{key} must be {json.dumps(value)} as in its source, not {json.dumps(given)}; "
                    "or leave it out"
                )
        quantised = quantise(
            probabilities,
            config.mode,
            config.likelihood_bits,
            normalisation=parsed.normalisation,
            prior=config.prior,
            zeros=parsed.zeros or "floor",
            step=parsed.step,
            calibration=imported.calibration,
        )
        table = LikelihoodTable.for_config(config, quantised.table.streams)
        evaluation = None
        if imported.held_out is not None:
            samples, labels = imported.held_out
            evaluation = Evaluation(samples, labels, probabilities.decide(samples))
    except DesignError as error:
        raise DesignError("\n".join(f"{where}: {line}" for line in str(error).splitlines())) from None
    return Resolved(config, table, probabilities, quantised, evaluation, imported.observer)


def _from_dataset(source: BayesSource, load_split: LoadSplit) -> _Imported:
    assert source.dataset is not None
    train, test = load_split(source.dataset, source.test_fraction, source.split_seed)
    features = _chosen_features(source, train)
    observed = train.features[:, list(features)]
    binning = _training_bins(source, observed)
    if source.join and max(max(group) for group in source.join) >= len(features):
        raise DesignError(f"source.join must name columns below {len(features)}, not {[*map(list, source.join)]}")
    observer = Observer(features, binning, ColumnGroups.joining(source.join, binning.bins))
    samples = observer.transform(train.features)
    if source.classifier == "GaussianNB":
        probabilities = from_gaussian_nb(GaussianNB().fit(observed, train.labels), binning)
    else:
        # What CategoricalNB and BernoulliNB fit; also right for joined columns.
        alpha = 1.0 if source.alpha is None else source.alpha
        rows = int(train.labels.max()) + 1
        probabilities = estimate(samples, train.labels, observer.groups.joint_bins, rows, alpha)
    return _Imported(probabilities, samples, (observer.transform(test.features), test.labels), observer)


def _chosen_features(source: BayesSource, train: LabelledData) -> tuple[int, ...]:
    available = train.features.shape[1]
    match source.features:
        case None:
            return tuple(range(available))
        case int(count):
            if count > available:
                raise DesignError(f"source.features must be at most {available} for {source.dataset}, not {count}")
            # The estimate adds a little noise to continuous features: fixed, so that a design is the same every time.
            information = mutual_info_classif(
                train.features, train.labels, discrete_features=_levels(train.features) is not None, random_state=0
            )
            return tuple(sorted(int(index) for index in np.argsort(-information, kind="stable")[:count]))
        case indices:
            if max(indices) >= available:
                raise DesignError(
                    f"source.features must lie between 0 and {available - 1} for {source.dataset}, not {max(indices)}"
                )
            return indices


def _training_bins(source: BayesSource, observed: NDArray[np.floating[Any]]) -> Binning:
    if source.classifier == "BernoulliNB":
        return Binning(tuple(observed.mean(axis=0, keepdims=True).T))
    levels = _levels(observed)
    if source.classifier == "CategoricalNB" and source.bins is None and source.binning is None and levels is not None:
        return Binning.integers([levels] * observed.shape[1])
    make = Binning.quantile if source.binning == "quantile" else Binning.uniform
    return make(observed, source.bins or DEFAULT_BINS)


def _levels(features: NDArray[np.floating[Any]]) -> int | None:
    """Levels of features that are small integers, the most that any column may need; None for others."""
    integers = (features == np.floor(features)).all() and features.min() >= 0
    return max(2, int(features.max()) + 1) if integers and features.max() < MOST_LEVELS else None


def _from_table(source: BayesSource, directory: Path) -> _Imported:
    assert source.table is not None
    probabilities = ProbabilityTable.load(directory / source.table)
    if source.samples is None:
        return _Imported(probabilities)
    path = directory / source.samples
    arrays = _evaluation_arrays(path, ("samples",))
    return _Imported(probabilities, held_out=_held_out(path, arrays["samples"], arrays["labels"], probabilities))


def _from_model(source: BayesSource, directory: Path) -> _Imported:
    assert source.model is not None
    classifier = _read_classifier(directory / source.model)
    if isinstance(classifier, GaussianNB):
        binning = gaussian_binning(classifier, source.bins or DEFAULT_BINS)
        probabilities = from_classifier(classifier, binning)
    else:
        if source.bins is not None:
            raise DesignError(f"source.bins has no meaning with {type(classifier).__name__}; leave it out")
        probabilities = from_classifier(classifier)
        binning = binning_of(classifier)
    bins = binning.bins
    observer = Observer(tuple(range(len(bins))), binning, ColumnGroups.joining((), bins))
    if source.samples is None:
        return _Imported(probabilities, observer=observer)
    path = directory / source.samples
    arrays = _evaluation_arrays(path, ("samples", "features"))
    samples = arrays["samples"] if "samples" in arrays else binning.transform(arrays["features"])
    unknown = ~np.isin(arrays["labels"], classifier.classes_)
    if unknown.any():
        raise DesignError(f"{path}: labels must be classes of the model, not {arrays['labels'][unknown][0]!r}")
    rows = np.searchsorted(classifier.classes_, arrays["labels"])
    return _Imported(probabilities, held_out=_held_out(path, samples, rows, probabilities), observer=observer)


def _read_classifier(path: Path) -> Any:
    try:
        return joblib.load(path)
    except FileNotFoundError:
        raise DesignError(f"source.model: {path} does not exist") from None
    except Exception as error:
        # A file that is no pickle, or of another version, can fail in any way at all.
        raise DesignError(
            f"source.model: {path} is not a joblib or pickle file of this scikit-learn: {error}"
        ) from None


def _evaluation_arrays(path: Path, names: tuple[str, ...]) -> dict[str, NDArray[Any]]:
    arrays = read_npz(path)
    if "labels" not in arrays or sum(name in arrays for name in names) != 1:
        raise DesignError(f"{path}: must hold labels and {' or '.join(names)}, not {', '.join(arrays) or 'nothing'}")
    return arrays


def _held_out(
    path: Path, samples: NDArray[Any], labels: NDArray[Any], probabilities: ProbabilityTable
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    columns = len(probabilities.bins)
    if samples.ndim != 2 or samples.shape[1] != columns or not np.issubdtype(samples.dtype, np.integer):
        raise DesignError(
            f"{path}: samples must be integers of shape (n, {columns}), not {samples.dtype} of {samples.shape}"
        )
    if labels.shape != (len(samples),) or not len(labels) or not np.issubdtype(labels.dtype, np.integer):
        raise DesignError(
            f"{path}: labels must be integers of shape ({len(samples)},), at least one, "
            f"not {labels.dtype} of {labels.shape}"
        )
    if not 0 <= labels.min() <= labels.max() < probabilities.rows:
        raise DesignError(
            f"{path}: labels must lie between 0 and {probabilities.rows - 1}, not {labels.min()} to {labels.max()}"
        )
    return samples.astype(np.int64), labels.astype(np.int64)
