"""The ``[source]`` table of learning cores that classify pixels: what the machine has learnt, and real samples."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self

import pydantic

from hwgen.config import CoreConfig, parse_table
from hwgen.errors import DesignError, HwgenError
from hwgen.evaluation import Evaluation

NAMED = ("digits", "mnist")
"""Data sets with a name."""

log = logging.getLogger("hwgen")

LoadHeldOut = Callable[[str, Any], Evaluation]
"""Name or folder of a data set, and the machine's config -> held-out samples; raises HwgenError."""


class LoadsWeights(Protocol):
    """The class of a core's weights."""

    def load(self, path: Path, config: Any) -> Any:
        """Weights of a machine from the file that their ``save`` writes; raises DesignError."""


class PixelSource(pydantic.BaseModel):
    """Weights, data, or both."""

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid", strict=True)

    weights: str | None = None
    """Path, relative to the design file, of an ``.npz`` file as the ``save`` of the core's weights writes it: the
    Verilog then holds these weights from the start. Without it the machine draws its own."""

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


@dataclass(frozen=True, eq=False)
class Resolved:
    """What a design file describes."""

    config: CoreConfig
    parameters: Any
    """Weights that the Verilog's memories hold; None: the machine draws its own from its seed."""
    evaluation: Evaluation | None
    """Held-out samples; None where the source names no data, or MNIST is not on this computer."""
    data: str | None
    """The source's data set: its name, or the path of its folder."""

    def fidelity(self, model: Any) -> dict[str, Any]:
        """What the weights that came from the source are worth, as JSON values; ``model`` is the golden model."""
        if self.parameters is None or self.evaluation is None:
            return {}
        right = model.infer(self.evaluation.samples).decisions == self.evaluation.labels
        return {"samples": len(self.evaluation), "accuracy_golden": float(right.mean())}


def resolve_pixels(
    config: CoreConfig,
    weights: LoadsWeights,
    source: dict[str, Any],
    directory: Path,
    where: str,
    load_held_out: LoadHeldOut,
) -> Resolved:
    """Read a design's source.

    Args:
        config: the machine's parameters.
        weights: the class of its weights.
        source: the ``[source]`` table as read from TOML.
        directory: the design file's folder: paths are relative to it.
        where: the design file's name, for messages.
        load_held_out: gives the held-out samples of a data set.

    Raises :class:`~hwgen.errors.DesignError` naming ``where``, the key, its value and what is allowed. Where
    ``dataset = "mnist"`` cannot be read, a warning is logged, and the design has no held-out samples: it describes the
    same machine on a computer without the data.
    """
    parsed = PixelSource.parse(source, where)
    try:
        loaded = None if parsed.weights is None else weights.load(directory / parsed.weights, config)
        data = None if parsed.dataset is None else _data(parsed.dataset, directory)
        evaluation = None
        if data is not None:
            evaluation = load_held_out(data, config)
    except DesignError as error:
        raise DesignError(f"{where}: {error}") from None
    except HwgenError as error:
        if parsed.dataset != "mnist":
            raise DesignError(f"{where}: source.dataset: {error}") from None
        log.warning("%s: no held-out samples: %s", where, error)
    return Resolved(config, loaded, evaluation, data)


def _data(dataset: str, directory: Path) -> str:
    """A data set's name, or the path of its folder."""
    if dataset in NAMED:
        return dataset
    folder = directory / dataset
    if not folder.is_dir():
        raise DesignError(
            f"source.dataset must be {', '.join(NAMED)} or a folder of files in MNIST's format, not {dataset!r}: "
            f"{folder} is no folder"
        )
    return str(folder.absolute())  # a relative path could be the name of a data set
