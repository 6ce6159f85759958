"""From the tables of an equilibrium-propagation design file to its config, its weights and its held-out samples."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hwgen.ep.config import EPConfig
from hwgen.ep.source import NAMED, EPSource
from hwgen.ep.weights import EPWeights
from hwgen.errors import DesignError, HwgenError
from hwgen.evaluation import Evaluation

log = logging.getLogger("hwgen")

LoadHeldOut = Callable[[str, EPConfig], Evaluation]
"""Name or folder of a data set, and the machine -> held-out samples; raises HwgenError."""


@dataclass(frozen=True, eq=False)
class Resolved:
    """What a design file describes."""

    config: EPConfig
    parameters: EPWeights | None
    """What the Verilog's synapse memory holds; None: the machine draws its synapses from ``config.seed``."""
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


def resolve(
    source: dict[str, Any], parameters: dict[str, Any], directory: Path, where: str, load_held_out: LoadHeldOut
) -> Resolved:
    """Read a design's source.

    Args:
        source: the ``[source]`` table as read from TOML.
        parameters: the ``[ep]`` table as read from TOML.
        directory: the design file's folder: paths are relative to it.
        where: the design file's name, for messages.
        load_held_out: gives the held-out samples of a data set.

    Raises :class:`~hwgen.errors.DesignError` naming ``where``, the key, its value and what is allowed. Where
    ``dataset = "mnist"`` cannot be read, a warning is logged, and the design has no held-out samples: it describes the
    same machine on a computer without the data.
    """
    config = EPConfig.parse(parameters, where)
    parsed = EPSource.parse(source, where)
    try:
        weights = None if parsed.weights is None else EPWeights.load(directory / parsed.weights, config)
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
    return Resolved(config, weights, evaluation, data)


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
