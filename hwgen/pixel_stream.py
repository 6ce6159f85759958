"""What learning cores that classify pixels are sent: random samples for tests, and samples as payloads of ``x``."""

from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwgen.bus.packing import words_for
from hwgen.samples import LearningConfig, check_samples


class PixelStream(LearningConfig, Protocol):
    """What of a core's config decides how a sample travels: its pixels, then a transfer with learn flag and label."""

    @property
    def stream_bits(self) -> int: ...

    @property
    def pixel_beats(self) -> int: ...


def random_inputs(config: PixelStream, count: int, rng: np.random.Generator, learnt: float) -> dict[str, Any]:
    """Arguments of ``run``: ``samples``, shape ``(count, inputs)``, ``labels`` and ``learn``.

    A pattern a class with some noise, so that there is something to learn. About the fraction ``learnt`` of the samples
    is learnt from if the machine learns at all; one in 16 has no active input, and one in 16 is noise.
    """
    most = (1 << config.pixel_bits) - 1
    labels = rng.integers(0, config.classes, count)
    prototypes = np.random.default_rng(config.seed).integers(0, most + 1, (config.classes, config.inputs))
    prototypes[np.random.default_rng(config.seed + 1).random(prototypes.shape) < 0.6] = 0
    samples = prototypes[labels]
    noise = rng.integers(0, most + 1, samples.shape)
    noisy = rng.random(samples.shape) < np.where(rng.random(count) < 1 / 16, 1.0, 0.1)[:, np.newaxis]
    samples = np.where(noisy, noise, samples)
    samples[rng.random(count) < 1 / 16] = 0
    inputs: dict[str, Any] = {"samples": samples.astype(np.uint8), "labels": labels}
    inputs["learn"] = rng.random(count) < (learnt if config.learning else 0)
    return inputs


def pack_samples(
    config: PixelStream,
    samples: ArrayLike,
    labels: ArrayLike | None = None,
    learn: ArrayLike | None = None,
    steps: int = 1,
) -> NDArray[np.uint32]:
    """Payloads of ``x``, shape ``(n * (pixel_beats + 1), x_words)``; arguments and errors as in
    :func:`~hwgen.samples.check_samples`. Of a sample of several ``steps``, each begins with a transfer of its own."""
    checked = check_samples(config, samples, labels, learn)
    count = len(checked.inputs)
    per_word = 32 // config.pixel_bits
    words = words_for(config.stream_bits)
    per_beat = config.stream_bits // config.pixel_bits
    padded = np.zeros((count, steps, config.pixel_beats // steps * per_beat), np.uint32)
    padded[:, :, : config.inputs // steps] = checked.inputs.reshape(count, steps, config.inputs // steps)
    pixels = padded.reshape(count, config.pixel_beats, per_beat)
    beats = np.zeros((count, config.pixel_beats + 1, words), np.uint32)
    for word in range(words):
        part = pixels[:, :, word * per_word : (word + 1) * per_word]
        shifts = np.arange(part.shape[2], dtype=np.uint32) * np.uint32(config.pixel_bits)
        beats[:, :-1, word] = (part << shifts).sum(axis=2, dtype=np.uint32)
    beats[:, -1, 0] = checked.learn | checked.labels << 1
    return beats.reshape(-1, words)
