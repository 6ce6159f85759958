"""The host link's frames as bytes: COBS, CRC, requests and responses. ``docs/link.md`` explains them."""

from binascii import crc_hqx
from dataclasses import dataclass, field
from typing import Self

import numpy as np

from hwgen.bus.link.protocol import (
    CRC_BYTES,
    CRC_INITIAL,
    DELIMITER,
    REQUEST_HEADER_BYTES,
    RESPONSE_HEADER_BYTES,
    RESPONSE_TRAILER_BYTES,
    WORD_BYTES,
)
from hwgen.transport import Words

_LONGEST_RUN = 254
_LITTLE_ENDIAN = np.dtype("<u4")
NO_WORDS = np.zeros(0, np.uint32)


class FrameError(ValueError):
    """Bytes that are no frame."""


def crc16(content: bytes) -> int:
    """CRC-16/CCITT-FALSE."""
    return crc_hqx(content, CRC_INITIAL)


def cobs_encode(content: bytes) -> bytes:
    """``content`` without zeros; the delimiter is not added."""
    encoded = bytearray()
    for run in content.split(b"\x00"):
        for start in range(0, len(run) + 1, _LONGEST_RUN):
            group = run[start : start + _LONGEST_RUN]
            encoded += bytes([len(group) + 1]) + group
    return bytes(encoded)


def cobs_decode(encoded: bytes) -> bytes:
    """The reverse of :func:`cobs_encode`; raises :class:`FrameError` for anything that it cannot have made."""
    content = bytearray()
    position = 0
    while position < len(encoded):
        code = encoded[position]
        group = encoded[position + 1 : position + code]
        if code == 0 or 0 in group or len(group) != code - 1:
            raise FrameError(f"no COBS group at byte {position} of {encoded.hex()}")
        content += group
        position += code
        if position < len(encoded) and code <= _LONGEST_RUN:
            content.append(0)
    return bytes(content)


def frame(content: bytes) -> bytes:
    """What goes over the line: ``content`` and its CRC, encoded, and the delimiter."""
    return cobs_encode(content + crc16(content).to_bytes(CRC_BYTES, "big")) + bytes([DELIMITER])


def unframe(encoded: bytes) -> bytes:
    """The content of a frame (without its delimiter); raises :class:`FrameError` when COBS or CRC are wrong."""
    content = cobs_decode(encoded)
    if len(content) < CRC_BYTES or crc16(content) != 0:
        raise FrameError(f"wrong CRC in {encoded.hex()}")
    return content[:-CRC_BYTES]


@dataclass(frozen=True)
class Request:
    """One request, its id aside."""

    opcode: int
    length: int = 0
    address: int = 0
    payload: Words = field(default_factory=lambda: NO_WORDS)

    def frame(self, number: int) -> bytes:
        """The bytes on the line, with request id ``number`` (0 to 255)."""
        header = bytes([number, self.opcode, self.length]) + self.address.to_bytes(WORD_BYTES, "little")
        assert len(header) == REQUEST_HEADER_BYTES
        return frame(header + self.payload.astype(_LITTLE_ENDIAN).tobytes())


@dataclass(frozen=True)
class Response:
    """One response."""

    number: int
    """The request's id."""
    opcode: int
    payload: Words
    status: int
    count: int

    def frame(self) -> bytes:
        """The bytes on the line."""
        payload = self.payload.astype(_LITTLE_ENDIAN).tobytes()
        return frame(bytes([self.number, self.opcode]) + payload + bytes([self.status, self.count]))

    @classmethod
    def parse(cls, encoded: bytes) -> Self:
        """The response in a frame (without its delimiter); raises :class:`FrameError` when there is none."""
        content = unframe(encoded)
        payload = content[RESPONSE_HEADER_BYTES:-RESPONSE_TRAILER_BYTES]
        if len(content) < RESPONSE_HEADER_BYTES + RESPONSE_TRAILER_BYTES or len(payload) % WORD_BYTES:
            raise FrameError(f"no response has {len(content)} bytes")
        words = np.frombuffer(payload, _LITTLE_ENDIAN).astype(np.uint32)
        return cls(content[0], content[1], words, content[-2], content[-1])


class Splitter:
    """Cuts a byte stream at its delimiters; keeps what is not complete yet."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, received: bytes) -> list[bytes]:
        """The frames that ``received`` completes, without delimiters; empty ones are left out."""
        *frames, self._rest = (self._rest + received).split(bytes([DELIMITER]))
        return [encoded for encoded in frames if encoded]
