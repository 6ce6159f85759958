"""What a Bayesian machine observes of its source, and the config that follows from it, before anything is trained."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwgen.bayes.binning import Binning, ColumnGroups
from hwgen.bayes.config import BayesConfig
from hwgen.bayes.probabilities import ProbabilityTable
from hwgen.bayes.source import BayesSource
from hwgen.errors import DesignError

DEFAULT_BINS = 16
"""Bins of a feature that has no levels of its own."""

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
        """Samples, shape ``(n, columns)``, of ``features``, shape ``(n, all features)``.

        Raises :class:`~hwgen.errors.DesignError` when there are too few features.
        """
        measured = np.asarray(features)
        if measured.ndim != 2 or measured.shape[1] <= max(self.features):
            raise DesignError(f"features must have shape (n, {max(self.features) + 1}) or wider, not {measured.shape}")
        return self.groups.transform(self.binning.transform(measured[:, list(self.features)]))


def config_of(rows: int, bins: Sequence[int], feedback: bool, parameters: dict[str, Any]) -> BayesConfig:
    """The config of a machine whose source has these rows, bins of each column, and feedback.

    Args:
        rows, bins, feedback: what ``parameters`` take from the source where they leave it out, and must agree with
            where they do not.
        parameters: the ``[bayes]`` table as read from TOML.

    Raises :class:`~hwgen.errors.DesignError` naming the key, its value and what is allowed.
    """
    found = {"rows": rows, "bins": list(bins), "feedback": feedback}
    # The caller's own "rows" or "bins" wins here, so that a wrong type is reported as such.
    config = BayesConfig.parse(found | parameters)
    for key, value in found.items():
        wanted = parameters.get(key, value)
        if wanted != value:
            raise DesignError(
                f"bayes.{key} must be {json.dumps(value)} as in its source, not {json.dumps(wanted)}; or leave it out"
            )
    return config


def source_config(
    source: dict[str, Any], parameters: dict[str, Any], directory: Path, where: str, load_split: LoadSplit
) -> BayesConfig:
    """The config that :func:`hwgen.bayes.resolve.resolve` would give, with the same arguments, without training.

    A table is read; of a data set, the columns and their bins are found; a trained model is read and counted out.

    Raises :class:`~hwgen.errors.DesignError` naming ``where``, the key, its value and what is allowed.
    """
    parsed = BayesSource.parse(source, where)
    try:
        if parsed.model is not None:
            from hwgen.bayes.resolve import resolve  # reads models with scikit-learn, which is slow to import

            return resolve(source, parameters, directory, where, load_split).config
        if parsed.table is not None:
            table = ProbabilityTable.load(directory / parsed.table)
            return config_of(table.rows, table.bins, table.feedback is not None, parameters)
        assert parsed.dataset is not None
        train, _ = load_split(parsed.dataset, parsed.test_fraction, parsed.split_seed)
        rows = len(np.unique(train.labels))
        return config_of(rows, observer_of(parsed, train).groups.joint_bins, False, parameters)
    except DesignError as error:
        raise DesignError("\n".join(f"{where}: {line}" for line in str(error).splitlines())) from None


def observer_of(source: BayesSource, train: LabelledData) -> Observer:
    """The columns that a source with a data set observes, and their bins, from its training part.

    Raises :class:`~hwgen.errors.DesignError` naming the key, its value and what is allowed.
    """
    features = _chosen_features(source, train)
    binning = _training_bins(source, train.features[:, list(features)])
    if source.join and max(max(group) for group in source.join) >= len(features):
        raise DesignError(f"source.join must name columns below {len(features)}, not {[*map(list, source.join)]}")
    return Observer(features, binning, ColumnGroups.joining(source.join, binning.bins))


def _chosen_features(source: BayesSource, train: LabelledData) -> tuple[int, ...]:
    available = train.features.shape[1]
    match source.features:
        case None:
            return tuple(range(available))
        case int(count):
            if count > available:
                raise DesignError(f"source.features must be at most {available} for {source.dataset}, not {count}")
            from sklearn.feature_selection import mutual_info_classif  # slow to import

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
