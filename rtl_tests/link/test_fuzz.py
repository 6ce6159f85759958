"""Damaged, wrong and repeated frames: the board answers what the model answers, and never hangs."""

import random

import pytest

from hwgen.bus.link.protocol import CHAINED, Opcode, Status
from rtl_tests.link.model import MOST_RESULTS, LinkModel
from rtl_tests.link.target import DEAF, PUSHES, SIGNATURE, WORDS, powered_up
from sim.backends.framing import Response, Splitter, cobs_encode, crc16, frame
from sim.virtual_board import BoardSimulation

SILENCE = 200  # clocks without a bit after which a board has probably answered everything
PATIENCE = 50  # times that much is how long it may take


class Fuzzer:
    """Requests as a wild host and a bad line would make them; knows what state the model is in."""

    def __init__(self, model: LinkModel, seed: int) -> None:
        self.model = model
        self.random = random.Random(seed)

    def next(self) -> bytes:
        """The next bytes on the line."""
        draw = self.random
        content = self.request()
        while draw.random() < 0.25:
            content = self.altered(content)
        sent = frame(content)
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

    def request(self) -> bytes:
        """A request that a host could send."""
        draw, model = self.random, self.model
        number = model.expected
        if draw.random() < 0.15:
            number = (number + draw.randint(-6, 3)) % 256
        opcode = draw.choice([code for code in Opcode if code is not Opcode.SESSION])
        if draw.random() < (0.02 if model.begun else 0.2):
            opcode = Opcode.SESSION
        if opcode is Opcode.PUSH and len(model.target.results) > MOST_RESULTS // 2:
            opcode = Opcode.POP
        length = draw.choice((1, 1, 2, 3, 5, 8, 8, 60)) if opcode >= Opcode.READ else 0
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
        # The model has no limit to the results that wait.
        if (
            len(damaged) > 2
            and damaged[1] & ~CHAINED == Opcode.PUSH
            and len(self.model.target.results) > MOST_RESULTS // 2
        ):
            return content
        return bytes(damaged)


def answers(board: BoardSimulation, splitter: Splitter, sent: bytes, expected: int) -> list[bytes]:
    """The responses to ``sent``; waits for ``expected`` of them, longer if they take longer."""
    board.feed(sent)
    found: list[bytes] = []
    for _ in range(PATIENCE):
        board.run(1_000_000, SILENCE)
        found += splitter.feed(board.take())
        if len(found) >= expected:
            break
        board.run(SILENCE)
    return found


def is_bad_frame(encoded: bytes) -> bool:
    return Response.parse(encoded).status == Status.BAD_FRAME


def ending() -> list[bytes]:
    """A new session, and requests for everything that the target has to show."""
    reads = [(Opcode.READ, 4 * first) for first in (0, 60, WORDS - 60)] + [(Opcode.READ, SIGNATURE), (Opcode.POP, 0)]
    session = b"\x00" + frame(bytes([0, Opcode.SESSION, 0]) + bytes(4))
    return [session] + [
        frame(bytes([number, opcode, 2 if address == SIGNATURE else 60]) + address.to_bytes(4, "little"))
        for number, (opcode, address) in enumerate(reads, start=1)
    ]


def fuzz(count: int, seed: int) -> dict[Status, int]:
    """Send ``count`` times what the fuzzer makes up; how often each status was answered."""
    seen: dict[Status, int] = {}
    with powered_up() as board:
        model, splitter = LinkModel(), Splitter()
        fuzzer = Fuzzer(model, seed)
        for index in range(count):
            sent = fuzzer.next()
            expected = [encoded.rstrip(b"\x00") for encoded in model.feed(sent)]
            found = answers(board, splitter, sent, len(expected))
            # One answer may stand for several frames that were dropped in a row.
            where = f"frame {index} of seed {seed}: {sent.hex()}"
            good = [encoded for encoded in expected if not is_bad_frame(encoded)]
            assert [encoded for encoded in found if not is_bad_frame(encoded)] == good, where
            dropped = len(expected) - len(good)
            assert min(1, dropped) <= len(found) - len(good) <= dropped, where
            for encoded in found:
                status = Status(Response.parse(encoded).status)
                seen[status] = seen.get(status, 0) + 1
        # An unfinished frame is ended; then the whole memory is compared, and the counters, and what is left on y.
        for request in ending():
            assert answers(board, splitter, request, 1) == [encoded.rstrip(b"\x00") for encoded in model.feed(request)]
    return seen


def test_damaged_and_wrong_frames_are_answered_as_the_model_answers_them() -> None:
    seen = fuzz(2000, seed=3)
    assert set(seen) == set(Status) - {Status.STREAM_BLOCKED}


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_a_hundred_thousand_damaged_and_wrong_frames(seed: int) -> None:
    fuzz(10_000, seed=100 + seed)
