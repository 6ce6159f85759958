"""What a Forward-Forward machine has learnt: its weights, and the state of its generators of random numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwgen.config import hash_64
from hwgen.errors import DesignError
from hwgen.ff.config import FFConfig
from hwgen.npz import read_npz, write_npz

GENERATOR_BITS = {"rounding": 16, "control": 32}


@dataclass(frozen=True, eq=False)
class FFWeights:
    """The weights of one machine."""

    layers: tuple[NDArray[np.int16], ...]
    """For each layer, shape ``(inputs, units)``, bias and labels included: signed, of ``master_bits``."""
    readout: NDArray[np.int16] | None
    """Shape ``(features + 1, classes)``, the bias last: signed, of ``readout_bits``; None in a supervised machine."""
    rounding: tuple[int, ...]
    """For each layer, and for the read-out if there is one, the state of its generator for rounding: 1 to 2**16 - 1."""
    control: int
    """State of the generator of wrong labels or views: 1 to 2**32 - 1."""
    master_bits: int
    """Bits of a layer's weight in the machine that they are of."""
    readout_bits: int | None
    """The same of the read-out; None where there is none."""

    @classmethod
    def for_config(
        cls,
        config: FFConfig,
        layers: Sequence[ArrayLike],
        readout: ArrayLike | None = None,
        rounding: ArrayLike | None = None,
        control: ArrayLike | None = None,
    ) -> Self:
        """Check the content of a machine's memories against ``config``.

        Args:
            config: the machine's parameters.
            layers: one array a layer, shape ``(inputs, units)``.
            readout: shape ``(features + 1, classes)``; zeros where left out.
            rounding: shape ``(engines,)``, states of the generators for rounding; those of ``config.seed`` where left
                out.
            control: an integer, the state of the generator of wrong labels or views; likewise.

        Raises :class:`~hwgen.errors.DesignError` naming the array, what it holds and what is allowed.
        """
        if len(layers) != config.depth:
            raise DesignError(f"layers must be {config.depth} arrays, one for each layer, not {len(layers)}")
        checked = [
            _checked(f"weights of layer {index}", array, shape, config.master_max)
            for index, (array, shape) in enumerate(zip(layers, config.weight_shapes, strict=True))
        ]
        if config.readout_shape is None:
            if readout is not None:
                raise DesignError("readout must be left out: a supervised machine has none")
            output = None
        else:
            given = np.zeros(config.readout_shape, np.int16) if readout is None else readout
            output = _checked("weights of the read-out", given, config.readout_shape, config.readout_max)
        states = _states("rounding", config.rounding_seeds if rounding is None else rounding, (config.engines,))
        chosen = _states("control", config.control_seed if control is None else control, ())
        readout_bits = None if config.supervised else config.readout_bits
        return cls(tuple(checked), output, tuple(states.tolist()), int(chosen), config.master_bits, readout_bits)

    def checked(self, config: FFConfig) -> Self:
        """These weights as those of a machine with these parameters. Raises :class:`~hwgen.errors.DesignError` as
        :meth:`for_config` does, and for weights of other widths: the same number is then another weight."""
        _check_widths(config, {name: getattr(self, name) for name in _widths(config)})
        return self.for_config(config, self.layers, self.readout, self.rounding, self.control)

    @property
    def digest(self) -> int:
        """64-bit hash of arrays and states (unsigned), equal for equal weights: ``content_hash`` of the hardware."""
        parts = [f"{self.rounding} {self.control}".encode()]
        for array in (*self.layers, *([] if self.readout is None else [self.readout])):
            parts += [f"{array.shape}".encode(), array.astype("<i2").tobytes()]
        return hash_64(b"".join(parts))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, FFWeights):
            return NotImplemented
        return (
            (self.rounding, self.control) == (other.rounding, other.control)
            and (self.master_bits, self.readout_bits) == (other.master_bits, other.readout_bits)
            and len(self.layers) == len(other.layers)
            and all(map(np.array_equal, self.layers, other.layers))
            and (self.readout is None) == (other.readout is None)
            and (self.readout is None or np.array_equal(self.readout, other.readout))  # type: ignore[arg-type]
        )

    def save(self, path: str | Path) -> None:
        """Write an ``.npz`` file with the arrays ``layer_0``, ``layer_1``, ..., ``rounding``, ``control`` and
        ``master_bits``; where there is a read-out, ``readout`` and ``readout_bits``. The file appears whole or not at
        all."""
        arrays: dict[str, NDArray[Any]] = {f"layer_{index}": array for index, array in enumerate(self.layers)}
        arrays |= {"rounding": np.array(self.rounding, np.uint16), "control": np.array(self.control, np.uint32)}
        arrays["master_bits"] = np.array(self.master_bits, np.uint8)
        if self.readout is not None:
            arrays |= {"readout": self.readout, "readout_bits": np.array(self.readout_bits, np.uint8)}
        write_npz(path, arrays)

    @classmethod
    def load(cls, path: str | Path, config: FFConfig) -> Self:
        """Read what :meth:`save` writes, for a machine with these parameters.

        Raises :class:`~hwgen.errors.DesignError` naming the file, and the array that is missing or wrong, or the width
        that is not the machine's. Files of earlier versions have no widths and are refused.
        """
        arrays = read_npz(path)
        widths = _widths(config)
        names = [f"layer_{index}" for index in range(config.depth)]
        names += ["readout"] * (not config.supervised) + ["rounding", "control"]
        if set(names) == set(arrays):
            raise DesignError(
                f"{path} does not say {' and '.join(widths)}: an earlier version of hwgen wrote it; train again"
            )
        names += widths
        if set(names) != set(arrays):
            raise DesignError(
                f"{path}: this machine's weights have the arrays {', '.join(names)}, not {', '.join(arrays)}"
            )
        try:
            _check_widths(config, {name: arrays[name].tolist() for name in widths})
            return cls.for_config(
                config,
                [arrays[f"layer_{index}"] for index in range(config.depth)],
                arrays.get("readout"),
                arrays["rounding"],
                arrays["control"],
            )
        except DesignError as error:
            raise DesignError(f"{path}: {error}") from None


def _widths(config: FFConfig) -> tuple[str, ...]:
    """The parameters that say how wide a machine's weights are."""
    return ("master_bits",) if config.supervised else ("master_bits", "readout_bits")


def _check_widths(config: FFConfig, theirs: Mapping[str, Any]) -> None:
    mine = {name: getattr(config, name) for name in theirs}
    different = [name for name in theirs if theirs[name] not in (mine[name], None)]
    if different:
        there, here = (" and ".join(f"{name} = {of[name]}" for name in different) for of in (theirs, mine))
        raise DesignError(f"weights are of {there}, the machine has {here}; make it the same in [ff], or train again")


def _checked(name: str, values: ArrayLike, shape: tuple[int, int], most: int) -> NDArray[np.int16]:
    array = np.asarray(values)
    if array.shape != shape or not np.issubdtype(array.dtype, np.integer):
        raise DesignError(f"{name} must be integers of shape {shape}, not {array.dtype} of shape {array.shape}")
    if array.min() < -most - 1 or array.max() > most:
        raise DesignError(f"{name} must lie between {-most - 1} and {most}, not {array.min()} to {array.max()}")
    return np.ascontiguousarray(array, np.int16)


def _states(name: str, values: ArrayLike, shape: tuple[int, ...]) -> NDArray[np.int64]:
    array, most = np.asarray(values), (1 << GENERATOR_BITS[name]) - 1
    if array.shape != shape or not np.issubdtype(array.dtype, np.integer):
        raise DesignError(f"{name} must be integers of shape {shape}, not {array.dtype} of shape {array.shape}")
    if array.min() < 1 or array.max() > most:
        raise DesignError(f"{name} must lie between 1 and {most}, not {array.min()} to {array.max()}")
    return array.astype(np.int64)
