"""The ``[source]`` table of a Bayesian design file: where its likelihoods come from."""

from collections.abc import Callable
from typing import Annotated, Any, Literal, Self

import pydantic

from hwgen.bayes.probabilities import MAX_BINS
from hwgen.config import parse_table

ClassifierName = Literal["CategoricalNB", "BernoulliNB", "GaussianNB"]

ORIGINS = ("dataset", "table", "model")
DATASET_ONLY = ("classifier", "binning", "features", "join", "alpha", "test_fraction", "split_seed")


def _between(low: float, high: float) -> pydantic.AfterValidator:
    def check(value: Any, info: pydantic.ValidationInfo) -> Any:
        if value is not None and not low <= value <= high:
            raise ValueError(f"source.{info.field_name} must be between {low} and {high}, not {value}")
        return value

    return pydantic.AfterValidator(check)


def _shaped(fits: Callable[[Any], bool], allowed: str) -> pydantic.BeforeValidator:
    """Refuse a value of the wrong shape in one sentence, where a union or nested list would give one a level."""

    def check(value: Any, info: pydantic.ValidationInfo) -> Any:
        if not fits(value):
            raise ValueError(f"source.{info.field_name} must be {allowed}, not {value!r}")
        return _as_tuples(value)

    return pydantic.BeforeValidator(check)


def _as_tuples(value: Any) -> Any:
    return tuple(map(_as_tuples, value)) if isinstance(value, list) else value


def _is_column(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _are_columns(value: Any) -> bool:
    return isinstance(value, list) and len(value) > 0 and all(map(_is_column, value)) and len(set(value)) == len(value)


def _are_features(value: Any) -> bool:
    return _are_columns(value) or (_is_column(value) and value > 0)


def _are_groups(value: Any) -> bool:
    return isinstance(value, list) and all(_are_columns(group) and len(group) > 1 for group in value)


class BayesSource(pydantic.BaseModel):
    """One of three origins, and how to get from it to integers.

    * ``dataset``: data bundled with scikit-learn; a classifier is trained on one part, the other is held out.
    * ``table``: an ``.npz`` file of likelihoods, as :meth:`~hwgen.bayes.probabilities.ProbabilityTable.save` writes it.
    * ``model``: a fitted scikit-learn classifier, pickled or written by joblib. Reading such a file **runs code that
      the file holds**: use only files you trust. A ``table`` runs nothing.
    """

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid", strict=True)

    dataset: Literal["digits", "wine", "breast_cancer", "iris"] | None = None
    table: str | None = None
    """Path, relative to the design file."""
    model: str | None = None
    """Path, relative to the design file."""

    samples: str | None = None
    """With ``table`` or ``model``: path of an ``.npz`` file of held-out data: ``labels``, and ``samples`` (bin numbers)
    or, with ``model``, ``features``."""

    classifier: ClassifierName | None = None
    """With ``dataset``, required. BernoulliNB observes whether a feature lies above its mean."""

    bins: Annotated[int | None, _between(2, MAX_BINS)] = None
    """Bins of each feature; by default its levels where the data are small integers and the classifier is
    CategoricalNB, else 16. With ``model``, only for GaussianNB."""

    binning: Literal["uniform", "quantile"] | None = None
    """Bins of equal width (the default) or of equally many training samples."""

    features: Annotated[
        tuple[int, ...] | int | None, _shaped(_are_features, "a number of features or a list of different indices")
    ] = None
    """Which features to observe: their indices, or how many (those with the most mutual information with the class
    in the training data); by default all."""

    join: Annotated[
        tuple[tuple[int, ...], ...], _shaped(_are_groups, "a list of lists of at least two different columns")
    ] = ()
    """Groups of columns to observe as one; column ``i`` is the ``i``-th of the chosen features."""

    alpha: Annotated[float | None, _between(0, 1e6)] = None
    """Laplace smoothing of counted likelihoods, 1 by default."""

    test_fraction: Annotated[float, _between(0.05, 0.95)] = 0.25
    """Part of the data held out from training."""

    split_seed: Annotated[int, _between(0, 2**32 - 1)] = 0
    """Decides which part."""

    normalisation: Literal["observation", "column", "none"] = "observation"
    zeros: Literal["floor", "keep"] | None = None
    """Stochastic: "floor" by default."""
    step: Annotated[float | None, _between(1e-6, 1e3)] = None
    """Logarithmic: chosen on the training data by default. For all three see :func:`~hwgen.bayes.quantise.quantise`."""

    @classmethod
    def parse(cls, values: dict[str, Any], where: str = "") -> Self:
        """Validate ``values`` as read from TOML.

        Raises :class:`~hwgen.errors.DesignError` that names ``where``, every wrong key, its value and what is allowed.
        """
        return parse_table(cls, "source", values, where)

    @property
    def origin(self) -> str:
        """ "dataset", "table" or "model"."""
        return next(name for name in ORIGINS if getattr(self, name) is not None)

    @pydantic.model_validator(mode="after")
    def _check(self) -> Self:
        given = [name for name in ORIGINS if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(
                f"source must have exactly one of {', '.join(ORIGINS)}, not {' and '.join(given) or 'none'}"
            )
        if self.origin == "dataset":
            self._check_dataset()
            return self
        for key in DATASET_ONLY:
            if key in self.model_fields_set:
                raise ValueError(f"source.{key} has no meaning with source.{self.origin}; leave it out")
        if self.origin == "table" and self.bins is not None:
            raise ValueError("source.bins has no meaning with source.table; leave it out")
        return self

    def _check_dataset(self) -> None:
        if self.samples is not None:
            raise ValueError("source.samples has no meaning with source.dataset; leave it out")
        if self.classifier is None:
            raise ValueError("source.classifier is missing: CategoricalNB, BernoulliNB or GaussianNB")
        if self.classifier == "GaussianNB" and self.join:
            raise ValueError(
                "source.join has no meaning with GaussianNB, which takes the features as independent; use CategoricalNB"
            )
        unused = {"GaussianNB": ("alpha",), "BernoulliNB": ("bins", "binning"), "CategoricalNB": ()}[self.classifier]
        for key in unused:
            if getattr(self, key) is not None:
                raise ValueError(f"source.{key} has no meaning with {self.classifier}; leave it out")
