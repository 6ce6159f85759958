"""How a sample is laid into the beats of a stream, and which of its inputs are active. Plain data: imports no HDL."""

from dataclasses import dataclass

BLOCK_WORDS = 256
"""Words of the smallest block RAM: what a memory's depth is rounded up to."""


@dataclass(frozen=True)
class SampleFormat:
    """Pixel beats, input 0 in the lowest bits of the first, then one trailer beat.

    Bits of the last pixel beat beyond the last input, and of the trailer beat beyond ``trailer_bits``, mean nothing.
    """

    inputs: int
    """Pixels in a sample."""
    pixel_bits: int
    """Bits of a pixel in the stream."""
    input_bits: int
    """Bits of an input x: with 1, ``x = pixel >= input_threshold``; with more, the pixel's upper bits."""
    input_threshold: int
    """An input has its learn bit from this pixel value on."""
    beat_bits: int
    """Bits of a beat, a multiple of ``pixel_bits``."""
    trailer_bits: int
    """Bits of the trailer that are kept."""

    def __post_init__(self) -> None:
        if self.inputs < 1:
            raise ValueError(f"inputs must be at least 1, not {self.inputs!r}")
        if not 1 <= self.input_bits <= self.pixel_bits:
            raise ValueError(f"input_bits must be from 1 to pixel_bits ({self.pixel_bits}), not {self.input_bits!r}")
        if not 1 <= self.input_threshold < 1 << self.pixel_bits:
            largest = (1 << self.pixel_bits) - 1
            raise ValueError(f"input_threshold must be from 1 to {largest}, not {self.input_threshold!r}")
        if self.beat_bits < 1 or self.beat_bits % self.pixel_bits:
            raise ValueError(f"beat_bits must be a multiple of pixel_bits ({self.pixel_bits}), not {self.beat_bits!r}")
        if not 1 <= self.trailer_bits <= self.beat_bits:
            raise ValueError(f"trailer_bits must be from 1 to beat_bits ({self.beat_bits}), not {self.trailer_bits!r}")

    @property
    def pixels_per_beat(self) -> int:
        """Pixels in a beat."""
        return self.beat_bits // self.pixel_bits

    @property
    def pixel_beats(self) -> int:
        """Beats of a sample, the trailer not counted."""
        return -(-self.inputs // self.pixels_per_beat)

    @property
    def input_shift(self) -> int:
        """Bits of a pixel below those of its input, where an input has several bits."""
        return self.pixel_bits - self.input_bits

    @property
    def index_bits(self) -> int:
        """Bits of an input's number, at least 1."""
        return max(1, (self.inputs - 1).bit_length())

    @property
    def entry_fields(self) -> dict[str, int]:
        """Bits of what is listed of an active input: its number; where inputs have several bits, also its value and its
        learn bit."""
        fields = {"index": self.index_bits}
        return fields | {"value": self.input_bits, "learn": 1} if self.input_bits > 1 else fields

    def stride(self, banks: int) -> int:
        """Words from one list of active inputs to the next in a memory of so many: a power of two, which needs no
        adder, where that takes no more block RAM."""
        aligned = 1 << self.index_bits
        blocks, aligned_blocks = (-(-banks * words // BLOCK_WORDS) for words in (self.inputs, aligned))
        return aligned if aligned_blocks == blocks else self.inputs
