"""Likelihoods on a chip: which words hold them, and tables that do not fill it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hwgen import registry
from hwgen.bayes.table import LikelihoodTable
from hwgen.chips.config import ChipConfig
from hwgen.chips.profile import ChipProfile
from hwgen.errors import DesignError
from hwgen.evaluation import Evaluation
from hwgen.memristor.geometry import Place


def fit(table: LikelihoodTable, profile: ChipProfile, mode: str) -> LikelihoodTable:
    """``table`` with as many rows and columns as the chip has: further rows are never the most likely, further columns
    say nothing, and have two bins.

    Raises :class:`~hwgen.errors.DesignError` for a table that is too large, or has other than 8-bit likelihoods.
    """
    largest = (1 << profile.geometry.word_bits) - 1
    likely, unlikely = (largest, 0) if mode == "stochastic" else (0, largest)
    rows, bins = table.streams[0].shape[1], max(len(stream) for stream in table.streams)
    for what, found, most in (
        ("columns", len(table.streams), profile.columns),
        ("rows", rows, profile.rows),
        ("bins a column", bins, profile.bins),
        ("as its largest likelihood", max(int(stream.max()) for stream in table.streams), largest),
    ):
        if found > most:
            raise DesignError(f"a table for {profile.name} may have at most {most} {what}, not {found}")
    streams = [np.pad(stream, ((0, 0), (0, profile.rows - rows)), constant_values=unlikely) for stream in table.streams]
    neutral = np.full((2, profile.rows), likely, np.uint16)
    neutral[:, rows:] = unlikely
    streams += [neutral] * (profile.columns - len(streams))
    return LikelihoodTable(tuple(stream.astype(np.uint16) for stream in streams))


def chip_table(config: ChipConfig, table: LikelihoodTable) -> LikelihoodTable:
    """``table`` as one of the chip, checked.

    Raises :class:`~hwgen.errors.DesignError` unless it has the chip's rows and columns, and no more bins; see
    :func:`fit`.
    """
    bins = [len(stream) for stream in table.streams]
    profile = config.profile
    if len(bins) != profile.columns or max(bins) > profile.bins:
        raise DesignError(
            f"a table for {profile.name} must have {profile.columns} columns of at most {profile.bins} bins, not {bins}"
        )
    return LikelihoodTable.for_config(config.machine("logarithmic", bins), table.streams)


def chip_words(profile: ChipProfile, table: LikelihoodTable) -> Mapping[int, int]:
    """The words that hold a table, by address, as their cells have them."""
    geometry = profile.geometry
    words = {}
    for column, stream in enumerate(table.streams):
        for index, likelihoods in enumerate(stream.tolist()):
            line, word = divmod(index, geometry.words_per_row)
            for row, likelihood in enumerate(likelihoods):
                words[geometry.address(Place(row, column, line, word))] = profile.cells(likelihood)
    return words


def from_source(
    profile: ChipProfile, mode: str, source: Mapping[str, Any], directory: Path = Path()
) -> tuple[LikelihoodTable, Evaluation | None]:
    """A table for a chip in one of its modes, and held-out samples, if the source has any, of the chip's columns.

    Args:
        profile: the chip.
        mode: ``"stochastic"`` or ``"logarithmic"``.
        source: what a ``[source]`` of a Bayesian design file says (:class:`~hwgen.bayes.source.BayesSource`), such as
            ``{"dataset": "wine", "classifier": "GaussianNB", "features": 4, "bins": 8}``.
        directory: paths in it are relative to this folder.

    Raises :class:`~hwgen.errors.DesignError` for a wrong source, for data or a table that are too large for the chip,
    and for a table with feedback, which a chip has not.
    """
    parameters = {"mode": mode, "likelihood_bits": profile.geometry.word_bits}
    resolved = registry.CHIP.load("source")(
        dict(source), parameters, directory, profile.name, registry.CHIP.load("data")
    )
    if resolved.config.feedback:
        raise DesignError(
            f"a table for {profile.name} may have no feedback: the chip does not observe its previous decision; leave "
            f"the array feedback of {source['table']} out"
        )
    classes = resolved.parameters.streams[0].shape[1]
    if "dataset" in source and classes > profile.rows:
        raise DesignError(
            f"dataset {source['dataset']!r} has {classes} classes, and {profile.name} tells at most {profile.rows} "
            "apart; take one with fewer, such as 'wine'"
        )
    table = fit(resolved.parameters, profile, mode)
    held_out = resolved.evaluation
    if held_out is None:
        return table, None
    return table, Evaluation(fit_samples(held_out.samples, profile), held_out.labels, held_out.float_decisions)


def fit_samples(samples: NDArray[np.int64], profile: ChipProfile) -> NDArray[np.int64]:
    """``samples``, shape ``(n, columns)``, with a 0 for each column that :func:`fit` has added."""
    return np.pad(samples, ((0, 0), (0, profile.columns - samples.shape[1])))
