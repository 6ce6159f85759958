"""From measured features to bin numbers, and from several dependent columns to one."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwgen.bayes.probabilities import MAX_BINS, check_observations
from hwgen.errors import DesignError

OUT_OF_RANGE = -1
"""The bin number of a value that has none: the machine flags a sample that holds it."""


@dataclass(frozen=True, eq=False)
class Binning:
    """Bins of every column.

    Bin ``i`` of a column holds the values above ``edges[i - 1]`` up to and including ``edges[i]``; the outer bins
    reach to infinity. Make one from training data only: :meth:`uniform`, :meth:`quantile`; or from what is known about
    the features: :meth:`integers`, or the edges themselves.

    Raises :class:`~hwgen.errors.DesignError` for edges that do not rise, or for too many of them.
    """

    edges: tuple[NDArray[np.float64], ...]
    """One array a column, shape ``(bins - 1,)``, rising."""
    categorical: bool = False
    """Whether only the values 0, 1, ..., bins - 1 exist; any other is then out of range."""

    def __post_init__(self) -> None:
        edges = tuple(np.asarray(column, np.float64) for column in self.edges)
        for column, values in enumerate(edges):
            if values.ndim != 1 or not 1 <= len(values) < MAX_BINS:
                raise DesignError(
                    f"column {column} must have between 1 and {MAX_BINS - 1} edges, not shape {values.shape}"
                )
            if not np.isfinite(values).all() or (np.diff(values) <= 0).any():
                raise DesignError(f"the edges of column {column} must be finite and rise, not {values}")
        object.__setattr__(self, "edges", edges)

    @classmethod
    def uniform(cls, features: ArrayLike, bins: int) -> Self:
        """``bins`` bins of equal width from the smallest to the largest value of each column of ``features``, shape
        ``(n, columns)``. A constant column gets two bins."""
        training = _training(features, bins)
        grid = np.linspace(training.min(axis=0), training.max(axis=0), bins + 1)[1:-1]
        return cls(tuple(np.unique(column) for column in grid.T))

    @classmethod
    def quantile(cls, features: ArrayLike, bins: int) -> Self:
        """Up to ``bins`` bins that hold equally many values of each column of ``features``, shape ``(n, columns)``;
        fewer where many values are equal."""
        training = _training(features, bins)
        grid = np.quantile(training, np.arange(1, bins) / bins, axis=0)
        return cls(tuple(np.unique(column) for column in grid.T))

    @classmethod
    def integers(cls, counts: Sequence[int]) -> Self:
        """Columns that hold categories: column ``i`` the integers from 0 to ``counts[i] - 1``."""
        for column, count in enumerate(counts):
            if not 2 <= count <= MAX_BINS:
                raise DesignError(f"column {column} must have between 2 and {MAX_BINS} categories, not {count}")
        return cls(tuple(np.arange(count - 1, dtype=np.float64) for count in counts), categorical=True)

    @property
    def bins(self) -> tuple[int, ...]:
        """Bins of each column."""
        return tuple(len(column) + 1 for column in self.edges)

    def transform(self, features: ArrayLike) -> NDArray[np.int64]:
        """Bin numbers of ``features``, shape ``(n, columns)``; NaN and categories that do not exist become -1.

        Raises :class:`~hwgen.errors.DesignError` for another shape.
        """
        values = np.asarray(features, np.float64)
        if values.ndim != 2 or values.shape[1] != len(self.edges):
            raise DesignError(f"features must have shape (n, {len(self.edges)}), not {values.shape}")
        numbers = np.empty(values.shape, np.int64)
        for column, edges in enumerate(self.edges):
            numbers[:, column] = np.searchsorted(edges, values[:, column], side="left")
        known = (values == numbers) if self.categorical else ~np.isnan(values)
        return np.where(known, numbers, OUT_OF_RANGE)


@dataclass(frozen=True)
class ColumnGroups:
    """Columns joined into one where they depend on each other.

    A naive Bayesian classifier takes its observations as independent given the class. Where some are not, one column
    that observes all of them at once holds their joint likelihood, at the price of a memory with the product of their
    bins (Harabi et al., Nat. Electron. 6, 52, 2023).

    Raises :class:`~hwgen.errors.DesignError` for groups that overlap, miss a column, or have too many joint bins.
    """

    groups: tuple[tuple[int, ...], ...]
    """One entry a joint column: the columns it observes, the first being the most significant digit."""
    bins: tuple[int, ...]
    """Bins of the separate columns."""

    def __post_init__(self) -> None:
        members = [column for group in self.groups for column in group]
        for column in members:
            if not 0 <= column < len(self.bins):
                raise DesignError(f"columns to join must lie between 0 and {len(self.bins) - 1}, not {column}")
            if members.count(column) > 1:
                raise DesignError(f"column {column} must be joined once only, not {members.count(column)} times")
        if len(members) != len(self.bins):
            raise DesignError(f"groups must hold each of the {len(self.bins)} columns, not {len(members)} of them")
        for group, bins in zip(self.groups, self.joint_bins, strict=True):
            if bins > MAX_BINS:
                raise DesignError(f"columns {list(group)} must have at most {MAX_BINS} bins when joined, not {bins}")

    @classmethod
    def joining(cls, join: Sequence[Sequence[int]], bins: Sequence[int]) -> Self:
        """Join each group of ``join``; other columns stay as they are. A joint column stands where the first of its
        members stood."""
        joined = {column for group in join for column in group}
        single = [(column,) for column in range(len(bins)) if column not in joined]
        groups = [tuple(group) for group in join if len(group)] + single
        return cls(tuple(sorted(groups, key=min)), tuple(bins))

    @property
    def joint_bins(self) -> tuple[int, ...]:
        """Bins of each joint column."""
        return tuple(math.prod(self.bins[column] for column in group) for group in self.groups)

    def transform(self, samples: ArrayLike) -> NDArray[np.int64]:
        """Joint observations, shape ``(n, groups)``, of integer ``samples``, shape ``(n, columns)``; -1 where a member
        is out of range."""
        array = np.asarray(samples)
        check_observations(array, self.bins)
        joint = np.zeros((len(array), len(self.groups)), np.int64)
        for index, group in enumerate(self.groups):
            for column in group:
                joint[:, index] = joint[:, index] * self.bins[column] + array[:, column]
            members = array[:, list(group)]
            outside = (members < 0) | (members >= np.array(self.bins)[list(group)])
            joint[outside.any(axis=1), index] = OUT_OF_RANGE
        return joint


def _training(features: ArrayLike, bins: int) -> NDArray[np.float64]:
    if not 2 <= bins <= MAX_BINS:
        raise DesignError(f"bins must be between 2 and {MAX_BINS}, not {bins}")
    training = np.asarray(features, np.float64)
    if training.ndim != 2 or not training.size:
        raise DesignError(f"features to bin must have shape (n, columns) with n of at least 1, not {training.shape}")
    if not np.isfinite(training).all():
        raise DesignError("features to bin must be finite; drop the samples that are not")
    return training
