"""What a host sends to the Forward-Forward machine and gets from it, as words: payloads and memory loads."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwgen.bus.packing import pack, unpack
from hwgen.crossbar.elements import addresses, from_elements, to_elements
from hwgen.ff.config import FFConfig
from hwgen.ff.layout import engine_array, readout_array
from hwgen.ff.memory import from_words, to_words
from hwgen.ff.plan import ArrayPlan
from hwgen.ff.registers import register_map
from hwgen.ff.result import FFResult
from hwgen.ff.signature import goodness_bits
from hwgen.ff.weights import FFWeights
from hwgen.pixel_stream import pack_samples, random_inputs


class FFStimulus:
    """Random samples; samples and results as they travel on ``x`` and ``y``; weights as they travel on the bus.

    Args:
        config: the machine's parameters.
    """

    def __init__(self, config: FFConfig) -> None:
        self.config = config
        self.map = register_map(config)

    def random_parameters(self, rng: np.random.Generator) -> FFWeights | None:
        """None: a machine without weights draws its own."""
        return None

    def random_inputs(self, count: int, rng: np.random.Generator) -> dict[str, Any]:
        """Arguments of ``run``, most samples learnt from: see :func:`~hwgen.pixel_stream.random_inputs`."""
        return random_inputs(self.config, count, rng, learnt=0.85)

    def pack_samples(
        self, samples: ArrayLike, labels: ArrayLike | None = None, learn: ArrayLike | None = None
    ) -> NDArray[np.uint32]:
        """Payloads of ``x``, shape ``(n * x_beats, x_words)``; arguments and errors as in the golden model's
        ``run``."""
        return pack_samples(self.config, samples, labels, learn, self.config.steps)

    def pack_results(self, result: FFResult) -> NDArray[np.uint32]:
        """Payloads of ``y``, shape ``(n, y_words)``."""
        values = [result.predictions, *result.goodness.reshape(len(result), 2 * self.config.depth).T]
        return pack(list(zip(values, self._result_widths, strict=True)))

    def unpack_results(self, payloads: NDArray[np.uint32], busy_cycles: int, elapsed_cycles: int) -> FFResult:
        """Results from the payloads of ``y``."""
        predictions, *goodness = unpack(payloads, self._result_widths)
        shape = (len(payloads), self.config.depth, 2)
        return FFResult(
            predictions=predictions.astype(np.int32),
            goodness=np.stack(goodness, axis=1).astype(np.int64).reshape(shape),
            busy_cycles=busy_cycles,
            elapsed_cycles=elapsed_cycles,
        )

    def load_writes(self, weights: FFWeights) -> NDArray[np.uint32]:
        """The bus writes that fill the memories and set the generators, shape ``(m, 2)``: address and value of each.
        The register ``seed`` keeps the last one's state."""
        arrays: list[list[NDArray[np.int16]]] = [list(weights.layers)]
        if weights.readout is not None:
            arrays.append([weights.readout])
        writes = [
            np.stack([self.addresses(window), to_elements(plan.word_format, to_words(plan, array))], axis=1)
            for (window, plan), array in zip(self.memories.items(), arrays, strict=True)
        ]
        states = self.generator_writes([*weights.rounding, weights.control])
        return np.concatenate([*writes, states]).astype(np.uint32)

    def generator_writes(self, states: list[int]) -> NDArray[np.uint32]:
        """The bus writes that set the generators, those for rounding first; as in :meth:`load_writes`."""
        control = self.map.register("control")
        strobe = 1 << control.lsb(control.field("set_generator"))
        seed, generator, commands = (self.map.base(name) for name in ("seed", "generator", "control"))
        writes = [
            write
            for number, state in enumerate(states)
            for write in ((seed, state), (generator, number), (commands, strobe))
        ]
        return np.array(writes, np.uint32)

    def weights_from(self, elements: list[NDArray[np.uint32]], rounding: list[int], control: int) -> FFWeights:
        """Weights from what stands in each of :attr:`memories` at :meth:`addresses`, and the generators' states."""
        layers, *readout = (
            from_words(plan, from_elements(plan.word_format, each))
            for plan, each in zip(self.memories.values(), elements, strict=True)
        )
        return FFWeights.for_config(self.config, layers, readout[0][0] if readout else None, rounding, control)

    @property
    def memories(self) -> dict[str, ArrayPlan]:
        """The windows, and what is in them."""
        found = {"weights": engine_array(self.config)}
        return found if self.config.supervised else found | {"readout": readout_array(self.config)}

    def addresses(self, name: str) -> NDArray[np.uint32]:
        """Byte address of every element of a window, word by word."""
        return addresses(self.memories[name].word_format, self.map, name)

    @property
    def _result_widths(self) -> list[int]:
        return [self.config.class_bits, *[goodness_bits(self.config)] * (2 * self.config.depth)]
