"""What a host sends to the equilibrium-propagation machine and gets from it, as words: payloads and memory loads."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwgen.bus.map import WORD_BYTES
from hwgen.bus.packing import pack, unpack, words_for
from hwgen.ep.config import EPConfig
from hwgen.ep.memory import from_words, to_words
from hwgen.ep.plan import EPPlan
from hwgen.ep.registers import register_map
from hwgen.ep.result import EPResult, result_bits
from hwgen.ep.weights import EPWeights
from hwgen.samples import check_samples


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
        """Arguments of ``run``: ``samples``, shape ``(count, inputs)``, ``labels`` and ``learn``.

        A few patterns a class with some noise, so that there is something to learn; about a quarter of the samples is
        only inferred, one in 16 has no active input, and one in 16 is noise.
        """
        config = self.config
        most = (1 << config.pixel_bits) - 1
        labels = rng.integers(0, config.classes, count)
        prototypes = np.random.default_rng(config.seed).integers(0, most + 1, (config.classes, config.inputs))
        prototypes[np.random.default_rng(config.seed + 1).random(prototypes.shape) < 0.6] = 0
        samples = prototypes[labels]
        noise = rng.integers(0, most + 1, samples.shape)
        noisy = rng.random(samples.shape) < np.where(rng.random(count) < 1 / 16, 1.0, 0.1)[:, None]
        samples = np.where(noisy, noise, samples)
        samples[rng.random(count) < 1 / 16] = 0
        inputs: dict[str, Any] = {"samples": samples.astype(np.uint8), "labels": labels}
        inputs["learn"] = rng.random(count) < (0.75 if config.learning else 0)
        return inputs

    def pack_samples(
        self, samples: ArrayLike, labels: ArrayLike | None = None, learn: ArrayLike | None = None
    ) -> NDArray[np.uint32]:
        """Payloads of ``x``, shape ``(n * sample_beats, x_words)``; arguments and errors as in the golden model's
        ``run``."""
        config = self.config
        checked = check_samples(config, samples, labels, learn)
        count = len(checked.inputs)
        per_word = 32 // config.pixel_bits
        words = words_for(config.stream_bits)
        per_beat = config.stream_bits // config.pixel_bits
        padded = np.zeros((count, config.pixel_beats * per_beat), np.uint32)
        padded[:, : config.inputs] = checked.inputs
        pixels = padded.reshape(count, config.pixel_beats, per_beat)
        beats = np.zeros((count, config.sample_beats, words), np.uint32)
        for word in range(words):
            part = pixels[:, :, word * per_word : (word + 1) * per_word]
            shifts = np.arange(part.shape[2], dtype=np.uint32) * np.uint32(config.pixel_bits)
            beats[:, :-1, word] = (part << shifts).sum(axis=2, dtype=np.uint32)
        beats[:, -1, 0] = checked.learn | checked.labels << 1
        return beats.reshape(-1, words)

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
        config = self.config
        elements = self._elements(to_words(config, weights))
        writes = np.stack([self.synapse_addresses(), elements.reshape(-1)], axis=1)
        control = self.map.register("control")
        set_random = 1 << control.lsb(control.field("set_random"))
        seeds = [[self.map.base("seed"), weights.random], [self.map.base("control"), set_random]]
        return np.concatenate([writes, seeds]).astype(np.uint32)

    def weights_from(self, elements: NDArray[np.uint32], random: int) -> EPWeights:
        """Synapses from what stands at :meth:`synapse_addresses`, and the random state."""
        config = self.config
        shifts = np.arange(EPPlan(config).word_format.per_element, dtype=np.uint32) * np.uint32(config.synapse_bits)
        synapses = elements[:, None] >> shifts & np.uint32((1 << config.synapse_bits) - 1)
        words = synapses.reshape(EPPlan(config).words, -1)[:, : config.lanes]
        return from_words(config, words, random)

    def synapse_addresses(self) -> NDArray[np.uint32]:
        """Byte address of every element of the synapse memory, word by word."""
        window = self.map.window("synapses")
        word_stride, element_stride = window.strides
        plan = EPPlan(self.config)
        words = np.arange(plan.words)[:, None] * word_stride
        indices = words + np.arange(plan.word_format.elements) * element_stride
        return (self.map.base(window.name) + indices.reshape(-1) * WORD_BYTES).astype(np.uint32)

    def _elements(self, words: NDArray[np.uint32]) -> NDArray[np.uint32]:
        """Memory words, shape ``(words, lanes)``, as elements of the window, shape ``(words, elements)``."""
        config = self.config
        word_format = EPPlan(config).word_format
        per_element = word_format.per_element
        padded = np.zeros((len(words), word_format.elements * per_element), np.uint32)
        padded[:, : config.lanes] = words
        shifts = np.arange(per_element, dtype=np.uint32) * np.uint32(config.synapse_bits)
        return (padded.reshape(len(words), -1, per_element) << shifts).sum(axis=2, dtype=np.uint32)

    @property
    def _result_widths(self) -> list[int]:
        """Of each field, and of each of the states."""
        counts = {"states": self.config.outputs}
        return [bits for name, bits in result_bits(self.config).items() for _ in range(counts.get(name, 1))]
