"""From the tables of a Bayesian design file to its config and its likelihoods."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from numpy.typing import NDArray
from sklearn.naive_bayes import GaussianNB

from hwgen.bayes.columns import LoadSplit, observer_of
from hwgen.bayes.importers import estimate, from_gaussian_nb
from hwgen.bayes.machine import Imported, Resolved, build, from_trained, rows_of
from hwgen.bayes.probabilities import ProbabilityTable
from hwgen.bayes.source import BayesSource
from hwgen.errors import DesignError
from hwgen.npz import read_npz


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
    try:
        match parsed.origin:
            case "dataset":
                imported = _from_dataset(parsed, load_split)
            case "table":
                imported = _from_table(parsed, directory)
            case _:
                imported = _from_model(parsed, directory)
        return build(
            imported,
            parameters,
            normalisation=parsed.normalisation,
            zeros=parsed.zeros,
            step=parsed.step,
        )
    except DesignError as error:
        raise DesignError("\n".join(f"{where}: {line}" for line in str(error).splitlines())) from None


def _from_dataset(source: BayesSource, load_split: LoadSplit) -> Imported:
    assert source.dataset is not None
    train, test = load_split(source.dataset, source.test_fraction, source.split_seed)
    observer = observer_of(source, train)
    observed = train.features[:, list(observer.features)]
    samples = observer.transform(train.features)
    if source.classifier == "GaussianNB":
        probabilities = from_gaussian_nb(GaussianNB().fit(observed, train.labels), observer.binning)
    else:
        # What CategoricalNB and BernoulliNB fit; also right for joined columns.
        alpha = 1.0 if source.alpha is None else source.alpha
        rows = int(train.labels.max()) + 1
        probabilities = estimate(samples, train.labels, observer.groups.joint_bins, rows, alpha)
    return Imported(probabilities, samples, (observer.transform(test.features), test.labels), observer)


def _from_table(source: BayesSource, directory: Path) -> Imported:
    assert source.table is not None
    probabilities = ProbabilityTable.load(directory / source.table)
    if source.samples is None:
        return Imported(probabilities)
    path = directory / source.samples
    arrays = _evaluation_arrays(path, ("samples",))
    return Imported(probabilities, held_out=_held_out(path, arrays["samples"], arrays["labels"], probabilities))


def _from_model(source: BayesSource, directory: Path) -> Imported:
    assert source.model is not None
    classifier = _read_classifier(directory / source.model)
    imported = from_trained(classifier, bins=source.bins)
    if source.samples is None:
        return imported
    path = directory / source.samples
    arrays = _evaluation_arrays(path, ("samples", "features"))
    assert imported.observer is not None
    samples = arrays["samples"] if "samples" in arrays else imported.observer.transform(arrays["features"])
    rows = rows_of(classifier, arrays["labels"], str(path))
    return replace(imported, held_out=_held_out(path, samples, rows, imported.probabilities))


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
    if not len(samples):
        raise DesignError(f"{path}: samples must hold at least one sample; it holds none")
    if labels.shape != (len(samples),) or not np.issubdtype(labels.dtype, np.integer):
        raise DesignError(
            f"{path}: labels must be integers of shape ({len(samples)},), one a sample, "
            f"not {labels.dtype} of {labels.shape}"
        )
    if not 0 <= labels.min() <= labels.max() < probabilities.rows:
        raise DesignError(
            f"{path}: labels must lie between 0 and {probabilities.rows - 1}, not {labels.min()} to {labels.max()}"
        )
    return samples.astype(np.int64), labels.astype(np.int64)
