"""From probabilities to a machine: config, integers, and what is known about both."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.naive_bayes import GaussianNB

from hwgen.bayes.binning import Binning, ColumnGroups
from hwgen.bayes.columns import DEFAULT_BINS, Observer, config_of
from hwgen.bayes.config import BayesConfig
from hwgen.bayes.fidelity import fidelity
from hwgen.bayes.importers import binning_of, from_classifier, gaussian_binning
from hwgen.bayes.probabilities import ProbabilityTable
from hwgen.bayes.quantise import Normalisation, Quantised, Zeros, quantise
from hwgen.bayes.table import LikelihoodTable
from hwgen.errors import DesignError
from hwgen.evaluation import Evaluation


@dataclass(frozen=True, eq=False)
class Resolved:
    """What a design file describes."""

    config: BayesConfig
    parameters: LikelihoodTable
    """The integers; also where ``config.initialised`` is false: then they are to be loaded over the bus."""
    probabilities: ProbabilityTable
    quantised: Quantised
    evaluation: Evaluation | None
    """Samples of bin numbers, -1 out of range; None where the source has no held-out data."""
    observer: Observer | None
    """None where the source is a table, which does not know the features."""

    def fidelity(self, model: Any) -> dict[str, Any]:
        """The fidelity report as JSON values; ``model`` is the machine's golden model."""
        if self.evaluation is None:
            return fidelity(self.probabilities, self.quantised).as_dict()
        held_out = self.evaluation
        report = fidelity(
            self.probabilities,
            self.quantised,
            held_out.samples,
            held_out.labels,
            lambda samples: model.infer(samples).decisions,
        )
        return report.as_dict()


@dataclass(frozen=True, eq=False)
class Imported:
    """Probabilities from some origin, and the data that came with them."""

    probabilities: ProbabilityTable
    calibration: NDArray[np.int64] | None = None
    """Training samples, shape ``(n, columns)``."""
    held_out: tuple[NDArray[np.int64], NDArray[np.int64]] | None = None
    """Samples, shape ``(n, columns)``, and their rows, shape ``(n,)``."""
    observer: Observer | None = None


def build(
    imported: Imported,
    parameters: dict[str, Any],
    *,
    normalisation: Normalisation = "observation",
    zeros: Zeros | None = None,
    step: float | None = None,
) -> Resolved:
    """Quantise ``imported`` for a machine with ``parameters``.

    Args:
        imported: the probabilities.
        parameters: of :class:`~hwgen.bayes.config.BayesConfig`. ``rows``, ``bins`` and ``feedback`` come from the
            probabilities where they are left out, and must agree with them where they are not.
        normalisation, zeros, step: see :func:`~hwgen.bayes.quantise.quantise`.

    Raises :class:`~hwgen.errors.DesignError` naming the key, its value and what is allowed.
    """
    mode = parameters.get("mode")
    for key, given, other in (("zeros", zeros is not None, "logarithmic"), ("step", step is not None, "stochastic")):
        if mode == other and given:
            raise DesignError(f"source.{key} has no meaning in {mode} mode; leave it out")
    probabilities = imported.probabilities
    config = config_of(probabilities.rows, probabilities.bins, probabilities.feedback is not None, parameters)
    quantised = quantise(
        probabilities,
        config.mode,
        config.likelihood_bits,
        normalisation=normalisation,
        prior=config.prior,
        zeros=zeros or "floor",
        step=step,
        calibration=imported.calibration,
    )
    table = LikelihoodTable.for_config(config, quantised.table.streams)
    evaluation = None
    if imported.held_out is not None:
        samples, labels = imported.held_out
        evaluation = Evaluation(samples, labels, probabilities.decide(samples))
    return Resolved(config, table, probabilities, quantised, evaluation, imported.observer)


def from_trained(classifier: Any, *, bins: int | None = None, binning: Binning | None = None) -> Imported:
    """A fitted scikit-learn classifier's probabilities, and how its features become samples.

    Args:
        classifier: ``CategoricalNB``, ``BernoulliNB`` or ``GaussianNB``.
        bins: ``GaussianNB``: bins of each feature, 16 by default, over three standard deviations around every class.
        binning: ``GaussianNB``: bins of one's own instead.

    Raises :class:`~hwgen.errors.DesignError` for another classifier or one that was not fitted.
    """
    if isinstance(classifier, GaussianNB):
        binning = binning or gaussian_binning(classifier, bins or DEFAULT_BINS)
        probabilities = from_classifier(classifier, binning)
    else:
        for name, value in (("bins", bins), ("binning", binning)):
            if value is not None:
                raise DesignError(f"source.{name} has no meaning with {type(classifier).__name__}; leave it out")
        probabilities = from_classifier(classifier)
        binning = binning_of(classifier)
    observer = Observer(tuple(range(len(binning.bins))), binning, ColumnGroups.joining((), binning.bins))
    return Imported(probabilities, observer=observer)


def rows_of(classifier: Any, labels: NDArray[Any], where: str) -> NDArray[np.int64]:
    """The machine's row of each label: row ``i`` is class ``classifier.classes_[i]``.

    Raises :class:`~hwgen.errors.DesignError` naming ``where`` and a label that is no class.
    """
    unknown = ~np.isin(labels, classifier.classes_)
    if unknown.any():
        raise DesignError(f"{where}: labels must be classes of the model, not {labels[unknown][0]!r}")
    return np.searchsorted(classifier.classes_, labels)


def machine_of(
    classifier: Any,
    parameters: dict[str, Any],
    *,
    features: ArrayLike | None = None,
    labels: ArrayLike | None = None,
    calibration: ArrayLike | None = None,
    binning: Binning | None = None,
    normalisation: Normalisation = "observation",
    zeros: Zeros | None = None,
    step: float | None = None,
) -> Resolved:
    """The machine of a fitted classifier.

    Args:
        classifier: ``CategoricalNB``, ``BernoulliNB`` or ``GaussianNB``.
        parameters: of :class:`~hwgen.bayes.config.BayesConfig`; at least ``mode``.
        features, labels: held-out data to compare with, shapes ``(n, features)`` and ``(n,)``, as the classifier's
            ``predict`` takes and gives them.
        calibration: training features, shape ``(n, features)``, to choose the logarithmic step with.
        binning: ``GaussianNB``: how features become bins; 16 of equal width by default.
        normalisation, zeros, step: see :func:`~hwgen.bayes.quantise.quantise`.

    Raises :class:`~hwgen.errors.DesignError` naming what is wrong and what is allowed.
    """
    imported = from_trained(classifier, binning=binning)
    observer = imported.observer
    assert observer is not None
    if (features is None) != (labels is None):
        raise DesignError("features and labels must be given together, or neither")
    held_out = None
    if features is not None:
        rows = rows_of(classifier, np.asarray(labels), "labels")
        samples = observer.transform(features)
        if len(samples) != len(rows):
            raise DesignError(f"features and labels must be equally many, not {len(samples)} and {len(rows)}")
        held_out = (samples, rows)
    training = None if calibration is None else observer.transform(calibration)
    complete = Imported(imported.probabilities, training, held_out, observer)
    return build(complete, parameters, normalisation=normalisation, zeros=zeros, step=step)
