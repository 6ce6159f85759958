"""What a host sends to the equilibrium-propagation machine and gets from it, as words: payloads and memory loads."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwgen.bus.packing import pack, unpack
from hwgen.crossbar.elements import addresses, from_elements, to_elements
from hwgen.crossbar.words import WordFormat
from hwgen.ep.config import EPConfig
from hwgen.ep.memory import from_words, to_words
from hwgen.ep.plan import EPPlan
from hwgen.ep.registers import register_map
from hwgen.ep.result import EPResult, result_bits
from hwgen.ep.weights import EPWeights
from hwgen.pixel_stream import pack_samples, random_inputs


class EPStimulus:
    """Random samples; samples and results as they travel on ``x`` and ``y``; synapses as they travel on the bus.

    Args:
        config: the machine's parameters.
    """

    def __init__(self, config: EPConfig) -> None:
        self.config = config
        self.map = register_map(config)

    def random_parameters(self, rng: np.random.Generator) -> EPWeights | None:
        """None: a machine without weights draws its own."""
        return None

    def random_inputs(self, count: int, rng: np.random.Generator) -> dict[str, Any]:
        """Arguments of ``run``, about a quarter of the samples only inferred: see
        :func:`~hwgen.pixel_stream.random_inputs`."""
        return random_inputs(self.config, count, rng, learnt=0.75)

    def pack_samples(
        self, samples: ArrayLike, labels: ArrayLike | None = None, learn: ArrayLike | None = None
    ) -> NDArray[np.uint32]:
        """Payloads of ``x``, shape ``(n * sample_beats, x_words)``; arguments and errors as in the golden model's
        ``run``."""
        return pack_samples(self.config, samples, labels, learn)

    def pack_results(self, result: EPResult) -> NDArray[np.uint32]:
        """Payloads of ``y``, shape ``(n, y_words)``."""
        values = [result.predictions, *result.states.T, result.free_steps, result.negative_steps]
        values += [result.positive_steps, result.changed, result.flips]
        return pack(list(zip(values, self._result_widths, strict=True)))

    def unpack_results(self, payloads: NDArray[np.uint32], busy_cycles: int, elapsed_cycles: int) -> EPResult:
        """Results from the payloads of ``y``."""
        predictions, *states, free_steps, negative_steps, positive_steps, changed, flips = (
            values.astype(np.int32) for values in unpack(payloads, self._result_widths)
        )
        return EPResult(
            predictions=predictions,
            states=np.stack(states, axis=1),
            free_steps=free_steps,
            negative_steps=negative_steps,
            positive_steps=positive_steps,
            changed=changed,
            flips=flips,
            busy_cycles=busy_cycles,
            elapsed_cycles=elapsed_cycles,
        )

    def load_writes(self, weights: EPWeights) -> NDArray[np.uint32]:
        """The bus writes that fill the synapse memory and set the random state, shape ``(m, 2)``: address and value of
        each. The register ``seed`` keeps the random state."""
        elements = to_elements(self._words, to_words(self.config, weights))
        writes = np.stack([self.synapse_addresses(), elements], axis=1)
        control = self.map.register("control")
        set_random = 1 << control.lsb(control.field("set_random"))
        seeds = [[self.map.base("seed"), weights.random], [self.map.base("control"), set_random]]
        return np.concatenate([writes, seeds]).astype(np.uint32)

    def weights_from(self, elements: NDArray[np.uint32], random: int) -> EPWeights:
        """Synapses from what stands at :meth:`synapse_addresses`, and the random state."""
        return from_words(self.config, from_elements(self._words, elements), random)

    def synapse_addresses(self) -> NDArray[np.uint32]:
        """Byte address of every element of the synapse memory, word by word."""
        return addresses(self._words, self.map, "synapses")

    @property
    def _words(self) -> WordFormat:
        return EPPlan(self.config).word_format

    @property
    def _result_widths(self) -> list[int]:
        """Of each field, and of each of the states."""
        counts = {"states": self.config.outputs}
        return [bits for name, bits in result_bits(self.config).items() for _ in range(counts.get(name, 1))]
