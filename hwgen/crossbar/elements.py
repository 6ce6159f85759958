"""Words of the synapse memory as numbers that a host writes and reads, and as what the Verilog holds."""

import numpy as np
from numpy.typing import NDArray

from hwgen.bus.map import WORD_BYTES, RegisterMap
from hwgen.crossbar.words import WordFormat


def to_elements(words: WordFormat, synapses: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Words, shape ``(depth, lanes)``, as elements of the window, word by word."""
    per_element = words.per_element
    padded = np.zeros((len(synapses), words.elements * per_element), np.uint32)
    padded[:, : words.lanes] = synapses
    return (padded.reshape(-1, per_element) << _shifts(words)).sum(axis=1, dtype=np.uint32)


def from_elements(words: WordFormat, elements: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """What :func:`to_elements` has packed."""
    synapses = elements[:, np.newaxis] >> _shifts(words) & np.uint32((1 << words.synapse_bits) - 1)
    return synapses.reshape(words.depth, -1)[:, : words.lanes]


def addresses(words: WordFormat, register_map: RegisterMap, window: str) -> NDArray[np.uint32]:
    """Byte address of every element of a window, word by word."""
    word_stride, element_stride = register_map.window(window).strides
    starts = np.arange(words.depth)[:, np.newaxis] * word_stride
    indices = starts + np.arange(words.elements) * element_stride
    return (register_map.base(window) + indices.reshape(-1) * WORD_BYTES).astype(np.uint32)


def packed(values: NDArray[np.uint32], bits: int) -> list[int]:
    """Rows of numbers of ``bits`` bits as one integer each, the first number lowest."""
    planes = (values[:, :, np.newaxis] >> np.arange(bits, dtype=np.uint32) & 1).astype(np.uint8)
    lines = np.packbits(planes.reshape(len(values), -1), axis=1, bitorder="little")
    return [int.from_bytes(line.tobytes(), "little") for line in lines]


def _shifts(words: WordFormat) -> NDArray[np.uint32]:
    """Place of each synapse in its element."""
    return np.arange(words.per_element, dtype=np.uint32) * np.uint32(words.synapse_bits)
