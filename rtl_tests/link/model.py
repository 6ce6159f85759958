"""What a board with the target answers, byte by byte: the host link's protocol, written down a second time."""

from collections.abc import Collection
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from hwgen.bus.link.protocol import (
    CHAINED,
    CRC_BYTES,
    DELIMITER,
    MOST_REQUEST_BYTES,
    MOST_WORDS,
    REQUEST_HEADER_BYTES,
    VERSION,
    WINDOW,
    WITH_PAYLOAD,
    WITHOUT_LENGTH,
    WORD_BYTES,
    Info,
    Opcode,
    Status,
)
from rtl_tests.link.target import DEAF, PAYLOAD_BITS, PUSHES, SIGNATURE, WORDS, next_signature
from sim.backends.framing import FrameError, Response, unframe

INFO = Info(VERSION, WINDOW, MOST_WORDS, PAYLOAD_BITS, PAYLOAD_BITS, 512)
PAYLOAD_WORDS = 3
RESULT_WORDS = INFO.y_words  # that the board buffers; behind them wait those of two payloads more


class TargetModel:
    """The target's memory, counters and streams."""

    def __init__(self) -> None:
        self.memory = [0] * WORDS
        self.signature = 0
        self.pushes = 0
        self.partial: list[int] = []
        self.results: list[int] = []

    def read(self, address: int) -> int | Status:
        if address >= DEAF:
            return Status.TIMEOUT
        if address in (SIGNATURE, PUSHES):
            return self.signature if address == SIGNATURE else self.pushes
        if address % WORD_BYTES or address >= SIGNATURE:
            return Status.BUS_ERROR
        return self.memory[address // WORD_BYTES]

    def write(self, address: int, value: int) -> Status:
        if address >= DEAF:
            return Status.TIMEOUT
        if address % WORD_BYTES or address >= SIGNATURE:
            return Status.BUS_ERROR
        self.memory[address // WORD_BYTES] = value
        self.signature = next_signature(self.signature, address, value)
        return Status.OK

    def push(self, word: int) -> bool:
        """Whether the word was taken: not while a whole payload waits for the target."""
        if len(self.partial) == PAYLOAD_WORDS:
            return False
        self.partial.append(word)
        self._move()
        return True

    def pop(self, most: int) -> list[int]:
        taken, self.results = self.results[:most], self.results[most:]
        self._move()
        return taken

    def _move(self) -> None:
        # One payload is being split into words, behind those buffered; the target holds one more, if any.
        if len(self.partial) == PAYLOAD_WORDS and len(self.results) <= RESULT_WORDS + PAYLOAD_WORDS:
            payload = sum(part << 32 * index for index, part in enumerate(self.partial)) + 1
            payload %= 1 << PAYLOAD_BITS
            self.results += [payload >> 32 * index & 0xFFFF_FFFF for index in range(PAYLOAD_WORDS)]
            self.partial = []
            self.pushes += 1

    def reset(self) -> None:
        self.signature = self.pushes = 0
        self.partial, self.results = [], []


@dataclass(frozen=True)
class Frame:
    """What came in between two delimiters."""

    encoded: bytes
    broken: bool
    """The line lost a byte in it."""


class Receiver:
    """Cuts what comes in at the delimiters; keeps what is not complete yet."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._broken = False

    def feed(self, received: bytes, broken: Collection[int] = ()) -> list[Frame]:
        """The frames that ``received`` completes; the line loses its bytes at the positions ``broken``."""
        frames = []
        for position, byte in enumerate(received):
            if position in broken:
                self._broken = True
            elif byte != DELIMITER:
                self._rest.append(byte)
            else:
                if self._rest:
                    frames.append(Frame(bytes(self._rest), self._broken))
                self._rest, self._broken = bytearray(), False
        return frames


class LinkModel:
    """The board, one frame after the other: each is dealt with before the next one comes."""

    def __init__(self) -> None:
        self.target = TargetModel()
        self.begun = False
        self.expected = 0
        self.failed = False
        self.kept: list[bytes] = []

    def bad_frame(self) -> bytes:
        """The response to a frame that is dropped."""
        return self._response(0, 0, [], Status.BAD_FRAME, self.expected)

    def answer(self, frame: Frame) -> bytes:
        """The response to a frame."""
        content = content_of(frame)
        if content is None:
            return self.bad_frame()
        number, opcode, length = content[:3]
        age = (self.expected - number) % 256
        if opcode == Opcode.SESSION and length == 0 and len(content) == REQUEST_HEADER_BYTES:
            self.begun, self.expected, self.kept = True, (number + 1) % 256, []
            return self._execute(content)
        if not self.begun:
            return self._response(number, opcode, [], Status.NO_SESSION, 0)
        if age == 0:
            self.expected = (self.expected + 1) % 256
            response = self._execute(content)
            self.kept = [response, *self.kept][:WINDOW]
            return response
        if age <= len(self.kept):
            return self.kept[age - 1]
        return self._response(number, opcode, [], Status.OUT_OF_SEQUENCE, self.expected)

    def _execute(self, content: bytes) -> bytes:
        number, opcode, length = content[:3]
        address = int.from_bytes(content[3:REQUEST_HEADER_BYTES], "little")
        payload = content[REQUEST_HEADER_BYTES:]
        words, status, count = self._operate(opcode, length, address, payload)
        self.failed = status != Status.OK
        return self._response(number, opcode, words, status, count)

    def _operate(self, opcode: int, length: int, address: int, payload: bytes) -> tuple[list[int], Status, int]:
        plain = opcode & ~CHAINED
        if plain not in list(Opcode) or opcode == Opcode.SESSION | CHAINED:
            return [], Status.UNKNOWN_OPCODE, 0
        lengths = [0] if plain in WITHOUT_LENGTH else range(1, MOST_WORDS + 1)
        if length not in lengths or len(payload) != (WORD_BYTES * length if plain in WITH_PAYLOAD else 0):
            return [], Status.BAD_LENGTH, 0
        if opcode & CHAINED and self.failed:
            return [], Status.SKIPPED, 0
        written = [int.from_bytes(payload[at : at + 4], "little") for at in range(0, len(payload), 4)]
        target = self.target
        match plain:
            case Opcode.SESSION | Opcode.INFO:
                return [address, *INFO.to_words()], Status.OK, 4
            case Opcode.RESET:
                target.reset()
                return [], Status.OK, 0
            case Opcode.PUSH:
                for index, word in enumerate(written):
                    if not target.push(word):
                        return [], Status.STREAM_BLOCKED, index
                return [], Status.OK, length
            case Opcode.POP:
                taken = target.pop(length)
                return taken, Status.OK, len(taken)
            case Opcode.WRITE:
                for index, word in enumerate(written):
                    if status := target.write((address + 4 * index) % 2**32, word):
                        return [], status, index
                return [], Status.OK, length
        words: list[int] = []
        for index in range(length):
            found = target.read((address + (4 * index if plain == Opcode.READ else 0)) % 2**32)
            if isinstance(found, Status):
                return words, found, index
            words.append(found)
        return words, Status.OK, length

    def copy(self) -> Self:
        """A model that goes its own way from here."""
        return deepcopy(self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LinkModel) and self._state() == other._state()

    def _state(self) -> tuple[Any, ...]:
        return self.begun, self.expected, self.failed, self.kept, vars(self.target)

    @staticmethod
    def _response(number: int, opcode: int, words: list[int], status: Status, count: int) -> bytes:
        return Response(number, opcode, np.array(words, np.uint32), status, count).frame()


def content_of(frame: Frame) -> bytes | None:
    """A frame's content without its CRC; None if the board drops it whatever it is doing."""
    if frame.broken:
        return None
    try:
        content = unframe(frame.encoded)
    except FrameError:
        return None
    return content if REQUEST_HEADER_BYTES <= len(content) <= MOST_REQUEST_BYTES - CRC_BYTES else None
