"""The ``[source]`` table of an equilibrium-propagation design file: what the machine has learnt, and real samples."""

from typing import Any, Self

import pydantic

from hwgen.config import parse_table

NAMED = ("digits", "mnist")
"""Data sets with a name."""


class EPSource(pydantic.BaseModel):
    """Weights, data, or both."""

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid", strict=True)

    weights: str | None = None
    """Path, relative to the design file, of an ``.npz`` file as :meth:`~hwgen.ep.weights.EPWeights.save` writes it: the
    Verilog then holds these synapses from the start. Without it the machine draws its own."""

    dataset: str | None = None
    """Held-out samples to check with: ``digits`` (8 x 8 pixels, bundled with scikit-learn), ``mnist`` (in the folder
    ``mnist`` of ``$HWGEN_DATA``), or the path, relative to the design file, of a folder of files in MNIST's format."""

    @classmethod
    def parse(cls, values: dict[str, Any], where: str = "") -> Self:
        """Validate ``values`` as read from TOML.

        Raises :class:`~hwgen.errors.DesignError` that names ``where``, every wrong key, its value and what is allowed.
        """
        return parse_table(cls, "source", values, where)

    @pydantic.model_validator(mode="after")
    def _check(self) -> Self:
        if self.weights is None and self.dataset is None:
            raise ValueError("source must have weights, dataset or both; or leave the table out")
        return self
