"""Damaged, wrong and repeated frames, one by one and in bursts: the board answers what the model answers, and never
hangs."""

import itertools
import random
from collections.abc import Iterator, Sequence

import pytest

from hwgen.bus.link.protocol import CHAINED, MOST_WORDS, WINDOW, Opcode, Status
from rtl_tests.link.model import RESULT_WORDS, Frame, LinkModel, Receiver, content_of
from rtl_tests.link.target import DEAF, PUSHES, SIGNATURE, WORDS, powered_up
from sim.backends.framing import Response, Splitter, cobs_encode, crc16
from sim.backends.framing import frame as framed
from sim.virtual_board import BoardSimulation

SILENCE = 200  # clocks without a bit after which a board has probably answered everything
PATIENCE = 50  # times that much is how long it may take
SURE_SILENCE = 1500  # clocks: longer than any response takes to begin
MOST_FRAMES = 7  # of a burst: more than the board has room for
HOARD = 0.01  # how often nobody takes results from then on, until the board's buffer is full


class Fuzzer:
    """Requests as a wild host and a bad line would make them; knows what state the model is in."""

    def __init__(self, model: LinkModel, seed: int) -> None:
        self.model = model
        self.random = random.Random(seed)
        self.hoards = False

    def burst(self) -> tuple[bytes, list[int]]:
        """The next bytes on the line, of one frame or of several, and which of them come without a stop bit."""
        draw = self.random
        if draw.random() < HOARD:
            self.hoards = not self.hoards
        count = draw.randint(2, MOST_FRAMES) if draw.random() < 0.15 else 1
        # Most requests of a burst follow each other as a host's do, and come whole.
        sent = b""
        for index in range(count):
            content = self.request(index if draw.random() < 0.9 else 0)
            sent += self.mutated(content) if draw.random() < 1.2 / count else framed(content)
        broken = [at for at in range(len(sent)) if draw.random() < 0.02] if draw.random() < 0.1 else []
        return sent, broken

    def mutated(self, content: bytes) -> bytes:
        """A request as it comes over a bad line."""
        draw = self.random
        while draw.random() < 0.25:
            content = self.altered(content)
        sent = framed(content)
        match draw.randrange(10):
            case 0:  # bits flipped on the line
                damaged = bytearray(sent)
                for _ in range(draw.choice((1, 1, 2, 5))):
                    damaged[draw.randrange(len(damaged))] ^= 1 << draw.randrange(8)
                sent = bytes(damaged)
            case 1:  # bytes lost at the end, the delimiter with them
                sent = sent[: draw.randrange(len(sent))]
            case 2:  # bytes lost, or added, within
                at = draw.randrange(len(sent))
                sent = sent[:at] + draw.randbytes(draw.randrange(3)) + sent[at + draw.randrange(3) :]
            case 3:  # sent twice
                sent *= 2
            case 4:  # a wrong CRC
                sent = cobs_encode(
                    content + ((crc16(content) + draw.randrange(1, 1 << 16)) % (1 << 16)).to_bytes(2, "big")
                )
                sent += b"\x00"
            case 5:  # noise before it
                sent = draw.randbytes(draw.randrange(12)) + sent
        if draw.random() < 0.002:
            sent = draw.randbytes(600) + sent
        return sent

    def request(self, ahead: int) -> bytes:
        """A request that a host could send when ``ahead`` others are in flight."""
        draw, model = self.random, self.model
        number = (model.expected + ahead) % 256
        if draw.random() < 0.15:
            number = (number + draw.randint(-6, 3)) % 256
        opcode = draw.choice([code for code in Opcode if code is not Opcode.SESSION])
        if draw.random() < (0.02 if model.begun else 0.2):
            opcode = Opcode.SESSION
        length = draw.choice((1, 1, 2, 3, 5, 8, 8, MOST_WORDS)) if opcode >= Opcode.READ else 0
        full = len(model.target.results) > RESULT_WORDS
        self.hoards &= not full or draw.random() < 0.9
        if self.hoards and (opcode in (Opcode.POP, Opcode.RESET) or (opcode >= Opcode.READ and draw.random() < 0.5)):
            opcode, length = Opcode.PUSH, draw.randint(1, MOST_WORDS)
        address = draw.choice(
            (
                4 * draw.randrange(WORDS),
                4 * draw.randrange(WORDS),
                SIGNATURE,
                PUSHES,
                SIGNATURE - 8,
                DEAF - 8,
                2**32 - 4,
            )
        )
        if draw.random() < 0.05:
            address = draw.randrange(WORDS * 4)
        payload = draw.randbytes(4 * length) if opcode in (Opcode.WRITE, Opcode.PUSH) else b""
        if draw.random() < 0.3:
            payload = bytes(byte if draw.random() < 0.5 else 0 for byte in payload)
        chained = CHAINED if draw.random() < 0.3 else 0
        return bytes([number, opcode | chained, length]) + address.to_bytes(4, "little") + payload

    def altered(self, content: bytes) -> bytes:
        """A request that no host should send; its CRC will be right."""
        draw = self.random
        damaged = bytearray(content)
        match draw.randrange(4):
            case 0 if damaged:
                damaged[draw.randrange(min(len(damaged), 7))] = draw.randrange(256)
            case 1:
                del damaged[draw.randrange(len(damaged) + 1) :]
            case 2:
                damaged += draw.randbytes(draw.choice((1, 4, 8, 250)))
            case _ if damaged:
                damaged[draw.randrange(len(damaged))] ^= 1 << draw.randrange(8)
        return bytes(damaged)


def answers(
    board: BoardSimulation, splitter: Splitter, sent: bytes, expected: int | None, broken: Sequence[int] = ()
) -> list[bytes]:
    """The responses to ``sent``; waits for ``expected`` of them, longer if they take longer; None: until none can come
    any more."""
    board.feed(sent, broken)
    if expected is None:
        board.run(1_000_000, SURE_SILENCE)
        return splitter.feed(board.take())
    found: list[bytes] = []
    for _ in range(PATIENCE):
        board.run(1_000_000, SILENCE)
        found += splitter.feed(board.take())
        if len(found) >= expected:
            break
        board.run(SILENCE)
    return found


def fates(frames: list[Frame]) -> Iterator[set[int]]:
    """Sets of frames that the board may drop, besides those that it always drops: while it has room there are none.

    A frame finds no room only if ``WINDOW`` whole ones of the same burst are still in the board.
    """
    whole = [index for index, frame in enumerate(frames) if content_of(frame) is not None]
    for count in range(len(whole[WINDOW:]) + 1):
        yield from map(set, itertools.combinations(whole[WINDOW:], count))


def played(model: LinkModel, frames: list[Frame], dropped: set[int]) -> tuple[list[bytes], list[bytes], int]:
    """What ``model`` answers, what BAD_FRAME may be meanwhile, and how many frames it may answer."""
    good, bad, count = [], [model.bad_frame()], 0
    for index, frame in enumerate(frames):
        if index in dropped or content_of(frame) is None:
            count += 1
        else:
            good.append(model.answer(frame))
            bad.append(model.bad_frame())
    return good, bad, count


def is_bad_frame(encoded: bytes) -> bool:
    return Response.parse(encoded).status == Status.BAD_FRAME


def ending() -> list[bytes]:
    """A new session, and requests for everything that the target has to show."""
    reads = [(Opcode.READ, 4 * first) for first in (0, 60, WORDS - 60)] + [(Opcode.READ, SIGNATURE), (Opcode.POP, 0)]
    session = b"\x00" + framed(bytes([0, Opcode.SESSION, 0]) + bytes(4))
    return [session] + [
        framed(bytes([number, opcode, 2 if address == SIGNATURE else 60]) + address.to_bytes(4, "little"))
        for number, (opcode, address) in enumerate(reads, start=1)
    ]


def fuzz(count: int, seed: int) -> dict[Status, int]:
    """Send ``count`` times what the fuzzer makes up; how often each status was answered."""
    seen: dict[Status, int] = {}
    with powered_up() as board:
        models, splitter, receiver = [LinkModel()], Splitter(), Receiver()
        fuzzer = Fuzzer(models[0], seed)
        for index in range(count):
            sent, broken = fuzzer.burst()
            frames = receiver.feed(sent, broken)
            found = answers(board, splitter, sent, len(frames) if len(frames) < 2 else None, broken)
            models = consistent(models, frames, found)
            assert models, f"burst {index} of seed {seed}: {sent.hex()} without the stop bits of {broken}"
            fuzzer.model = models[0]
            for encoded in found:
                status = Status(Response.parse(encoded).status)
                seen[status] = seen.get(status, 0) + 1
        # An unfinished frame is ended; then the whole memory is compared, and the counters, and what is left on y.
        for request in ending():
            found = answers(board, splitter, request, 1)
            models = consistent(models, receiver.feed(request), found)
            assert models, f"the end of seed {seed}"
    return seen


def consistent(models: list[LinkModel], frames: list[Frame], found: list[bytes]) -> list[LinkModel]:
    """What the board may have become, which answered ``found`` to ``frames``."""
    possible: list[LinkModel] = []
    good = [encoded for encoded in found if not is_bad_frame(encoded)]
    bad = [encoded for encoded in found if is_bad_frame(encoded)]
    for before in models:
        for dropped in fates(frames):
            model = before.copy()
            expected, about_dropped, count = played(model, frames, dropped)
            if (
                good == [encoded.rstrip(b"\x00") for encoded in expected]
                # One answer may stand for several frames that were dropped in a row.
                and min(1, count) <= len(bad) <= count
                and {encoded + b"\x00" for encoded in bad} <= set(about_dropped)
                and model not in possible
            ):
                possible.append(model)
    return possible


def test_damaged_and_wrong_frames_are_answered_as_the_model_answers_them() -> None:
    assert set(fuzz(1500, seed=3)) == set(Status)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_a_hundred_thousand_damaged_and_wrong_frames(seed: int) -> None:
    fuzz(10_000, seed=100 + seed)
