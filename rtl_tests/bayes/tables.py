"""Tables of probabilities to quantise, and machines for what comes of it."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.naive_bayes import GaussianNB

from hwgen.bayes.binning import Binning
from hwgen.bayes.config import BayesConfig
from hwgen.bayes.importers import estimate, from_gaussian_nb
from hwgen.bayes.probabilities import ProbabilityTable
from hwgen.bayes.quantise import Quantised
from hwgen.bayes.table import LikelihoodTable
from sim.datasets import load_split

TABLE = ProbabilityTable((np.array([[0.8, 0.2], [0.2, 0.8], [0.1, 0.4]]), np.array([[0.5, 1.0], [0.5, 0.0]])), [1, 1])


def hand_made(mode: Any, streams: list[list[list[int]]], prior: bool = False) -> Quantised:
    arrays = tuple(np.array(stream, np.uint16) for stream in streams)
    return Quantised(LikelihoodTable(arrays), mode, 8, "none", False, prior, None, 0.0, 0.0, 0, 0)


def config_of(quantised: Quantised, table: ProbabilityTable) -> BayesConfig:
    return BayesConfig(
        mode=quantised.mode,
        rows=table.rows,
        bins=table.bins,
        likelihood_bits=quantised.likelihood_bits,
        prior=quantised.prior,
        feedback=quantised.feedback,
    )


def trained(name: str, seed: int) -> tuple[ProbabilityTable, NDArray, NDArray, NDArray]:
    """Table, training samples, held-out samples, held-out labels."""
    train, test = load_split(name, 0.25, seed)
    if name == "digits":
        binning = Binning.integers([17] * 64)
        table = estimate(binning.transform(train.features), train.labels, binning.bins, 10)
    else:
        binning = Binning.uniform(train.features, 16)
        table = from_gaussian_nb(GaussianNB().fit(train.features, train.labels), binning)
    return table, binning.transform(train.features), binning.transform(test.features), test.labels
