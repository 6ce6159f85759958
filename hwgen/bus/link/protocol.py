"""The host link's protocol in numbers, for hardware, host and model alike; ``docs/link.md`` explains it."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Self

VERSION = 1
"""Version of the protocol; hosts and boards of different versions refuse each other."""

BAUDRATE = 3_000_000
"""Unless a board or its user says otherwise."""

WINDOW = 4
"""Requests that a host may have in flight: the board buffers that many, and keeps that many responses."""

MOST_WORDS = 60
"""32-bit words in one burst: 240 bytes, so that a frame needs one COBS group only."""

WORD_BYTES = 4
REQUEST_HEADER_BYTES = 7
"""Request id, opcode, length, four bytes of address."""
RESPONSE_HEADER_BYTES = 2
"""Request id, opcode."""
RESPONSE_TRAILER_BYTES = 2
"""Status, count: after the payload, because they are known last."""
CRC_BYTES = 2
MOST_REQUEST_BYTES = REQUEST_HEADER_BYTES + MOST_WORDS * WORD_BYTES + CRC_BYTES

DELIMITER = 0x00
"""Ends every frame; COBS keeps it out of what is inside."""

CRC_POLYNOMIAL = 0x1021
CRC_INITIAL = 0xFFFF
"""CRC-16/CCITT-FALSE: most significant bit first, no reflection, no final XOR; sent high byte first."""

CHAINED = 0x80
"""Bit of the opcode: execute only if the request before this one ended with OK."""


class Opcode(IntEnum):
    """What a request asks for; :data:`CHAINED` may be added to any but ``SESSION``."""

    SESSION = 0x01
    """Begin a session: the id after this request's is expected next. Answers like ``INFO``."""
    INFO = 0x02
    """Answer with the address field and the board's parameters (:class:`Info`)."""
    RESET = 0x03
    """Reset the core and both streams; memories keep their content."""
    READ = 0x10
    """Read ``length`` words from ``address``, ``address + 4``, ..."""
    READ_FIXED = 0x11
    """Read ``length`` words, all from ``address``."""
    WRITE = 0x20
    """Write the payload to ``address``, ``address + 4``, ..."""
    PUSH = 0x30
    """Push the payload's words into the ``x`` stream."""
    POP = 0x31
    """Take up to ``length`` words that the ``y`` stream has ready."""


WITHOUT_LENGTH = (Opcode.SESSION, Opcode.INFO, Opcode.RESET)
"""Operations whose length must be 0."""
WITH_PAYLOAD = (Opcode.WRITE, Opcode.PUSH)
"""Operations whose request carries ``length`` words."""


class Status(IntEnum):
    """How a request ended. ``count`` is the number of words transferred where nothing else is said."""

    OK = 0x00
    BAD_FRAME = 0x01
    """A frame was dropped: COBS, CRC or size are wrong, or no buffer was free. ``count`` is the id expected next; id
    and opcode of the response are 0, because the frame's own cannot be trusted."""
    OUT_OF_SEQUENCE = 0x02
    """Not executed; ``count`` is the id expected next."""
    NO_SESSION = 0x03
    """Not executed: no session since the board started; ``count`` is 0."""
    UNKNOWN_OPCODE = 0x04
    """Not executed; ``count`` is 0."""
    BAD_LENGTH = 0x05
    """Not executed: the length is out of range or differs from the payload's; ``count`` is 0."""
    SKIPPED = 0x06
    """Not executed: chained to a request that did not end with OK; ``count`` is 0."""
    BUS_ERROR = 0x07
    """The bus refused word ``count``; those before it are done, those after it are not made."""
    TIMEOUT = 0x08
    """The bus did not answer for word ``count``."""
    STREAM_BLOCKED = 0x09
    """The ``x`` stream took ``count`` words and then no more."""


@dataclass(frozen=True)
class Info:
    """What ``SESSION`` and ``INFO`` answer, after the request's address field."""

    version: int
    window: int
    most_words: int
    x_bits: int
    """Payload width of the ``x`` stream."""
    y_bits: int
    y_words: int
    """Words of results that the board buffers."""

    def to_words(self) -> list[int]:
        """As the words of the response, without the address field."""
        return [self.version | self.window << 8 | self.most_words << 16, self.x_bits | self.y_bits << 16, self.y_words]

    @classmethod
    def from_words(cls, words: list[int]) -> Self:
        """The reverse of :meth:`to_words`."""
        numbers, widths, y_words = words
        return cls(numbers & 0xFF, numbers >> 8 & 0xFF, numbers >> 16 & 0xFF, widths & 0xFFFF, widths >> 16, y_words)


INFO_WORDS = 4
"""Words in the response to ``SESSION`` and ``INFO``: the address field, then :class:`Info`."""
