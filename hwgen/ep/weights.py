"""What an equilibrium-propagation machine has learnt: the content of its synapse memory, and its random state."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwgen.config import hash_64
from hwgen.ep.config import EPConfig
from hwgen.errors import DesignError
from hwgen.npz import read_npz, write_npz


@dataclass(frozen=True, eq=False)
class EPWeights:
    """The synapses of one machine.

    A synapse has a sign, its binary weight, and an agreement: how far the counter beside it has moved in favour of
    the sign. At ``-threshold`` the sign flips.
    """

    signs: tuple[NDArray[np.int8], ...]
    """For each weight layer, shape ``(size above, size below)``: +1 or -1."""
    agreements: tuple[NDArray[np.int16], ...]
    """For each weight layer, the same shape: above ``-threshold``, at most ``counter_max``. All 0 in a machine that
    does not learn: it has no counters."""
    random: int
    """State of the generator of nudge signs: 1 to 2**32 - 1."""

    @classmethod
    def for_config(
        cls,
        config: EPConfig,
        signs: Sequence[ArrayLike],
        agreements: Sequence[ArrayLike] | None = None,
        random: int | None = None,
    ) -> Self:
        """Check the content of a machine's memory against ``config``.

        Args:
            config: the machine's parameters.
            signs: one array a weight layer, shape ``(size above, size below)``: +1 or -1.
            agreements: likewise, integers; 0 where left out. A machine that does not learn has none: they become 0.
            random: state of the generator of nudge signs; ``config.seed`` where left out, and in a machine that does
                not learn.

        Raises :class:`~hwgen.errors.DesignError` naming the array, what it holds and what is allowed.
        """
        checked_signs = _checked(config, "signs", signs)
        for layer, array in enumerate(checked_signs):
            if not (np.abs(array) == 1).all():
                wrong = array[np.abs(array) != 1][0]
                raise DesignError(f"signs of weight layer {layer} must be +1 or -1, not {wrong}")
        if agreements is None or not config.learning:
            checked_agreements = [np.zeros(shape, np.int16) for shape in config.weight_shapes]
        else:
            checked_agreements = _checked(config, "agreements", agreements)
            for layer, array in enumerate(checked_agreements):
                least, most = 1 - config.threshold[layer], config.counter_max[layer]
                if array.min() < least or array.max() > most:
                    raise DesignError(
                        f"agreements of weight layer {layer} must lie between {least} and {most} "
                        f"(threshold {config.threshold[layer]}, counter of {config.counter_bits[layer]} bits), "
                        f"not {array.min()} to {array.max()}"
                    )
        if random is None or not config.learning:
            random = config.seed
        if not 1 <= random < 1 << 32:
            raise DesignError(f"random must lie between 1 and {(1 << 32) - 1}, not {random}")
        return cls(
            tuple(array.astype(np.int8) for array in checked_signs),
            tuple(array.astype(np.int16) for array in checked_agreements),
            int(random),
        )

    @property
    def digest(self) -> int:
        """64-bit hash of everything (unsigned), equal for equal weights: ``content_hash`` of the hardware."""
        parts = [self.random.to_bytes(4, "little")]
        for sign, agreement in zip(self.signs, self.agreements, strict=True):
            parts += [f"{sign.shape}".encode(), sign.tobytes(), agreement.astype("<i2").tobytes()]
        return hash_64(b"".join(parts))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, EPWeights):
            return NotImplemented
        return (
            self.random == other.random
            and len(self.signs) == len(other.signs)
            and all(map(np.array_equal, self.signs, other.signs))
            and all(map(np.array_equal, self.agreements, other.agreements))
        )

    def save(self, path: str | Path) -> None:
        """Write an ``.npz`` file with the arrays ``signs_0``, ``agreements_0``, ``signs_1``, ... and ``random``. The
        file appears whole or not at all."""
        arrays: dict[str, Any] = {"random": np.array(self.random, np.uint32)}
        for layer, (sign, agreement) in enumerate(zip(self.signs, self.agreements, strict=True)):
            arrays |= {f"signs_{layer}": sign, f"agreements_{layer}": agreement}
        write_npz(path, arrays)

    @classmethod
    def load(cls, path: str | Path, config: EPConfig) -> Self:
        """Read what :meth:`save` writes, for a machine with these parameters.

        Raises :class:`~hwgen.errors.DesignError` naming the file, and the array that is missing or wrong.
        """
        arrays = read_npz(path)
        layers = range(config.weight_layers)
        expected = ["random", *(f"{kind}_{layer}" for kind in ("signs", "agreements") for layer in layers)]
        if sorted(arrays) != sorted(expected):
            raise DesignError(
                f"{path}: weights of {config.weight_layers} layers have the arrays {', '.join(sorted(expected))}, "
                f"not {', '.join(sorted(arrays)) or 'none'}"
            )
        random = arrays["random"]
        if random.shape != () or not np.issubdtype(random.dtype, np.integer):
            raise DesignError(f"{path}: random must be one integer, not {random.dtype} of shape {random.shape}")
        try:
            return cls.for_config(
                config,
                [arrays[f"signs_{layer}"] for layer in layers],
                [arrays[f"agreements_{layer}"] for layer in layers],
                int(random),
            )
        except DesignError as error:
            raise DesignError(f"{path}: {error}") from None


def _checked(config: EPConfig, name: str, arrays: Sequence[ArrayLike]) -> list[NDArray[Any]]:
    """Arrays of the right number, shapes and kind."""
    if len(arrays) != config.weight_layers:
        raise DesignError(f"{name} must be {config.weight_layers} arrays, one a weight layer, not {len(arrays)}")
    checked = []
    for layer, (values, shape) in enumerate(zip(arrays, config.weight_shapes, strict=True)):
        array = np.asarray(values)
        if array.shape != shape:
            raise DesignError(
                f"{name} of weight layer {layer} must have shape (size above, size below) = {shape}, not {array.shape}"
            )
        if not np.issubdtype(array.dtype, np.integer):
            raise DesignError(f"{name} of weight layer {layer} must be integers, not {array.dtype}")
        checked.append(array)
    return checked
